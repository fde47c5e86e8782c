"""A return says what should change and where; the operator reads it at those fields."""

import pytest
from django.urls import reverse

from promoflow.audit.models import Entry
from promoflow.errors import Blocked
from promoflow.outbox.models import Message
from promoflow.outbox.notices import write
from promoflow.promotions import selectors
from promoflow.promotions.models import Decision, State
from promoflow.promotions.services import drafting
from tests.promotions import lives
from tests.promotions.lives import LAMP

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


def send_back(request, *, by, fields=(), note="Half of it is enough."):
    lives.send_back(request, by=by, note=note, fields=fields)
    return lives.again(request)


@pytest.fixture
def returned(aurora, olivia, sam):
    request = lives.submitted(aurora, lives.coupon(LAMP), by=olivia)
    return send_back(request, by=sam, fields=["ends_at", "discount_value"])


def test_a_return_points_to_fields_in_the_order_of_the_form(returned):
    assert returned.decisions.get().fields == ["discount_value", "ends_at"]
    assert Entry.objects.get(event="request.returned").after == {"fields": ["discount_value", "ends_at"]}


def test_the_operators_letter_names_the_fields(returned):
    message = Message.objects.get(notice="request_returned")

    _subject, body = write(message.notice, context=message.context, recipient="Olivia", link="https://desk/")

    assert "  To change: Discount, End\n" in body


@pytest.mark.parametrize("strange", [["claim_code"], ["state"], ["discount_value", "nothing"]])
def test_a_return_points_to_no_field_that_the_kind_does_not_have(aurora, olivia, sam, strange):
    request = lives.submitted(aurora, lives.coupon(LAMP), by=olivia)

    with pytest.raises(Blocked, match="no such field"):
        send_back(request, by=sam, fields=strange)

    assert lives.again(request).state == State.IN_REVIEW


def test_the_edit_form_shows_the_note_on_top_and_at_the_fields(client, returned, olivia):
    client.force_login(olivia)

    page = client.get(reverse("request-edit", args=[returned.reference])).content.decode()

    assert "Sam returned it:" in page
    assert "To change: Discount, End" in page
    for name in ("discount_value", "ends_on"):
        beside = page.partition(f'id="id_{name}_helptext"')[2][:300]
        assert "Sam asks to change this: Half of it is enough." in beside
    assert page.count("Sam asks to change this") == 2


def test_the_note_stays_through_edits_until_it_is_submitted_again(client, returned, olivia):
    drafting.edit(
        reference=returned.reference, revision=1, typed=lives.coupon(percent="10.00"), by=olivia, at=lives.NOW
    )
    assert selectors.open_return(lives.again(returned)).note == "Half of it is enough."

    lives.submit(returned, by=olivia)
    assert selectors.open_return(lives.again(returned)) is None

    drafting.edit(
        reference=returned.reference, revision=2, typed=lives.coupon(percent="12.00"), by=olivia, at=lives.NOW
    )
    client.force_login(olivia)
    page = client.get(reverse("request-edit", args=[returned.reference])).content.decode()

    assert lives.again(returned).state == State.DRAFT
    assert "asks to change this" not in page


def test_the_note_is_gone_too_where_the_same_was_submitted_again(returned, olivia):
    lives.submit(returned, by=olivia)
    typed = lives.coupon(percent="12.00")
    drafting.edit(reference=returned.reference, revision=1, typed=typed, by=olivia, at=lives.NOW)

    assert selectors.open_return(lives.again(returned)) is None


def test_a_return_for_its_kind_says_what_to_do_since_no_form_changes_it(client, aurora, olivia, sam):
    request = send_back(lives.submitted(aurora, by=olivia), by=sam, fields=["kind"])
    client.force_login(olivia)

    pages = [
        client.get(reverse(name, args=[request.reference])).content.decode()
        for name in ("request", "request-edit")
    ]

    for page in pages:
        assert "The kind of a request is fixed" in page
    assert f'href="{reverse("request-new")}?store={aurora.pk}"' in pages[1]


def test_a_note_is_text_and_no_markup(client, aurora, olivia, sam):
    request = lives.submitted(aurora, lives.coupon(LAMP), by=olivia)
    send_back(request, by=sam, fields=["title"], note="<b>Shorter</b>")
    client.force_login(olivia)

    page = client.get(reverse("request-edit", args=[request.reference])).content.decode()

    assert "<b>Shorter" not in page
    assert page.count("&lt;b&gt;Shorter&lt;/b&gt;") == 2


def test_a_reviewer_ticks_fields_on_the_page(client, aurora, olivia, sam):
    request = lives.submitted(aurora, lives.coupon(LAMP), by=olivia)
    client.force_login(sam)
    page = client.get(reverse("request", args=[request.reference])).content.decode()
    typed = {"revision": lives.as_shown(request)["revision"], "note": "", "fields": ["budget"]}
    address = reverse("request-return", args=[request.reference])

    without_reason = client.post(address, typed).content.decode()
    done = client.post(address, typed | {"note": "Half."})

    assert 'name="fields" value="claim_code"' not in page
    assert "Say why: the operator reads it" in without_reason
    assert without_reason.partition('value="budget"')[2][:250].count("checked") == 1
    assert done.status_code == 303
    assert Decision.objects.get().fields == ["budget"]


def test_each_form_of_the_page_has_names_of_its_own(client, aurora, olivia, sam):
    request = lives.submitted(aurora, lives.coupon(LAMP), by=olivia)
    client.force_login(sam)

    page = client.get(reverse("request", args=[request.reference])).content.decode()

    for name in ("id_note", "return_note", "reject_note"):
        assert page.count(f'id="{name}"') == 1


def test_a_warning_left_out_is_marked_where_it_stands(client, aurora, olivia, sam):
    request = lives.submitted(aurora, lives.social_code(LAMP, one_per_customer=False), by=olivia)
    shown = lives.as_shown(request)
    assert shown["acknowledged"]
    client.force_login(sam)

    page = client.post(
        reverse("request-approve", args=[request.reference]),
        shown | {"acknowledged": shown["acknowledged"][1:]},
    ).content.decode()

    assert page.count("Not acknowledged yet, or changed since you ticked it.") == 1
