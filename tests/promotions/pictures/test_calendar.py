"""The calendar of a store: what is on it, where it lies, what is marked, who sees it, and what it costs."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import AUDITOR, SUPERVISOR
from promoflow.catalog.models import Product
from promoflow.policies import selectors as policies
from promoflow.promotions import neighbours
from promoflow.promotions.models import PromotionRequest
from promoflow.promotions.pictures import bands, calendar, lanes
from promoflow.promotions.pictures.calendar import MONTH, WEEK, Wanted
from promoflow.promotions.services import clearing, drafting, running
from promoflow.rulebook import zones
from tests import cast
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP, SET
from tests.promotions.pictures import runs_of
from tests.rulebook.making import ZONE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]

HTMX = {"HTTP_HX_REQUEST": "true"}
SVG = re.compile(r'<svg viewBox[^>]*role="img".*?</svg>', re.DOTALL)
# Ten days from the tests' now, when lives' promotions start, is in December.
DECEMBER = {"from": "2026-12-01"}


@pytest.fixture
def as_sam(client, sam):
    client.force_login(sam)
    return client


def shown(client, store, **query):
    response = client.get(reverse("store-calendar", args=[store.pk]), DECEMBER | query)
    assert response.status_code == 200
    return response.content.decode()


def svg_of(page):
    return ElementTree.fromstring(SVG.search(page)[0])  # noqa: S314 (our own page)


def lanes_of(page):
    """The requests with a lane, in order, as the picture names them."""
    found = SVG.search(page)
    return re.findall(r'picture-name" x="26"[^>]*>(PR-\d+)', found[0]) if found else []


def products_of(page):
    return re.findall(r'<tspan class="asin">(\w+)<', page)


def read(
    store,
    day=date(2026, 12, 2),
    length=MONTH,
    *,
    by_request=False,
    at=lives.NOW,
    frame=bands.BROAD,
    **wanted,
):
    view = calendar.period({"from": day.isoformat()}, length, at=at, zone=ZONE)
    return calendar.read(
        store,
        policies.current(),
        view,
        Wanted(**wanted),
        by_request=by_request,
        page=None,
        at=at,
        frame=frame,
    )


def offer_of(request):
    return neighbours.offer_of(lives.again(request))


def test_a_day_of_the_week_takes_no_more_than_its_column(as_sam, sam, aurora, olivia):
    lives.approved(aurora, lives.coupon(), by=olivia, supervisor=sam)

    def days(page):
        return list(dict.fromkeys(re.findall(r'calendar-weekday"[^>]*>([^<]+)<', page)))

    assert days(shown(as_sam, aurora)) == ["Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Mon"]

    sam.language = "zh-hans"
    sam.save(update_fields=["language"])
    assert days(shown(as_sam, aurora)) == ["二", "三", "四", "五", "六", "日", "一"]


def many_products(store, count):
    asins = [f"B0MANY{number:04}" for number in range(count)]
    Product.objects.bulk_create(
        Product(store=store, asin=asin, title=f"Many {asin}", price=Decimal(50), floor_price=Decimal(5))
        for asin in asins
    )
    return asins


# --- What is on it --------------------------------------------------------------------------------------


def test_what_runs_may_run_or_asks_to_is_on_it_and_nothing_else(as_sam, aurora, olivia, oscar, sue):
    waiting = lives.submitted(aurora, lives.coupon(LAMP), by=olivia)
    scheduled = lives.approved(aurora, lives.price_discount(FLOOR_LAMP), by=oscar, supervisor=sue)
    live = lives.live(aurora, lives.price_discount(SET), by=oscar, supervisor=sue)
    lives.drafted(aurora, lives.coupon(LAMP), by=olivia)
    withdrawn = lives.submitted(aurora, lives.coupon(FLOOR_LAMP), by=olivia)
    drafting.withdraw(reference=withdrawn.reference, by=olivia, at=lives.NOW)

    found = lanes_of(shown(as_sam, aurora))

    assert sorted(found) == sorted(request.reference for request in (waiting, scheduled, live))


def test_what_was_stopped_stays_while_shoppers_may_redeem_it(as_sam, aurora, oscar, sue):
    live = lives.live(aurora, lives.coupon(LAMP, start=1), by=oscar, supervisor=sue)
    stopped_at = lives.NOW + timedelta(days=2)
    running.stop(reference=live.reference, by=sue, at=stopped_at)

    cooling = read(aurora, day=date(2026, 11, 24), length=WEEK, at=stopped_at)
    ended = read(aurora, day=date(2026, 11, 24), length=WEEK, at=stopped_at + timedelta(days=30))

    assert [band.entries[0].stage for band in cooling.bands] == ["cooling"]
    assert [band.entries[0].stage for band in ended.bands] == ["ended"]
    lane = cooling.bands[0].entries[0].lane
    assert lane.running.right == lane.paddings[-1].left


# --- What may still run ---------------------------------------------------------------------------------


@pytest.fixture
def let_go(aurora, olivia, sam):
    """A coupon on the lamp that was approved and withdrawn, and may stand at Amazon."""
    request = lives.approved(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)
    drafting.withdraw(reference=request.reference, by=sam, at=lives.NOW, note="Too dear.", may_run=True)
    return lives.again(request)


@pytest.mark.parametrize("lanes_by", ["product", "request"])
def test_what_may_still_run_is_on_it_in_the_same_words_and_lines(as_sam, aurora, let_go, lanes_by):
    page = shown(as_sam, aurora, lanes=lanes_by)

    assert lanes_of(page) == [let_go.reference]
    assert 'class="picture-lane is-may_run is-may_run"' in page
    assert page.count("May still run") >= 2
    assert "may still run at Amazon, though nobody marked it live" in page


def test_the_legend_names_only_what_is_there(as_sam, aurora, olivia):
    lives.submitted(aurora, lives.coupon(LAMP), by=olivia)

    assert "may still run at Amazon" not in shown(as_sam, aurora)


@pytest.mark.parametrize("by_request", [False, True])
def test_what_may_still_run_keeps_nothing_away_and_counts_for_no_price(
    aurora, oscar, sue, let_go, by_request
):
    """20 % and 35 % off the lamp would break its floor, were the coupon still approved."""
    lives.approved(aurora, lives.price_discount(LAMP, percent="35.00"), by=oscar, supervisor=sue)

    found = read(aurora, by_request=by_request)

    assert found.conflicting == 0
    assert found.alarms == set()
    lanes = [entry.lane for band in found.bands for entry in band.entries]
    assert {lane.offer.state for lane in lanes} == {"approved", "may_run"}
    assert all(band.prices.lowest.price > band.prices.floor for band in found.bands if band.prices)


def test_a_request_that_was_edited_is_there_as_it_was_approved_and_as_it_asks_to_be_now(
    aurora, olivia, sam, let_go
):
    again = lives.approved(aurora, lives.coupon(SET, percent="30.00"), by=olivia, supervisor=sam)
    typed = lives.coupon(FLOOR_LAMP, percent="10.00")
    drafting.edit(reference=again.reference, revision=1, typed=typed, by=olivia, at=lives.NOW)
    lives.submit(again, by=olivia)

    bands = {band.product.asin: band.entries for band in read(aurora).bands}
    by_request = [entry for band in read(aurora, by_request=True).bands for entry in band.entries]

    assert [(entry.stage, entry.discount) for entry in bands[SET]] == [("may_run", "30 % off")]
    assert [(entry.stage, entry.discount) for entry in bands[FLOOR_LAMP]] == [("in_review", "10 % off")]
    of_it = [entry.stage for entry in by_request if entry.lane.offer.reference == again.reference]
    assert sorted(of_it) == ["in_review", "may_run"]


@pytest.mark.parametrize(("state", "is_there"), [("may_run", True), ("cancelled", True), ("live", False)])
@pytest.mark.parametrize("lanes_by", ["product", "request"])
def test_what_may_still_run_is_looked_for_as_such(as_sam, aurora, let_go, state, is_there, lanes_by):
    """Cancelled is no state of the calendar, so it narrows nothing."""
    page = shown(as_sam, aurora, state=state, lanes=lanes_by)

    assert (lanes_of(page) == [let_go.reference]) is is_there


@pytest.mark.parametrize("text", ["Save on", LAMP, "PR"])
def test_it_is_found_by_its_name_and_by_its_product(as_sam, aurora, let_go, text):
    wanted = let_go.reference if text == "PR" else text

    assert lanes_of(shown(as_sam, aurora, q=wanted)) == [let_go.reference]


def test_it_leaves_the_calendar_with_its_end_or_when_somebody_has_looked(aurora, let_go, sam):
    def lanes(day):
        return [entry for band in read(aurora, day=day, length=WEEK).bands for entry in band.entries]

    assert lanes(date(2026, 12, 2))
    assert not lanes(date(2026, 12, 9))
    clearing.clear(reference=let_go.reference, by=sam, at=lives.NOW, note="I looked.")
    assert not lanes(date(2026, 12, 2))


def test_what_is_approved_again_unchanged_is_there_once(aurora, olivia, sam, sue):
    request = lives.approved(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)
    cast.revoke(sam, aurora, SUPERVISOR)
    running.move_due(at=lives.NOW)
    assert lives.again(request).state == "in_review"
    lives.approve(request, by=sue)

    entries = [entry for band in read(aurora).bands for entry in band.entries]

    assert [entry.stage for entry in entries] == ["scheduled"]


def test_only_what_may_touch_a_sale_in_these_days_is_on_it(aurora, olivia):
    # Its danger begins six hours before midnight, on the last day of November.
    request = lives.submitted(aurora, lives.coupon(LAMP, start=9), by=olivia)
    first_day = zones.local(request.newest.starts_at, ZONE).date()
    danger = policies.current().danger_window(offer_of(request))

    assert first_day == date(2026, 12, 1)
    assert zones.local(danger.starts_at, ZONE).date() == date(2026, 11, 30)
    assert len(read(aurora, day=date(2026, 11, 30)).bands) == 1
    assert len(read(aurora, day=date(2026, 12, 30)).bands) == 1
    assert read(aurora, day=date(2026, 10, 30)).bands == ()
    assert read(aurora, day=date(2027, 1, 1)).bands == ()


def test_another_stores_promotions_are_not_on_it(as_sam, aurora, olivia):
    other = cast.store("Borealis", merchant_id="A2BOREALIS12345")
    cast.grant(olivia, other, "operator")
    Product.objects.create(store=other, asin=LAMP, title="The same lamp", price=20, floor_price=5)
    lives.submitted(other, lives.coupon(LAMP), by=olivia)
    mine = lives.submitted(aurora, lives.coupon(LAMP), by=olivia)

    assert lanes_of(shown(as_sam, aurora)) == [mine.reference]


def test_a_parent_that_is_not_sold_has_no_band_of_its_own(as_sam, aurora, olivia):
    parent = Product.objects.create(store=aurora, asin="B0PARENT01", title="Lamps, all sizes")
    Product.objects.filter(asin__in=[LAMP, SET]).update(parent=parent)
    request = lives.submitted(aurora, lives.coupon(parent.asin), by=olivia)

    page = shown(as_sam, aurora)

    assert products_of(page) == [LAMP, SET]
    assert lanes_of(page) == [request.reference] * 2


@pytest.fixture
def joined(aurora, olivia, oscar, sue):
    """A lamp with a code of its own, that later joined a family with a coupon: both leave 9.99 of 19.99."""
    parent = Product.objects.create(store=aurora, asin="B0PARENT01", title="Lamps, all sizes")
    Product.objects.filter(asin=SET).update(parent=parent)
    of_family = lives.approved(aurora, lives.coupon(parent.asin), by=oscar, supervisor=sue)
    of_its_own = lives.approved(aurora, lives.social_code(LAMP), by=olivia, supervisor=sue)
    Product.objects.filter(asin=LAMP).update(parent=parent, floor_price=Decimal("10.50"))
    return of_family, of_its_own


def test_what_a_parent_pulls_in_by_now_counts_on_a_variation_that_joined_later(aurora, joined):
    band = {band.product.asin: band for band in read(aurora).bands}[LAMP]

    assert {entry.lane.offer.reference for entry in band.entries} == {one.reference for one in joined}
    assert [len(marks) for marks in marks_of(band)] == [1, 1]
    assert band.prices.lowest.price == Decimal("9.99")
    assert {(alarm.price, alarm.is_decided) for alarm in band.alarms} == {(Decimal("9.99"), True)}


def test_the_lanes_of_requests_count_it_too(aurora, joined):
    drawn = read(aurora, by_request=True).bands

    assert [len(marks) for band in drawn for marks in marks_of(band)] == [1, 1]
    assert [{alarm.price for alarm in band.alarms} for band in drawn] == [{Decimal("9.99")}] * 2


@pytest.mark.parametrize("lanes_by", ["product", "request"])
def test_a_filter_does_not_hide_what_it_means_for_the_others(as_sam, aurora, joined, lanes_by):
    _of_family, of_its_own = joined

    page = shown(as_sam, aurora, lanes=lanes_by, q=of_its_own.reference)

    assert lanes_of(page) == [of_its_own.reference]
    assert len(svg_of(page).findall(".//g[@class='picture-bite']")) == 1
    assert "$9.99, below its floor of $10.50" in " ".join(unescape(page).split())


@pytest.mark.parametrize("lanes_by", ["product", "request"])
def test_a_variation_that_joined_later_is_found_with_what_its_parent_pulls_it_into(
    as_sam, aurora, joined, lanes_by
):
    of_family, of_its_own = joined

    by_asin = shown(as_sam, aurora, lanes=lanes_by, q=LAMP)
    by_reference = shown(as_sam, aurora, lanes=lanes_by, q=of_family.reference)

    assert set(lanes_of(by_asin)) == {of_family.reference, of_its_own.reference}
    assert products_of(by_reference) == ([LAMP, SET] if lanes_by == "product" else [])


def test_a_variation_that_has_nothing_of_its_own_has_a_band_all_the_same(aurora, oscar, sue):
    parent = Product.objects.create(store=aurora, asin="B0PARENT01", title="Lamps, all sizes")
    Product.objects.filter(asin=SET).update(parent=parent)
    lives.approved(aurora, lives.coupon(parent.asin), by=oscar, supervisor=sue)
    Product.objects.filter(asin=LAMP).update(parent=parent)

    assert [(band.product.asin, len(band.entries)) for band in read(aurora).bands] == [(LAMP, 1), (SET, 1)]


def test_a_variation_that_was_chosen_by_itself_pulls_its_family_in_nowhere(aurora, oscar, sue):
    parent = Product.objects.create(store=aurora, asin="B0PARENT01", title="Lamps, all sizes")
    Product.objects.filter(asin__in=[LAMP, SET]).update(parent=parent)
    lives.approved(aurora, lives.coupon(SET), by=oscar, supervisor=sue)

    assert [band.product.asin for band in read(aurora).bands] == [SET]


# --- Where it lies --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "length", "first", "days"),
    [
        (date(2026, 12, 31), MONTH, date(2026, 12, 1), 31),
        (date(2027, 2, 1), MONTH, date(2027, 2, 1), 28),
        (date(2026, 11, 29), WEEK, date(2026, 11, 23), 7),
        (date(2026, 11, 30), WEEK, date(2026, 11, 30), 7),
    ],
)
def test_a_month_begins_on_the_first_and_a_week_on_monday(day, length, first, days):
    view = calendar.period({"from": day.isoformat()}, length, at=lives.NOW, zone=ZONE)

    assert zones.local(view.starts_at, ZONE) == datetime.combine(first, datetime.min.time())
    assert zones.local(view.ends_at, ZONE) == datetime.combine(
        first + timedelta(days=days), datetime.min.time()
    )


def test_a_period_is_called_by_its_month_or_by_its_days():
    month = calendar.period({"from": "2026-12-09"}, MONTH, at=lives.NOW, zone=ZONE)
    week = calendar.period({"from": "2026-12-09"}, WEEK, at=lives.NOW, zone=ZONE)

    assert calendar.title(month, MONTH, ZONE) == "December 2026"
    assert calendar.title(week, WEEK, ZONE) == "Dec 7 – Dec 13, 2026"


@pytest.mark.parametrize("query", [{}, {"from": "x"}, {"from": "2026-02-30"}, {"from": "\0"}])
def test_a_day_that_cannot_be_read_is_today(query):
    assert calendar.period(query, MONTH, at=lives.NOW, zone=ZONE) == calendar.period(
        {"from": "2026-11-22"}, MONTH, at=lives.NOW, zone=ZONE
    )


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2027, 3, 14), 23), (date(2026, 11, 1), 25)],
    ids=["23 hours", "25 hours"],
)
def test_a_day_of_other_than_24_hours_keeps_its_place(aurora, day, hours):
    drawn = read(aurora, day=day, length=WEEK)
    here = next(one for one in drawn.days if one.number == day.day)
    other = drawn.days[0]

    assert here.bar.width / other.bar.width == pytest.approx(hours / 24, rel=0.001)
    assert all(before.bar.right == after.bar.left for before, after in pairwise(drawn.days))
    assert here.bar.window.ends_at - here.bar.window.starts_at == timedelta(hours=hours)


def test_a_promotion_over_the_change_of_clocks_begins_and_ends_with_its_days(aurora, olivia):
    # Sunday March 14, 2027 has 23 hours in Los Angeles.
    starts_at, ends_at = datetime(2027, 3, 13, 8, tzinfo=UTC), datetime(2027, 3, 16, 7, tzinfo=UTC)
    typed = lives.coupon(LAMP) | {
        "starts_at": "2027-03-13T08:00:00Z",
        "ends_at": "2027-03-16T07:00:00Z",
    }
    at = starts_at - timedelta(days=20)
    lives.submit(lives.drafted(aurora, typed, by=olivia, at=at), by=olivia, at=at)

    drawn = read(aurora, day=date(2027, 3, 14), at=at)
    days = {day.number: day.bar for day in drawn.days}
    running = drawn.bands[0].entries[0].lane.running

    assert (running.window.starts_at, running.window.ends_at) == (starts_at, ends_at)
    assert (running.left, running.right) == (days[13].left, days[15].right)


def test_now_is_marked_where_it_is_in_view(aurora):
    assert read(aurora, day=date(2026, 11, 22)).now is not None
    assert read(aurora, day=date(2026, 12, 22)).now is None
    assert [day.number for day in read(aurora, day=date(2026, 11, 22)).days if day.is_today] == [22]


def test_the_line_of_now_crosses_no_name_that_stands_above_a_bar(aurora, olivia):
    lives.submitted(aurora, lives.coupon(LAMP, start=2), by=olivia)

    wide, slim = (read(aurora, day=date(2026, 11, 22), frame=one) for one in (bands.BROAD, bands.SLIM))

    assert runs_of(wide.now_line) == [(37.0, wide.bottom)]
    lane = slim.bands[0].entries[0].lane
    assert runs_of(slim.now_line) == [
        (37.0, slim.bands[0].top),
        (slim.bands[0].top + bands.HEAD, lane.top),
        (lane.top + slim.frame.names, slim.bottom),
    ]


def test_lanes_never_lie_over_each_other(aurora, olivia, oscar, sue):
    lives.approved(aurora, lives.coupon(LAMP, SET), by=oscar, supervisor=sue)
    lives.submitted(aurora, lives.price_discount(LAMP, FLOOR_LAMP), by=olivia)

    for drawn in (read(aurora), read(aurora, by_request=True)):
        tops = [entry.lane.top for band in drawn.bands for entry in band.entries]

        assert all(after - before >= bands.BROAD.lane for before, after in pairwise(tops))
        assert all(before.bottom == after.top for before, after in pairwise(drawn.bands))
        assert drawn.height > tops[-1] + bands.BROAD.lane


# --- What is marked -------------------------------------------------------------------------------------


@pytest.fixture
def meeting(aurora, olivia, oscar):
    """A coupon and a social code in review, on two products each, that may not meet on the lamp."""
    return (
        lives.submitted(aurora, lives.coupon(LAMP, SET), by=oscar),
        lives.submitted(aurora, lives.social_code(LAMP, FLOOR_LAMP, start=11), by=olivia),
    )


def test_two_that_may_not_meet_are_marked_exactly_where_they_would(aurora, meeting):
    policy = policies.current()
    one, other = (policy.danger_window(offer_of(request)) for request in meeting)
    shared = one.intersection(other)

    by_product, by_request = read(aurora), read(aurora, by_request=True)

    assert {band.product.asin: marks_of(band) for band in by_product.bands} == {
        LAMP: [[shared], [shared]],
        FLOOR_LAMP: [[]],
        SET: [[]],
    }
    assert [marks_of(band) for band in by_request.bands] == [[[shared]], [[shared]]]


def marks_of(band):
    return [[bar.window for bar in entry.lane.conflicts] for entry in band.entries]


def test_a_filter_hides_lanes_and_never_a_mark(as_sam, aurora, meeting):
    coupon, _code = meeting

    page = shown(as_sam, aurora, kind="coupon", q=LAMP)

    assert lanes_of(page) == [coupon.reference]
    assert len(svg_of(page).findall(".//g[@class='picture-bite']")) == 1
    assert "Marks and prices also count what the filters hide." in page


def test_a_price_below_its_floor_is_marked_where_it_is(aurora, oscar, sue):
    request = lives.approved(aurora, lives.price_discount(LAMP, percent="35.00"), by=oscar, supervisor=sue)
    before = read(aurora).bands[0].alarms
    Product.objects.filter(asin=LAMP).update(floor_price=Decimal("15.00"))

    [alarm] = read(aurora).bands[0].alarms
    [of_request] = read(aurora, by_request=True).bands[0].alarms

    assert before == ()
    assert (alarm.price, alarm.floor, alarm.is_decided) == (Decimal("12.99"), Decimal("15.00"), True)
    assert alarm.bar.window == policies.current().danger_window(offer_of(request))
    assert of_request == alarm


@pytest.mark.parametrize(
    ("lanes_by", "mark"), [("product", "picture-broken"), ("request", "calendar-broken")]
)
def test_the_mark_of_a_broken_floor_is_as_wide_as_the_time_it_is_broken(
    as_sam, aurora, oscar, sue, lanes_by, mark
):
    lives.approved(aurora, lives.price_discount(LAMP, percent="35.00"), by=oscar, supervisor=sue)
    Product.objects.filter(asin=LAMP).update(floor_price=Decimal("15.00"))
    bar = read(aurora).bands[0].alarms[0].bar

    picture = svg_of(shown(as_sam, aurora, lanes=lanes_by))
    [marked] = picture.findall(f".//rect[@class='{mark}']")

    assert (marked.get("x"), marked.get("width")) == (str(bar.left), str(bar.width))


def test_what_all_in_review_would_do_together_is_marked_apart(aurora, olivia, oscar, sue):
    # Each leaves more than the floor of 9.99; together they leave 19.99 less 4.00 less 8.00.
    lives.submitted(aurora, lives.price_discount(LAMP, percent="20.00"), by=olivia)
    harmless = read(aurora).bands[0].alarms
    lives.submitted(aurora, lives.coupon(LAMP, percent="40.00"), by=oscar)

    alarms = read(aurora).bands[0].alarms

    assert harmless == ()
    assert alarms
    assert {alarm.is_decided for alarm in alarms} == {False}
    assert {alarm.price for alarm in alarms} == {Decimal("7.99")}
    assert read(aurora).bands[0].prices.lowest.price == Decimal("19.99")


def test_what_is_broken_as_decided_is_not_told_again_of_those_in_review(aurora, olivia, oscar, sue):
    lives.approved(aurora, lives.price_discount(LAMP, percent="35.00", days=2), by=oscar, supervisor=sue)
    lives.submitted(aurora, lives.coupon(LAMP, percent="5.00", start=20), by=olivia)
    Product.objects.filter(asin=LAMP).update(floor_price=Decimal("15.00"))

    assert [alarm.is_decided for alarm in read(aurora).bands[0].alarms] == [True]


def test_the_table_says_what_the_picture_shows(as_sam, aurora, meeting):
    Product.objects.filter(asin=LAMP).update(floor_price=Decimal("15.00"))
    for lanes_by in ("product", "request"):
        page = shown(as_sam, aurora, lanes=lanes_by)
        table = page[page.index("calendar-table") :]

        for reference in set(lanes_of(page)):
            assert table.count(f">{reference}</span>") == lanes_of(page).count(reference)
        assert table.count("tone-red") == len(svg_of(page).findall(".//g[@class='picture-bite']")) == 2
        assert "below its floor of $15.00, if all in review were approved" in table
        assert "20 % off" in table


def test_the_picture_has_a_name_and_a_description_and_no_style_of_its_own(as_sam, aurora, meeting):
    picture = svg_of(shown(as_sam, aurora))

    assert picture.get("role") == "img"
    assert picture.find("title").text == "December 2026"
    assert "2 lanes are marked" in "".join(picture.find("desc").itertext())
    assert not [element for element in picture.iter() if "style" in element.attrib]


# --- Looking for something ------------------------------------------------------------------------------


@pytest.fixture
def several(aurora, olivia, oscar, sue):
    return {
        "coupon": lives.submitted(aurora, lives.coupon(LAMP, title="Long nights"), by=olivia),
        "deal": lives.approved(
            aurora, lives.price_discount(FLOOR_LAMP, SET, title="Bright days"), by=oscar, supervisor=sue
        ),
        "live": lives.live(aurora, lives.price_discount(LAMP, title="Now on"), by=oscar, supervisor=sue),
    }


@pytest.mark.parametrize("lanes_by", ["product", "request"])
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, {"coupon", "deal", "live"}),
        ({"kind": "coupon"}, {"coupon"}),
        ({"state": "in_review"}, {"coupon"}),
        ({"state": "scheduled"}, {"deal"}),
        ({"state": "live"}, {"live"}),
        ({"kind": "price_discount", "state": "live"}, {"live"}),
        ({"q": "bright"}, {"deal"}),
        ({"q": LAMP}, {"coupon", "live"}),
        ({"q": "aurora01"}, {"coupon", "live"}),
        ({"q": "  floor   LAMP "}, {"deal"}),
        ({"q": "nothing of the sort"}, set()),
        ({"q": "100%_"}, set()),
        (
            {"kind": "raffle", "state": "asleep", "lanes": "sideways", "length": "eon"},
            {"coupon", "deal", "live"},
        ),
    ],
)
def test_what_is_looked_for_is_shown(as_sam, aurora, several, lanes_by, asked, found):
    page = shown(as_sam, aurora, **({"lanes": lanes_by} | asked))

    assert set(lanes_of(page)) == {several[name].reference for name in found}
    assert ("Nothing matches in these days" in page) == (not found)


def test_a_reference_is_found_and_brings_only_itself(as_sam, aurora, several):
    page = shown(as_sam, aurora, q=several["coupon"].reference.lower())

    assert lanes_of(page) == [several["coupon"].reference]


def test_a_product_that_is_named_brings_only_itself(as_sam, aurora, several):
    page = shown(as_sam, aurora, q=SET)

    assert products_of(page) == [SET]


def test_without_anything_it_says_what_will_come(as_sam, aurora):
    assert "Nothing runs in these days" in shown(as_sam, aurora)


def test_the_ways_keep_what_is_looked_for(as_sam, aurora, several):
    page = shown(as_sam, aurora, kind="coupon", lanes="request")

    link = re.search(r'<a[^>]*id="calendar-later"[^>]*>', page)[0]
    later = as_sam.get(unescape(re.search(r'href="([^"]*)"', link)[1])).content.decode()

    assert "January 2027" in later
    assert '<option value="coupon" selected>' in later
    assert re.search(r'name="from"\s+value="2027-01-01"', later)


def test_htmx_gets_the_calendar_and_nothing_else(as_sam, aurora, several):
    response = as_sam.get(reverse("store-calendar", args=[aurora.pk]), DECEMBER, **HTMX)
    part = response.content.decode()

    assert part.lstrip().startswith('<section class="card calendar" id="calendar"')
    assert "<html" not in part
    assert "HX-Request" in response["Vary"]


# --- Nothing is dropped ---------------------------------------------------------------------------------


def test_products_are_paged(as_sam, aurora, olivia):
    asins = many_products(aurora, calendar.PRODUCTS_ON_A_PAGE + 1)
    lives.submitted(aurora, lives.coupon(*asins), by=olivia)

    first, second = shown(as_sam, aurora), shown(as_sam, aurora, page="2")

    assert products_of(first) + products_of(second) == asins
    assert f"1 to {len(asins) - 1} of {len(asins)}" in first


def test_lanes_that_a_product_has_no_room_for_are_counted(as_sam, aurora, oscar, sue, monkeypatch):
    few = type(bands.BROAD)(**{**fields_of(bands.BROAD), "most_lanes": 2})
    monkeypatch.setattr("promoflow.promotions.views.calendar.BROAD", few)
    for start in (10, 13, 16):
        lives.approved(aurora, lives.price_discount(LAMP, start=start, days=1), by=oscar, supervisor=sue)

    page = shown(as_sam, aurora)

    assert len(lanes_of(page)) == 2
    assert page.count("and one more, not drawn") == 2


def test_on_a_phone_names_and_prices_stand_above_the_plane(as_sam, aurora, olivia, sam):
    lives.approved(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)
    as_sam.cookies["narrow"] = "yes"

    page = shown(as_sam, aurora)
    [drawn] = read(aurora, frame=bands.SLIM).bands
    picture = svg_of(page)

    assert picture.get("viewBox").startswith("0 0 296.0 ")
    assert "picture is-narrow" in page
    assert drawn.strip == drawn.top + bands.HEAD
    assert drawn.strip < drawn.prices.levels[0].y < drawn.prices.floor_y < drawn.entries[0].lane.top
    assert drawn.bottom >= drawn.lanes_end == drawn.entries[0].lane.top + bands.SLIM.lane
    assert re.findall(r"calendar-number[^>]*>(\d+)<", page) == ["7", "7", "14", "14", "21", "21", "28", "28"]
    assert len(re.findall(r"calendar-number[^>]*>(\d+)<", shown(as_sam, aurora, length="week"))) == 14


def fields_of(frame):
    return {name: getattr(frame, name) for name in frame.__dataclass_fields__}


# --- Who sees it ----------------------------------------------------------------------------------------


def test_whoever_holds_a_role_on_the_store_sees_it_and_nobody_else(client, aurora, stranger, root):
    address = reverse("store-calendar", args=[aurora.pk])
    reader = cast.grant(cast.person("Rita"), aurora, AUDITOR)
    elsewhere = cast.store("Borealis", merchant_id="A2BOREALIS12345")
    other = cast.grant(cast.person("Otto"), elsewhere, AUDITOR)

    answers = {}
    for person in (reader, other, stranger, root):
        client.force_login(person)
        answers[person.name] = client.get(address).status_code

    assert answers == {"Rita": 200, "Otto": 404, "Stranger": 404, "Root": 404}


def test_the_entry_leads_to_ones_first_store_or_says_whom_to_ask(client, aurora, sam, stranger):
    client.force_login(sam)
    there = client.get(reverse("calendar"), follow=True)
    assert there.redirect_chain == [(reverse("store-calendar", args=[aurora.pk]), 303)]
    assert re.search(rf'href="{reverse("calendar")}"\s+aria-current="page"', there.content.decode())

    client.force_login(stranger)
    page = client.get(reverse("calendar")).content.decode()
    assert "You hold no role on any store" in page


def test_the_entry_leads_past_a_store_on_which_nothing_is(client, aurora, olivia, sam):
    empty = cast.store("Aaron", merchant_id="A2AARON12345678")
    cast.grant(sam, empty, AUDITOR)
    client.force_login(sam)

    assert client.get(reverse("calendar")).url == reverse("store-calendar", args=[empty.pk])
    lives.submitted(aurora, by=olivia)
    assert client.get(reverse("calendar")).url == reverse("store-calendar", args=[aurora.pk])


def test_other_stores_are_a_link_away(client, aurora, sam):
    other = cast.grant(sam, cast.store("Borealis", merchant_id="A2BOREALIS12345"), AUDITOR)
    client.force_login(other)

    page = shown(client, aurora)

    assert "Another store" in page
    assert "Borealis" in page


# --- What it costs --------------------------------------------------------------------------------------


def queries_of(client, store, **query):
    shown(client, store, **query)
    with CaptureQueriesContext(connection) as asked:
        page = shown(client, store, **query)
    return len(asked), page


@pytest.mark.parametrize("lanes_by", ["product", "request"])
def test_many_requests_take_the_queries_of_one(as_sam, aurora, olivia, oscar, sue, lanes_by):
    asins = many_products(aurora, 12)
    lives.submitted(aurora, lives.coupon(asins[0]), by=olivia)
    one, _page = queries_of(as_sam, aurora, lanes=lanes_by)
    for asin in asins[1:]:
        lives.submitted(aurora, lives.coupon(asin, asins[0], start=11), by=olivia)
        lives.approved(aurora, lives.price_discount(asin), by=oscar, supervisor=sue)

    many, page = queries_of(as_sam, aurora, lanes=lanes_by)

    assert len(set(lanes_of(page))) == PromotionRequest.objects.count() == 23
    assert many == one <= 14


def test_products_alike_are_swept_once(aurora, olivia, monkeypatch):
    asins = many_products(aurora, 40)
    lives.submitted(aurora, lives.coupon(*asins), by=olivia)
    swept = []
    real = bands.price_line.draw
    monkeypatch.setattr(
        bands.price_line, "draw", lambda *args, **more: swept.append(1) or real(*args, **more)
    )
    monkeypatch.setattr(lanes, "meetings", counted := Counted(lanes.meetings))

    read(aurora, by_request=True)

    assert len(swept) <= 2
    assert counted.calls == 1


class Counted:
    """A function that counts how often it is called."""

    def __init__(self, function):
        self.function, self.calls = function, 0

    def __call__(self, *args, **more):
        self.calls += 1
        return self.function(*args, **more)
