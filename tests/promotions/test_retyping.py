"""One of the ASINs typed anew by who approves: the wrong product is noticed before it is discounted."""

from decimal import Decimal

import pytest
from django.urls import reverse

from promoflow.audit.models import Entry
from promoflow.catalog.models import Product
from promoflow.errors import Blocked
from promoflow.promotions.content import decode
from promoflow.promotions.models import Decision, State
from promoflow.promotions.services import drafting
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP, SET

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]

FIELD = "The ASIN of one of its products"


@pytest.fixture
def asked(aurora, olivia):
    """A request in review of so many products that its route asks for an ASIN."""
    more = [f"B0MORE{n:04}" for n in range(3)]
    Product.objects.bulk_create(
        Product(store=aurora, asin=asin, title="Lamp", price=Decimal("49.00"), floor_price=Decimal("25.00"))
        for asin in more
    )
    return lives.submitted(aurora, lives.coupon(LAMP, SET, *more), by=olivia)


@pytest.mark.parametrize("typed", [LAMP, SET, " b0aurora01 ", "B0 AURORA 01", "Ｂ０ＡＵＲＯＲＡ０１"])
def test_an_asin_of_the_request_approves_whatever_its_case_and_spaces(asked, sam, typed):
    decision = lives.approve(asked, by=sam, retyped=typed)

    assert decision.retyped_asin in (LAMP, SET)
    assert lives.again(asked).state == State.APPROVED
    assert Entry.objects.get(event="request.approved").after["retyped_asin"] == decision.retyped_asin


def test_a_variation_of_its_parent_is_one_of_its_products(aurora, olivia, sam, asked):
    aurora.products.filter(asin=FLOOR_LAMP).update(parent=aurora.products.get(asin=SET))
    drafting.withdraw(reference=asked.reference, by=olivia, at=lives.NOW)
    of_family = lives.submitted(aurora, lives.coupon(*decode(asked.newest.body)["asins"]), by=olivia)

    decision = lives.approve(of_family, by=sam, retyped=FLOOR_LAMP)

    assert decision.retyped_asin == FLOOR_LAMP


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("", "Type the ASIN"), ("  ", "Type the ASIN"), (FLOOR_LAMP, "none of its products")],
)
def test_without_an_asin_of_the_request_nobody_approves(asked, sam, typed, sentence):
    with pytest.raises(Blocked, match=sentence):
        lives.approve(asked, by=sam, retyped=typed)

    assert lives.again(asked).state == State.IN_REVIEW
    assert not Decision.objects.exists()
    assert sentence in Entry.objects.get(event="request.approve_refused").why


def test_where_the_rules_do_not_ask_nothing_is_typed(client, aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)
    client.force_login(sam)

    page = client.get(reverse("request", args=[request.reference])).content.decode()
    decision = lives.approve(request, by=sam)

    assert FIELD not in page
    assert decision.retyped_asin == ""
    assert "retyped_asin" not in Entry.objects.get(event="request.approved").after


def test_a_wrong_asin_is_refused_where_none_is_asked_for(aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)

    with pytest.raises(Blocked, match="none of its products"):
        lives.approve(request, by=sam, retyped=FLOOR_LAMP)


def test_the_page_asks_says_what_is_wrong_beside_the_field_and_keeps_what_was_typed(client, asked, sam):
    client.force_login(sam)
    address = reverse("request-approve", args=[asked.reference])
    typed = lives.as_shown(asked) | {"note": "Looks well."}

    page = client.get(reverse("request", args=[asked.reference])).content.decode()
    refused = client.post(address, typed | {"retyped": FLOOR_LAMP})
    said = refused.content.decode()
    done = client.post(address, typed | {"retyped": LAMP.lower()})

    assert FIELD in page
    assert "The rules refuse this" not in said
    assert refused.status_code == 422
    assert f"{FLOOR_LAMP} is none of its products" in said.partition('id="id_retyped_error"')[2][:400]
    assert f'value="{FLOOR_LAMP}"' in said
    assert "Looks well." in said
    assert done.status_code == 303
    assert Decision.objects.get().retyped_asin == LAMP


def test_where_it_is_asked_for_it_is_not_called_optional_and_missing_it_is_said_beside_it(client, asked, sam):
    client.force_login(sam)
    typed = lives.as_shown(asked) | {"retyped": " "}

    page = client.get(reverse("request", args=[asked.reference])).content.decode()
    refused = client.post(reverse("request-approve", args=[asked.reference]), typed)

    label = page.partition('for="id_retyped">')[2].partition("</label>")[0]
    assert FIELD in label
    assert "optional" not in label
    said = refused.content.decode()
    assert refused.status_code == 422
    assert "Type the ASIN" in said.partition('id="id_retyped_error"')[2][:400]
    assert "The rules refuse this" not in said
    assert not Decision.objects.exists()
