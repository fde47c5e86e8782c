"""Rows that changed are read by those who oversee every store that the transaction was about."""

from decimal import Decimal

import pytest
from django.urls import reverse

from promoflow.audit import services as audit
from promoflow.audit.models import Entry
from promoflow.catalog.models import Product
from promoflow.promotions.services import rechecking
from tests import cast
from tests.policies import drafts
from tests.promotions import lives
from tests.promotions.lives import LAMP, NOW

pytestmark = pytest.mark.django_db(transaction=True)

HIDDEN = "The rows are not shown: some may be of stores that you do not oversee."
OF_AURORA = ("PR-1001", LAMP, "desk lamp", "19.99", "9.99", "promotions_conflictreport", "reservation")


@pytest.fixture
def borealis(aurora):
    """Another store, with a manager of its own."""
    return cast.store("Borealis US", merchant_id="A2BOREALIS12345", manager=cast.person("Boris"))


@pytest.fixture
def published(aurora, borealis, mia, olivia, sam, sue):
    """Rules that block two promotions of Aurora."""
    lives.approved(aurora, lives.coupon(LAMP, percent="10.00"), by=olivia, supervisor=sam)
    lives.live(aurora, lives.price_discount(LAMP, percent="10.00"), by=olivia, supervisor=sam)
    drafts.published({"pairs.coupon.price_discount": "block"}, manager=mia, publisher=sue)
    return Entry.objects.get(event="policy.published")


def read(client, person, entry):
    client.force_login(person)
    answer = client.get(reverse("history-entry", args=[entry.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("role", ["auditor", "manager"])
def test_rows_of_another_store_are_not_read_from_rules_that_are_of_none(client, borealis, published, role):
    text = read(client, cast.grant(cast.person("Beth"), borealis, role), published)

    assert HIDDEN in text
    assert [found for found in OF_AURORA if found in text] == []
    assert "requests blocked" in text


def test_whoever_oversees_every_store_reads_them(client, borealis, published, ada):
    text = read(client, cast.grant(ada, borealis, "manager"), published)

    assert HIDDEN not in text
    assert "promotions_conflictreport" in text


def test_nor_are_they_read_from_what_is_told_of_the_readers_own_store(client, borealis, published, ada):
    """An alarm of Aurora's stands beside the rules, whose rows may be of any store."""
    text = read(client, ada, Entry.objects.filter(event="request.alarmed").first())

    assert HIDDEN in text
    assert "promotions_conflictreport" not in text


def test_whoever_reads_no_rows_anyway_is_not_told_of_any(client, published, olivia):
    text = read(client, olivia, Entry.objects.filter(event="request.alarmed").first())

    assert HIDDEN not in text


def test_what_one_store_did_is_read_by_whoever_oversees_that_one(client, borealis, published, ada):
    text = read(client, ada, Entry.objects.filter(event="request.approved").first())

    assert HIDDEN not in text
    assert "promotions_decision" in text


def test_a_check_of_two_stores_is_read_by_whoever_oversees_both(client, aurora, borealis, olivia, sam, ada):
    Product.objects.create(store=borealis, asin=LAMP, price=Decimal("19.99"), floor_price=Decimal("9.99"))
    bert = cast.grant(cast.person("Bert"), borealis, "operator")
    bea = cast.grant(cast.person("Bea"), borealis, "supervisor")
    lives.approved(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)
    lives.approved(borealis, lives.coupon(LAMP), by=bert, supervisor=bea)
    Product.objects.filter(asin=LAMP).update(price=Decimal("19.89"))
    rechecking.check_again(at=NOW)
    entry = Entry.objects.get(event="store.checked_again", store_id=aurora.pk)

    alone, both = read(client, ada, entry), read(client, cast.grant(ada, borealis, "auditor"), entry)

    assert HIDDEN in alone
    assert "promotions_recheck" not in alone
    assert "promotions_recheck" in both


# --- What older entries say -------------------------------------------------------------------------------


@pytest.fixture
def named(aurora, borealis, mia):
    """An entry from before, with the references of all stores in it."""
    return audit.record(
        "policy.published", by=mia, at=NOW, on=None, after={"blocked": ["PR-1001", "PR-1002"]}
    )


def test_requests_that_older_entries_name_are_counted(client, borealis, named):
    beth = cast.grant(cast.person("Beth"), borealis, "auditor")

    alone, listed = read(client, beth, named), client.get(reverse("history")).content.decode()
    sheet = client.get(reverse("history-csv")).getvalue().decode()

    assert ["PR-1001" in text for text in (alone, listed, sheet)] == [False, False, False]
    assert '{""blocked"": 2}' in sheet


def test_their_receipt_is_for_whoever_oversees_every_store(client, borealis, named, ada):
    address = reverse("history-receipt", args=[named.pk])
    client.force_login(ada)

    refused = client.get(address)
    cast.grant(ada, borealis, "auditor")

    assert refused.status_code == 403
    assert "name requests of stores that you do not oversee" in refused.content.decode()
    assert client.get(address).status_code == 409  # No checkpoint is signed for it yet.
