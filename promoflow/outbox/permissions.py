"""Who may look after messages and channels: `check_can_*` raises the sentence that the person reads."""

from django.utils.translation import gettext as _

from promoflow.errors import NotAllowed, WrongState
from promoflow.outbox.models import Channel, Message
from promoflow.outbox.selectors import Manager, managed_stores


def check_can_try_again(by: Manager, message: Message) -> None:
    """Messages of no store - an invitation, a new password - are every manager's."""
    stores = managed_stores(by)
    if not stores or (message.store_id is not None and message.store_id not in stores):
        raise NotAllowed(_("Only a manager of the store may have its messages sent again."))


def check_can_manage_channels(by: Manager, store_id: int) -> None:
    """What a store's channel is told leaves the desk, so a manager answers for it."""
    if store_id not in managed_stores(by):
        raise NotAllowed(_("Only a manager of the store sets up where else it is told."))


def check_can_keep(by: Manager, channel: Channel) -> None:
    """A store's channel is its managers', a person's is that person's alone."""
    if channel.store_id is not None:
        check_can_manage_channels(by, channel.store_id)
    elif channel.person_id != by.pk or not by.is_active:
        raise NotAllowed(_("This channel is somebody else's own. Nobody else changes it."))
    if channel.removed is not None:
        raise WrongState(_("This channel was removed. Add it again."))


def check_can_read(by: Manager, message: Message) -> None:
    if message.recipient_id != by.pk or message.channel_id is not None:
        raise NotAllowed(_("This message is in somebody else's inbox."))
