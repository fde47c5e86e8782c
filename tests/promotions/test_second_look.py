"""The second look: blind, then side by side; what it sees otherwise alarms until verified or stopped."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import selectors as people
from promoflow.audit.models import Entry
from promoflow.errors import Blocked, Stale
from promoflow.outbox.models import Message
from promoflow.promotions.content import decode
from promoflow.promotions.forms.running import EvidenceForm
from promoflow.promotions.models import Attachment, Discrepancy
from promoflow.promotions.pages import looks
from promoflow.promotions.screenshots import Screenshot
from promoflow.promotions.services import amending, running
from promoflow.reading import one_reading
from tests.promotions import attachments, lives
from tests.promotions.lives import LAMP, SET
from tests.promotions.typed import EVIDENCE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]

OTHERWISE = {"discount_value": "50.00"}


@pytest.fixture
def live(aurora, olivia, sam):
    return lives.live(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)


def look(request, by, at=lives.NOW, screenshot=None, known=None, **changed):
    shown = lives.shown_as_approved(request) | changed
    return lives.verify(
        request,
        by=by,
        at=at,
        shown=shown,
        known=looks.newest_key(request) if known is None else known,
        screenshot=screenshot,
    )


def page_of(client, person, name, *arguments):
    client.force_login(person)
    return client.get(reverse(name, args=arguments)).content.decode()


def test_a_look_that_differs_is_kept_told_and_refused(live, olivia, oscar, sam, sue):
    shot = Screenshot(attachments.picture(), "image/png")
    with pytest.raises(Blocked):
        look(live, sue, screenshot=shot, **OTHERWISE)

    seen = Discrepancy.objects.get()
    assert (seen.seen_by, seen.differing) == (sue, ["discount_value"])
    assert seen.shown["discount_value"] == "50.00"
    told = Message.objects.filter(notice="request_looks_otherwise")
    assert {message.recipient.name for message in told} == {"Olivia", "Oscar", "Sam"}
    entry = Entry.objects.get(event="request.looked_otherwise")
    assert (entry.before, entry.after["discount_value"]) == ({"discount_value": "20.00"}, "50.00")
    assert entry.after["screenshot"] == bytes(Attachment.objects.get().digest).hex()
    assert Entry.objects.filter(event="request.verify_refused").count() == 1
    assert lives.again(live).activation.verified_at is None


def test_two_looks_that_differ_are_told_twice(live, sam, sue):
    for person in (sue, sam):
        with pytest.raises(Blocked):
            look(live, person, **OTHERWISE)

    assert Discrepancy.objects.count() == 2
    told = Message.objects.filter(notice="request_looks_otherwise", recipient__name="Olivia")
    assert told.count() == 2


def test_the_alarm_stands_on_the_page_until_it_is_verified(client, live, sue, sam):
    with pytest.raises(Blocked):
        look(live, sue, **OTHERWISE)
    alarmed = page_of(client, sam, "request", live.reference)

    look(live, sam)
    calm = page_of(client, sam, "request", live.reference)

    assert 'id="look-alarm"' in alarmed
    assert 'id="look-alarm"' not in calm


def test_the_alarm_ends_when_it_is_stopped(client, live, sue):
    with pytest.raises(Blocked):
        look(live, sue, **OTHERWISE)

    running.stop(reference=live.reference, by=sue, at=lives.NOW)

    assert "not set as approved" not in page_of(client, sue, "desk")


# --- What a colleague sees meanwhile --------------------------------------------------------------------


def verify_page(client, person, request, typed=None):
    client.force_login(person)
    address = reverse("request-verify", args=[request.reference])
    return client.get(address) if typed is None else client.post(address, typed)


def known_on(response):
    return re.search(r'name="known" value="(\d+)"', response.content.decode())[1]


def test_an_alarm_raised_since_the_page_was_opened_is_not_closed_unseen(client, live, sue, sam):
    opened = known_on(verify_page(client, sam, live))
    with pytest.raises(Blocked):
        look(live, sue, discount_value="51.00")

    refused = verify_page(client, sam, live, EVIDENCE | {"known": opened})

    page = refused.content.decode()
    assert refused.status_code == 409
    assert "Sue has looked since you opened this page" in page
    assert "51 %" in page
    assert 'value="2026-12-02"' in page
    assert lives.again(live).activation.verified_at is None
    assert Discrepancy.objects.count() == 1

    done = verify_page(client, sam, live, EVIDENCE | {"known": known_on(refused)})

    assert done.status_code == 303
    assert lives.again(live).activation.verified_by == sam


def test_of_two_who_saw_something_else_the_page_has_to_know_the_newest(live, sam, sue):
    for person, value in ((sue, "51.00"), (sam, "52.00")):
        with pytest.raises(Blocked):
            look(live, person, discount_value=value)
    first, newest = Discrepancy.objects.order_by("pk")

    with pytest.raises(Stale, match="Sam has looked since"):
        look(live, sue, known=first.pk)

    assert look(live, sue, known=newest.pk).verified_by == sue


def test_whoever_has_not_heard_of_it_reads_it_beside_what_holds_since_it_was_shortened(live, sam, sue):
    amending.shorten(reference=live.reference, by=sam, at=lives.NOW, budget=Decimal(200))
    live = lives.again(live)
    with pytest.raises(Blocked):
        look(live, sue, budget="300.00")

    with pytest.raises(Stale) as refusal:
        look(live, sam, known=0, budget="200.00")

    [change] = refusal.value.changes
    assert (change.field, change.before, change.after) == ("budget", "200.00", "300.00")


def test_a_page_that_is_sent_incomplete_knows_no_more_than_before(client, live, sue, sam):
    opened = known_on(verify_page(client, sam, live))
    with pytest.raises(Blocked):
        look(live, sue, **OTHERWISE)

    incomplete = verify_page(client, sam, live, EVIDENCE | {"known": opened, "budget": ""})

    assert (incomplete.status_code, known_on(incomplete)) == (422, opened)


def test_whoever_saw_otherwise_verifies_from_the_page_that_told_them(client, live, sue):
    refused = verify_page(client, sue, live, EVIDENCE | {"discount_value": "51", "known": "0"})

    done = verify_page(client, sue, live, EVIDENCE | {"known": known_on(refused)})

    assert (refused.status_code, done.status_code) == (422, 303)


def test_a_second_one_who_sees_otherwise_alarms_also_from_an_old_page(live, sue, sam):
    for person in (sue, sam):
        with pytest.raises(Blocked):
            look(live, person, known=0, **OTHERWISE)

    assert Discrepancy.objects.count() == 2


def test_no_script_verifies_over_a_look_that_it_does_not_know(live, sue, sam):
    with pytest.raises(Blocked):
        look(live, sue, **OTHERWISE)

    with pytest.raises(Stale, match="Sue has looked"):
        look(live, sam, known=0)


def test_whoever_was_alarmed_hears_that_it_is_verified_after_all(live, oscar, sue, sam):
    with pytest.raises(Blocked):
        look(live, sue, **OTHERWISE)

    look(live, sam)

    told = Message.objects.filter(notice="request_verified", channel=None)
    assert {message.recipient.name for message in told} == {"Olivia", "Oscar", "Sue"}


def test_where_nothing_alarmed_nobody_is_told_that_it_is_verified(live, sam):
    look(live, sam)

    assert not Message.objects.filter(notice="request_verified").exists()


def test_nothing_that_the_first_person_typed_is_shown_before_the_second_look(live):
    assert looks.comparison(live, live.activation) is None


def test_after_the_second_look_all_stand_side_by_side(client, live, sue, ada):
    with pytest.raises(Blocked):
        look(live, sue, asins=[SET])
    look(live, sue)

    live = lives.again(live)
    compared = looks.comparison(live, live.activation)
    assert [found.is_second for found in compared.looks] == [False, True, True]
    row = next(row for row in compared.rows if row.name == "Products")
    assert [(cell.text, cell.differs) for cell in row.cells] == [(LAMP, False), (SET, True), (LAMP, False)]
    page = page_of(client, ada, "request", live.reference)
    assert "Side by side" in page


def test_the_refused_page_shows_them_side_by_side_at_once(client, live, sue):
    client.force_login(sue)
    address = reverse("request-verify", args=[live.reference])

    before = client.get(address).content.decode()
    after = client.post(address, EVIDENCE | {"discount_value": "50"})

    assert "Side by side" not in before
    assert after.status_code == 422
    page = after.content.decode()
    assert "Side by side" in page
    assert "Your look is kept, and the store is warned" in page
    assert "Nothing was changed" not in page
    assert "is not shown here" not in page


def test_an_error_list_tells_the_start_from_the_end(aurora, olivia):
    drafted = lives.drafted(aurora, lives.price_discount(), by=olivia)
    form = EvidenceForm({}, content=decode(drafted.newest.body), zone="Asia/Shanghai")

    assert (form["starts_time"].label, form["ends_time"].label) == ("Starts at", "Ends at")


# --- On every page of the store -------------------------------------------------------------------------


def test_an_overdue_look_alarms_on_every_page_of_its_people(client, monkeypatch, live, sue, ada, stranger):
    early = page_of(client, ada, "request-list")
    monkeypatch.setattr("django.utils.timezone.now", lambda: lives.NOW + timedelta(hours=2))

    for name in ("desk", "request-list", "review-queue", "policy-list", "preferences"):
        page = page_of(client, ada, name)
        assert 'class="store-alarms"' in page
        assert reverse("request", args=[live.reference]) in page
    assert 'class="store-alarms"' not in early
    assert 'class="store-alarms"' not in page_of(client, stranger, "policy-list")


def test_many_alarms_cost_what_one_costs(aurora, olivia, sam, live, ada):
    late = lives.NOW + timedelta(hours=2)

    def cost():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            found = looks.alarms_for(ada, at=late)
        return len(asked), len(found)

    one = cost()
    for asin in (lives.FLOOR_LAMP, SET):
        lives.live(aurora, lives.coupon(asin), by=olivia, supervisor=sam)

    assert one[0] <= 3
    assert cost() == (one[0], 3)


def test_where_nothing_waits_it_costs_one_query_beside_the_roles(live, sue, ada, django_assert_num_queries):
    look(live, sue)

    with one_reading():
        people.stores_of(ada)
        with django_assert_num_queries(1):
            assert looks.alarms_for(ada, at=lives.NOW + timedelta(hours=2)) == []
