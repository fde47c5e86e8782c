"""Who may have messages sent again that could not be delivered."""

from django.utils.translation import gettext as _

from promoflow.errors import NotAllowed
from promoflow.outbox.models import Message
from promoflow.outbox.selectors import Manager, managed_stores


def check_can_try_again(by: Manager, message: Message) -> None:
    """Messages of no store - an invitation, a new password - are every manager's."""
    stores = managed_stores(by)
    if not stores or (message.store_id is not None and message.store_id not in stores):
        raise NotAllowed(_("Only a manager of the store may have its messages sent again."))
