"""Who may change stores: `check_can_*` raises the sentence that the person reads."""

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import check_can_add
from accounts.selectors import same_person
from promoflow.errors import NotAllowed, WrongState


def check_can_add_store(by: User, manager: User | None = None) -> None:
    """Who adds a store names its first manager, who is somebody else: nobody makes themselves a manager."""
    check_can_add(by)
    if manager is None:
        return
    if same_person(by, manager):
        raise NotAllowed(_("Name somebody else as the first manager: nobody grants a role to themselves."))
    if not manager.is_active:
        raise WrongState(_("%(name)s is deactivated: name somebody else.") % {"name": manager.name})
