"""Amending what is live: more takes two people and passes without a gap, less takes one person at once."""

from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from promoflow.audit.models import Entry
from promoflow.errors import Blocked, NotAllowed, WrongState
from promoflow.outbox import notices
from promoflow.outbox.models import Message
from promoflow.policies import selectors as policies
from promoflow.promotions import amendments, checker, neighbours, selectors, waiting
from promoflow.promotions.content import decode
from promoflow.promotions.models import Reservation, State, Succession
from promoflow.promotions.pages import looks
from promoflow.promotions.pages.agenda import Agenda
from promoflow.promotions.pages.dossier import Dossier
from promoflow.promotions.pages.lines import Line
from promoflow.promotions.pictures import calendar, picture
from promoflow.promotions.pictures.calendar import Wanted
from promoflow.promotions.services import amending, drafting, running
from promoflow.promotions.wording import sentences
from promoflow.rulebook.texts import as_text
from promoflow.templatetags.desk import exactly
from tests.policies import drafts
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP, SET

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
PACIFIC = ZoneInfo("America/Los_Angeles")
# While the promotions of these tests run.
DURING = lives.NOW + timedelta(days=2)
LATER = {"ends_at": "2026-12-05T08:00:00Z"}
BIGGER = {"budget": "900.00"}
WIDER = {"asins": [LAMP, FLOOR_LAMP]}


@pytest.fixture
def live(aurora, olivia, sam):
    """A coupon on the lamp that runs from tomorrow for seven days."""
    return lives.live(aurora, lives.coupon(LAMP, start=1, days=7), by=olivia, supervisor=sam)


@pytest.fixture
def code(aurora, olivia, sam):
    return lives.live(aurora, lives.social_code(SET, start=1, days=9), by=olivia, supervisor=sam)


def held_by(request):
    rows = Reservation.objects.filter(request=request, held=True, conflict_group=0)
    return {row.product.asin: row.danger.upper for row in rows.select_related("product")}


# --- More of it -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("changed", [LATER, BIGGER, WIDER, {**LATER, **BIGGER, **WIDER}])
def test_more_is_a_request_of_its_own_that_another_person_approves(live, olivia, sam, changed):
    amendment = lives.amended(live, changed, by=olivia, supervisor=sam, at=DURING)

    assert amendment.state == State.APPROVED
    assert amendment.amends == live
    assert lives.again(live).state == State.LIVE
    assert amendment.newest.starts_at == live.newest.starts_at


def test_nobody_approves_their_own_amendment(aurora, live, olivia, twin):
    made = lives.submit(lives.amendment_of(live, BIGGER, by=olivia, at=DURING), by=olivia, at=DURING)

    with pytest.raises(NotAllowed):
        lives.approve(made, by=twin, at=DURING)


def test_the_amended_one_does_not_stand_against_its_amendment_nor_the_other_way_round(live, olivia, sam):
    """Two coupons on one product block each other; one that becomes the other does not."""
    amendment = lives.amended(live, LATER, by=olivia, supervisor=sam, at=DURING)

    assert checker.report_of(amendment, at=DURING).blocks == ()
    assert live.reference not in [other.reference for other in checker.report_of(amendment, at=DURING).others]
    beside = checker.report_of(lives.again(live), at=DURING)
    assert amendment.reference not in [other.reference for other in beside.others]


@pytest.mark.parametrize("approved", [True, False])
def test_beside_a_third_one_the_two_are_one_promotion(aurora, live, olivia, oscar, sam, approved):
    """20 % and 25 % keep the lamp's floor; 20 % once more would break it."""
    beside = lives.drafted(
        aurora, lives.price_discount(LAMP, percent="25.00", start=4, days=2), by=oscar, at=DURING
    )
    before = checker.report_of(lives.again(beside), at=DURING)

    if approved:
        lives.amended(live, LATER, by=olivia, supervisor=sam, at=DURING)
    else:
        lives.submit(lives.amendment_of(live, LATER, by=olivia, at=DURING), by=olivia, at=DURING)
    after = checker.report_of(lives.again(beside), at=DURING)

    assert len(after.others) == len(before.others) + 1
    assert after.sums[LAMP].price == before.sums[LAMP].price
    assert {finding.code for finding in after.findings} == {finding.code for finding in before.findings}


def test_the_calendar_marks_nothing_between_the_two(aurora, live, olivia, sam):
    amendment = lives.amended(live, LATER, by=olivia, supervisor=sam, at=DURING)
    zone = aurora.marketplace.time_zone

    view = calendar.period({"from": "2026-11-24"}, calendar.MONTH, at=DURING, zone=zone)
    seen = calendar.read(aurora, policies.current(), view, Wanted(), by_request=False, page=None, at=DURING)

    [band] = seen.bands
    assert {entry.lane.offer.reference for entry in band.entries} == {live.reference, amendment.reference}
    assert seen.conflicting == 0
    assert band.alarms == ()
    assert band.prices.lowest.price == checker.report_of(amendment, at=DURING).sums[LAMP].price


def test_what_else_holds_the_products_stands_against_an_amendment(aurora, live, olivia, sam):
    lives.approved(aurora, lives.coupon(FLOOR_LAMP, start=3), by=olivia, supervisor=sam)

    with pytest.raises(Blocked) as refusal:
        lives.amended(live, WIDER, by=olivia, supervisor=sam, at=DURING - 24 * HOUR)

    [forbidden] = [finding for finding in refusal.value.findings if finding.code == "kinds-forbidden"]
    assert sentences.way_out(forbidden, zone=PACIFIC.key).startswith(f"Leave {FLOOR_LAMP} out, or let it end")


@pytest.mark.parametrize(
    "changed",
    [
        {"discount_value": "40.00"},
        {"ends_at": "2026-11-27T08:00:00Z"},
        {"budget": "100.00"},
        {"asins": [FLOOR_LAMP]},
        {"starts_at": "2026-11-24T08:00:00Z"},
        {"one_per_customer": False},
    ],
)
def test_an_amendment_that_is_not_only_more_is_refused(live, olivia, changed):
    with pytest.raises(Blocked, match="may only end later"):
        lives.amendment_of(live, changed, by=olivia, at=DURING)


def test_an_amendment_that_changes_nothing_is_refused(live, olivia):
    made = amending.amend(reference=live.reference, by=olivia, at=DURING)

    with pytest.raises(Blocked, match="changes nothing"):
        lives.submit(made, by=olivia, at=DURING)


def test_another_title_alone_is_no_amendment(live, olivia):
    made = lives.amendment_of(live, {"title": "Save more on lamps"}, by=olivia, at=DURING)

    with pytest.raises(Blocked, match="changes nothing"):
        lives.submit(made, by=olivia, at=DURING)


def test_what_runs_no_more_is_not_amended_whatever_became_of_the_amendment(live, olivia, sam):
    made = lives.amendment_of(live, BIGGER, by=olivia, at=DURING)
    running.stop(reference=live.reference, by=sam, at=DURING)

    with pytest.raises(WrongState, match="is not live any more"):
        amendments.check_amends(lives.again(made))


def test_one_amendment_at_a_time(live, olivia, oscar):
    amending.amend(reference=live.reference, by=olivia, at=DURING)

    with pytest.raises(WrongState, match="under way already"):
        amending.amend(reference=live.reference, by=oscar, at=DURING)


def test_a_withdrawn_amendment_makes_room_for_another(live, olivia):
    made = amending.amend(reference=live.reference, by=olivia, at=DURING)
    drafting.withdraw(reference=made.reference, by=olivia, at=DURING)

    assert amending.amend(reference=live.reference, by=olivia, at=DURING).amends == live


def test_going_live_ends_the_amended_one_and_passes_its_products_on(live, olivia, sam):
    amendment = lives.amended(live, {**LATER, **WIDER}, by=olivia, supervisor=sam, at=DURING)
    lives.go_live(amendment, by=olivia, at=DURING)

    amended, now_live = lives.again(live), lives.again(amendment)
    assert (amended.state, now_live.state) == (State.ENDED, State.LIVE)
    assert held_by(amended) == {}
    assert set(held_by(now_live)) == {LAMP, FLOOR_LAMP}
    passed = Succession.objects.get()
    assert (passed.amended, passed.amendment, passed.passed_by) == (amended, now_live, olivia)
    entry = Entry.objects.get(event="request.superseded")
    assert (entry.subject, entry.after) == (live.reference, {"amended_by": amendment.reference})


def test_every_list_says_what_an_amendment_amends(client, during, live, olivia, sam, sue):
    lives.submit(lives.amendment_of(live, LATER, by=olivia, at=DURING), by=olivia, at=DURING)
    client.force_login(sue)

    for page in ("desk", "review-queue", "request-list"):
        said = client.get(reverse(page)).content.decode()
        assert f'amends <span class="code">{live.reference}</span>' in said, page


def test_an_amendment_can_be_amended_again(live, olivia, sam):
    first = lives.amended(live, BIGGER, by=olivia, supervisor=sam, at=DURING)
    lives.go_live(first, by=olivia, at=DURING)
    second = lives.amended(first, LATER, by=olivia, supervisor=sam, at=DURING)
    lives.go_live(second, by=olivia, at=DURING)

    assert lives.again(first).state == State.ENDED
    assert set(held_by(second)) == {LAMP}


def test_whoever_stops_what_was_succeeded_reads_which_one_runs_on(live, olivia, sam):
    first = lives.amended(live, BIGGER, by=olivia, supervisor=sam, at=DURING)
    lives.go_live(first, by=olivia, at=DURING)
    second = lives.amended(first, LATER, by=olivia, supervisor=sam, at=DURING)
    lives.go_live(second, by=olivia, at=DURING)

    with pytest.raises(WrongState, match=f"{second.reference} has taken the place of {live.reference}"):
        running.stop(reference=live.reference, by=sam, at=DURING)
    with pytest.raises(WrongState, match=f"{second.reference} has taken the place of {first.reference}"):
        amending.shorten(reference=first.reference, by=sam, at=DURING, budget=Decimal("100.00"))

    running.stop(reference=second.reference, by=sam, at=DURING)
    with pytest.raises(WrongState, match="is ended"):
        running.stop(reference=live.reference, by=sam, at=DURING)


def test_what_was_succeeded_is_beside_nobody_and_cools_off_no_more(aurora, live, olivia, sam):
    amendment = lives.amended(live, BIGGER, by=olivia, supervisor=sam, at=DURING)
    lives.go_live(amendment, by=olivia, at=DURING)
    policy = policies.current()
    typed = lives.price_discount(LAMP, start=3)
    candidate = neighbours.offer_of(lives.drafted(aurora, typed, by=olivia, at=DURING))
    products = list(aurora.products.filter(asin=LAMP))

    for look_beside in (neighbours.beside, neighbours.by_content):
        found = look_beside(aurora, products, candidate=candidate, policy=policy)
        assert [other.reference for other in found] == [amendment.reference]
    amended = lives.again(live)
    danger = policy.danger_window(neighbours.offer_of(amended))
    assert selectors.stage(amended, danger=danger, at=DURING) == State.ENDED


def test_new_rules_do_not_let_the_succeeded_one_hold_again(live, olivia, sam, sue, mia):
    amendment = lives.amended(live, BIGGER, by=olivia, supervisor=sam, at=DURING)
    lives.go_live(amendment, by=olivia, at=DURING)

    drafts.published({"pairs.coupon.price_discount": "block"}, manager=mia, publisher=sue)

    assert held_by(live) == {}
    assert set(held_by(amendment)) == {LAMP}


def test_stopping_the_amended_one_takes_its_amendment_along(live, olivia, sam):
    """Stopping is easy: nothing that is under way keeps anybody from it, and nothing comes back by itself."""
    amendment = lives.amended(live, LATER, by=olivia, supervisor=sam, at=DURING)

    running.stop(reference=live.reference, by=sam, at=DURING)

    assert lives.again(amendment).state == State.CANCELLED
    assert held_by(amendment) == {}


def test_the_end_of_the_amended_one_takes_its_amendment_along(live, olivia):
    made = lives.submit(lives.amendment_of(live, LATER, by=olivia, at=DURING), by=olivia, at=DURING)

    running.move_due(at=live.newest.ends_at - timedelta(seconds=1))
    waiting = lives.again(made).state
    running.move_due(at=live.newest.ends_at)

    assert (waiting, lives.again(made).state) == (State.IN_REVIEW, State.CANCELLED)
    assert lives.again(live).state == State.ENDED


def test_an_amendment_is_marked_live_until_the_amended_one_ends(live, olivia, sam):
    amendment = lives.amended(live, LATER, by=olivia, supervisor=sam, at=DURING)

    lives.go_live(amendment, by=olivia, at=live.newest.ends_at - HOUR)

    assert lives.again(amendment).state == State.LIVE


def test_an_amendment_is_decided_until_the_amended_one_ends_and_queues_so(aurora, live, olivia, sue):
    made = lives.submit(lives.amendment_of(live, LATER, by=olivia, at=DURING), by=olivia, at=DURING)
    policy = policies.current()
    in_time = live.newest.ends_at - timedelta(seconds=1)
    queue = waiting.review_queue(sue)

    assert not waiting.by_deadline(queue, policy, until=in_time).exists()
    assert waiting.by_deadline(queue, policy, until=live.newest.ends_at).get() == made
    assert policy.decide_by(neighbours.offer_of(made)) == live.newest.ends_at


def withdrawal(request, recipient):
    """The mail that says so: its body up to the facts of the request."""
    message = Message.objects.get(
        notice="request_withdrawn", subject_id=request.pk, recipient=recipient, channel=None
    )
    with timezone.override(PACIFIC):
        body = notices.write(message.notice, context=message.context, recipient=recipient.name, link="")[1]
    return " ".join(body.split())


@pytest.mark.parametrize("approved", [True, False])
def test_the_mail_of_a_withdrawal_by_the_clock_says_whose_end_did_it(live, olivia, sam, approved):
    made = lives.submit(lives.amendment_of(live, LATER, by=olivia, at=DURING), by=olivia, at=DURING)
    if approved:
        lives.approve(made, by=sam, at=DURING)

    running.move_due(at=live.newest.ends_at)

    said = withdrawal(made, olivia)
    over = f"{live.reference} is over, so the desk withdrew {made.reference}, which was to amend it."
    assert said.startswith(f"Hello Olivia, {over}")
    look = f"Check in Seller Central first that the end of {live.reference} was not extended"
    assert (look in said) is approved
    assert "It will not run" not in said
    assert "cancel it there" not in said


def test_whoever_withdraws_an_approved_amendment_cancels_nothing_that_runs(live, olivia, sam):
    made = lives.amended(live, LATER, by=olivia, supervisor=sam, at=DURING)

    drafting.withdraw(reference=made.reference, by=sam, at=DURING, may_run=True)

    said = withdrawal(made, olivia)
    assert said.startswith(f"Hello Olivia, Sam withdrew {made.reference}, which was approved.")
    assert f"the end of {live.reference} was not extended" in said
    assert "cancel it there" not in said


# --- Less of it -----------------------------------------------------------------------------------------


def shorten(request, by, at=DURING, **less):
    return amending.shorten(reference=request.reference, by=by, at=at, **less)


def test_one_person_gives_it_an_earlier_end_at_once(code, olivia, sam):
    ends_at = DURING + timedelta(days=1)

    shorten(code, sam, ends_at=ends_at, note="Sold out soon.")

    assert lives.again(code).runs_until == ends_at
    # A code may be honoured for four hours after it is ended, as after a stop.
    assert set(held_by(code).values()) == {ends_at + 4 * HOUR}
    entry = Entry.objects.get(event="request.shortened")
    assert (entry.why, datetime.fromisoformat(entry.after["ends_at"])) == ("Sold out soon.", ends_at)
    assert Message.objects.filter(notice="request_shortened", recipient=olivia).exists()


def mail_of(request, recipient):
    message = Message.objects.get(
        notice="request_shortened", subject_id=request.pk, recipient=recipient, channel=None
    )
    with timezone.override(PACIFIC):
        return notices.write(message.notice, context=message.context, recipient=recipient.name, link="")[1]


def test_its_mail_names_the_old_and_the_new_end(code, olivia, sam):
    shorten(code, sam, ends_at=DURING + timedelta(days=1))

    body = mail_of(code, olivia)

    before, since = exactly(code.newest.ends_at, PACIFIC), exactly(DURING + timedelta(days=1), PACIFIC)
    assert before != since
    assert f"Ends: {before} → {since}\n" in body
    assert "Budget" not in body


def test_its_mail_names_the_old_and_the_new_budget(live, olivia, sam):
    shorten(live, sam, budget=Decimal(300))

    body = mail_of(live, olivia)

    assert "Ends: Mon 30 Nov 2026, 00:00 PST\n" in body
    assert "Budget: $500.00 → $300.00\n" in body


def test_a_later_mail_names_the_end_that_holds(code, olivia, sam):
    ends_at = DURING + timedelta(days=1)
    shorten(code, sam, ends_at=ends_at)

    running.stop(reference=code.reference, by=sam, at=DURING + HOUR)

    told = Message.objects.get(notice="request_stopped", recipient=olivia, channel=None).context
    assert datetime.fromisoformat(told["ends_at"]) == ends_at


def test_a_coupon_that_ends_earlier_stays_dangerous_to_its_approved_end(live, sam):
    before = held_by(live)

    shorten(live, sam, ends_at=DURING + timedelta(days=1))

    assert held_by(live) == before


def test_the_clock_ends_it_at_its_earlier_end(code, sam):
    ends_at = DURING + timedelta(days=1)
    shorten(code, sam, ends_at=ends_at)

    running.move_due(at=ends_at - timedelta(seconds=1))
    assert lives.again(code).state == State.LIVE
    running.move_due(at=ends_at)
    assert lives.again(code).state == State.ENDED


def test_one_person_makes_the_budget_smaller_and_smaller(live, olivia):
    shorten(live, olivia, budget=Decimal(300))
    shorten(live, olivia, budget=Decimal(200))

    assert lives.again(live).smaller_budget == 200
    assert decode(lives.again(live).newest.body)["budget"] == "500.00"


@pytest.fixture
def later(aurora, olivia, sam):
    """A coupon that Seller Central still changes, for it begins in days."""
    return lives.live(aurora, lives.coupon(FLOOR_LAMP, start=9), by=olivia, supervisor=sam)


def test_the_second_look_is_for_what_holds_since(code, later, olivia, sue):
    """Seller Central shows the shorter one by then."""
    ends_at = DURING + timedelta(days=1)
    shorten(code, olivia, ends_at=ends_at)
    shorten(later, olivia, budget=Decimal(300))
    shown = {code: {"ends_at": as_text(ends_at)}, later: {"budget": "300"}}

    for request, less in shown.items():
        approved = lives.shown_as_approved(request)
        with pytest.raises(Blocked):
            lives.verify(request, by=sue, at=DURING, shown=approved)
        lives.verify(request, by=sue, at=DURING, shown=approved | less, known=looks.newest_key(request))

        compared = looks.comparison(lives.again(request), lives.again(request).activation)
        differing = [[cell.differs for cell in row.cells] for row in compared.rows]
        assert [False, True, False] in differing
        assert not any(first for first, *_seconds in differing)


CUT = {"ends_at": lives.NOW + timedelta(days=4, hours=22), "budget": Decimal("150.00")}


def look(request, by, at=DURING, **otherwise):
    shown = lives.shown_as_approved(request) | otherwise
    return lives.verify(request, by=by, at=at, shown=shown)


@pytest.mark.parametrize("shown", [{}, {"budget": "150.00"}, {"ends_at": "2026-11-27T08:00:00Z"}])
def test_a_running_coupon_is_verified_as_seller_central_still_shows_it(live, sam, sue, shown):
    """Which shortens no coupon that runs, or is about to."""
    shorten(live, sam, **CUT)

    assert look(live, sue, **shown).verified_by == sue


@pytest.mark.parametrize(
    "shown", [{"budget": "300.00"}, {"ends_at": "2026-11-28T08:00:00Z"}, {"discount_value": "50.00"}]
)
def test_what_is_neither_approved_nor_what_holds_since_alarms(live, sam, sue, shown):
    shorten(live, sam, **CUT)

    with pytest.raises(Blocked, match="something else"):
        look(live, sue, **shown)


@pytest.mark.parametrize(("hours", "locked"), [(7, False), (6, True)])
def test_a_coupon_is_locked_from_six_hours_before_its_start(later, hours, locked):
    at = later.newest.starts_at - hours * HOUR

    assert amendments.is_locked_coupon(later, policy=policies.current(), at=at) is locked


def test_a_shortening_makes_no_earlier_look_wrong_and_says_what_was_approved(client, live, olivia, sam):
    lives.verify(live, by=sam, at=DURING)

    shorten(live, olivia, at=DURING + HOUR, budget=Decimal(300))

    compared = looks.comparison(lives.again(live), lives.again(live).activation)
    assert not any(cell.differs for row in compared.rows for cell in row.cells)
    assert [(row.approved, row.shortened) for row in compared.rows if row.shortened] == [
        ("$500.00", "$300.00")
    ]
    client.force_login(sam)
    page = client.get(reverse("request", args=[live.reference])).content.decode()
    assert "shortened since to $300.00" in page


def test_an_amendment_begins_at_what_a_shortening_left(live, olivia, sam, sue):
    shorten(live, sue, **CUT)

    made = amending.amend(reference=live.reference, by=olivia, at=DURING)

    content = decode(lives.again(made).newest.body)
    assert (content["ends_at"], content["budget"]) == ("2026-11-27T08:00:00Z", "150.00")
    with pytest.raises(Blocked, match="changes nothing"):
        lives.submit(made, by=olivia, at=DURING)


def test_what_would_take_a_shortening_back_is_a_change_that_the_reviewer_sees(live, olivia, sam, sue):
    draft = lives.amendment_of(live, WIDER, by=olivia, at=DURING)
    shorten(live, sue, **CUT)

    made = lives.submit(draft, by=olivia, at=DURING)

    fields = [change.field for change in amendments.changes(lives.again(made))]
    assert fields == ["asins", "budget", "covered", "ends_at"]
    seen = " ".join(map(str, Dossier(lives.again(made), by=sam, at=DURING).amended))
    assert "$150.00" in seen


@pytest.mark.parametrize("field", ["ends_at", "budget"])
@pytest.mark.parametrize("state", [State.IN_REVIEW, State.APPROVED])
def test_a_shortening_takes_along_an_amendment_that_was_submitted_before(
    live, olivia, sam, sue, field, state
):
    made = lives.submit(lives.amendment_of(live, LATER, by=olivia, at=DURING), by=olivia, at=DURING)
    if state == State.APPROVED:
        lives.approve(made, by=sam, at=DURING)
    assert lives.again(made).state == state

    shorten(live, sue, **{field: CUT[field]})

    assert lives.again(made).state == State.CANCELLED
    assert held_by(made) == {}
    assert "was shortened" in Entry.objects.filter(subject=made.reference).exclude(why="").latest("pk").why
    again = amending.amend(reference=live.reference, by=olivia, at=DURING)
    assert again.amends == live


@pytest.mark.parametrize(
    "less",
    [
        {},
        {"ends_at": DURING - HOUR},
        {"ends_at": DURING + timedelta(days=30)},
        {"budget": Decimal(500)},
        {"budget": Decimal(0)},
    ],
)
def test_what_is_not_less_is_no_shortening(live, sam, less):
    with pytest.raises(Blocked):
        shorten(live, sam, **less)

    assert lives.again(live).ends_early is None
    assert lives.again(live).smaller_budget is None


def test_its_new_end_lies_between_its_start_and_its_present_end(aurora, live, olivia, sam):
    """At both edges too: what ended as it began never ran, and the same end is not an earlier one."""
    for ends_at in (live.newest.starts_at, live.newest.ends_at):
        with pytest.raises(Blocked, match="must lie ahead and before the present one"):
            shorten(live, sam, at=lives.NOW, ends_at=ends_at)
    shorten(live, sam, at=lives.NOW, ends_at=live.newest.starts_at + HOUR)

    assert lives.again(live).runs_until == live.newest.starts_at + HOUR


def test_without_a_budget_there_is_none_to_make_smaller(code, sam):
    with pytest.raises(Blocked, match="smaller than the present"):
        shorten(code, sam, budget=Decimal(5))


def test_every_page_says_how_long_it_runs_and_with_which_budget_by_now(client, live, olivia, sam):
    shorten(live, sam, **CUT)
    at = CUT["ends_at"] - 20 * HOUR
    request, policy = lives.again(live), policies.current()

    line = Line(request, policy, at)
    agenda = Agenda(sam, at=at)
    dossier = Dossier(request, by=sam, at=at)
    pictured = picture.of_report(dossier.beside, QueryDict(), "", at=at, zone=dossier.zone)
    client.force_login(sam)
    sheet = sheet_of(client.get(reverse("request-coupon-sheet", args=[live.reference])))

    assert line.days == dossier.days == "Nov 23 – Nov 26"
    assert line.offer.shown.ends_at == CUT["ends_at"]
    assert [found.request for found in agenda.ending.lines] == [request]
    assert agenda.ending.count == 1
    assert ("Budget", "$150.00") in dossier.terms
    [lane] = pictured.timeline.lanes
    assert lane.offer.running.ends_at == CUT["ends_at"]
    assert lane.danger.ends_at == live.newest.ends_at
    assert (sheet[5], sheet[7]) == (150, "2026-11-26")


def sheet_of(response):
    return next(
        openpyxl.load_workbook(BytesIO(response.content)).active.iter_rows(min_row=2, values_only=True)
    )


def test_what_ends_first_by_now_stands_first(aurora, live, olivia, sam):
    other = lives.live(aurora, lives.coupon(FLOOR_LAMP, start=1, days=6), by=olivia, supervisor=sam)
    agenda = [found.request for found in Agenda(sam, at=DURING).live.lines]

    shorten(live, sam, ends_at=CUT["ends_at"])

    assert agenda == [other, live]
    assert [found.request for found in Agenda(sam, at=DURING).live.lines] == [live, other]


def test_what_is_found_beside_another_names_the_end_that_holds(aurora, live, olivia, oscar, sam):
    shorten(live, sam, ends_at=CUT["ends_at"])
    beside = [
        lives.drafted(aurora, lives.social_code(LAMP, start=day, days=1), by=oscar, at=DURING)
        for day in (4, 6)
    ]

    during, after = (
        " ".join(remark.shown.sentence for remark in Dossier(lives.again(draft), by=oscar, at=DURING).remarks)
        for draft in beside
    )

    assert f"{live.reference} (coupon, 20 % off) runs on {LAMP} from Nov 23 to Nov 26 (PST)" in during
    assert f"{live.reference} (coupon, 20 % off) on {LAMP} ends early on Nov 27, 00:00 (PST)" in after


def test_the_paper_prints_the_content_as_it_was_approved_and_what_became_of_it(client, live, sam, ada):
    shorten(live, sam, **CUT)

    client.force_login(ada)
    printed = client.get(reverse("request-dossier", args=[live.reference])).content.decode()

    assert "Nov 23 – Nov 29" in printed
    assert "$500.00" in printed
    assert "Shortened: budget" in printed


# --- By page --------------------------------------------------------------------------------------------


@pytest.fixture
def during(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: DURING)


def test_amend_opens_the_form_of_the_amendment_and_takes_what_is_typed(client, during, live, olivia):
    client.force_login(olivia)

    begun = client.post(reverse("request-amend", args=[live.reference]))
    made = live.amendments.get()
    form = client.get(begun.url)
    typed = {
        "revision": "1",
        "title": "Save on lamps",
        "asins": LAMP,
        "discount_type": "percent",
        "discount_value": "20",
        "starts_on": "2026-11-23",
        "ends_on": "2026-12-04",
        "budget": "500",
        "one_per_customer": "on",
    }
    saved = client.post(begun.url, typed)

    assert begun.url == reverse("request-edit", args=[made.reference])
    assert form.status_code == 200
    assert saved.status_code == 303
    assert lives.again(made).newest.number == 2
    page = client.get(saved.url).content.decode()
    assert "it takes its place when it is marked live" in page
    assert "End: Sun 29 Nov 2026 → Fri 4 Dec 2026" in page
    assert live.reference in page
    assert (
        "An amendment is under way" in client.get(reverse("request", args=[live.reference])).content.decode()
    )


def test_the_page_shortens_and_says_what_is_wrong_with_what_was_typed(client, during, live, sam):
    client.force_login(sam)
    address = reverse("request-shorten", args=[live.reference])

    refused = client.post(address, {"ends_on": "2026-12-30"})
    done = client.post(address, {"ends_on": "2026-11-27", "smaller_budget": "$300"})

    assert refused.status_code == 422
    assert "before the present one" in refused.content.decode()
    assert 'value="2026-12-30"' in refused.content.decode()
    assert done.status_code == 303
    page = client.get(done.url).content.decode()
    assert "Shortened since it was approved" in page
    assert "$300.00" in page


def test_what_is_refused_of_a_shortening_stands_beside_its_field(client, during, live, sam):
    client.force_login(sam)

    def refused(**typed):
        answer = client.post(reverse("request-shorten", args=[live.reference]), typed)
        assert answer.status_code == 422
        return answer.context["form"].errors

    assert "before the present one" in refused(ends_on="2026-12-30")["ends_on"][0]
    assert "smaller than the present one" in refused(smaller_budget="500")["smaller_budget"][0]
    assert refused(smaller_budget="99") == {"smaller_budget": ["Amazon takes no budget below $100.00."]}
    assert refused(smaller_budget="-5") == {"smaller_budget": ["This must be more than zero."]}
    assert set(refused(ends_on="2026-12-30", smaller_budget="0")) == {"ends_on", "smaller_budget"}
    assert refused() == {"__all__": ["Say an earlier end, a smaller budget, or both."]}
    assert lives.again(live).smaller_budget is None


@pytest.mark.parametrize(
    ("typed", "lacking"),
    [
        (
            {"ends_on": "2026-11-27", "ends_time": ""},
            {"ends_time": ["Say at what time of that day it ends."]},
        ),
        ({"ends_on": "", "ends_time": "17:00"}, {"ends_on": ["Say on which day it ends."]}),
    ],
)
def test_an_earlier_end_is_a_day_and_a_time_in_the_zone_that_the_form_names(
    client, during, code, sam, typed, lacking
):
    client.force_login(sam)
    address = reverse("request-shorten", args=[code.reference])

    refused = client.post(address, typed)
    done = client.post(address, {"ends_on": "2026-11-27", "ends_time": "17:00"})

    assert (refused.status_code, refused.context["form"].errors) == (422, lacking)
    assert "in the marketplace's time (America/Los_Angeles)" in refused.content.decode()
    assert done.status_code == 303
    assert lives.again(code).runs_until == datetime(2026, 11, 27, 17, tzinfo=PACIFIC)


def test_page_and_mail_say_that_seller_central_does_not_shorten_a_live_coupon(
    client, during, live, code, later, olivia, sam
):
    client.force_login(sam)
    forward = "bring the end of a live coupon forward"

    page, *others = (
        client.get(reverse("request-shorten", args=[one.reference])) for one in (live, code, later)
    )
    shorten(live, sam, budget=Decimal(300))
    shorten(later, sam, budget=Decimal(300))

    assert forward in page.content.decode()
    assert not [other for other in others if forward in other.content.decode()]
    assert forward in mail_of(live, olivia)
    assert "Check in Seller Central that it is set so." in mail_of(later, olivia)


# --- What is done at Amazon -----------------------------------------------------------------------------

# What Seller Central shows of the amended coupon, its later end in it.
LATER_SHOWN = {
    "asins": LAMP,
    "discount_type": "percent",
    "discount_value": "20",
    "starts_on": "2026-11-23",
    "ends_on": "2026-12-04",
    "budget": "900",
    "one_per_customer": "yes",
}
OLD = "A2NW32V27GZS2T"


@pytest.fixture
def amendment(live, olivia, sam):
    return lives.amended(live, {**LATER, **BIGGER}, by=olivia, supervisor=sam, at=DURING)


def mark_live(client, amendment, amazon_id, **typed):
    revision = bytes(amendment.newest.digest).hex()
    address = reverse("request-live", args=[amendment.reference])
    return client.post(address, {"revision": revision, "amazon_id": amazon_id, **LATER_SHOWN, **typed})


def test_going_live_with_an_amendment_changes_the_old_one_at_amazon_and_creates_none(
    client, during, amendment, olivia
):
    client.force_login(olivia)

    page = client.get(reverse("request-live", args=[amendment.reference])).content.decode()
    steps = " ".join(page[page.index("In Seller Central first") :].split())
    sheet = client.get(reverse("request-coupon-sheet", args=[amendment.reference]))

    assert f'Open the promotion with Amazon\'s id <strong class="code">{OLD}</strong>' in steps
    assert "End: <strong>Sun 29 Nov 2026 → Fri 4 Dec 2026</strong>" in steps
    assert "Budget: <strong>$500.00 → $900.00</strong>" in steps
    assert 'data-copy="2026-12-04"' in steps
    assert 'data-copy="900"' in steps
    assert "Create a new coupon" not in steps
    assert "Coupon bulk sheet" not in page
    assert f'data-copy="{amendment.reference}"' not in steps
    assert sheet.status_code == 409
    assert "would create a second coupon" in sheet.content.decode()


def test_the_mail_of_its_approval_says_which_one_to_change(live, amendment, olivia):
    message = Message.objects.get(notice="request_approved", subject_id=amendment.pk, recipient=olivia)

    body = notices.write(message.notice, context=message.context, recipient="Olivia", link="")[1]

    assert f"Now change {live.reference} in Seller Central" in body
    assert "set it up" not in body


def test_more_products_of_it_are_named_and_copied(client, during, live, olivia, sam):
    wider = lives.amended(live, WIDER, by=olivia, supervisor=sam, at=DURING)
    client.force_login(olivia)

    page = client.get(reverse("request-live", args=[wider.reference])).content.decode()

    assert f"Products: <strong>added {FLOOR_LAMP}</strong>" in page
    assert f'data-copy="{LAMP};{FLOOR_LAMP}"' in page
    assert "and no more products" in page


def test_another_id_asks_whether_the_amended_one_is_deactivated_where_that_is_enough(
    client, during, later, olivia, sam
):
    """Nobody can have clipped a coupon that begins in days."""
    amendment = lives.amended(later, {"budget": "900.00"}, by=olivia, supervisor=sam, at=DURING)
    shown = {**LATER_SHOWN, "asins": FLOOR_LAMP, "starts_on": "2026-12-01", "ends_on": "2026-12-03"}
    client.force_login(olivia)

    refused = mark_live(client, amendment, "CPN-99-NEW", **shown)
    errors = refused.context["form"].errors

    assert refused.status_code == 422
    assert f"deactivate {OLD} in Seller Central" in errors["amazon_id"][0]
    assert f"The old one, {OLD}, is deactivated" in refused.content.decode()
    assert lives.again(later).state == State.LIVE

    done = mark_live(client, amendment, "CPN-99-NEW", **shown, old_is_deactivated="on")

    assert done.status_code == 303
    assert lives.again(later).state == State.ENDED
    entry = Entry.objects.get(event="request.marked_live", subject=amendment.reference)
    assert (entry.after["amazon_id"], entry.after["deactivated"]) == ("CPN-99-NEW", OLD)


@pytest.mark.parametrize(("amazon_id", "is_told"), [("CPN-99-NEW", True), (OLD, False)])
def test_the_second_look_is_at_the_one_that_is_said_to_be_deactivated_too(
    client, during, later, olivia, sam, amazon_id, is_told
):
    """The desk holds nothing for it any more, on the word of one person."""
    amendment = lives.amended(later, {"budget": "900.00"}, by=olivia, supervisor=sam, at=DURING)
    lives.go_live(amendment, by=olivia, at=DURING, amazon_id=amazon_id, old_is_deactivated=True)
    client.force_login(sam)

    page = " ".join(
        client.get(reverse("request-verify", args=[amendment.reference])).content.decode().split()
    )

    assert (
        f"Look at {OLD} too, in whose place it came: Olivia says that it is deactivated" in page
    ) is is_told


def test_what_customers_may_use_although_it_is_deactivated_is_replaced_by_nothing(
    client, during, live, amendment, olivia
):
    """Whoever clipped the old coupon would redeem it beside the new one (domain.md, section 3, S4)."""
    client.force_login(olivia)

    refused = mark_live(client, amendment, "CPN-99-NEW", old_is_deactivated="on")

    assert refused.status_code == 422
    [error] = refused.context["form"].errors["amazon_id"]
    assert f"{live.reference} is {OLD} at Amazon, where customers may use it until Nov 30, 00:00" in error
    assert f"withdraw {amendment.reference}" in error
    assert "is deactivated in Seller Central" not in refused.content.decode()
    assert lives.again(live).state == State.LIVE
    assert Entry.objects.filter(event="request.go_live_refused", subject=amendment.reference).exists()


def test_a_code_is_replaced_by_nothing_either_while_it_may_be_used(code, olivia, sam):
    """An ended code may take four hours to disappear (S6)."""
    amendment = lives.amended(code, {"ends_at": "2026-12-05T08:00:00Z"}, by=olivia, supervisor=sam, at=DURING)

    with pytest.raises(Blocked, match="may use it until Nov 24, 06:00"):
        lives.go_live(amendment, by=olivia, at=DURING, amazon_id="NEW", old_is_deactivated=True)


@pytest.mark.parametrize(("at", "until"), [(0, 4), (48, 52), (49, 52), (52, None)])
def test_a_code_whose_end_was_brought_forward_is_used_for_hours_after_a_stop_or_that_end(
    code, olivia, at, until
):
    """In hours: its end is brought forward to 48 from now, and the clock may be late to end it."""
    shorten(code, olivia, ends_at=DURING + 48 * HOUR)

    found = amendments.outlasting(lives.again(code), policy=policies.current(), at=DURING + at * HOUR)

    assert found == (DURING + until * HOUR if until else None)


def test_spaces_and_case_make_no_other_id_for_a_script_either(live, amendment, olivia):
    activation = lives.go_live(amendment, by=olivia, at=DURING, amazon_id=f"  {OLD.lower()} ")

    assert activation.amazon_id == OLD.lower()
    assert lives.again(live).state == State.ENDED


def test_the_id_of_the_amended_one_asks_nothing(client, during, live, amendment, olivia):
    client.force_login(olivia)

    done = mark_live(client, amendment, f" {OLD.lower()} ")

    assert done.status_code == 303
    assert (
        "deactivated" not in Entry.objects.get(subject=amendment.reference, event="request.marked_live").after
    )


def test_no_script_marks_it_live_under_another_id_unasked(live, amendment, olivia):
    with pytest.raises(Blocked, match="add up"):
        lives.go_live(amendment, by=olivia, at=DURING, amazon_id="CPN-99-NEW")

    assert lives.again(live).state == State.LIVE
