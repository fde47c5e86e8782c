"""The picture of what runs on a product: where everything lies, and what the pages draw of it."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from promoflow.catalog.models import Product
from promoflow.promotions.pictures import timeline
from promoflow.promotions.pictures.scale import PHONE, WIDE
from promoflow.rulebook.offers import Window
from tests.promotions import lives
from tests.promotions.lives import LAMP, SET
from tests.promotions.pictures import runs_of
from tests.rulebook.making import DAY, NOW, POLICY, ZONE, offer, product

SVG = re.compile(r'<svg viewBox[^>]*role="img".*?</svg>', re.DOTALL)
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db


def drawn(*others, candidate=None, of=None, at=NOW, frame=WIDE):
    return timeline.draw(others, of or product(), POLICY, at=at, zone=ZONE, candidate=candidate, frame=frame)


def draft(kind="coupon", **terms):
    return offer(kind, state="draft", reference="PR-1", **terms)


def live(kind, *, reference="PR-2", **terms):
    return offer(kind, state="live", reference=reference, **terms)


def lane_of(picture, reference):
    return next(lane for lane in picture.lanes if lane.offer.reference == reference)


# --- Where everything lies ------------------------------------------------------------------------------


def test_where_nothing_runs_there_is_no_picture():
    assert drawn() is None
    assert drawn(live("coupon", asins=frozenset({"B000000009"}))) is None


def test_one_bar_ends_where_the_next_begins():
    first = live("price_discount", hours=(0, 24))
    second = live("price_discount", reference="PR-3", hours=(24, 48))

    picture = drawn(first, second)

    assert lane_of(picture, "PR-2").running.right == lane_of(picture, "PR-3").running.left


def test_a_padding_is_as_wide_as_the_policy_says():
    candidate = draft("coupon", hours=(0, 48))
    rules = POLICY.kinds["coupon"]

    lane = drawn(candidate=candidate).lanes[0]
    hour = lane.running.width / 48

    before = next(bar for bar in lane.paddings if bar.right == lane.running.left)
    assert rules.hours_before > 0
    assert before.width == pytest.approx(rules.hours_before * hour, abs=0.02)
    assert sum(bar.width for bar in lane.paddings) == pytest.approx(
        (rules.hours_before + rules.hours_after) * hour, abs=0.04
    )


def test_a_day_of_25_hours_is_wider():
    # Clocks go back in Los Angeles on November 1, 2026.
    shift = -25 * 24 - 1
    candidate = draft("price_discount", hours=(shift, shift + 72))

    picture = drawn(candidate=candidate, at=DAY + shift * HOUR)
    starts = [tick.x for tick in picture.ticks if tick.is_day]
    widths = [after - before for before, after in pairwise(starts)]

    assert max(widths) / min(widths) == pytest.approx(25 / 24, rel=0.001)


def test_the_candidate_is_first_and_what_it_may_not_meet_comes_next():
    candidate = draft("coupon", hours=(0, 48))
    early = live("price_discount", reference="PR-2", hours=(-48, 24))
    forbidden = live("social_code", reference="PR-3", hours=(24, 72))

    picture = drawn(early, forbidden, candidate=candidate)

    assert [lane.offer.reference for lane in picture.lanes] == ["PR-1", "PR-3", "PR-2"]
    assert picture.conflicting == 1


def test_the_mark_lies_exactly_on_the_time_in_which_both_may_touch_a_sale():
    candidate = draft("coupon", hours=(24, 48))
    other = live("social_code", hours=(0, 24))

    picture = drawn(other, candidate=candidate)
    shared = POLICY.danger_window(candidate).intersection(POLICY.danger_window(other))

    assert shared
    for lane in picture.lanes:
        assert [bar.window for bar in lane.conflicts] == [shared]


def test_windows_that_only_touch_are_not_marked():
    candidate = draft("coupon", hours=(0, 24))
    danger = POLICY.danger_window(candidate)
    other = live("social_code", hours=(48, 72))
    lead = other.window.starts_at - POLICY.danger_window(other).starts_at
    touching = replace(other, window=Window(danger.ends_at + lead, danger.ends_at + lead + 24 * HOUR))
    meeting = replace(
        touching,
        window=Window(touching.window.starts_at - timedelta(microseconds=1), touching.window.ends_at),
    )

    assert drawn(touching, candidate=candidate).conflicting == 0
    assert drawn(meeting, candidate=candidate).conflicting == 1


def test_the_price_falls_where_a_promotion_may_touch_a_sale_and_rises_after_it():
    candidate = draft("coupon", off="%20", hours=(0, 24))

    prices = drawn(candidate=candidate).prices

    assert [level.price for level in prices.levels][:2] == [Decimal("100.00"), Decimal("80.00")]
    assert prices.lowest.bar.window == POLICY.danger_window(candidate)
    assert prices.levels[0].y < prices.lowest.y < prices.floor_y
    assert all(before.bar.right == after.bar.left for before, after in pairwise(prices.levels))


def test_the_price_written_is_one_that_the_candidate_has_a_part_in():
    candidate = draft("coupon", off="%20", hours=(0, 24))
    deeper = live("price_discount", off="%50", hours=(72, 96))

    beside, alone = drawn(deeper, candidate=candidate).prices, drawn(deeper).prices

    assert min(level.price for level in beside.levels) == Decimal("50.00")
    assert beside.lowest.price == Decimal("80.00")
    assert alone.lowest.price == Decimal("50.00")


def test_marks_of_one_lane_that_overlap_are_one():
    candidate = draft("coupon", hours=(0, 96))
    others = [
        live("social_code", reference=f"PR-{2 + number}", hours=(24 * number, 24 * number + 30))
        for number in range(3)
    ]

    picture = drawn(*others, candidate=candidate)

    assert picture.conflicting == 3
    assert len(lane_of(picture, "PR-1").conflicts) == 1


def test_only_a_price_below_its_floor_is_marked():
    candidate = draft("coupon", off="%20", hours=(0, 24))

    kept = drawn(candidate=candidate, of=product(floor="80.00")).prices.lowest
    broken = drawn(candidate=candidate, of=product(floor="80.01")).prices.lowest

    assert (kept.is_broken, kept.depth) == (False, 0)
    assert broken.is_broken
    assert broken.depth > 0


def test_what_is_given_away_is_marked_also_where_the_floor_is_nothing():
    prices = drawn(live("price_discount", off="%100"), of=product(floor="0")).prices

    assert (prices.lowest.price, prices.floor) == (0, 0)
    assert prices.lowest.is_broken


@pytest.mark.parametrize(
    ("days", "floor", "below"),
    [(1, "10.00", True), (1, "78.00", False), (1, "90.00", True), (30, "10.00", False), (30, "90.00", True)],
)
def test_the_lowest_price_is_written_where_it_crosses_neither_steps_nor_floor(days, floor, below):
    candidate = draft("price_discount", off="%20", hours=(0, 24 * days))
    long_before = live("price_discount", off="%5", hours=(-24 * 14, -24 * 13))

    prices = drawn(long_before, candidate=candidate, of=product(floor=floor)).prices

    assert prices.is_written_below is below


def test_what_is_only_in_review_is_drawn_and_not_counted():
    candidate = draft("price_discount", off="%20", hours=(0, 24))
    asking = offer("price_discount", off="%50", state="in_review", reference="PR-2", hours=(0, 24))

    picture = drawn(asking, candidate=candidate)

    assert len(picture.lanes) == 2
    assert picture.prices.lowest.price == Decimal("80.00")


def test_without_a_price_there_are_lanes_and_no_line():
    picture = drawn(candidate=draft(), of=product(price=None, floor=None))

    assert picture.lanes
    assert picture.prices is None


def test_no_more_than_fifty_lanes_are_drawn_and_the_rest_is_counted():
    others = [live("price_discount", reference=f"PR-{number}") for number in range(60)]

    picture = drawn(*others)

    assert (len(picture.lanes), picture.more) == (50, 10)


def test_what_lies_far_away_is_counted_and_does_not_press_the_picture():
    far = live("price_discount", hours=(24 * 90, 24 * 91))

    picture = drawn(far, candidate=draft())

    assert (len(picture.lanes), picture.more) == (1, 1)
    assert picture.view.ends_at < far.window.starts_at


def test_written_days_never_touch():
    for days in (1, 5, 20, 45):
        picture = drawn(candidate=draft(hours=(0, 24 * days)))
        places = [tick.x for tick in picture.ticks if tick.is_written]

        assert all(after - before >= 70 for before, after in pairwise(places))


def test_today_is_marked_only_where_it_is_in_view():
    assert drawn(candidate=draft(), at=DAY).now is not None
    past = drawn(candidate=draft(), at=DAY - timedelta(days=60))
    assert past.now is None
    assert past.now_line == ""


def test_the_line_of_now_runs_down_the_picture_and_crosses_no_name_that_stands_above_a_bar():
    wide, narrow = (drawn(live("social_code"), candidate=draft(), at=DAY, frame=one) for one in (WIDE, PHONE))

    assert runs_of(wide.now_line) == [(16.0, wide.bottom)]
    begins, ends = zip(*runs_of(narrow.now_line), strict=True)
    assert (begins[0], ends[-1]) == (16.0, narrow.bottom)
    names = [*(lane.top for lane in narrow.lanes), narrow.prices_top]
    assert list(ends[:-1]) == names
    assert list(begins[1:]) == [top + PHONE.names for top in names]


# --- What the pages draw --------------------------------------------------------------------------------


@pytest.fixture
def beside(aurora, olivia, oscar, sam, sue, now):
    """An approved coupon, and a draft of a social code that may not meet it."""
    held = lives.approved(aurora, lives.coupon(LAMP), by=oscar, supervisor=sue)
    return held, lives.drafted(aurora, lives.social_code(LAMP, start=11), by=olivia)


def shown(client, address):
    return client.get(address).content.decode()


def picture_in(page):
    """Read as XML, which takes only what is well-formed."""
    return ElementTree.fromstring(SVG.search(page)[0])  # noqa: S314 (our own page)


def test_the_page_of_a_request_draws_it_beside_what_it_may_not_meet(client, beside, sam):
    held, request = beside
    client.force_login(sam)

    page = shown(client, reverse("request", args=[request.reference]))
    picture = picture_in(page)
    words = " ".join(picture.itertext())

    assert words.index(request.reference) < words.index(held.reference)
    assert len(picture.findall(".//g[@class='picture-bite']")) == 2
    assert "$9.99" in words
    assert picture.find("title").text
    assert "$" in "".join(picture.find("desc").itertext())
    assert not [element for element in picture.iter() if "style" in element.attrib]


def test_the_table_says_what_the_picture_shows(client, beside, sam):
    _held, request = beside
    client.force_login(sam)

    page = shown(client, reverse("request", args=[request.reference]))
    picture = picture_in(page)
    table = page[
        page.index("The picture as a table") : page.index("</details>", page.index("The picture as"))
    ]

    for lane in picture.findall(".//g[@transform]/text[@class='picture-name']"):
        assert table.count(f">{lane.text.strip()}</a>") == 1
    for about in picture.findall(".//g/text[@class='picture-about']")[:2]:
        assert about.text in table
    corners = picture.find("polyline").get("points").split()
    assert table.count('data-label="Worst price"') == len(corners) / 2


def test_the_page_of_a_product_draws_what_touches_it(client, beside, aurora, sam):
    held, request = beside
    client.force_login(sam)

    page = shown(client, reverse("product", args=[aurora.pk, LAMP]))
    words = " ".join(picture_in(page).itertext())

    assert held.reference in words
    assert request.reference not in words


def test_a_variation_that_joined_later_is_drawn_with_what_its_parent_pulls_it_into(
    client, aurora, oscar, sam, sue, now
):
    parent = Product.objects.create(store=aurora, asin="B0PARENT01", title="Lamps, all sizes")
    Product.objects.filter(asin=SET).update(parent=parent)
    of_family = lives.approved(aurora, lives.price_discount(parent.asin), by=oscar, supervisor=sue)
    Product.objects.filter(asin=LAMP).update(parent=parent)
    client.force_login(sam)

    page = shown(client, reverse("product", args=[aurora.pk, LAMP]))
    words = " ".join(picture_in(page).itertext())

    assert of_family.reference in words
    assert "Worst price $15.99 of $19.99" in " ".join(words.split())


def test_a_product_that_nothing_touches_has_no_picture(client, aurora, sam, now):
    client.force_login(sam)

    assert not SVG.search(shown(client, reverse("product", args=[aurora.pk, LAMP])))


@pytest.mark.parametrize("page", ["request", "product"])
def test_another_lane_asks_the_database_nothing_more(client, beside, aurora, oscar, sam, sue, page):
    _held, request = beside
    client.force_login(sam)
    args = {"request": [request.reference], "product": [aurora.pk, LAMP]}[page]
    lanes, queries = lanes_and_queries(client, reverse(page, args=args))

    lives.approved(aurora, lives.price_discount(LAMP, percent="10.00"), by=oscar, supervisor=sue)

    assert lanes_and_queries(client, reverse(page, args=args)) == (lanes + 1, queries)


def lanes_and_queries(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        page = shown(client, address)
    return page.count("picture-lane"), len(asked)
