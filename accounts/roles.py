"""The roles that a person can hold on a store, as a table."""

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

OPERATOR: Final = "operator"
SUPERVISOR: Final = "supervisor"
AUDITOR: Final = "auditor"
MANAGER: Final = "manager"


@dataclass(frozen=True)
class Role:
    code: str
    permission: str
    """Codename of the guardian permission on the store that the role's group holds."""
    name: StrPromise
    may: StrPromise


ROLES: Final = {
    role.code: role
    for role in (
        Role(OPERATOR, "operate_store", _("Operator"), _("drafts requests and marks approved ones live")),
        Role(SUPERVISOR, "supervise_store", _("Supervisor"), _("decides on other people's requests")),
        Role(AUDITOR, "audit_store", _("Auditor"), _("reads everything")),
        Role(MANAGER, "manage_store", _("Manager"), _("manages the store, its people and its products")),
    )
}


def group_name(store_id: int, role: str) -> str:
    """The name of the group that holds a role on a store."""
    return f"store:{store_id}:{role}"
