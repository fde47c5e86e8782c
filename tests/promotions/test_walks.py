"""Random walks of the workflow, judged by an oracle that asks the tables alone."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.models import User
from accounts.roles import OPERATOR, SUPERVISOR
from promoflow.catalog.models import Store
from promoflow.errors import Refused
from promoflow.promotions.models import PromotionRequest
from promoflow.promotions.services import drafting, review, running
from tests import cast
from tests.promotions import lives

pytestmark = [pytest.mark.django_db, pytest.mark.long]

# Four parts that two workers share.
WALKS = 500

APPROVED_WITHOUT_A_SECOND_HUMAN = """
    SELECT q.id FROM promotions_promotionrequest q
    WHERE q.state IN ('approved', 'live', 'ended') AND NOT EXISTS (
        SELECT 1 FROM promotions_decision d
        JOIN promotions_revision r ON r.id = d.revision_id AND sha256(r.body) = d.digest
        JOIN accounts_user decider ON decider.id = d.decided_by_id
        WHERE d.request_id = q.id AND d.revision_id = q.current_id AND d.verdict = 'approve' AND d.valid
            AND decider.person_id NOT IN (
                SELECT writer.person_id FROM promotions_revision w
                JOIN accounts_user writer ON writer.id = w.edited_by_id WHERE w.request_id = q.id)
            AND decider.person_id <> (SELECT u.person_id FROM accounts_user u WHERE u.id = q.submitted_by_id))
"""

VERIFIED_BY_THE_SAME_HUMAN = """
    SELECT a.request_id FROM promotions_activation a
    JOIN accounts_user live ON live.id = a.live_by_id
    JOIN accounts_user second ON second.id = a.verified_by_id
    WHERE live.person_id = second.person_id
"""

FORBIDDEN_PAIRS = """
    SELECT a.request_id FROM promotions_reservation a
    JOIN promotions_revision ra ON ra.id = a.revision_id
    JOIN promotions_reservation b ON b.product_id = a.product_id AND b.request_id > a.request_id
        AND b.held AND b.danger && a.danger
    JOIN promotions_revision rb ON rb.id = b.revision_id
    WHERE a.held AND (ra.kind = rb.kind
        OR 'coupon' IN (ra.kind, rb.kind) AND 'social_code' IN (ra.kind, rb.kind))
"""

HISTORY_TELLS_ANOTHER_STORY = """
    WITH told AS (
        SELECT e.subject_id, e.step, e.state_after,
            e.state_before = coalesce(lag(e.state_after) OVER w, '') AS follows,
            e.step = row_number() OVER w AS counted
        FROM audit_entry e WHERE e.subject_type = 'promotions.promotionrequest' AND e.outcome = 'done'
        WINDOW w AS (PARTITION BY e.subject_id ORDER BY e.step))
    SELECT q.id FROM promotions_promotionrequest q
    WHERE NOT EXISTS (SELECT 1 FROM told WHERE subject_id = q.id AND step = q.step AND state_after = q.state)
        OR EXISTS (SELECT 1 FROM told WHERE subject_id = q.id AND NOT (follows AND counted))
        OR q.step <> (SELECT count(*) FROM told WHERE subject_id = q.id)
"""

# One statement: it is asked some 20,000 times.
ORACLE = " UNION ALL ".join(
    f"(SELECT '{name}', broken.* FROM ({question}) broken)"
    for name, question in {
        "approved without a second human": APPROVED_WITHOUT_A_SECOND_HUMAN,
        "verified by the same human": VERIFIED_BY_THE_SAME_HUMAN,
        "a forbidden pair": FORBIDDEN_PAIRS,
        "the history tells another story": HISTORY_TELLS_ANOTHER_STORY,
    }.items()
)

PEOPLE = ("olivia", "oscar", "both", "sam", "twin", "stranger")
people = st.sampled_from(PEOPLE)
which = st.integers(0, 2)


class Walk(RuleBasedStateMachine):
    """People who may and may not, doing what makes sense and what does not, in any order."""

    store: Store
    cast: dict[str, User]
    counts: dict[str, int]

    def __init__(self) -> None:
        super().__init__()
        self.start = transaction.savepoint()
        self.requests: list[PromotionRequest] = []
        self.pages: dict[int, dict[str, Any]] = {}
        self.now: datetime = lives.NOW

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.start)

    def attempt(self, deed: str, do: Callable[[], object]) -> object:
        """Do it, or be refused; either way the database has its say as at a commit, and the oracle looks."""
        try:
            done = do()
            self.counts[deed] = self.counts.get(deed, 0) + 1
        except Refused:
            done = None
            self.counts["refused"] = self.counts.get("refused", 0) + 1
        cast.committed()
        with connection.cursor() as cursor:
            cursor.execute(ORACLE)
            assert cursor.fetchall() == []
        return done

    def pick(self, number: int, *likely: str) -> PromotionRequest:
        """One of the requests, rather one in a state in which the deed is likely to be done."""
        found = list(PromotionRequest.objects.filter(pk__in=[request.pk for request in self.requests]))
        rather = [request for request in found if request.state in likely] or found
        return lives.again(rather[number % len(rather)])

    @initialize(by=st.sampled_from(["olivia", "both"]), percent=st.sampled_from(["10.00", "30.00"]))
    def begin(self, by: str, percent: str) -> None:
        self.draft(by=by, kind="coupon", percent=percent)

    @rule(
        by=people,
        kind=st.sampled_from(["coupon", "social_code"]),
        percent=st.sampled_from(["10.00", "30.00"]),
    )
    def draft(self, by: str, kind: str, percent: str) -> None:
        typed = {"coupon": lives.coupon, "social_code": lives.social_code}[kind](lives.LAMP, percent=percent)
        made = self.attempt(
            "draft", lambda: drafting.create(store=self.store, typed=typed, by=self.cast[by], at=self.now)
        )
        if isinstance(made, PromotionRequest):
            self.requests = [*self.requests[-2:], made]

    @precondition(lambda self: self.requests)
    @rule(number=which)
    def open_page(self, number: int) -> None:
        """Look at a request now, and decide on it later: what was seen may be old by then."""
        request = self.pick(number)
        self.pages[request.pk] = lives.as_shown(request, at=self.now)

    @precondition(lambda self: self.requests)
    @rule(number=which, by=people, percent=st.sampled_from(["10.00", "15.00", "45.00"]))
    def edit(self, number: int, by: str, percent: str) -> None:
        request = self.pick(number)
        make = lives.coupon if request.newest.kind == "coupon" else lives.social_code
        self.attempt(
            "edit",
            lambda: drafting.edit(
                reference=request.reference,
                revision=request.newest.number,
                typed=make(lives.LAMP, percent=percent),
                by=self.cast[by],
                at=self.now,
            ),
        )

    @precondition(lambda self: self.requests)
    @rule(number=which, by=people)
    def submit(self, number: int, by: str) -> None:
        self.attempt(
            "submit", lambda: lives.submit(self.pick(number, "draft"), by=self.cast[by], at=self.now)
        )

    @precondition(lambda self: self.requests)
    @rule(number=which, by=people, from_page=st.booleans())
    def approve(self, number: int, by: str, from_page: bool) -> None:
        request = self.pick(number, "in_review")
        page = self.pages.get(request.pk) if from_page else None
        self.attempt(
            "approve",
            lambda: lives.approve_as_shown(
                request, page or lives.as_shown(request, at=self.now), by=self.cast[by], at=self.now
            ),
        )

    @precondition(lambda self: self.requests)
    @rule(number=which, by=people, verdict=st.sampled_from([review.send_back, review.reject]))
    def refuse(self, number: int, by: str, verdict: Callable[..., object]) -> None:
        request = self.pick(number, "in_review")
        self.attempt(
            "refuse",
            lambda: verdict(
                reference=request.reference,
                by=self.cast[by],
                at=self.now,
                confirmed_at=self.now,
                revision=bytes(request.newest.digest).hex(),
                note="No.",
            ),
        )

    @precondition(lambda self: self.requests)
    @rule(number=which, by=people, right=st.booleans())
    def go_live(self, number: int, by: str, right: bool) -> None:
        request = self.pick(number, "approved")
        shown = lives.shown_as_approved(request)
        if not right:
            shown["discount_value"] = "99.00"
        self.attempt("go_live", lambda: lives.go_live(request, by=self.cast[by], at=self.now, shown=shown))

    @precondition(lambda self: self.requests)
    @rule(number=which, by=people)
    def verify(self, number: int, by: str) -> None:
        request = self.pick(number, "live")
        shown = lives.shown_as_approved(request)
        self.attempt(
            "verify",
            lambda: lives.verify(request, by=self.cast[by], at=self.now, shown=shown),
        )

    @precondition(lambda self: self.requests)
    @rule(number=which, by=people, said=st.sampled_from([None, True, False]))
    def withdraw(self, number: int, by: str, said: bool | None) -> None:
        request = self.pick(number)
        self.attempt(
            "withdraw",
            lambda: drafting.withdraw(
                reference=request.reference, by=self.cast[by], at=self.now, may_run=said
            ),
        )

    @precondition(lambda self: self.requests)
    @rule(number=which, by=st.sampled_from(["olivia", "sam", "both", "stranger"]))
    def stop(self, number: int, by: str) -> None:
        request = self.pick(number, "live")
        self.attempt("stop", lambda: running.stop(reference=request.reference, by=self.cast[by], at=self.now))

    @precondition(lambda self: self.requests)
    @rule(number=which, steps=st.integers(1, 4), approver=st.sampled_from(["sam", "both", "twin"]))
    def go_along(self, number: int, steps: int, approver: str) -> None:
        """The usual next steps, by people who mostly may: without them the walks would rarely come far."""
        for _ in range(steps):
            request = self.pick(number)
            writer = request.newest.edited_by.name.lower()
            match request.state:
                case "draft":
                    self.submit(number, writer)
                case "in_review":
                    self.approve(number, approver, False)
                case "approved":
                    self.go_live(number, writer, True)
                case "live":
                    self.verify(number, approver)

    @rule(hours=st.sampled_from([1, 30, 24 * 9]))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.attempt("wait", lambda: running.move_due(at=self.now))

    @rule(by=st.sampled_from(["both", "sam"]), back=st.booleans())
    def change_roles(self, by: str, back: bool) -> None:
        change = cast.grant if back else cast.revoke
        self.attempt("roles", lambda: change(self.cast[by], self.store, SUPERVISOR))


@pytest.mark.parametrize("part", range(4))
def test_no_walk_gets_past_the_second_human(part, aurora, olivia, oscar, sam, twin, stranger):
    both = cast.grant(cast.grant(cast.person("Both"), aurora, OPERATOR), aurora, SUPERVISOR)
    Walk.store = aurora
    Walk.cast = {
        "olivia": olivia,
        "oscar": oscar,
        "both": both,
        "sam": sam,
        "twin": twin,
        "stranger": stranger,
    }
    Walk.counts = {}

    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=WALKS,
            stateful_step_count=8,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )

    # The walks really went somewhere: what never happens proves nothing.
    for deed in ("draft", "edit", "submit", "approve", "go_live", "verify", "refused"):
        assert Walk.counts.get(deed, 0) >= 5, (deed, Walk.counts)
    print(f"{WALKS} walks: {Walk.counts}")
