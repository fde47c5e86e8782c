"""The queue and the decisions, by page."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import OPERATOR, SUPERVISOR
from promoflow.audit.models import Entry
from promoflow.catalog.models import Product
from promoflow.promotions.models import Decision, PromotionRequest, State
from promoflow.promotions.services import drafting
from tests import cast
from tests.answers import text_of
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP, SET
from tests.promotions.typed import approve, typed_on

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def doubtful(aurora, olivia, oscar, sue):
    """A request in review with one warning: a coupon beside an approved price discount."""
    lives.approved(aurora, lives.price_discount(LAMP, percent="10.00"), by=oscar, supervisor=sue)
    return lives.submitted(aurora, lives.coupon(LAMP, percent="20.00"), by=olivia)


def page_of(client, request):
    return text_of(client.get(reverse("request", args=[request.reference])))


# --- Approving ------------------------------------------------------------------------------------------


def test_a_supervisor_approves_what_the_page_shows(client, doubtful, sam):
    client.force_login(sam)

    response = approve(client, doubtful, typed_on(page_of(client, doubtful), note="Fine for one weekend."))

    decision = Decision.objects.get(request=doubtful)
    assert (response.status_code, response.url) == (303, f"/requests/{doubtful.reference}/")
    assert (decision.decided_by, decision.note, len(decision.acknowledged)) == (
        sam,
        "Fine for one weekend.",
        1,
    )
    assert lives.again(doubtful).state == State.APPROVED


def test_that_unknown_prices_come_down_too_stands_beside_the_worst_one(client, aurora, olivia, sam):
    coupon = lives.submitted(aurora, lives.coupon(LAMP, percent="20.00"), by=olivia)
    discount = lives.submitted(aurora, lives.price_discount(FLOOR_LAMP, percent="10.00"), by=olivia)
    client.force_login(sam)

    assert "Sale and B2B prices not counted" in page_of(client, coupon)
    assert page_of(client, coupon).count("It also comes off a Sale Price") == 1
    assert "Sale and B2B prices not counted" not in page_of(client, discount)


def test_after_a_decision_comes_the_next_one_to_decide(client, aurora, olivia, sam):
    first = lives.submitted(aurora, lives.coupon(LAMP, start=10), by=olivia)
    second = lives.submitted(aurora, lives.coupon(FLOOR_LAMP, start=12), by=olivia)
    client.force_login(sam)

    response = approve(client, first, typed_on(page_of(client, first)))

    assert response.url == f"/requests/{second.reference}/"


def test_a_warning_that_is_not_acknowledged_refuses_and_keeps_the_note(client, doubtful, sam):
    client.force_login(sam)

    response = approve(
        client, doubtful, typed_on(page_of(client, doubtful), acknowledge=False, note="Looks fine.")
    )

    assert response.status_code == 422
    assert "Acknowledge each warning" in text_of(response)
    assert "Looks fine." in text_of(response)
    assert lives.again(doubtful).state == State.IN_REVIEW


def test_acknowledging_another_warning_does_not_do(client, doubtful, sam):
    client.force_login(sam)
    typed = typed_on(page_of(client, doubtful)) | {"acknowledged": ["kinds-doubtful:B0AURORA99:PR-1"]}

    assert approve(client, doubtful, typed).status_code == 422


def test_each_warning_stands_beside_the_operators_reason(client, doubtful, sam):
    client.force_login(sam)

    page = page_of(client, doubtful)

    assert "Olivia's reason" in page
    assert "The stock is meant for this." in page
    assert page.count('name="acknowledged"') == 1


def test_content_changed_meanwhile_is_shown_instead_of_approved(client, aurora, olivia, sam):
    request = lives.submitted(aurora, lives.coupon(LAMP), by=olivia)
    client.force_login(sam)
    typed = typed_on(page_of(client, request))
    drafting.edit(
        reference=request.reference,
        revision=1,
        typed=lives.coupon(LAMP, percent="35.00"),
        by=olivia,
        at=lives.NOW,
    )
    lives.submit(request, by=olivia)

    response = approve(client, request, typed)

    said = text_of(response)
    assert response.status_code == 409
    assert "Olivia has changed" in said
    assert re.search(r"Discount: .*20.* → .*35", said)
    assert lives.again(request).state == State.IN_REVIEW


def test_another_promotion_approved_meanwhile_is_shown_instead_of_approved(
    client, aurora, olivia, oscar, sam, sue
):
    request = lives.submitted(aurora, lives.coupon(LAMP), by=olivia)
    client.force_login(sam)
    typed = typed_on(page_of(client, request))
    lives.approved(aurora, lives.price_discount(LAMP, percent="10.00"), by=oscar, supervisor=sue)

    response = approve(client, request, typed)

    assert response.status_code == 409
    assert "has changed since you opened the page" in text_of(response)
    assert lives.again(request).state == State.IN_REVIEW


def test_what_the_rules_block_cannot_be_approved_and_the_page_says_so(
    client, aurora, olivia, oscar, sam, sue
):
    request = lives.submitted(aurora, lives.coupon(LAMP), by=olivia)
    lives.approved(aurora, lives.social_code(FLOOR_LAMP), by=oscar, supervisor=sue)
    other = lives.submitted(aurora, lives.social_code(LAMP, claim_code="30LAMPSX"), by=oscar)
    client.force_login(sam)
    lives.approve(other, by=sue)

    page = page_of(client, request)
    response = approve(client, request, typed_on(page))

    assert "nobody can approve it" in page
    assert response.status_code == 422
    assert other.reference in text_of(response)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_nobody_approves_their_own_and_the_button_says_why(client, aurora, sam, headers):
    both = cast.grant(cast.grant(cast.person("Penny"), aurora, OPERATOR), aurora, SUPERVISOR)
    request = lives.submitted(aurora, by=both)
    client.force_login(both)
    sentence = f"You wrote, edited or submitted {request.reference}"

    page = page_of(client, request)
    response = approve(client, request, lives.as_shown(request) | {"acknowledged": []}, **headers)

    assert sentence in page
    assert f'action="/requests/{request.reference}/approve/"' not in page
    assert response.status_code == 403
    assert sentence in text_of(response)
    assert Entry.objects.filter(event="request.approve_refused", actor=both).exists()


def test_the_twin_of_the_author_cannot_approve(client, aurora, olivia, twin):
    request = lives.submitted(aurora, by=olivia)
    client.force_login(twin)

    response = approve(client, request, lives.as_shown(request))

    assert response.status_code == 403
    assert "under this account or another one of yours" in text_of(response)


def test_forged_fields_change_nothing_but_what_the_form_asks(client, aurora, olivia, sam, sue):
    request = lives.submitted(aurora, by=olivia)
    client.force_login(sam)
    forged = {
        "state": "live",
        "decided_by": sue.pk,
        "by": sue.pk,
        "approver": sue.pk,
        "verdict": "approve",
        "valid": "false",
        "reference": "PR-1",
        "at": "2020-01-01",
    }

    response = approve(client, request, typed_on(page_of(client, request)) | forged)

    decision = Decision.objects.get(request=request)
    assert response.status_code == 303
    assert (decision.decided_by, decision.valid, decision.decided_at) == (sam, True, lives.NOW)
    assert lives.again(request).state == State.APPROVED


@pytest.mark.parametrize(
    "broken", [{"revision": ""}, {"report": "x" * 64}, {"report": "ab"}, {"revision": "%00"}]
)
def test_a_damaged_form_is_an_error_and_no_decision(client, aurora, olivia, sam, broken):
    request = lives.submitted(aurora, by=olivia)
    client.force_login(sam)

    response = approve(client, request, typed_on(page_of(client, request)) | broken)

    assert response.status_code == 422
    assert not Decision.objects.exists()


def test_approving_is_no_link(client, aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)
    client.force_login(sam)

    for name in ("request-approve", "request-return", "request-reject"):
        led = client.get(reverse(name, args=[request.reference]))
        assert (led.status_code, led.url) == (303, reverse("request", args=[request.reference]))
    assert lives.again(request).state == State.IN_REVIEW


def test_signing_in_anew_leads_to_the_request_and_says_that_nothing_was_done(client, aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)
    asked = client.post(reverse("request-approve", args=[request.reference]))
    assert asked.status_code == 302
    client.force_login(sam)

    page = client.get(parse_qs(urlsplit(asked.url).query)["next"][0], follow=True)

    assert page.redirect_chain[-1] == (reverse("request", args=[request.reference]), 303)
    assert page.text.count("Nothing was done by opening this address") == 1
    assert lives.again(request).state == State.IN_REVIEW


def test_what_has_no_page_of_its_own_leads_to_the_queue(client, sam):
    client.force_login(sam)

    for name, arguments in (("review-return", []), ("filter-save", []), ("filter-delete", [7])):
        page = client.get(reverse(name, args=arguments), follow=True)

        assert page.redirect_chain[-1] == (reverse("review-queue"), 303)
        assert page.text.count("Nothing was done by opening this address") == 1


# --- Returning and rejecting ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "state"), [("request-return", State.DRAFT), ("request-reject", State.REJECTED)]
)
def test_a_no_carries_its_reason(client, aurora, olivia, sam, name, state):
    request = lives.submitted(aurora, by=olivia)
    client.force_login(sam)
    revision = typed_on(page_of(client, request))["revision"]

    response = client.post(
        reverse(name, args=[request.reference]), {"revision": revision, "note": "Too deep for the lamp."}
    )

    assert response.status_code == 303
    assert lives.again(request).state == state
    assert "Too deep for the lamp." in page_of(client, request)


@pytest.mark.parametrize("name", ["request-return", "request-reject"])
def test_a_no_without_its_reason_is_refused_beside_the_field(client, aurora, olivia, sam, name):
    request = lives.submitted(aurora, by=olivia)
    client.force_login(sam)
    revision = typed_on(page_of(client, request))["revision"]

    response = client.post(reverse(name, args=[request.reference]), {"revision": revision, "note": "  "})

    assert response.status_code == 422
    assert "Say why" in text_of(response)
    assert lives.again(request).state == State.IN_REVIEW


def test_a_no_to_content_that_changed_keeps_the_reason_that_was_typed(client, aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)
    client.force_login(sam)
    revision = typed_on(page_of(client, request))["revision"]
    drafting.edit(
        reference=request.reference, revision=1, typed=lives.coupon(LAMP, days=5), by=olivia, at=lives.NOW
    )
    lives.submit(request, by=olivia)

    response = client.post(
        reverse("request-return", args=[request.reference]),
        {"revision": revision, "note": "Three days are too short."},
    )

    assert response.status_code == 409
    assert "Three days are too short." in text_of(response)
    assert "Olivia has changed" in text_of(response)


# --- The queue ------------------------------------------------------------------------------------------


def queue_of(client):
    return text_of(client.get(reverse("review-queue")))


def test_the_queue_holds_only_what_one_may_decide(client, aurora, olivia, oscar, sam, twin):
    theirs = lives.submitted(aurora, lives.coupon(LAMP, title="By Olivia"), by=olivia)
    others = lives.submitted(aurora, lives.coupon(FLOOR_LAMP, title="By Oscar"), by=oscar)
    client.force_login(twin)

    to_decide, _, waiting = queue_of(client).partition("waits for another supervisor")

    assert others.reference in to_decide
    assert theirs.reference not in to_decide
    assert theirs.reference in waiting


def test_the_queue_is_in_the_order_in_which_deciding_stops_to_help(client, aurora, olivia, sam):
    """A social code must be decided hours before a price discount that starts at the same time."""
    later = lives.submitted(aurora, lives.price_discount(LAMP, start=9, title="Later"), by=olivia)
    sooner = lives.submitted(aurora, lives.coupon(FLOOR_LAMP, start=9, title="Sooner"), by=olivia)
    first = lives.submitted(aurora, lives.coupon(SET, start=5, title="First"), by=olivia)
    client.force_login(sam)

    page = queue_of(client)

    places = [page.index(request.reference) for request in (first, sooner, later)]
    assert places == sorted(places)


def test_a_line_of_the_queue_shows_products_depth_and_the_worst_price(client, doubtful, sam):
    client.force_login(sam)

    page = queue_of(client)

    for said in ("Aurora desk lamp, warm white", "20 % off", "$13.99", "$9.99", "Olivia"):
        assert said in page


def test_what_somebody_else_marked_live_waits_for_a_second_look_above(client, aurora, olivia, sam, sue):
    request = lives.live(aurora, by=olivia, supervisor=sam)
    client.force_login(sue)

    page = queue_of(client)

    assert reverse("request-verify", args=[request.reference]) in page


def test_an_empty_queue_says_what_will_come(client, sam, olivia):
    client.force_login(sam)
    for_a_supervisor = queue_of(client)
    client.force_login(olivia)

    assert "Nothing waits for your decision" in for_a_supervisor
    assert "You are no supervisor" in queue_of(client)


@pytest.mark.parametrize("pending", [3, 60])
def test_the_queue_asks_the_same_queries_for_few_and_for_many(client, aurora, olivia, sam, pending):
    Product.objects.bulk_create(
        Product(store=aurora, asin=f"B0MANY{number:04}", title=f"Lamp {number}", price=20, floor_price=5)
        for number in range(pending)
    )
    for number in range(pending):
        lives.submitted(aurora, lives.coupon(f"B0MANY{number:04}"), by=olivia)
    client.force_login(sam)
    queue_of(client)

    with CaptureQueriesContext(connection) as asked:
        page = queue_of(client)

    assert len(asked) <= 13
    assert page.count("request-name") == min(pending, 50)
    assert PromotionRequest.objects.count() == pending
