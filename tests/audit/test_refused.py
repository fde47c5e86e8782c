"""Whatever the desk refuses somebody is in the history, once, also where no service says so itself."""

import pytest
from django.urls import reverse

from promoflow.audit.models import Entry
from promoflow.catalog.models import Product
from promoflow.promotions.services import drafting
from tests import cast
from tests.promotions import lives
from tests.promotions.lives import LAMP

pytestmark = pytest.mark.django_db


def refused():
    return list(Entry.objects.filter(outcome="refused").order_by("pk"))


def test_a_refusal_that_no_service_tells_of_is_told_with_what_was_asked(client, aurora, olivia):
    client.force_login(olivia)
    address = reverse("person-deactivate", args=[olivia.pk])

    answer = client.post(address, REMOTE_ADDR="10.0.0.7")

    assert answer.status_code == 403
    [entry] = refused()
    assert (entry.event, entry.actor, entry.address) == ("desk.refused", olivia, "10.0.0.7")
    assert entry.why == "Nobody deactivates their own account: ask another manager."
    assert entry.after == {"page": "person-deactivate", "address": address}


@pytest.fixture
def boris(db):
    """The manager of another store."""
    boris = cast.person("Boris")
    cast.store("Borealis DE", marketplace_id="A1PA6795UKMFR9", manager=boris)
    return boris


def may_read(client, person, entry):
    client.force_login(person)
    alone = client.get(reverse("history-entry", args=[entry.pk])).status_code == 200
    listed = entry in client.get(reverse("history")).context["page"].entries
    assert alone == listed
    return alone


def test_what_somebody_tried_on_the_page_of_a_store_is_read_in_that_store(
    client, aurora, olivia, oscar, mia, boris
):
    client.force_login(olivia)

    client.post(reverse("product-change", args=[aurora.pk, LAMP]))
    client.post(reverse("store-change", args=[aurora.pk]))

    first, second = refused()
    assert first.store_id == second.store_id == aurora.pk
    assert first.store_name == "Aurora US"
    assert [may_read(client, person, first) for person in (olivia, oscar, mia, boris)] == [True] * 3 + [False]


def test_what_names_no_store_is_read_by_its_doer_and_by_whoever_oversees_every_store(
    client, aurora, olivia, oscar, mia, ada, boris
):
    client.force_login(olivia)
    client.post(reverse("person-deactivate", args=[oscar.pk]))
    [entry] = refused()

    assert entry.store_id is None
    assert may_read(client, olivia, entry)
    assert [may_read(client, person, entry) for person in (oscar, mia, ada, boris)] == [False] * 4
    assert may_read(client, cast.grant(boris, aurora, "auditor"), entry)


def test_one_that_a_service_tells_of_is_told_once(client, aurora, olivia):
    request = lives.drafted(aurora, lives.coupon(LAMP), by=olivia)
    drafting.withdraw(reference=request.reference, by=olivia, at=lives.NOW)
    client.force_login(olivia)

    assert client.post(reverse("request-withdraw", args=[request.reference])).status_code == 409

    assert [entry.event for entry in refused()] == ["request.withdraw_refused"]


def test_looking_writes_nothing_also_where_it_is_refused(client, aurora, olivia):
    client.force_login(olivia)
    before = Entry.objects.count()

    assert client.get(reverse("store-change", args=[aurora.pk])).status_code == 403

    assert Entry.objects.count() == before


def test_who_is_not_signed_in_is_sent_to_sign_in_and_not_recorded(client, aurora, olivia):
    before = Entry.objects.count()

    assert client.post(reverse("person-deactivate", args=[olivia.pk])).status_code == 302

    assert Entry.objects.count() == before


def test_a_floor_that_is_refused_beside_its_field_is_told_too(client, aurora, mia):
    lives.drafted(aurora, lives.coupon(LAMP), by=cast.grant(cast.person("Otto"), aurora, "operator"))
    product = Product.objects.get(asin=LAMP)
    client.force_login(mia)
    address = reverse("product-change", args=[aurora.pk, LAMP])
    form = client.get(address).context["form"]
    typed = {name: form[name].value() or "" for name in form.fields} | {"floor_price": "0.01", "why": ""}

    answer = client.post(address, typed)

    assert answer.status_code == 422
    [entry] = refused()
    assert (entry.event, entry.subject_id, entry.asins) == ("product.change_refused", product.pk, [LAMP])
    assert "Say why the floor may be lower" in entry.why
