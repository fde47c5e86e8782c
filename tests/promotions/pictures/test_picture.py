"""The picture on the pages: of which product, over which days, beside a form, and for how many queries."""

import re
from decimal import Decimal
from html import unescape
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from promoflow.catalog.models import Product
from promoflow.promotions.pictures import timeline
from promoflow.promotions.pictures.scale import NARROW
from promoflow.promotions.pictures.span import whole_days
from promoflow.promotions.services import running
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP, SET
from tests.promotions.typed import SOCIAL
from tests.rulebook.making import DAY, NOW, POLICY, ZONE, offer, product

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]

HTMX = {"HTTP_HX_REQUEST": "true"}
SVG = re.compile(r'<svg viewBox[^>]*role="img".*?</svg>', re.DOTALL)


@pytest.fixture
def on_three(aurora, olivia, oscar, sam):
    """A social code on three products, of which a coupon holds the one farthest from its floor."""
    lives.approved(aurora, lives.coupon(SET, percent="10.00"), by=oscar, supervisor=sam)
    typed = lives.social_code(LAMP, FLOOR_LAMP, SET, percent="20.00", start=11)
    return lives.drafted(aurora, typed, by=olivia)


def shown(client, request, query="", **headers):
    response = client.get(reverse("request", args=[request.reference]) + query, **headers)
    assert response.status_code == 200
    return response.content.decode()


def pictured(page):
    """The product in the heading of the picture."""
    return re.search(r'picture-product">\s*<span class="asin">(\w+)<', page)[1]


def days_of(page):
    return unescape(re.search(r'id="picture-days">(.*?)<', page)[1])


def address_of(page, way):
    """Where a link of the picture leads, as it is clicked without JavaScript and as htmx asks for it."""
    link = re.search(rf'<a[^>]*id="picture-{way}"[^>]*>', page)[0]
    followed = re.search(r'href="([^"]*)"', link)
    return unescape(followed[1]) if followed else ""


def svg_of(page):
    return ElementTree.fromstring(SVG.search(page)[0])  # noqa: S314 (our own page)


def queries_of(ask):
    ask()
    with CaptureQueriesContext(connection) as asked:
        ask()
    return len(asked)


# --- Which product --------------------------------------------------------------------------------------


def test_the_product_with_most_trouble_is_pictured(client, on_three, sam):
    client.force_login(sam)

    assert pictured(shown(client, on_three)) == SET


def test_where_nothing_is_blocked_it_is_the_one_nearest_to_its_floor(client, aurora, olivia, sam):
    Product.objects.filter(asin=SET).update(floor_price=Decimal("95.00"))
    request = lives.drafted(aurora, lives.coupon(LAMP, FLOOR_LAMP, SET), by=olivia)
    client.force_login(sam)

    # At 20 % off they keep 6.00, 14.20 and 1.00 above their floors.
    assert pictured(shown(client, request)) == SET


def test_another_product_is_a_plain_link_away(client, on_three, sam):
    client.force_login(sam)

    page = shown(client, on_three)
    address = address_of(page, f"of-{FLOOR_LAMP}")
    other = client.get(address).content.decode()

    assert page.count("picture-choice") > 3
    assert address.startswith(reverse("request", args=[on_three.reference]))
    assert pictured(other) == FLOOR_LAMP
    assert re.search(rf'id="picture-of-{FLOOR_LAMP}"[^>]*aria-current="true"', other)


@pytest.mark.parametrize("asked", ["B0NOTHERE1", "", "<script>", "b0aurora01"])
def test_a_product_that_it_does_not_touch_leaves_the_default(client, on_three, sam, asked):
    client.force_login(sam)

    page = client.get(reverse("request", args=[on_three.reference]), {"product": asked}).content.decode()

    assert pictured(page) == SET
    assert "<script>alert" not in page


def test_htmx_gets_the_picture_and_nothing_else(client, on_three, sam):
    client.force_login(sam)

    part = shown(client, on_three, f"?product={LAMP}", **HTMX)

    assert part.lstrip().startswith('<section class="card" id="picture"')
    assert "<html" not in part
    assert pictured(part) == LAMP
    assert "HX-Request" in client.get(reverse("request", args=[on_three.reference]), **HTMX)["Vary"]


def test_products_that_are_not_offered_are_counted_and_have_their_link(client, aurora, olivia, sam):
    asins = many_products(aurora, 9)
    request = lives.drafted(aurora, lives.coupon(*asins), by=olivia)
    client.force_login(sam)

    page = shown(client, request, f"?products=all&product={asins[8]}")

    assert pictured(page) == asins[8]
    assert "and 2 more, each from its line below" in page
    assert all(f"?product={asin}#picture" in page for asin in asins)


def test_a_single_product_offers_no_other(client, aurora, olivia, sam):
    request = lives.drafted(aurora, lives.coupon(LAMP), by=olivia)
    client.force_login(sam)

    assert "picture-choice" not in shown(client, request)


def many_products(store, count):
    asins = [f"B0MANY{number:04}" for number in range(count)]
    Product.objects.bulk_create(
        Product(store=store, asin=asin, title=f"Lamp {asin}", price=Decimal(50), floor_price=Decimal(5))
        for asin in asins
    )
    return asins


def test_what_runs_is_pictured_too_and_what_is_over_is_not(client, aurora, oscar, sam):
    live = lives.live(aurora, lives.coupon(LAMP), by=oscar, supervisor=sam)
    client.force_login(sam)
    while_live = shown(client, live)
    running.stop(reference=live.reference, by=sam, at=lives.NOW)

    assert pictured(while_live) == LAMP
    assert re.search(rf">\s*{live.reference}<tspan", SVG.search(while_live)[0])
    assert not SVG.search(shown(client, live))
    assert shown(client, live, **HTMX).strip() == ""


# --- Which days -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["request", "product"])
def test_each_way_leads_to_other_days_of_the_same_page(client, aurora, olivia, oscar, sam, page):
    request = lives.submitted(aurora, lives.coupon(LAMP), by=olivia)
    address = reverse(page, args={"request": [request.reference], "product": [aurora.pk, LAMP]}[page])
    client.force_login(sam)
    unasked = client.get(address).content.decode()

    found = {
        way: client.get(address_of(unasked, way)).content.decode() for way in ("earlier", "later", "wider")
    }

    assert len({days_of(unasked), *map(days_of, found.values())}) == 4
    for there in found.values():
        back = client.get(address_of(there, "whole"))
        assert days_of(back.content.decode()) == days_of(unasked)


def test_the_days_stay_when_the_product_changes(client, on_three, sam):
    client.force_login(sam)

    later = client.get(address_of(shown(client, on_three), "later")).content.decode()
    other = client.get(address_of(later, f"of-{LAMP}")).content.decode()

    assert (pictured(other), days_of(other)) == (LAMP, days_of(later))


@pytest.mark.parametrize("query", ["?from=x&days=7", "?from=2026-12-01&days=", "?days=7", "?from=%00&days=7"])
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_days_that_cannot_be_read_leave_the_default(client, on_three, sam, query, headers):
    client.force_login(sam)

    assert days_of(shown(client, on_three, query, **headers)) == days_of(shown(client, on_three))


def test_where_nothing_is_in_these_days_the_picture_says_so_and_leads_back(client, on_three, sam):
    client.force_login(sam)

    page = shown(client, on_three, "?from=2025-01-01&days=7")

    assert page.count("Nothing in these days") == 2
    assert "2 more, later" in page
    assert "picture-lane is-" not in page
    assert days_of(client.get(address_of(page, "whole")).content.decode()) == days_of(shown(client, on_three))


def test_what_lies_before_and_after_the_days_is_counted():
    early = offer("price_discount", reference="PR-1", hours=(-72, -48))
    late = offer("price_discount", reference="PR-2", hours=(72, 96))
    view = whole_days(DAY.date(), 1, ZONE)

    picture = timeline.draw([early, late], product(), POLICY, at=NOW, zone=ZONE, view=view)

    assert (picture.lanes, picture.before, picture.after, picture.crowded) == ((), 1, 1, 0)


def test_an_arrow_says_that_a_promotion_goes_on_beyond_the_edge():
    long = offer("price_discount", reference="PR-1", hours=(-240, 240))
    view = whole_days(DAY.date(), 2, ZONE)

    def edges(view):
        lane = timeline.draw([long], product(), POLICY, at=NOW, zone=ZONE, view=view).lanes[0]
        return lane.comes_from is not None, lane.goes_to is not None

    assert edges(view) == (True, True)
    assert edges(None) == (False, False)


def test_what_comes_only_in_months_is_shown_there():
    far = offer("price_discount", reference="PR-1", hours=(24 * 90, 24 * 91))

    picture = timeline.draw([far], product(), POLICY, at=NOW, zone=ZONE)

    assert [lane.offer for lane in picture.lanes] == [far]


# --- Beside the form ------------------------------------------------------------------------------------


def check(client, store, asins, query="", **changed):
    sent = {"store": store.pk, "kind": "social_code", **SOCIAL, "asins": "\n".join(asins), **changed}
    return client.post(reverse("request-check") + query, sent, **HTMX).content.decode()


def test_what_is_typed_is_drawn_first_beside_what_runs(client, aurora, olivia, oscar, sam):
    held = lives.approved(aurora, lives.coupon(LAMP), by=oscar, supervisor=sam)
    client.force_login(olivia)

    page = check(client, aurora, [LAMP])
    picture = svg_of(page)
    names = [text.text for text in picture.iter("text") if text.get("class") == "picture-name"]

    assert [name.strip() for name in names] == ["This draft", held.reference]
    assert len(picture.findall(".//g[@class='picture-bite']")) == 2
    assert float(picture.get("viewBox").split()[2]) == NARROW.width


def test_beside_the_form_the_product_with_most_trouble_is_drawn(client, aurora, olivia, oscar, sam):
    lives.approved(aurora, lives.coupon(SET, percent="10.00"), by=oscar, supervisor=sam)
    client.force_login(olivia)

    page = check(client, aurora, [LAMP, FLOOR_LAMP, SET])

    assert (
        re.search(r'id="picture-heading">\s*What runs, and when\s*<span class="asin[^>]*>(\w+)<', page)[1]
        == SET
    )


def test_the_form_asks_for_other_days_by_its_buttons(client, aurora, olivia):
    client.force_login(olivia)
    page = check(client, aurora, [LAMP])

    button = re.search(r'<button[^>]*id="picture-later"[^>]*>', page)[0]
    address = unescape(re.search(r'formaction="([^"]*)"', button)[1])
    later = check(client, aurora, [LAMP], query=address.partition(reverse("request-check"))[2])

    assert f'hx-post="{address.replace("&", "&amp;")}"' in button
    assert days_of(later) != days_of(page)
    assert days_of(check(client, aurora, [LAMP], query="?from=x&days=y")) == days_of(page)


def test_without_a_whole_promotion_there_is_no_picture_yet(client, aurora, olivia):
    client.force_login(olivia)

    assert "picture-days" not in check(client, aurora, [LAMP], discount_value="")


def test_more_than_a_panel_holds_is_counted(client, aurora, olivia, oscar, sam):
    for number in range(8):
        lives.approved(
            aurora, lives.price_discount(LAMP, start=10 + number, days=1), by=oscar, supervisor=sam
        )
    client.force_login(olivia)

    page = check(client, aurora, [LAMP])

    assert page.count('class="picture-lane') == NARROW.most_lanes
    assert "and 3 more, not drawn" in page


def test_a_picture_is_drawn_for_the_window_that_asks(client, aurora, olivia, sam):
    request = lives.approved(aurora, lives.price_discount(LAMP), by=olivia, supervisor=sam)
    client.force_login(olivia)
    addresses = [
        reverse("request", args=[request.reference]),
        reverse("product", args=[aurora.pk, LAMP]),
        reverse("product-what-if", args=[aurora.pk, LAMP]) + "?a-kind=coupon&a-discount_value=40",
    ]

    wide = [client.get(address).content.decode() for address in addresses]
    client.cookies["narrow"] = "yes"
    narrow = [client.get(address).content.decode() for address in addresses]

    assert ["picture is-narrow" in page for page in wide] == [False, False, False]
    assert ["picture is-narrow" in page for page in narrow] == [True, True, True]


def test_fifty_products_take_the_queries_of_one(client, aurora, olivia, oscar, sam):
    asins = many_products(aurora, 50)
    lives.approved(aurora, lives.coupon(*asins), by=oscar, supervisor=sam)
    client.force_login(olivia)

    one = queries_of(lambda: check(client, aurora, asins[:1]))
    fifty = queries_of(lambda: check(client, aurora, asins))
    saved = lives.drafted(aurora, lives.social_code(*asins, start=11), by=olivia)
    page_of_fifty = queries_of(lambda: shown(client, saved, **HTMX))
    single = lives.drafted(aurora, lives.social_code(asins[0], start=11), by=olivia)

    assert fifty == one <= 18
    assert page_of_fifty == queries_of(lambda: shown(client, single, **HTMX))
