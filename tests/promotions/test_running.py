"""Going live with evidence, the second look, the stop, and the clock."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from accounts.roles import SUPERVISOR
from accounts.services import people
from promoflow.audit.models import Entry
from promoflow.errors import Blocked, NotAllowed, Stale, WrongState
from promoflow.outbox import notices
from promoflow.outbox.models import Message
from promoflow.policies import selectors as policies
from promoflow.promotions import neighbours
from promoflow.promotions.models import Reservation, State
from promoflow.promotions.services import drafting, running
from tests import cast, languages
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP, SET

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
NOBODY_DECIDED = "Nobody decided before Amazon's lead time began."


def _danger(request):
    return Reservation.objects.filter(request=request, conflict_group=0, held=True).get().danger


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        ("asins", [lives.SET]),
        ("asins", [lives.LAMP, lives.SET]),
        ("asins", []),
        ("discount_value", "70.00"),
        ("discount_type", "money"),
        ("starts_at", "2026-12-01T08:00:00Z"),
        ("ends_at", "2026-12-25T08:00:00Z"),
        ("claim_code", "25LAMPSY"),
        ("claim_code", None),
    ],
)
def test_what_differs_from_the_approval_does_not_go_live(field, shown, aurora, olivia, sam):
    """F003, first incident: the operator picked another product than the one that was meant."""
    request = lives.approved(aurora, lives.social_code(lives.LAMP), by=olivia, supervisor=sam)

    with pytest.raises(Blocked) as refusal:
        lives.go_live(request, by=olivia, shown=lives.shown_as_approved(request) | {field: shown})

    assert [difference.field for difference in refusal.value.findings] == [field]
    assert lives.again(request).state == State.APPROVED
    entry = Entry.objects.get(event="request.go_live_refused")
    assert (set(entry.before), entry.after) == ({field}, {field: shown})


@pytest.mark.parametrize(
    ("field", "shown"),
    [("discount_value", "30"), ("claim_code", "25lampsx")],
)
def test_the_same_written_otherwise_goes_live(field, shown, aurora, olivia, sam):
    request = lives.approved(aurora, lives.social_code(lives.LAMP), by=olivia, supervisor=sam)

    lives.go_live(request, by=olivia, shown=lives.shown_as_approved(request) | {field: shown})

    assert lives.again(request).state == State.LIVE


def test_a_code_of_other_digits_is_another_one(aurora, olivia, sam):
    """Amazon turns digits into letters of group codes alone: shoppers were told what was approved."""
    typed = lives.social_code(lives.LAMP, claim_code="10FALL01")
    request = lives.approved(aurora, typed, by=olivia, supervisor=sam)

    with pytest.raises(Blocked) as refusal:
        lives.go_live(request, by=olivia, shown=lives.shown_as_approved(request) | {"claim_code": "IOFALLOI"})

    assert [difference.field for difference in refusal.value.findings] == ["claim_code"]


@pytest.mark.parametrize("lost", ["role", "account", "joined"])
def test_an_approver_who_no_longer_counts_stops_the_going_live(lost, aurora, olivia, sam, mia, root):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    if lost == "role":
        cast.revoke(sam, aurora, "supervisor")
    elif lost == "account":
        people.deactivate(user=sam, by=mia, at=lives.NOW)
    else:
        people.join(user=sam, with_=olivia, by=mia, at=lives.NOW)

    with pytest.raises(NotAllowed, match="Sam approved PR-"):
        lives.go_live(request, by=olivia)


def test_what_became_forbidden_after_the_approval_does_not_go_live(aurora, olivia, sam):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    aurora.products.filter(asin=lives.LAMP).update(floor_price="18.00")

    with pytest.raises(Blocked) as refusal:
        lives.go_live(request, by=olivia)

    assert {finding.code for finding in refusal.value.findings} == {"below-floor"}


def test_an_edit_between_approval_and_going_live_is_seen(aurora, olivia, oscar, sam):
    """The races of GitLab and Bitbucket: no background job stands between the edit and the approval's end."""
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    page = bytes(request.newest.digest).hex()
    drafting.edit(
        reference=request.reference, revision=1, typed=lives.coupon(percent="50.00"), by=oscar, at=lives.NOW
    )

    with pytest.raises(WrongState):
        lives.go_live(request, by=olivia, revision=page)


def test_a_page_of_other_content_does_not_go_live(aurora, olivia, sam):
    request = lives.approved(aurora, by=olivia, supervisor=sam)

    with pytest.raises(Stale):
        lives.go_live(request, by=olivia, revision="00" * 32)


def test_too_late_is_not_marked_live(aurora, olivia, sam):
    request = lives.approved(aurora, by=olivia, supervisor=sam)

    with pytest.raises((WrongState, Blocked)):
        lives.go_live(request, by=olivia, at=request.current.starts_at + 25 * HOUR)


def test_one_that_started_some_hours_ago_is_still_marked_live(aurora, olivia, sam):
    request = lives.approved(aurora, by=olivia, supervisor=sam)

    lives.go_live(request, by=olivia, at=request.current.starts_at + 5 * HOUR)

    assert lives.again(request).state == State.LIVE


def test_it_is_marked_live_until_its_time_has_passed_and_not_at_that_instant(aurora, olivia, sam):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    too_late = policies.current().mark_live_by(neighbours.offer_of(request))

    with pytest.raises(WrongState, match="has passed"):
        lives.go_live(request, by=olivia, at=too_late)
    lives.go_live(request, by=olivia, at=too_late - timedelta(seconds=1))

    assert lives.again(request).state == State.LIVE


@pytest.fixture
def family(aurora, olivia, sam):
    """An approved price discount on the lamp set, the parent of both lamps."""
    aurora.products.filter(asin__in=[LAMP, FLOOR_LAMP]).update(parent=aurora.products.get(asin=SET))
    return lives.approved(aurora, lives.price_discount(SET), by=olivia, supervisor=sam)


@pytest.mark.parametrize("listed", [[SET], [LAMP, FLOOR_LAMP], [LAMP, FLOOR_LAMP, SET]])
def test_seller_central_may_list_a_parent_its_variations_or_both(family, olivia, sue, listed):
    shown = lives.shown_as_approved(family) | {"asins": listed}

    lives.go_live(family, by=olivia, shown=shown)
    verified = lives.verify(family, by=sue, shown=shown)

    assert verified.verified_by == sue


@pytest.mark.parametrize("listed", [[], [LAMP], [LAMP, SET], [LAMP, FLOOR_LAMP, "B0AURORA09"]])
def test_a_variation_that_is_missing_or_too_many_is_refused(family, olivia, listed):
    with pytest.raises(Blocked) as refusal:
        lives.go_live(family, by=olivia, shown=lives.shown_as_approved(family) | {"asins": listed})

    assert [difference.field for difference in refusal.value.findings] == ["asins"]


def test_a_parent_approved_with_all_its_variations_may_be_listed_as_these_alone(aurora, olivia, oscar, sam):
    aurora.products.filter(asin__in=[LAMP, FLOOR_LAMP]).update(parent=aurora.products.get(asin=SET))
    all_three = lives.price_discount(SET, LAMP, FLOOR_LAMP)
    request = lives.approved(aurora, all_three, by=olivia, supervisor=sam)

    shown = lives.shown_as_approved(request) | {"asins": [LAMP, FLOOR_LAMP]}

    assert lives.go_live(request, by=olivia, shown=shown).live_by == olivia


def test_the_variation_that_is_missing_is_named_and_not_its_parent(family, olivia):
    with pytest.raises(Blocked) as refusal:
        lives.go_live(family, by=olivia, shown=lives.shown_as_approved(family) | {"asins": [LAMP]})

    assert refusal.value.findings[0].before == [LAMP, FLOOR_LAMP]


def test_only_a_parent_may_be_left_out(aurora, olivia, sam):
    request = lives.approved(aurora, lives.coupon(LAMP, FLOOR_LAMP), by=olivia, supervisor=sam)

    with pytest.raises(Blocked):
        lives.go_live(request, by=olivia, shown=lives.shown_as_approved(request) | {"asins": [LAMP]})


def test_the_second_look_is_anothers(aurora, olivia, sam, twin):
    cast.grant(olivia, aurora, "supervisor")
    request = lives.live(aurora, by=olivia, supervisor=sam)
    shown = lives.shown_as_approved(request)

    for person in (olivia, twin):
        with pytest.raises(NotAllowed, match="second look"):
            lives.verify(request, by=person, shown=shown)


def test_a_second_look_that_sees_something_else_refuses(aurora, olivia, sam, sue):
    request = lives.live(aurora, by=olivia, supervisor=sam)
    shown = lives.shown_as_approved(request) | {"discount_value": "80.00"}

    with pytest.raises(Blocked) as refusal:
        lives.verify(request, by=sue, shown=shown)

    assert [difference.after for difference in refusal.value.findings] == ["80.00"]
    assert lives.again(request).activation.verified_at is None


def test_an_overdue_second_look_is_reminded_of_once(aurora, olivia, sam, sue):
    lives.live(aurora, by=olivia, supervisor=sam)

    running.move_due(at=lives.NOW + HOUR - timedelta(seconds=1))
    assert not Message.objects.filter(notice="request_not_verified").exists()
    running.move_due(at=lives.NOW + HOUR)
    running.move_due(at=lives.NOW + 2 * HOUR)

    told = Message.objects.filter(notice="request_not_verified")
    assert {message.recipient.name for message in told} == {"Sam", "Sue"}


def test_where_nobody_may_take_the_second_look_the_managers_hear_that_it_is_overdue(
    aurora, mia, olivia, sam, sue
):
    lives.live(aurora, by=olivia, supervisor=sam)
    for supervisor in (sam, sue):
        cast.revoke(supervisor, aurora, SUPERVISOR)

    running.move_due(at=lives.NOW + HOUR)

    [told] = Message.objects.filter(notice="request_not_verified")
    subject, body = notices.write(
        told.notice, context=told.context, recipient="Mia", link=told.link, why=told.why
    )
    assert (told.recipient, told.why) == (mia, "manages")
    assert subject.startswith("Overdue: nobody has verified")
    assert "Nobody may take the second look" in body


def test_a_stopped_code_is_dangerous_for_four_hours_more(aurora, olivia, sam):
    request = lives.live(aurora, lives.social_code(lives.LAMP, start=1), by=olivia, supervisor=sam)
    stopped_at = request.current.starts_at + 30 * HOUR

    running.stop(reference=request.reference, by=sam, at=stopped_at, note="Wrong lamp.")

    assert _danger(request).upper == stopped_at + 4 * HOUR
    assert lives.again(request).activation.stopped_by == sam


def test_a_clipped_coupon_is_dangerous_to_its_original_end(aurora, olivia, sam):
    request = lives.live(aurora, lives.coupon(lives.LAMP, start=1, days=7), by=olivia, supervisor=sam)
    before = _danger(request).upper

    running.stop(reference=request.reference, by=olivia, at=request.current.starts_at + HOUR)

    assert _danger(request).upper == before


def test_a_cooling_code_keeps_a_coupon_away_until_it_is_gone(aurora, olivia, sam):
    """F003, second incident: a coupon less than four hours after the code was cancelled."""
    code = lives.live(aurora, lives.social_code(lives.LAMP, start=1, days=9), by=olivia, supervisor=sam)
    running.stop(reference=code.reference, by=olivia, at=lives.NOW + timedelta(days=5, hours=18))

    with pytest.raises(Blocked) as refusal:
        lives.submitted(
            aurora, lives.coupon(lives.LAMP, start=6), by=olivia, at=lives.NOW + timedelta(days=5)
        )

    found = next(finding for finding in refusal.value.findings if finding.code == "cooling-off")
    assert found.others == (code.reference,)
    assert found.earliest_safe_start is not None
    late_enough = lives.submitted(
        aurora, lives.coupon(lives.LAMP, start=8), by=olivia, at=lives.NOW + timedelta(days=5)
    )
    assert late_enough.state == State.IN_REVIEW


def test_what_nobody_decided_in_time_expires(aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)
    locks_at = request.current.starts_at - 6 * HOUR

    assert running.move_due(at=locks_at - timedelta(seconds=1)) == 0
    assert running.move_due(at=locks_at) == 1
    assert running.move_due(at=locks_at) == 0

    entry = Entry.objects.get(event="request.expired")
    assert lives.again(request).state == State.CANCELLED
    assert (entry.actor, entry.actor_name) == (None, "")
    told = Message.objects.filter(notice="request_expired")
    assert {message.recipient.name for message in told} == {"Olivia", "Sam"}


def test_one_that_the_clock_cannot_move_keeps_no_other_from_it(aurora, olivia, sam, monkeypatch, caplog):
    broken, other = (lives.submitted(aurora, lives.coupon(asin), by=olivia) for asin in (LAMP, SET))
    locks_at = broken.current.starts_at - 6 * HOUR
    write = Entry.objects.create

    def refuse(**entry):
        if entry["subject"] == broken.reference:
            raise OSError("The history cannot be written.")
        return write(**entry)

    with monkeypatch.context() as failing:
        failing.setattr(Entry.objects, "create", refuse)
        assert running.move_due(at=locks_at) == 1

    assert [lives.again(request).state for request in (broken, other)] == [State.IN_REVIEW, State.CANCELLED]
    assert f"The clock could not see to {broken.reference}." in caplog.text
    assert running.move_due(at=locks_at) == 1
    assert lives.again(broken).state == State.CANCELLED


def test_why_it_expired_is_recorded_in_one_language_and_read_in_ones_own(
    settings, tmp_path, client, aurora, olivia, sam
):
    languages.teach(settings, tmp_path, {NOBODY_DECIDED: "无人决定"})
    request = lives.submitted(aurora, by=olivia)
    with translation.override("zh-hans"):
        running.move_due(at=request.current.starts_at - 6 * HOUR)
    entry = Entry.objects.get(event="request.expired")
    message = Message.objects.get(notice="request_expired", recipient=sam, channel=None)
    sam.language = "zh-hans"
    sam.save(update_fields=["language"])
    client.force_login(sam)

    pages = [
        client.get(reverse("request", args=[request.reference])).text,
        client.get(reverse("history-entry", args=[entry.pk])).text,
        client.get(reverse("request-dossier", args=[request.reference])).text,
    ]
    with translation.override("zh-hans"):
        _subject, mail = notices.write(
            message.notice, context=message.context, recipient="Sam", link="/", why=message.why
        )

    assert entry.why == message.context["note"] == NOBODY_DECIDED
    assert all("无人决定" in text and "Nobody decided" not in text for text in (*pages, mail))


def test_what_nobody_marked_live_in_time_expires_and_lets_go(aurora, olivia, sam):
    request = lives.approved(aurora, by=olivia, supervisor=sam)

    assert running.move_due(at=request.current.starts_at + 24 * HOUR - timedelta(seconds=1)) == 0
    assert running.move_due(at=request.current.starts_at + 24 * HOUR) == 1

    assert lives.again(request).state == State.CANCELLED
    assert not Reservation.objects.filter(request=request, held=True).exists()


def test_what_is_over_ends_and_keeps_its_danger(aurora, olivia, sam):
    request = lives.live(aurora, by=olivia, supervisor=sam)
    danger = _danger(request)

    assert running.move_due(at=request.current.ends_at - timedelta(seconds=1)) == 0
    assert running.move_due(at=request.current.ends_at) == 1

    assert lives.again(request).state == State.ENDED
    assert _danger(request) == danger


def test_withdrawing_frees_the_products_at_once(aurora, olivia, sam):
    request = lives.approved(aurora, lives.coupon(lives.LAMP), by=olivia, supervisor=sam)

    drafting.withdraw(
        reference=request.reference, by=sam, at=lives.NOW, note="Changed our minds.", may_run=False
    )

    other = lives.approved(aurora, lives.social_code(lives.LAMP), by=olivia, supervisor=sam)
    assert other.state == State.APPROVED
    assert Entry.objects.get(event="request.revoked").why == "Changed our minds."
