"""Marking live, the second look and stopping, by page."""

from datetime import timedelta

import pytest
from django.urls import reverse

from promoflow.catalog.models import Product
from promoflow.promotions.models import Activation, State
from promoflow.promotions.services import drafting
from tests.answers import text_of
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP
from tests.promotions.typed import EVIDENCE, with_revision

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]

SOCIAL = {
    "amazon_id": "A2NW32V27GZS2T",
    "asins": LAMP,
    "discount_value": "30 %",
    "starts_on": "2026-12-02",
    "starts_time": "00:00",
    "ends_on": "2026-12-05",
    "ends_time": "00:00",
    "claim_code": "25lampsx",
    "one_per_customer": "yes",
}


@pytest.fixture
def approved(aurora, olivia, sam):
    return lives.approved(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)


@pytest.fixture
def live(aurora, olivia, sam):
    return lives.live(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)


def post(client, name, request, typed):
    return client.post(reverse(name, args=[request.reference]), typed)


# --- Marking live ---------------------------------------------------------------------------------------


def test_what_was_approved_and_stands_in_seller_central_goes_live(client, approved, olivia):
    client.force_login(olivia)

    response = post(client, "request-live", approved, with_revision(approved, EVIDENCE))

    activation = Activation.objects.get(request=approved)
    assert (response.status_code, response.url) == (303, f"/requests/{approved.reference}/")
    assert (activation.live_by, activation.amazon_id) == (olivia, "A2NW32V27GZS2T")
    assert lives.again(approved).state == State.LIVE


def test_what_was_edited_meanwhile_asks_for_no_more_fields(client, approved, olivia, oscar):
    """However much of the form is missing: filled in, it would be refused all the same."""
    sent = with_revision(approved, {"amazon_id": ""})
    drafting.edit(
        reference=approved.reference, revision=1, typed=lives.coupon(percent="10.00"), by=oscar, at=lives.NOW
    )
    client.force_login(olivia)

    response = post(client, "request-live", approved, sent)

    assert response.status_code == 409
    assert f"{approved.reference} is draft. Only an approved request is marked live." in text_of(response)


def test_a_social_code_is_read_off_with_its_hours_and_its_code(client, aurora, olivia, sam):
    request = lives.approved(aurora, lives.social_code(LAMP), by=olivia, supervisor=sam)
    client.force_login(olivia)

    response = post(client, "request-live", request, with_revision(request, SOCIAL))

    assert response.status_code == 303


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"asins": f"{LAMP} {FLOOR_LAMP}"}, f"There, but not approved: {FLOOR_LAMP}."),
        ({"asins": FLOOR_LAMP}, f"Approved, but not there: {LAMP}."),
        ({"discount_value": "2"}, "Approved is: 20"),
        ({"discount_type": "money"}, "Approved is: Percent off"),
        ({"starts_on": "2026-12-01"}, "Approved is: Wed 2 Dec 2026"),
        ({"ends_on": "2026-12-05"}, "Approved is: Fri 4 Dec 2026"),
        ({"starts_on": "0001-01-01", "ends_on": "9999-12-31"}, "Choose a day between 2000 and 2200."),
        ({"budget": "5000"}, "Approved is: $500.00"),
        ({"one_per_customer": "no"}, "Approved is: yes"),
    ],
)
def test_a_difference_is_refused_at_its_field_beside_what_was_approved(
    client, approved, olivia, changed, said
):
    client.force_login(olivia)

    response = post(client, "request-live", approved, with_revision(approved, EVIDENCE | changed))

    page = text_of(response)
    assert response.status_code == 422
    assert said in page
    assert "A2NW32V27GZS2T" in page
    assert lives.again(approved).state == State.APPROVED


def test_the_history_names_the_products_over_which_it_was_refused(client, approved, olivia):
    client.force_login(olivia)
    post(client, "request-live", approved, with_revision(approved, EVIDENCE | {"asins": FLOOR_LAMP}))

    page = text_of(client.get(reverse("request", args=[approved.reference])))

    assert f"ASINs: +{FLOOR_LAMP} -{LAMP}" in page


def test_of_many_products_the_history_names_three(client, approved, olivia):
    many = " ".join([LAMP, *(f"B0OTHERS0{number}" for number in range(5))])
    client.force_login(olivia)
    post(client, "request-live", approved, with_revision(approved, EVIDENCE | {"asins": many}))

    page = text_of(client.get(reverse("request", args=[approved.reference])))

    assert "ASINs: +B0OTHERS00 +B0OTHERS01 +B0OTHERS02 …" in page
    assert "B0OTHERS03" not in page


def test_a_wrong_hour_or_code_of_a_social_code_is_refused_at_its_field(client, aurora, olivia, sam):
    request = lives.approved(aurora, lives.social_code(LAMP), by=olivia, supervisor=sam)
    client.force_login(olivia)
    typed = with_revision(request, SOCIAL | {"starts_time": "20:00", "claim_code": "WRONG123"})

    page = text_of(post(client, "request-live", request, typed))

    assert "Approved is: Wed 2 Dec 2026, 00:00 PST" in page
    assert "Approved is: 25LAMPSX" in page
    assert "WRONG123" in page


def test_nothing_is_filled_in_before_somebody_reads_it_off(client, approved, olivia):
    client.force_login(olivia)

    page = text_of(client.get(reverse("request-live", args=[approved.reference])))
    form = page[page.index("What Seller Central shows") : page.index("In Seller Central first")]

    for value in (LAMP, "2026-12-02", 'value="20"', 'value="percent" selected'):
        assert value not in form


def test_the_page_says_what_to_do_in_seller_central(client, approved, olivia):
    client.force_login(olivia)

    page = text_of(client.get(reverse("request-live", args=[approved.reference])))
    steps = page[page.index("In Seller Central first") :]

    assert LAMP in steps
    assert f'data-copy="{approved.reference}"' in steps
    assert 'data-copy="2026-12-02"' in steps
    assert 'data-copy="2026-12-04"' in steps
    assert "Advertising, Coupons" in steps


def test_a_coupons_title_is_there_to_copy_and_that_of_another_kind_is_not(
    client, aurora, approved, olivia, sam
):
    code = lives.approved(aurora, lives.social_code(FLOOR_LAMP), by=olivia, supervisor=sam)
    client.force_login(olivia)

    coupon, other = (
        text_of(client.get(reverse("request-live", args=[one.reference]))) for one in (approved, code)
    )

    assert "Coupon title, which shoppers read: <strong>Save on lamps</strong>" in coupon
    assert 'data-copy="Save on lamps"' in coupon
    assert "Coupon title" not in other


def test_an_empty_form_names_every_field_that_is_missing(client, approved, olivia):
    client.force_login(olivia)

    response = post(client, "request-live", approved, {})

    assert response.status_code == 422
    assert text_of(response).count("This field is required.") >= 6


def test_content_that_changed_since_the_page_was_opened_does_not_go_live(client, approved, olivia):
    client.force_login(olivia)

    response = post(client, "request-live", approved, {"revision": "0" * 64, **EVIDENCE})

    assert response.status_code == 409
    assert lives.again(approved).state == State.APPROVED


def test_rules_that_forbid_it_by_now_are_told_with_the_form_kept(client, approved, olivia):
    Product.objects.filter(asin=LAMP).update(floor_price="18.00")
    client.force_login(olivia)

    response = post(client, "request-live", approved, with_revision(approved, EVIDENCE))

    page = text_of(response)
    assert response.status_code == 422
    assert "its floor is" in page
    assert "A2NW32V27GZS2T" in page


def test_who_may_not_mark_it_live_is_told_before_typing(client, approved, sam):
    client.force_login(sam)

    response = client.get(reverse("request-live", args=[approved.reference]))

    assert response.status_code == 403
    assert "Only an operator" in text_of(response)


# --- The second look ------------------------------------------------------------------------------------


def test_another_person_verifies_blind_to_what_the_first_typed(client, live, sue):
    client.force_login(sue)
    address = reverse("request-verify", args=[live.reference])

    page = text_of(client.get(address))
    response = client.post(address, EVIDENCE)

    assert LAMP not in page
    assert "2026-12-02" not in page
    assert response.status_code == 303
    assert lives.again(live).activation.verified_by == sue


def test_what_the_second_person_sees_otherwise_is_refused_and_can_be_stopped(client, live, sue):
    client.force_login(sue)

    response = post(client, "request-verify", live, EVIDENCE | {"discount_value": "50"})

    page = text_of(response)
    assert response.status_code == 422
    assert "Approved is: 20" in page
    assert reverse("request-stop", args=[live.reference]) in page
    assert lives.again(live).activation.verified_at is None


def test_who_marked_it_live_takes_no_second_look_under_any_account(client, live, twin):
    client.force_login(twin)

    got = client.get(reverse("request-verify", args=[live.reference]))
    posted = post(client, "request-verify", live, EVIDENCE)

    assert (got.status_code, posted.status_code) == (403, 403)
    assert "second look is another person" in text_of(posted)


def test_an_overdue_second_look_leads_the_queue(client, monkeypatch, live, sue):
    monkeypatch.setattr("django.utils.timezone.now", lambda: lives.NOW + timedelta(hours=2))
    client.force_login(sue)

    page = text_of(client.get(reverse("review-queue")))

    assert "overdue since" in page


# --- Stopping -------------------------------------------------------------------------------------------


def test_one_person_stops_after_a_page_that_asks(client, live, sam):
    client.force_login(sam)
    address = reverse("request-stop", args=[live.reference])

    asked = client.get(address)
    stopped = client.post(address, {"note": "Wrong lamp."})

    assert asked.status_code == 200
    assert stopped.status_code == 303
    assert lives.again(live).state == State.ENDED
    assert "Wrong lamp." in text_of(client.get(stopped.url))


def test_the_page_that_asks_says_until_when_shoppers_may_redeem_it(client, monkeypatch, live, olivia):
    client.force_login(olivia)
    address = reverse("request-stop", args=[live.reference])

    before_it_begins = text_of(client.get(address))
    monkeypatch.setattr("django.utils.timezone.now", lambda: lives.NOW + timedelta(days=11))
    client.force_login(olivia)
    while_it_runs = text_of(client.get(address))

    assert "stopped now it never runs" in before_it_begins
    assert "Shoppers may still redeem it until" in while_it_runs
    assert "5 Dec 2026, 00:00 PST" in while_it_runs


def test_stopping_needs_no_note(client, live, olivia):
    client.force_login(olivia)

    assert post(client, "request-stop", live, {}).status_code == 303
