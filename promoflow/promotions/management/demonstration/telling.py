"""How the demonstration's people hear of things: a chat of the store, and inboxes that they have read."""

from datetime import datetime

from accounts.models import User
from promoflow.catalog.models import Store
from promoflow.outbox import selectors
from promoflow.outbox.models import Channel
from promoflow.outbox.notices import ALARMS, RUNNING
from promoflow.outbox.services import channels, reading

# In the demonstration nothing leaves the machine, so this may be anybody's.
_ADDRESS = "https://open.feishu.cn/open-apis/bot/v2/hook/aurora-demonstration-0000"


def open_channel(store: Store, *, by: User, at: datetime) -> bool:
    """The manager adds the team's group, unless there ever was one; whether it had to be added."""
    if Channel.objects.filter(store=store).exists():
        return False
    channels.add(
        store=store,
        kind="feishu",
        address=_ADDRESS,
        name="Aurora 运营群",
        topics=[RUNNING, ALARMS],
        by=by,
        at=at,
    )
    return True


def read_inbox(person: User, *, at: datetime) -> bool:
    """The person has read what they were told until then; whether there was anything unread."""
    told = selectors.inbox(person).filter(owed__lte=at).order_by("-pk").first()
    return told is not None and reading.read_all(by=person, newest=told.pk, at=at) > 0
