"""A supervisor in a process of its own; it imports nothing of Django before that is set up there."""

import os
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier


def supervise(email: str, url: str, desk: Connection, together: Barrier) -> None:
    """Approve each request that the desk names, at the same moment as the others, and say what came of it."""
    os.environ["DATABASE_URL"] = url
    import django

    django.setup()
    from accounts.models import User
    from promoflow.promotions.selectors import get
    from tests.promotions import lives

    me = User.objects.get(email=email)
    while reference := desk.recv():
        request = get(reference)
        page = lives.as_shown(request)
        together.wait(timeout=60)
        try:
            lives.approve_as_shown(request, page, by=me)
            desk.send("approved")
        except Exception as trouble:
            desk.send(type(trouble).__name__)
