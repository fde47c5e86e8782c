"""What cannot be marked live is said before anybody goes to Seller Central, and does not wait for them."""

from datetime import timedelta

import pytest
from django.urls import reverse

from promoflow.catalog.models import Product
from promoflow.errors import NotAllowed, WrongState
from promoflow.outbox.models import Message
from promoflow.policies import selectors as policies
from promoflow.promotions import checker, neighbours, readiness
from promoflow.promotions.services import alarms, rechecking
from tests import cast
from tests.promotions import lives
from tests.promotions.lives import LAMP, NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]

RECIPE = "In Seller Central first"
WAYS = ["role", "account", "joined"]


@pytest.fixture
def approved(aurora, olivia, sam):
    request = lives.approved(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)
    cast.committed()
    return request


def page_of(client, name, request):
    return client.get(reverse(name, args=[request.reference]))


def decide_by(request):
    return policies.current().decide_by(neighbours.offer_of(request))


# --- Whoever approved it may no longer decide -----------------------------------------------------------


@pytest.mark.parametrize("how", WAYS)
def test_the_page_says_that_its_approver_left_before_anybody_sets_it_up(
    how, client, approved, aurora, olivia, oscar, sam, sue, mia
):
    cast.lose(how, sam, aurora, mia, olivia)
    client.force_login(oscar)

    page, live = (page_of(client, name, approved) for name in ("request", "request-live"))

    assert page.content.decode().count("Do not set it up in Seller Central") > 1
    assert "An operator sets it up" not in page.content.decode()
    assert live.status_code == 409
    assert "Sam approved" in live.content.decode()
    assert RECIPE not in live.content.decode()


def test_where_it_is_too_late_to_decide_the_page_and_the_refusal_say_so(
    client, monkeypatch, approved, aurora, olivia, oscar, sam, mia
):
    late = decide_by(approved) + timedelta(minutes=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: late)
    cast.lose("role", sam, aurora, mia, olivia)
    client.force_login(oscar)

    assert "another decision it is too late" in page_of(client, "request", approved).content.decode()
    with pytest.raises(NotAllowed, match=r"it is too late: it expires\. Undo in Seller Central"):
        lives.go_live(approved, by=oscar, at=late)

    assert Message.objects.filter(notice="request_lapsed").first().context["too_late"] is True


def test_of_two_who_approved_it_only_the_one_who_left_is_named(aurora, olivia, sam, sue, mia):
    request = lives.submitted(aurora, lives.deep(), by=olivia)
    for supervisor in (sam, sue):
        lives.approve(request, by=supervisor)
    cast.committed()
    cast.lose("role", sam, aurora, mia, olivia)
    request = lives.again(request)

    with pytest.raises(WrongState) as refusal:
        readiness.check(request, checker.report_of(request, at=NOW), at=NOW)

    assert str(refusal.value).startswith(f"Sam approved {request.reference} and may no longer decide")


@pytest.mark.parametrize(("early", "is_too_late"), [(timedelta(seconds=1), False), (timedelta(0), True)])
def test_it_is_too_late_from_the_moment_on_at_which_a_decision_reaches_amazon_no_more(
    approved, early, is_too_late
):
    at = decide_by(approved) - early

    assert readiness.is_too_late(approved, policies.current(), at) is is_too_late


# --- The rules block it ---------------------------------------------------------------------------------


@pytest.mark.parametrize("is_settled", [False, True])
def test_what_the_rules_block_is_not_sent_to_seller_central_whatever_was_settled(
    is_settled, client, approved, olivia, sam
):
    Product.objects.filter(asin=LAMP).update(floor_price="18.00")
    assert rechecking.check_again(at=NOW) == 1
    if is_settled:
        alarms.settle(reference=approved.reference, by=sam, at=NOW, confirmed_at=NOW, note="We accept it.")
    client.force_login(olivia)

    page, live = (page_of(client, name, approved) for name in ("request", "request-live"))

    assert "nobody can mark it live. Do not set it up in Seller Central" in page.content.decode()
    assert "An operator sets it up" not in page.content.decode()
    assert live.status_code == 422
    assert "its floor is" in live.content.decode()
    assert RECIPE not in live.content.decode()


def test_a_form_that_was_open_before_is_refused_without_the_recipe(client, approved, olivia):
    Product.objects.filter(asin=LAMP).update(floor_price="18.00")
    client.force_login(olivia)

    response = client.post(reverse("request-live", args=[approved.reference]), {})

    assert response.status_code == 422
    assert RECIPE not in response.content.decode()


def test_who_settles_reads_that_it_lets_nothing_go_live(client, approved, sam):
    Product.objects.filter(asin=LAMP).update(floor_price="18.00")
    rechecking.check_again(at=NOW)
    client.force_login(sam)

    assert "Settling only takes the alarm away" in page_of(client, "request", approved).content.decode()


def test_what_nothing_keeps_from_going_live_has_its_recipe(client, approved, olivia):
    client.force_login(olivia)

    assert "An operator sets it up" in page_of(client, "request", approved).content.decode()
    assert RECIPE in page_of(client, "request-live", approved).content.decode()
