"""Who may read, draft and publish the rules: one sentence for the button and for the refusal."""

from django.utils.translation import gettext as _

from accounts import selectors as people
from accounts.models import User
from accounts.roles import MANAGER, SUPERVISOR
from promoflow.errors import NotAllowed, WrongState
from promoflow.policies import selectors
from promoflow.policies.models import PolicyDraft


def check_can_read(by: User) -> None:
    if not people.stores_of(by):
        raise NotAllowed(_("The rules are for people with a role on a store. Ask a manager for one."))


def check_can_draft(by: User) -> None:
    """The rules are every store's: a manager of any may propose the next ones, and never publishes them."""
    if not selectors.lock_power(by, MANAGER):
        raise NotAllowed(_("Only a manager of a store drafts the rules. Ask one of them."))


def check_can_open(by: User, opened: PolicyDraft | None) -> None:
    check_can_draft(by)
    if opened is not None:
        raise WrongState(
            _("%(name)s has opened a draft already. Edit that one, or discard it first.")
            % {"name": opened.opened_by.name}
        )


def check_is_open(draft: PolicyDraft | None) -> PolicyDraft:
    if draft is None:
        raise WrongState(_("No draft of the rules is open: it was published or discarded."))
    return draft


def check_can_publish(by: User, draft: PolicyDraft) -> None:
    """A second human, who wrote none of it under any account, and who manages or supervises a store."""
    if not selectors.lock_power(by, MANAGER, SUPERVISOR):
        raise NotAllowed(
            _(
                "Only a manager or a supervisor of a store publishes the rules. Ask one who did not "
                "write them."
            )
        )
    if by.person_id in draft.editors:
        raise NotAllowed(
            _(
                "You opened or edited this draft, under this account or another one of yours. Another "
                "manager or supervisor publishes it."
            )
        )
