"""Deciding on exactly what was seen."""

from decimal import Decimal

import pytest

from promoflow.audit.models import Entry
from promoflow.errors import Blocked, NotAllowed, Stale
from promoflow.outbox.models import Message
from promoflow.promotions.models import ConflictReport, Reservation, State
from promoflow.promotions.services import drafting, review
from tests import cast
from tests.promotions import lives

pytestmark = pytest.mark.django_db


def _told(notice: str) -> set[str]:
    return set(Message.objects.filter(notice=notice).values_list("recipient__name", flat=True))


def test_an_approval_names_content_report_and_policy(aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)
    page = lives.as_shown(request)

    decision = lives.approve_as_shown(request, page, by=sam)

    entry = Entry.objects.get(event="request.approved")
    assert bytes(decision.digest).hex() == page["revision"] == bytes(entry.revision_digest).hex()
    assert bytes(decision.report_digest).hex() == page["report"] == bytes(entry.report_digest).hex()
    assert ConflictReport.objects.get(pk=decision.report_id).policy_id == 1
    assert (entry.actor_name, entry.state_before, entry.state_after) == ("Sam", "in_review", "approved")
    assert _told("request_approved") == {"Olivia"}


def test_a_report_that_says_the_same_is_kept_once(aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)
    [submitted_with] = request.current.reports.all()

    decision = lives.approve(request, by=sam)

    assert decision.report == submitted_with == ConflictReport.objects.get(revision=decision.revision)


def test_a_report_that_says_something_else_is_kept_beside_it(aurora, olivia, sam):
    request = lives.submitted(aurora, lives.coupon(percent="10.00"), by=olivia)
    [submitted_with] = request.current.reports.all()
    lives.submitted(aurora, lives.price_discount(percent="10.00"), by=olivia)

    decision = lives.approve(request, by=sam)

    assert [submitted_with, decision.report] == list(request.current.reports.order_by("pk"))
    assert decision.report.digest != submitted_with.digest


def test_the_newest_report_is_the_one_that_somebody_acted_on_last(aurora, olivia, sam):
    """Also where everything says again, by then, what it said before."""
    request = lives.submitted(aurora, lives.deep(), by=olivia)
    [submitted_with] = request.current.reports.all()
    other = lives.submitted(aurora, lives.price_discount(lives.SET, percent="10.00"), by=olivia)
    first = lives.approve(request, by=sam)
    drafting.withdraw(reference=other.reference, by=olivia, at=lives.NOW)
    second = lives.approve(request, by=cast.grant(cast.person("Sue"), aurora, "supervisor"))

    assert list(request.current.reports.order_by("pk")) == [submitted_with, first.report, second.report]
    assert second.report.digest == submitted_with.digest != first.report.digest


def test_an_approval_holds_every_product_for_the_danger_window(aurora, olivia, sam):
    request = lives.approved(
        aurora, lives.coupon(lives.LAMP, lives.SET, start=10, days=2), by=olivia, supervisor=sam
    )

    presence = Reservation.objects.filter(request=request, conflict_group=0, held=True)
    assert {held.product.asin for held in presence} == {lives.LAMP, lives.SET}
    for held in presence:
        assert held.danger.lower < request.current.starts_at
        assert held.danger.upper >= request.current.ends_at


def test_a_page_from_before_an_edit_decides_nothing(aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)
    page = lives.as_shown(request)
    drafting.edit(
        reference=request.reference, revision=1, typed=lives.coupon(percent="45.00"), by=olivia, at=lives.NOW
    )
    lives.submit(request, by=olivia)

    with pytest.raises(Stale) as refusal:
        lives.approve_as_shown(request, page, by=sam)

    assert [(change.field, change.before, change.after) for change in refusal.value.changes] == [
        ("discount_value", "20.00", "45.00")
    ]
    assert lives.again(request).state == State.IN_REVIEW
    assert Entry.objects.filter(event="request.approve_refused", actor_name="Sam").count() == 1


def test_a_page_from_before_a_conflict_decides_nothing(aurora, olivia, sam, sue):
    request = lives.submitted(aurora, lives.social_code(lives.LAMP), by=olivia)
    page = lives.as_shown(request)
    lives.approved(aurora, lives.coupon(lives.LAMP), by=olivia, supervisor=sue)

    with pytest.raises(Stale):
        lives.approve_as_shown(request, page, by=sam)

    assert lives.again(request).state == State.IN_REVIEW


def test_a_page_from_before_a_lower_price_decides_nothing(aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)
    page = lives.as_shown(request)
    aurora.products.filter(asin=lives.LAMP).update(price=Decimal("12.00"))

    with pytest.raises(Stale):
        lives.approve_as_shown(request, page, by=sam)


def test_what_the_rules_block_is_approved_by_nobody(aurora, olivia, sam, sue):
    request = lives.submitted(aurora, lives.social_code(lives.LAMP), by=olivia)
    lives.approved(aurora, lives.coupon(lives.LAMP), by=olivia, supervisor=sue)

    with pytest.raises(Blocked) as refusal:
        lives.approve(request, by=sam)

    assert "kinds-forbidden" in {finding.code for finding in refusal.value.findings}
    entry = Entry.objects.get(event="request.approve_refused")
    assert any(key.startswith("kinds-forbidden:") for key in entry.after["findings"])
    assert not Reservation.objects.filter(request=request).exists()


def test_every_warning_is_acknowledged_one_by_one(aurora, olivia, sam):
    request = lives.submitted(aurora, lives.social_code(lives.LAMP, one_per_customer=False), by=olivia)
    page = lives.as_shown(request)
    assert page["acknowledged"]

    with pytest.raises(Blocked) as refusal:
        lives.approve_as_shown(request, page | {"acknowledged": page["acknowledged"][1:]}, by=sam)

    assert [finding.key for finding in refusal.value.findings] == page["acknowledged"][:1]


@pytest.mark.parametrize("who", ["olivia", "twin"])
def test_nobody_approves_their_own(who, aurora, olivia, twin):
    cast.grant(olivia, aurora, "supervisor")
    request = lives.submitted(aurora, by=olivia)

    with pytest.raises(NotAllowed, match="another one of yours"):
        lives.approve(request, by={"olivia": olivia, "twin": twin}[who])


def test_an_earlier_editor_approves_nothing_of_it(aurora, olivia, oscar):
    cast.grant(oscar, aurora, "supervisor")
    request = lives.drafted(aurora, by=olivia)
    drafting.edit(
        reference=request.reference, revision=1, typed=lives.coupon(percent="10.00"), by=oscar, at=lives.NOW
    )
    drafting.edit(
        reference=request.reference, revision=2, typed=lives.coupon(percent="15.00"), by=olivia, at=lives.NOW
    )
    lives.submit(request, by=olivia)

    with pytest.raises(NotAllowed):
        lives.approve(request, by=oscar)


def test_an_edit_ends_the_approval_in_the_same_breath(aurora, olivia, oscar, sam):
    request = lives.approved(aurora, by=olivia, supervisor=sam)

    drafting.edit(
        reference=request.reference, revision=1, typed=lives.coupon(percent="45.00"), by=oscar, at=lives.NOW
    )

    request = lives.again(request)
    decision = request.decisions.get()
    assert request.state == State.DRAFT
    assert (decision.valid, decision.voided_by) == (False, oscar)
    assert not Reservation.objects.filter(request=request, held=True).exists()


@pytest.mark.parametrize(
    "field",
    ["asins", "discount_value", "starts_at", "ends_at", "budget", "title", "one_per_customer"],
)
def test_any_change_of_content_ends_the_approval(field, aurora, olivia, sam):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    changed = {
        "asins": [lives.SET],
        "discount_value": "21.00",
        "starts_at": "2026-12-03T08:00:00Z",
        "ends_at": "2026-12-06T08:00:00Z",
        "budget": "501.00",
        "title": "Save more on lamps",
        "one_per_customer": False,
    }

    drafting.edit(
        reference=request.reference,
        revision=1,
        typed=lives.coupon() | {field: changed[field]},
        by=olivia,
        at=lives.NOW,
    )

    assert lives.again(request).state == State.DRAFT


def test_saving_the_same_again_changes_nothing(aurora, olivia, sam):
    request = lives.approved(aurora, by=olivia, supervisor=sam)

    drafting.edit(reference=request.reference, revision=1, typed=lives.coupon(), by=olivia, at=lives.NOW)

    request = lives.again(request)
    assert (request.state, request.current.number) == (State.APPROVED, 1)


@pytest.mark.parametrize("verdict", [review.send_back, review.reject], ids=["return", "reject"])
@pytest.mark.parametrize("note", ["", "   ", "\n\t"])
def test_a_no_needs_its_reason(verdict, note, aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)

    with pytest.raises(Blocked, match="Say why"):
        verdict(
            reference=request.reference,
            by=sam,
            at=lives.NOW,
            confirmed_at=lives.NOW,
            revision=bytes(request.newest.digest).hex(),
            note=note,
        )


@pytest.mark.parametrize(
    ("verdict", "state", "notice"),
    [
        (review.send_back, State.DRAFT, "request_returned"),
        (review.reject, State.REJECTED, "request_rejected"),
    ],
    ids=["return", "reject"],
)
def test_a_no_is_told_with_its_reason(verdict, state, notice, aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)

    verdict(
        reference=request.reference,
        by=sam,
        at=lives.NOW,
        confirmed_at=lives.NOW,
        revision=bytes(request.newest.digest).hex(),
        note="Wrong lamp.",
    )

    assert lives.again(request).state == state
    message = Message.objects.get(notice=notice)
    assert (message.recipient, message.context["note"]) == (olivia, "Wrong lamp.")


def test_a_returned_one_is_submitted_and_approved_again(aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)
    lives.send_back(request, by=sam, note="Tell me why.")
    lives.submit(request, by=olivia)

    lives.approve(request, by=sam)

    assert lives.again(request).state == State.APPROVED


def test_only_those_who_may_decide_are_asked_to(aurora, olivia, sam, sue, twin, ada, mia):
    lives.submitted(aurora, by=olivia)

    assert _told("request_submitted") == {"Sam", "Sue"}


def test_one_code_does_not_open_two_promotions_on_different_products(aurora, olivia, sam):
    lives.approved(aurora, lives.social_code(lives.LAMP), by=olivia, supervisor=sam)

    with pytest.raises(Blocked) as refusal:
        lives.submitted(aurora, lives.social_code(lives.SET, claim_code="25lampsx"), by=olivia)

    assert "code-reused" in {finding.code for finding in refusal.value.findings}


def test_a_social_code_and_a_group_code_are_one_where_amazon_makes_the_digits_letters(aurora, olivia, sam):
    social = lives.social_code(lives.LAMP, claim_code="10FALL01")
    lives.approved(aurora, social, by=olivia, supervisor=sam)
    group = {**lives.social_code(lives.SET), "kind": "percentage_off", "claim_type": "group"}

    with pytest.raises(Blocked) as refusal:
        lives.submitted(
            aurora,
            {**group, "claim_code": "10fall01", "budget": "500.00", "combinability": "unrestricted"},
            by=olivia,
        )

    assert "code-reused" in {finding.code for finding in refusal.value.findings}


def test_the_earliest_safe_start_lies_behind_every_promotion(aurora, olivia, sam):
    lives.approved(aurora, lives.social_code(lives.LAMP, start=10, days=3), by=olivia, supervisor=sam)
    last = lives.approved(
        aurora,
        lives.social_code(lives.LAMP, start=15, days=3, claim_code="25LAMPSZ"),
        by=olivia,
        supervisor=sam,
    )

    with pytest.raises(Blocked) as refusal:
        lives.submitted(aurora, lives.coupon(lives.LAMP, start=10, days=4), by=olivia)

    found = next(finding for finding in refusal.value.findings if finding.code == "kinds-forbidden")
    assert found.earliest_safe_start >= last.current.ends_at
