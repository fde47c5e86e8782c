"""The instant at which a page for review was opened, sealed into its forms for the entry of the decision.

Looking writes nothing, so the page itself carries the instant. A seal that is missing, forged, another
person's or of other content leaves the instant unknown; nothing is refused for it, and nothing is decided by
it. It says that the page was open for so long, not that somebody read it.
"""

from datetime import datetime
from typing import Final

from django.core import signing

from accounts.models import User

_SALT: Final = "promoflow.promotions.opening"
# What the seal of the queue is of, from which several are returned at once.
QUEUE: Final = "queue"


def content(reference: str, digest: str) -> str:
    """What the seal of a request's page is of: the revision that it shows."""
    return f"{reference} {digest}"


def seal(by: User, at: datetime, *, of: str) -> str:
    """The instant as text for a hidden field, for this person and what they see."""
    return signing.dumps([by.pk, of, at.isoformat()], salt=_SALT)


def opened_at(sealed: str, *, by: User, of: str, at: datetime) -> datetime | None:
    """When the page was opened on which this person decides `at`; None if nobody can know."""
    try:
        person, what, instant = signing.loads(sealed, salt=_SALT)
    except signing.BadSignature:
        return None
    opened = datetime.fromisoformat(instant)
    return opened if (person, what) == (by.pk, of) and opened <= at else None


def kept(sealed: str, *, by: User, of: str, at: datetime) -> str:
    """The seal for a page that is shown: the one it was sent with, if it is of the same; else a new one.

    Who is asked for a code, or forgot a tick, has been reading since the first time.
    """
    return sealed if opened_at(sealed, by=by, of=of, at=at) else seal(by, at, of=of)
