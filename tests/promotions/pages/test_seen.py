"""What somebody saw as they decided is shown again to the letter, whatever has become of it since."""

import html
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from accounts.models import User
from accounts.roles import MANAGER
from accounts.services import people as accounts
from promoflow.audit.models import Entry
from promoflow.catalog.models import Product
from promoflow.promotions.models import DECIDING, Decision
from promoflow.promotions.pages import seen
from promoflow.promotions.services import drafting
from tests import cast
from tests.policies import drafts
from tests.promotions import lives
from tests.promotions.lives import LAMP, SET

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


def page_of(client, request):
    return client.get(reverse("request", args=[request.reference])).content.decode()


def seen_page(client, decision):
    address = reverse("request-decision", args=[f"PR-{decision.request_id}", decision.pk])
    return client.get(address).content.decode()


def text(fragment):
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", fragment).split()))


def sentences(page):
    return [text(found) for found in re.findall(r'<p class="finding-sentence".*?</p>', page, re.S)]


def ways_out(page):
    return [text(found) for found in re.findall(r'<p class="finding-way-out">.*?</p>', page, re.S)]


def sums(page):
    return [text(found) for found in re.findall(r'<table class="sum-table">.*?</table>', page, re.S)]


def reasons(page):
    return [text(found) for found in re.findall(r'<div class="said".*?</div>', page, re.S)]


def glance(page):
    """Content, window, worst price with its sum, and terms: all of the panel's head."""
    return text(re.search(r'<div class="glance">(.*?)\n    <div class="columns">', page, re.S)[1])


def prices(page):
    """The worst prices in the table of products."""
    table = re.search(r'<section class="card products".*?</section>', page, re.S)[0]
    return [text(cell) for cell in re.findall(r'<td data-label="Worst price">.*?</td>', table, re.S)]


PANEL = {
    "sentences": sentences,
    "ways out": ways_out,
    "sums": sums,
    "reasons": reasons,
    "glance": glance,
}


@pytest.fixture
def warned(aurora, olivia, sam):
    """In review beside what is approved and what is not, with a reason for each warning."""
    lives.approved(aurora, lives.price_discount(LAMP, percent="10.00"), by=olivia, supervisor=sam)
    lives.submitted(aurora, lives.coupon(LAMP), by=olivia)
    return lives.submitted(aurora, lives.social_code(LAMP, SET, one_per_customer=False), by=olivia)


@pytest.fixture
def told(client, warned, sam):
    """The request, what its page showed to sam just before he approved, and his decision."""
    client.force_login(sam)
    page = page_of(client, warned)
    return warned, page, lives.approve(warned, by=sam)


def edit(request, olivia):
    drafting.edit(
        reference=request.reference,
        revision=1,
        typed=lives.coupon(LAMP, percent="10.00"),
        by=olivia,
        at=lives.NOW,
    )


def change_prices(request, olivia):
    Product.objects.filter(asin=LAMP).update(price="99.00", floor_price="90.00", title="Another lamp")


def publish_rules(request, olivia):
    manager, publisher = User.objects.get(name="Mia"), cast.person("Morris")
    cast.two_step(cast.grant(publisher, request.store, MANAGER))
    drafts.published({"pairs.coupon.price_discount": "block"}, manager=manager, publisher=publisher)


def deactivate_approver(request, olivia):
    cast.committed()
    accounts.deactivate(user=User.objects.get(name="Sam"), by=cast.root(), at=lives.NOW)


@pytest.mark.parametrize("since", [None, edit, change_prices, publish_rules, deactivate_approver])
def test_the_page_of_the_decision_says_what_the_reviewers_page_said(client, told, olivia, ada, since):
    request, page, decision = told
    if since:
        since(request, olivia)
    client.force_login(ada)

    again = seen_page(client, decision)

    assert sentences(page)
    assert reasons(page)
    assert sums(page)
    for part, read in PANEL.items():
        assert read(again) == read(page), part
    assert sorted(prices(again)) == sorted(prices(page))
    assert "match the digests that the decision names" in again


def test_it_says_whose_eyes_and_when_and_leads_there_and_back(client, told, ada):
    request, _page, decision = told
    entry = Entry.objects.get(event__in=DECIDING, subject=request.reference)
    client.force_login(ada)
    address = reverse("request-decision", args=[request.reference, decision.pk])

    page = text(client.get(address).content.decode())

    assert "As Sam saw it Sun 22 Nov 2026, 02:00 PST" in page
    assert "acknowledged by Sam" in page
    assert address in page_of(client, request)
    assert address in client.get(reverse("history-entry", args=[entry.pk])).content.decode()
    assert reverse("history-entry", args=[entry.pk]) in client.get(address).content.decode()


def test_the_entry_calls_findings_by_their_names(client, told, ada):
    request, _page, _decision = told
    client.force_login(ada)
    for event in ("request.submitted", "request.endorsed"):
        entry = Entry.objects.get(event=event, subject=request.reference)
        page = text(client.get(reverse("history-entry", args=[entry.pk])).content.decode())

        said, recorded = page.split("As recorded", 1)

        assert "No cap on redemptions" in said
        assert "no-redemption-cap" not in said
        assert "no-redemption-cap" in recorded


def test_its_picture_is_the_one_of_then(client, told, olivia, ada):
    request, _page, decision = told
    client.force_login(ada)
    address = reverse("request-decision", args=[request.reference, decision.pk])
    before = client.get(address, headers={"HX-Request": "true"}).content.decode()

    edit(request, olivia)

    assert "picture-lane is-in_review" in before
    assert "picture-lane is-approved" in before
    assert client.get(address, headers={"HX-Request": "true"}).content.decode() == before


def test_a_return_and_the_first_of_two_approvals_are_shown_too(client, aurora, olivia, sam, sue, ada):
    request = lives.submitted(aurora, lives.deep(), by=olivia)
    first = lives.approve(request, by=sam)
    second = lives.send_back(
        request, by=sue, at=lives.NOW + timedelta(minutes=1), confirmed_at=lives.NOW, note="Less."
    )
    client.force_login(ada)

    page = text(seen_page(client, Decision.objects.get(pk=second.pk)))

    assert "As Sam saw it" in text(seen_page(client, first))
    assert "As Sue saw it" in page
    assert "Approved before by Sam" in page
    assert "Less." in page
    assert "asked the rules once more as it was decided" in page


@pytest.mark.parametrize(
    ("table", "column", "key"),
    [
        ("promotions_conflictreport", "body", "report_id"),
        ("promotions_revision", "body", "revision_id"),
        ("promotions_decision", "report_digest", "id"),
    ],
)
def test_what_was_altered_in_the_database_is_told(client, told, ada, table, column, key):
    _request, _page, decision = told
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            f"UPDATE {table} SET {column} = {column} || ' '::bytea WHERE id = %s", [getattr(decision, key)]
        )
    client.force_login(ada)

    page = text(seen_page(client, decision))

    assert "does not match the digests that the decision names" in page
    assert "match the digests that the decision names: it was altered" in page


def test_of_many_products_the_nearest_to_their_floors_are_shown_first(client, told, ada, monkeypatch):
    monkeypatch.setattr("promoflow.promotions.views.dossier.PER_PAGE", 1)
    request, page, decision = told
    client.force_login(ada)
    address = reverse("request-decision", args=[request.reference, decision.pk])

    few = client.get(address).content.decode()

    assert prices(few) == [found for found in prices(page) if "$11.99" in found]
    assert "Show one more product, further from its floor" in few
    assert sorted(prices(client.get(f"{address}?products=all").content.decode())) == sorted(prices(page))


def test_who_may_not_read_the_request_sees_nothing_of_it(client, told, stranger):
    _request, _page, decision = told
    client.force_login(stranger)

    response = client.get(reverse("request-decision", args=[f"PR-{decision.request_id}", decision.pk]))

    assert response.status_code == 404


def test_another_requests_decision_is_not_under_this_one(client, told, aurora, olivia, sam, ada):
    request, _page, _decision = told
    other = lives.approve(lives.submitted(aurora, lives.coupon("B0AURORA02"), by=olivia), by=sam)
    client.force_login(ada)

    assert client.get(reverse("request-decision", args=[request.reference, other.pk])).status_code == 404


def test_the_rules_that_it_shows_are_those_that_it_names(told):
    request, _page, decision = told

    found = seen.of(request, decision.pk)

    assert found.policy.number == decision.report.policy_id == found.body["policy"]
