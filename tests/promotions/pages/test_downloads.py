"""What leaves a request's page as a file, so that nobody retypes ASINs."""

import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from promoflow.catalog.models import Product
from promoflow.promotions.content import decode
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]

# The test's own copy of columns A to H of Amazon's coupon bulk sheet.
HEADER = (
    "ASIN list",
    "Discount type (money off or % off)",
    "Coupon discount '% Off' value",
    "Coupon discount money-off value",
    "Coupon title",
    "Coupon budget",
    "Coupon start date",
    "Coupon end date",
)


def get(client, name, request):
    return client.get(reverse(name, args=[request.reference]))


def sheet_in(response):
    return load_workbook(io.BytesIO(response.content)).worksheets[0]


def test_an_approved_coupon_is_the_sheet_that_amazon_takes(client, aurora, olivia, sam):
    request = lives.approved(aurora, lives.coupon(LAMP, FLOOR_LAMP), by=olivia, supervisor=sam)
    client.force_login(olivia)

    response = get(client, "request-coupon-sheet", request)

    rows = list(sheet_in(response).iter_rows(values_only=True))
    assert f'filename="{request.reference}-coupon.xlsx"' in response["Content-Disposition"]
    assert rows == [
        HEADER,
        (
            f"{LAMP};{FLOOR_LAMP}",
            "Percentage Off",
            20,
            None,
            "Save on lamps",
            500,
            "2026-12-02",
            "2026-12-04",
        ),
    ]


def test_money_off_stands_in_its_own_column(client, aurora, olivia, sam):
    typed = lives.coupon(LAMP, discount_type="money", discount_value="2.50")
    request = lives.live(aurora, typed, by=olivia, supervisor=sam)
    client.force_login(sam)

    row = [cell.value for cell in sheet_in(get(client, "request-coupon-sheet", request))[2]]

    assert row[1:4] == ["Money Off", None, 2.5]


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@SUM(1)", "=cmd|' /C calc'!A0"])
def test_a_title_is_never_a_formula_and_stays_to_the_letter(client, aurora, olivia, sam, title):
    request = lives.approved(aurora, lives.coupon(LAMP, title=title), by=olivia, supervisor=sam)
    client.force_login(olivia)

    cell = sheet_in(get(client, "request-coupon-sheet", request))["E2"]

    assert (cell.value, cell.data_type, cell.quotePrefix) == (title, "s", True)


def test_nobody_sets_up_what_is_not_approved(client, aurora, olivia):
    request = lives.submitted(aurora, lives.coupon(LAMP), by=olivia)
    client.force_login(olivia)

    response = get(client, "request-coupon-sheet", request)

    assert response.status_code == 409
    assert "is not approved" in response.content.decode()


def test_only_a_coupon_has_amazons_coupon_sheet(client, aurora, olivia, sam):
    request = lives.approved(aurora, lives.social_code(LAMP), by=olivia, supervisor=sam)
    client.force_login(olivia)

    response = get(client, "request-coupon-sheet", request)

    assert response.status_code == 409
    assert "Copy the ASINs" in response.content.decode()


def coupon_on(store, number, **people):
    """An approved coupon on so many products of the store."""
    asins = [f"B0MANY{count:04}" for count in range(number)]
    Product.objects.bulk_create(
        Product(store=store, asin=asin, title="Lamp", price="19.99", floor_price="9.99") for asin in asins
    )
    return lives.approved(store, lives.coupon(*asins), **people)


# So many ASINs with semicolons between them are 32,757 of the 32,767 characters of a cell.
FIT = 2978


def test_as_many_asins_as_a_cell_holds_are_in_the_sheet(client, aurora, olivia, sam):
    request = coupon_on(aurora, FIT, by=olivia, supervisor=sam)
    client.force_login(olivia)

    cell = sheet_in(get(client, "request-coupon-sheet", request))["A2"]

    assert cell.value.split(";") == decode(request.newest.body)["asins"]
    assert len(cell.value.split(";")) == FIT


def test_where_they_do_not_fit_the_page_says_what_to_do(client, aurora, olivia, sam):
    """Excel would cut the last ones off without a word."""
    request = coupon_on(aurora, FIT + 1, by=olivia, supervisor=sam)
    client.force_login(olivia)
    says = (
        f"{request.reference} has more ASINs than a cell of Amazon&#x27;s bulk sheet holds. "
        "Create the coupon in Seller Central itself and paste its ASINs there."
    )

    refused = get(client, "request-coupon-sheet", request)

    assert refused.status_code == 409
    assert says in refused.content.decode()
    for name in ("request", "request-live"):
        page = get(client, name, request).content.decode()
        assert f'title="{says}"' in page
        assert reverse("request-coupon-sheet", args=[request.reference]) not in page


def test_an_amendment_has_none_and_says_why(client, aurora, olivia, sam):
    live = lives.live(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)
    amendment = lives.amended(live, {"budget": "900.00"}, by=olivia, supervisor=sam)
    client.force_login(olivia)

    refused = get(client, "request-coupon-sheet", amendment)
    page = get(client, "request", amendment).content.decode()

    assert refused.status_code == 409
    for answer in (refused.content.decode(), page):
        assert "would create a second coupon beside it" in answer
    assert reverse("request-coupon-sheet", args=[amendment.reference]) not in page


def test_any_request_gives_its_asins_to_paste(client, aurora, olivia):
    request = lives.drafted(aurora, lives.social_code(FLOOR_LAMP, LAMP), by=olivia)
    client.force_login(olivia)

    response = get(client, "request-asins", request)

    assert response.content.decode() == f"{LAMP}\n{FLOOR_LAMP}\n"
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert f'filename="{request.reference}-asins.txt"' in response["Content-Disposition"]


@pytest.mark.parametrize("name", ["request", "request-live"])
def test_its_page_and_that_of_going_live_hand_out_both(client, aurora, olivia, sam, name):
    request = lives.approved(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)
    client.force_login(olivia)

    page = get(client, name, request).content.decode()

    for download in ("request-asins", "request-coupon-sheet"):
        assert reverse(download, args=[request.reference]) in page


def test_the_page_of_what_is_not_approved_offers_no_sheet(client, aurora, olivia):
    request = lives.submitted(aurora, lives.coupon(LAMP), by=olivia)
    client.force_login(olivia)

    page = get(client, "request", request).content.decode()

    assert reverse("request-asins", args=[request.reference]) in page
    assert reverse("request-coupon-sheet", args=[request.reference]) not in page
