"""Whether enough people are left who may approve a request: nobody eligible is never "no approval needed"."""

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import selectors as people
from accounts.models import User
from accounts.roles import MANAGER
from promoflow.promotions import quorum, selectors
from promoflow.promotions.models import PromotionRequest


def lacking(request: PromotionRequest, eligible: Iterable[User]) -> int:
    """How many humans the quorum of a submitted request lacks, were everybody to approve who may."""
    able, needed = {person.person_id for person in eligible}, quorum.needed(request)
    if len(able) >= needed:
        return 0
    return max(0, needed - len(able | quorum.humans(quorum.approvals(request))))


def lacking_if_submitted(request: PromotionRequest, *, by: User, role: str, needed: int) -> int:
    """The same of a draft, were this person to submit it by a route like that."""
    wrote: set[UUID] = {*selectors.contributors(request), by.person_id}
    eligible = people.people_with_role(request.store_id, role, besides=wrote)
    return max(0, needed - len({person.person_id for person in eligible}))


def sentence(number: int, role: str) -> str:
    """What the operator and the manager read; nothing where enough are left."""
    if not number:
        return ""
    if role == MANAGER:
        return _(
            "Managers of the store approve this one, and too few of them have not written on it. It can be "
            "submitted, but not approved until somebody else is made a manager."
        )
    return ngettext(
        "%(number)d supervisor too few may approve it: the others wrote on it, or there are none. It can be "
        "submitted, but not approved until a manager names another supervisor.",
        "%(number)d supervisors too few may approve it: the others wrote on it, or there are none. It can be "
        "submitted, but not approved until a manager names other supervisors.",
        number,
    ) % {"number": number}
