"""Publishing the rules: who may, what must have been seen, and what becomes of what stands."""

from datetime import timedelta

import pytest
from django.db import connection

from promoflow.audit.models import Entry
from promoflow.errors import Blocked, NotAllowed, Stale, WrongState
from promoflow.outbox.models import Message
from promoflow.policies import selectors as policies
from promoflow.policies.models import PolicyDraft, PolicyVersion
from promoflow.policies.services import drafting as rules
from promoflow.promotions import checker, selectors
from promoflow.promotions.models import Alarm, PromotionRequest, Reservation, State
from promoflow.promotions.services import alarms, drafting, publishing, running
from tests import cast
from tests.policies import drafts
from tests.promotions import lives
from tests.promotions.lives import LAMP, NOW

pytestmark = pytest.mark.django_db

PAIR = "pairs.coupon.price_discount"
MEETING_MAY = {PAIR: "may-meet"}
MEETING_BLOCKED = {PAIR: "block"}


@pytest.fixture
def maud(aurora):
    """A second manager."""
    return cast.grant(cast.person("Maud"), aurora, "manager")


@pytest.fixture
def meeting(aurora, olivia, sam):
    """A coupon and a price discount on one product, which version 1 lets meet with a reason."""
    coupon = lives.approved(aurora, lives.coupon(LAMP, percent="10.00"), by=olivia, supervisor=sam)
    price = lives.live(aurora, lives.price_discount(LAMP, percent="10.00"), by=olivia, supervisor=sam)
    return coupon, price


# --- Who may, and having seen what ------------------------------------------------------------------------


def test_a_second_human_publishes_what_a_manager_drafted(mia, sam):
    draft = drafts.drafted({"going_live.verify_within_minutes.value": 30}, by=mia)

    version = drafts.publish(draft, by=sam)

    assert (version.number, version.drafted_by, version.published_by) == (2, mia, sam)
    assert policies.current().verify_within_minutes == 30
    assert policies.open_draft() is None
    entry = Entry.objects.get(event="policy.published")
    assert (entry.actor, entry.subject, entry.why) == (sam, "policy 2", "What we agreed on Monday.")
    assert entry.before == {"going_live.verify_within_minutes.value": 60}
    assert entry.after == {"going_live.verify_within_minutes.value": 30, "blocked": 0}


def test_another_manager_publishes_too(mia, maud):
    assert drafts.publish(drafts.drafted(MEETING_MAY, by=mia), by=cast.two_step(maud)).published_by == maud


def test_no_editor_of_any_revision_publishes(aurora, mia, maud):
    draft = drafts.drafted(MEETING_MAY, by=mia)
    rules.save(revision=2, proposal=drafts.proposal(MEETING_BLOCKED), by=maud, at=NOW)

    for person in (mia, maud):
        with pytest.raises(NotAllowed, match="You opened or edited this draft"):
            drafts.publish(draft, by=person)


def test_who_only_opened_it_does_not_publish_it(mia, maud):
    draft = rules.open(by=maud, at=NOW)
    rules.save(revision=1, proposal=drafts.proposal(MEETING_MAY), by=mia, at=NOW)

    with pytest.raises(NotAllowed, match="You opened or edited"):
        drafts.publish(draft, by=maud)


def test_nobody_publishes_under_a_second_account(aurora, mia):
    twin = cast.grant(cast.person("Mia Two", person_id=mia.person_id), aurora, "supervisor")
    draft = drafts.drafted(MEETING_MAY, by=mia)

    with pytest.raises(NotAllowed, match="another one of yours"):
        drafts.publish(draft, by=twin)


def test_only_managers_and_supervisors_publish(aurora, mia, olivia, ada, stranger, root):
    draft = drafts.drafted(MEETING_MAY, by=mia)

    for person in (olivia, ada, stranger, root):
        with pytest.raises(NotAllowed, match="Only a manager or a supervisor"):
            drafts.publish(draft, by=person)


def test_who_lost_the_role_or_the_account_does_not_publish(aurora, mia, sam, sue):
    draft = drafts.drafted(MEETING_MAY, by=mia)
    cast.revoke(sam, aurora, "supervisor")
    sue.is_active = False
    sue.save(update_fields=["is_active"])

    for person in (sam, sue):
        with pytest.raises(NotAllowed):
            drafts.publish(draft, by=person)


def test_a_draft_that_changed_since_is_stale_and_says_what_changed(mia, sam):
    draft = drafts.drafted(MEETING_MAY, by=mia)
    shown = drafts.as_shown(draft)
    rules.save(revision=2, proposal=drafts.proposal(MEETING_BLOCKED), by=mia, at=NOW)

    with pytest.raises(Stale, match="Mia has changed the draft") as stale:
        publishing.publish(by=sam, at=NOW, confirmed_at=NOW, **shown)

    assert [str(change) for change in stale.value.changes] == ["Coupon and Price Discount: May meet → Block"]


def test_an_effect_that_changed_since_is_stale(aurora, mia, olivia, sam, sue):
    draft = drafts.drafted(MEETING_BLOCKED, by=mia)
    lives.approved(aurora, lives.coupon(LAMP, percent="10.00"), by=olivia, supervisor=sam)
    shown = drafts.as_shown(draft)
    second = lives.approved(aurora, lives.price_discount(LAMP, percent="10.00"), by=olivia, supervisor=sam)

    with pytest.raises(Stale, match="has changed since") as stale:
        publishing.publish(by=sue, at=NOW, confirmed_at=NOW, **shown)

    assert f"The rules would block {second.reference}." in map(str, stale.value.changes)


def test_what_changes_nothing_or_says_not_what_is_not_published(mia, sam):
    draft = rules.open(by=mia, at=NOW)
    with pytest.raises(Blocked, match="nothing to publish"):
        drafts.publish(draft, by=sam)

    rules.save(revision=1, proposal=drafts.proposal(MEETING_MAY, summary=""), by=mia, at=NOW)
    with pytest.raises(Blocked, match="summary"):
        drafts.publish(draft, by=sam)


def test_a_discarded_draft_is_not_published(mia, sam):
    draft = drafts.drafted(MEETING_MAY, by=mia)
    shown = drafts.as_shown(draft)
    rules.discard(by=mia, at=NOW)

    with pytest.raises(WrongState, match="No draft of the rules is open"):
        publishing.publish(by=sam, at=NOW, confirmed_at=NOW, **shown)


def test_a_refusal_is_in_the_history(aurora, mia):
    draft = drafts.drafted(MEETING_MAY, by=mia)

    with pytest.raises(NotAllowed):
        drafts.publish(draft, by=mia)

    entry = Entry.objects.get(event="policy.publish_refused")
    assert (entry.outcome, entry.actor, entry.subject) == ("refused", mia, "policy 2")
    assert "You opened or edited" in entry.why


# --- What stands against the new rules --------------------------------------------------------------------


def test_what_the_new_rules_block_is_alarmed_and_stays_as_it_is(meeting, mia, sue):
    coupon, price = meeting

    version = drafts.published(MEETING_BLOCKED, manager=mia, publisher=sue)

    assert {alarm.request for alarm in selectors.open_alarms()} == {coupon, price}
    for request, state in ((coupon, State.APPROVED), (price, State.LIVE)):
        alarm = selectors.alarm_of(request)
        assert (alarm.report.policy, alarm.raised_by, alarm.raised_at) == (version, sue, NOW)
        assert [finding.code for finding in checker.stored_findings(alarm.report)][:1] == ["kinds-forbidden"]
        assert lives.again(request).state == state
        assert lives.again(request).step == request.step
        entry = Entry.objects.get(event="request.alarmed", subject=request.reference)
        assert entry.report_digest == alarm.report.digest
        assert entry.after["policy"] == 2


def test_the_alarms_report_is_the_one_that_the_rules_give_afterwards(meeting, mia, sue):
    """What was foreseen by content is what is found by reservation once the rules are in force."""
    drafts.published(MEETING_BLOCKED, manager=mia, publisher=sue)

    for request in meeting:
        found = checker.report_of(lives.again(request), at=NOW)
        assert found.digest == bytes(selectors.alarm_of(request).report_digest)


def test_everybody_who_works_on_it_gets_a_mail(meeting, mia, olivia, oscar, sam, sue):
    drafts.published(MEETING_BLOCKED, manager=mia, publisher=sue)

    for request in meeting:
        owed = Message.objects.filter(notice="request_alarmed", subject_id=request.pk)
        assert {message.recipient for message in owed} == {olivia, oscar, sam}
        assert {message.context["policy"] for message in owed} == {2}


def test_what_the_new_rules_allow_is_left_alone(meeting, mia, sue):
    before = set(Reservation.objects.filter(held=True).values_list("pk", flat=True))

    drafts.published({"floor.default_percent.value": 40}, manager=mia, publisher=sue)

    assert not Alarm.objects.exists()
    assert set(Reservation.objects.filter(held=True).values_list("pk", flat=True)) == before


def test_what_is_over_or_not_decided_gets_no_alarm(aurora, olivia, sam, sue, mia):
    waiting = lives.submitted(aurora, lives.coupon(LAMP, percent="10.00"), by=olivia)
    stopped = lives.live(aurora, lives.price_discount(LAMP, percent="10.00"), by=olivia, supervisor=sam)
    running.stop(reference=stopped.reference, by=sam, at=NOW)

    drafts.published(MEETING_BLOCKED, manager=mia, publisher=sue)

    assert not Alarm.objects.exists()
    assert lives.again(waiting).state == State.IN_REVIEW


def test_an_alarm_is_open_until_the_request_ends_or_has_other_content(meeting, mia, olivia, sue):
    coupon, price = meeting
    drafts.published(MEETING_BLOCKED, manager=mia, publisher=sue)

    running.stop(reference=price.reference, by=sue, at=NOW)
    assert selectors.alarm_of(price) is None
    drafting.edit(
        reference=coupon.reference, revision=1, typed=lives.coupon(LAMP, start=40), by=olivia, at=NOW
    )
    assert selectors.alarm_of(coupon) is None


# --- The reservations ---------------------------------------------------------------------------------------


def _groups(request: PromotionRequest) -> set[int]:
    return set(
        Reservation.objects.filter(request=request, held=True).values_list("conflict_group", flat=True)
    )


def _window(request: PromotionRequest):
    return Reservation.objects.filter(request=request, held=True, conflict_group=0).get().danger


def test_two_that_may_meet_no_longer_keep_their_presence_and_what_fits(meeting, mia, sue):
    coupon, price = meeting

    drafts.published(MEETING_BLOCKED, manager=mia, publisher=sue)

    policy = policies.current()
    wanted = {group for group, _member in policy.conflict_groups("price_discount")} | {0}
    assert _groups(price) == wanted, "what is live keeps its place"
    shared = wanted & {group for group, _member in policy.conflict_groups("coupon")} - {0}
    assert shared
    assert 0 in _groups(coupon)
    assert not _groups(coupon) & shared


def test_a_request_of_a_kind_that_the_new_rules_forbid_beside_it_is_refused(
    meeting, aurora, mia, olivia, sue
):
    drafts.published(MEETING_BLOCKED, manager=mia, publisher=sue)
    request = lives.drafted(aurora, lives.price_discount(LAMP, percent="5.00"), by=olivia)

    with pytest.raises(Blocked):
        lives.submit(request, by=olivia)


def test_longer_paddings_are_held_from_then_on(meeting, mia, sue):
    coupon, _price = meeting
    before = _window(coupon)

    drafts.published({"kinds.coupon.danger.hours_after.value": 12}, manager=mia, publisher=sue)

    after = _window(coupon)
    assert (after.lower, (after.upper - before.upper).total_seconds()) == (before.lower, 12 * 3600)


def test_a_padding_that_makes_two_meet_alarms_both(aurora, mia, olivia, sam, sue):
    """Apart under the old rules, so that neither reservation reached the other."""
    first = lives.approved(aurora, lives.coupon(LAMP, days=2), by=olivia, supervisor=sam)
    second = lives.approved(aurora, lives.social_code(LAMP, start=13), by=olivia, supervisor=sam)

    drafts.published({"kinds.coupon.danger.hours_after.value": 48}, manager=mia, publisher=sue)

    assert {alarm.request for alarm in selectors.open_alarms()} == {first, second}
    for request in (first, second):
        found = checker.report_of(lives.again(request), at=NOW)
        assert found.digest == bytes(selectors.alarm_of(request).report_digest)


def test_shorter_paddings_let_go(aurora, mia, olivia, sam, sue):
    """The new rows of one are never in the way of the old rows of another."""
    lives.approved(aurora, lives.coupon(LAMP, days=2), by=olivia, supervisor=sam)
    lives.approved(aurora, lives.social_code(LAMP, start=13), by=olivia, supervisor=sam)

    drafts.published(
        {
            "kinds.coupon.danger.hours_before.value": 0,
            "kinds.coupon.danger.hours_after.value": 24,
            "kinds.social_code.danger.hours_before.value": 0,
        },
        manager=mia,
        publisher=sue,
    )

    assert not Alarm.objects.exists()
    policy = policies.current()
    for request in PromotionRequest.objects.all():
        kind = lives.again(request).newest.kind
        assert _groups(request) == {0} | {group for group, _member in policy.conflict_groups(kind)}


def test_what_was_stopped_is_held_for_as_long_as_the_new_rules_fear(aurora, mia, olivia, sam, sue):
    code = lives.live(aurora, lives.social_code(LAMP, start=1, days=5), by=olivia, supervisor=sam)
    later = NOW.replace(day=25)
    running.stop(reference=code.reference, by=sam, at=later)
    assert _window(code).upper < lives.again(code).newest.ends_at

    draft = drafts.drafted({"kinds.social_code.danger.hours_after_stop.value": "to-the-end"}, by=mia)
    publishing.publish(by=sue, at=later, confirmed_at=later, **drafts.as_shown(draft))

    assert _window(code).upper == lives.again(code).newest.ends_at
    assert lives.again(code).state == State.ENDED


def test_what_has_ended_keeps_its_rows_and_what_never_ran_gets_none(aurora, mia, olivia, sam, sue):
    """Later checks look back at what ended; a promotion stopped days ahead was never there."""
    ended = lives.live(aurora, lives.coupon(LAMP, start=1, days=2), by=olivia, supervisor=sam)
    never = lives.live(aurora, lives.social_code(LAMP, start=40), by=olivia, supervisor=sam)
    running.stop(reference=never.reference, by=sam, at=NOW)
    later = lives.again(ended).newest.ends_at + timedelta(hours=5)
    running.move_due(at=later)
    assert lives.again(ended).state == State.ENDED

    draft = drafts.drafted({"kinds.coupon.danger.hours_after.value": 2}, by=mia)
    publishing.publish(by=sue, at=later, confirmed_at=later, **drafts.as_shown(draft))

    assert _window(ended).upper == lives.again(ended).newest.ends_at + timedelta(hours=2)
    assert _groups(never) == set()


def test_what_does_not_fit_fits_again_once_the_rules_allow_it(meeting, mia, sue):
    coupon, price = meeting
    drafts.published(MEETING_BLOCKED, manager=mia, publisher=sue)

    drafts.published({PAIR: "warn"}, manager=mia, publisher=sue)

    policy = policies.current()
    for request, kind in ((coupon, "coupon"), (price, "price_discount")):
        assert _groups(request) == {0} | {group for group, _member in policy.conflict_groups(kind)}


def test_what_no_longer_fits_is_stopped_as_easily_as_anything(aurora, mia, olivia, sam, sue):
    """Both are live, so one of them lost its place; neither is kept from stopping."""
    both = [
        lives.live(aurora, kind(LAMP, percent="10.00"), by=olivia, supervisor=sam)
        for kind in (lives.coupon, lives.price_discount)
    ]
    drafts.published(MEETING_BLOCKED, manager=mia, publisher=sue)
    later = both[0].newest.starts_at + timedelta(hours=1)

    for request in reversed(both):
        running.stop(reference=request.reference, by=olivia, at=later)

    assert {lives.again(request).state for request in both} == {State.ENDED}
    assert all(0 in _groups(request) for request in both), "shoppers may still redeem them"


def test_what_the_rules_block_does_not_go_live_whatever_was_settled(meeting, mia, olivia, sam, sue):
    coupon, _price = meeting
    drafts.published(MEETING_BLOCKED, manager=mia, publisher=sue)
    alarms.settle(reference=coupon.reference, by=sam, at=NOW, confirmed_at=NOW, note="We know.")

    with pytest.raises(Blocked):
        lives.go_live(coupon, by=olivia)


# --- Settling -----------------------------------------------------------------------------------------------


@pytest.fixture
def alarmed(meeting, mia, sue):
    drafts.published(MEETING_BLOCKED, manager=mia, publisher=sue)
    return meeting[0]


@pytest.mark.parametrize("confirmed_at", [None, NOW - timedelta(minutes=11)])
def test_no_alarm_is_settled_unconfirmed(confirmed_at, alarmed, sam):
    with pytest.raises(NotAllowed, match="Confirm that it is you"):
        alarms.settle(
            reference=alarmed.reference, by=sam, at=NOW, confirmed_at=confirmed_at, note="It ends tomorrow."
        )

    assert selectors.alarm_of(alarmed) is not None


def test_a_supervisor_settles_an_alarm_and_says_why(alarmed, sam):
    alarms.settle(reference=alarmed.reference, by=sam, at=NOW, confirmed_at=NOW, note="  It ends tomorrow. ")

    assert selectors.alarm_of(alarmed) is None
    assert lives.again(alarmed).state == State.APPROVED
    alarm = Alarm.objects.get(request=alarmed)
    assert (alarm.settled_by, alarm.settled_at, alarm.note) == (sam, NOW, "It ends tomorrow.")
    entry = Entry.objects.get(event="request.alarm_settled")
    assert (entry.actor, entry.subject, entry.why) == (sam, alarmed.reference, "It ends tomorrow.")


def test_settling_without_a_word_is_refused(alarmed, sam):
    with pytest.raises(Blocked, match="Say why"):
        alarms.settle(reference=alarmed.reference, by=sam, at=NOW, confirmed_at=NOW, note="  ")

    assert selectors.alarm_of(alarmed) is not None
    assert Entry.objects.filter(event="request.settle_refused").count() == 1


def test_only_a_supervisor_who_wrote_nothing_settles(alarmed, olivia, twin, ada, mia, root):
    for person in (olivia, ada, mia, root):
        with pytest.raises(NotAllowed, match="Only a supervisor"):
            alarms.settle(reference=alarmed.reference, by=person, at=NOW, confirmed_at=NOW, note="Fine.")
    with pytest.raises(NotAllowed, match="another one of yours"):
        alarms.settle(reference=alarmed.reference, by=twin, at=NOW, confirmed_at=NOW, note="Fine.")


def test_an_alarm_is_settled_once(alarmed, sam):
    alarms.settle(reference=alarmed.reference, by=sam, at=NOW, confirmed_at=NOW, note="Fine.")

    with pytest.raises(WrongState, match="No alarm"):
        alarms.settle(reference=alarmed.reference, by=sam, at=NOW, confirmed_at=NOW, note="Fine.")


def test_an_open_alarm_stays_the_one_and_a_settled_one_is_followed_by_another(
    alarmed, meeting, mia, sam, sue
):
    drafts.published({"floor.default_percent.value": 40}, manager=mia, publisher=sue)
    assert Alarm.objects.filter(request=alarmed).count() == 1

    alarms.settle(reference=alarmed.reference, by=sam, at=NOW, confirmed_at=NOW, note="Fine.")
    drafts.published({"floor.default_percent.value": 30}, manager=mia, publisher=sue)

    assert Alarm.objects.filter(request=alarmed).count() == 2
    assert selectors.alarm_of(alarmed).report.policy.number == 4
    owed = Message.objects.filter(notice="request_alarmed", subject_id=alarmed.pk, recipient=sam)
    assert [message.context["policy"] for message in owed.order_by("pk")] == [2, 4]


# --- Nothing unrecorded -----------------------------------------------------------------------------------


class Full(Exception):
    """The history's disk is full."""


def _rows() -> dict[str, list[object]]:
    found = {}
    with connection.cursor() as cursor:
        for model in (PolicyVersion, PolicyDraft, Alarm, Reservation, PromotionRequest, Entry, Message):
            key = model._meta.pk.column
            cursor.execute(f"SELECT to_jsonb(t) FROM {model._meta.db_table} t ORDER BY t.{key}")
            found[model.__name__] = [row for (row,) in cursor.fetchall()]
    return found


@pytest.mark.parametrize("deed", ["publish", "settle"])
def test_where_the_history_cannot_be_written_nothing_has_happened(deed, meeting, mia, sam, sue, monkeypatch):
    if deed == "settle":
        drafts.published(MEETING_BLOCKED, manager=mia, publisher=sue)
    draft = drafts.drafted(MEETING_MAY if deed == "settle" else MEETING_BLOCKED, by=mia)
    shown, before = drafts.as_shown(draft), _rows()

    def refuse(*_: object, **__: object) -> None:
        raise Full

    monkeypatch.setattr(Entry.objects, "create", refuse)

    deeds = {
        "publish": lambda: publishing.publish(by=sue, at=NOW, confirmed_at=NOW, **shown),
        "settle": lambda: alarms.settle(
            reference=meeting[0].reference, by=sam, at=NOW, confirmed_at=NOW, note="Fine."
        ),
    }

    with pytest.raises(Full):
        deeds[deed]()

    assert _rows() == before
