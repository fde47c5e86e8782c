"""Whether the risk of a request has outgrown its route, or an approval that it was given on the way.

The route is frozen against later rules, not against what comes to stand beside the request: two that are
harmless alone may be deep together, and whichever is approved last is the one that makes them so.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from accounts.roles import MANAGER
from promoflow.errors import Blocked
from promoflow.promotions import checker, progress, quorum
from promoflow.promotions.content import decode
from promoflow.promotions.models import Decision, PromotionRequest
from promoflow.promotions.wording import words
from promoflow.rulebook.risk import Risk, risk_of
from promoflow.rulebook.routing import route_of

# As the risk of a submission is kept.
_KEPT: Final = Decimal("0.01")


def problem(request: PromotionRequest, found: checker.Report) -> str:
    """Why nobody approves it on the route that it has, or nothing.

    Only a risk that has grown is asked about: rules that changed meanwhile change no route by themselves.
    """
    risk = risk_of(found.case, found.findings)
    if not _has_grown(request, risk):
        return ""
    route = route_of(risk, found.policy, products=len(decode(request.newest.body)["asins"]))
    why = []
    if route.approvals > quorum.needed(request):
        reasons = route.frozen()["why"]
        why += [
            progress.because(reason, risk.worst_percent, risk.exposed, risk.currency) for reason in reasons
        ]
    if route.role == MANAGER != quorum.role(request):
        why.append(_("At such a depth only a manager of the store decides."))
    if not why:
        return ""
    return _(
        "More is at stake than when it was submitted, by what was approved beside it since. %(why)s Return "
        "it: submitted again, it goes to as many people as that takes."
    ) % {"why": " ".join(why)}


def check(request: PromotionRequest, found: checker.Report) -> None:
    if sentence := problem(request, found):
        raise Blocked(sentence)


def outgrown(request: PromotionRequest, decisions: Iterable[Decision], found: checker.Report) -> list[str]:
    """Of each approval that will not count beside the next one, why; the decisions are read already."""
    given = quorum.counted(request, decisions)
    return [why for approval in given if (why := why_void(approval, found))]


def why_void(approval: Decision, found: checker.Report) -> str:
    """Why an earlier one of several approvals counts no more, or nothing: it was of a shallower worst price.

    Measured is the share of the price: what the seller does to the price itself makes no promotion deeper.
    """
    then, now = checker.stored_sums(approval.report), found.sums
    deeper = [asin for asin in now if asin in then and _share_left(now[asin]) < _share_left(then[asin])]
    if not deeper:
        return ""
    asin, currency = min(deeper, key=lambda asin: _share_left(now[asin])), found.candidate.currency
    return _(
        "%(name)s approved %(reference)s while the worst price of %(asin)s was %(then)s. By what was "
        "approved beside it since it is %(now)s, so that approval counts no more once another one is given."
    ) % {
        "name": approval.decided_by.name,
        "reference": found.candidate.reference,
        "asin": asin,
        "then": words.money(then[asin].price, currency),
        "now": words.money(now[asin].price, currency),
    }


def _share_left(total: checker.Sum) -> Decimal:
    """How much of its price a product keeps at worst."""
    return total.price / total.steps[0].amount


def _has_grown(request: PromotionRequest, risk: Risk) -> bool:
    """Whether it is deeper or dearer than when it was submitted; what nothing ends is dearer than any sum."""
    if risk.worst_percent.quantize(_KEPT) > (request.worst_percent or 0):
        return True
    if request.exposed is None:
        return False
    return risk.exposed is None or risk.exposed.quantize(_KEPT) > request.exposed
