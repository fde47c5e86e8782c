"""What people do with a request: each deed, who may do it in which states, and requests in each state."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from accounts.models import User
from promoflow.catalog.models import Store
from promoflow.promotions.models import PromotionRequest, State
from promoflow.promotions.services import amending, discussing, drafting, running
from tests.promotions import lives

DURING = lives.NOW + timedelta(days=11)
AFTER = lives.NOW + timedelta(days=30)
CHANGED = lives.coupon(percent="15.00")


def _edit(request: PromotionRequest, by: User) -> object:
    return drafting.edit(
        reference=request.reference, revision=request.newest.number, typed=CHANGED, by=by, at=lives.NOW
    )


def _comment(request: PromotionRequest, by: User) -> object:
    return discussing.say(
        reference=request.reference,
        by=by,
        at=lives.NOW,
        revision=bytes(request.newest.digest).hex(),
        body="Well?",
    )


DEEDS: dict[str, Callable[..., object]] = {
    "edit": _edit,
    "copy": lambda request, by: drafting.copy(reference=request.reference, by=by, at=lives.NOW),
    "submit": lives.submit,
    "withdraw": lambda request, by: drafting.withdraw(
        reference=request.reference, by=by, at=lives.NOW, may_run=True
    ),
    "approve": lives.approve,
    "return": lives.send_back,
    "reject": lives.reject,
    "go_live": lives.go_live,
    "verify": lives.verify,
    "comment": _comment,
    "stop": lambda request, by: running.stop(reference=request.reference, by=by, at=DURING),
    "amend": lambda request, by: amending.amend(reference=request.reference, by=by, at=DURING),
    "shorten": lambda request, by: amending.shorten(
        reference=request.reference, by=by, at=DURING, budget=Decimal(200)
    ),
}

OPERATORS = frozenset({"author", "other operator", "author who supervises"})
DECIDERS = frozenset({"supervisor", "other supervisor"})
SUPERVISORS = DECIDERS | {"author who supervises", "twin of the author"}

# Who may, in which states. Everywhere else a person of the role is told WrongState, anybody else NotAllowed.
MAY: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "edit": (OPERATORS, frozenset({State.DRAFT, State.IN_REVIEW, State.APPROVED})),
    "copy": (OPERATORS, frozenset(State.values)),
    "submit": (OPERATORS, frozenset({State.DRAFT})),
    "withdraw": (OPERATORS | SUPERVISORS, frozenset({State.DRAFT, State.IN_REVIEW, State.APPROVED})),
    "approve": (DECIDERS, frozenset({State.IN_REVIEW})),
    "return": (DECIDERS, frozenset({State.IN_REVIEW})),
    "reject": (DECIDERS, frozenset({State.IN_REVIEW})),
    "go_live": (OPERATORS, frozenset({State.APPROVED})),
    # The author marked it live, so neither the author nor the twin takes the second look.
    "verify": (SUPERVISORS, frozenset({State.LIVE})),
    "stop": (OPERATORS | SUPERVISORS, frozenset({State.LIVE})),
    "comment": (OPERATORS | SUPERVISORS | {"auditor", "manager"}, frozenset(State.values)),
    "amend": (OPERATORS, frozenset({State.LIVE})),
    "shorten": (OPERATORS | SUPERVISORS, frozenset({State.LIVE})),
}


def in_state(state: str, store: Store, author: User, supervisor: User) -> PromotionRequest:
    match state:
        case State.DRAFT:
            return lives.drafted(store, by=author)
        case State.IN_REVIEW:
            return lives.submitted(store, by=author)
        case State.APPROVED:
            return lives.approved(store, by=author, supervisor=supervisor)
        case State.LIVE:
            return lives.live(store, by=author, supervisor=supervisor)
        case State.ENDED:
            request = lives.live(store, by=author, supervisor=supervisor)
            running.move_due(at=AFTER)
        case State.REJECTED:
            request = lives.submitted(store, by=author)
            lives.reject(request, by=supervisor)
        case State.CANCELLED:
            request = lives.drafted(store, by=author)
            drafting.withdraw(reference=request.reference, by=author, at=lives.NOW)
    return lives.again(request)
