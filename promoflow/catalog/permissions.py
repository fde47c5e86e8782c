"""Who may change stores, products and imports: `check_can_*` raises the sentence that the person reads."""

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import check_can_add
from accounts.roles import MANAGER, OPERATOR
from accounts.selectors import lock_role, same_person
from promoflow.catalog.models import Import, Store
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


def check_can_import(by: User, store: Store, kind: str) -> None:
    """Listings say what Amazon shows, so those who work with them bring them in; floors are a decision."""
    if kind == Import.Kind.FLOORS:
        check_can_change_products(by, store)
    elif not (lock_role(by, store.pk, OPERATOR) or lock_role(by, store.pk, MANAGER)):
        raise NotAllowed(
            _("Only an operator or a manager of %(store)s may import its listings.") % {"store": store}
        )


def check_can_change_products(by: User, store: Store) -> None:
    """A lower floor lets every later discount be deeper, so it is not for those who draft them."""
    if not lock_role(by, store.pk, MANAGER):
        raise NotAllowed(
            _(
                "Only a manager of %(store)s may change prices, floor prices and parents: a lower floor is "
                "as dangerous as a discount."
            )
            % {"store": store}
        )
