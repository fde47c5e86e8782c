"""What people are told about requests: why it is theirs, and a link that shows nothing to strangers."""

from contextlib import closing
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from accounts.roles import OPERATOR, SUPERVISOR
from promoflow.outbox import selectors as inbox
from promoflow.outbox import services as outbox
from promoflow.outbox.models import Message
from promoflow.outbox.services import reading
from promoflow.policies import selectors as policies
from promoflow.promotions import neighbours
from promoflow.promotions.models import State
from promoflow.promotions.services import drafting, running
from tests import cast
from tests.outbox.owing import added
from tests.promotions import lives


def reasons(notice):
    return dict(Message.objects.filter(notice=notice).values_list("recipient__name", "why"))


def test_a_link_leads_to_a_page_that_asks_who_one_is(client, aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)

    [link] = Message.objects.filter(recipient=sam).values_list("link", flat=True)
    answer = client.get(link)

    assert link == reverse("request", args=[request.reference])
    assert (answer.status_code, answer["Location"]) == (302, f"{reverse('account_login')}?next={link}")


def test_each_is_told_why_it_is_theirs(aurora, olivia, oscar, sam, sue):
    request = lives.drafted(aurora, lives.coupon(days=2), by=oscar)
    drafting.edit(reference=request.reference, revision=1, typed=lives.coupon(), by=olivia, at=lives.NOW)
    lives.submit(request, by=olivia)
    lives.approve(request, by=sam)
    lives.go_live(request, by=olivia)
    running.stop(reference=request.reference, by=olivia, at=lives.NOW)

    assert reasons("request_submitted") == {"Sam": "decides", "Sue": "decides"}
    assert reasons("request_approved") == {"Olivia": "wrote", "Oscar": "wrote"}
    assert reasons("request_live") == {"Sam": "approved", "Sue": "supervises", "Oscar": "wrote"}
    assert reasons("request_stopped") == {"Sam": "approved", "Sue": "supervises", "Oscar": "wrote"}


def test_its_writers_are_not_told_to_decide_on_it(aurora, olivia, sam, sue, mia):
    request = lives.submitted(aurora, lives.deep(), by=olivia)
    lives.approve(request, by=sam)

    told = {message.recipient.name: message for message in Message.objects.filter(notice="request_endorsed")}

    assert reasons("request_endorsed") == {"Olivia": "wrote", "Sue": "decides"}
    assert told["Sue"].until.startswith("Decide by ")
    assert told["Olivia"].until.startswith("To be decided by ")


def test_the_last_call_tells_a_manager_that_they_manage_it(aurora, olivia, sam, mia):
    request = lives.submitted(aurora, by=olivia)
    decide_by = policies.current().decide_by(neighbours.offer_of(request))

    running.move_due(at=decide_by - timedelta(hours=1))

    assert reasons("request_escalated") == {"Sam": "decides", "Mia": "manages"}


def test_what_came_back_is_to_be_submitted_again_in_time(aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)
    lives.send_back(request, by=sam, note="No.")

    assert Message.objects.get(notice="request_returned").until.startswith("Submit it again before ")


def test_a_digest_asks_for_no_decision_that_was_made_before_it_went(aurora, olivia, sam, sue):
    reading.prefer(by=sue, at=lives.NOW, digest="daily", digest_hour=9)
    decided = lives.submitted(aurora, by=olivia)
    waits = lives.submitted(aurora, lives.coupon(lives.FLOOR_LAMP), by=olivia)
    lives.approve(decided, by=sam)

    outbox.deliver(at=lives.NOW + timedelta(days=1))

    told = Message.objects.filter(recipient=sue, notice="request_submitted")
    assert dict(told.values_list("subject_id", "outcome")) == {decided.pk: "skipped", waits.pk: "sent"}
    assert set(inbox.inbox(sue)) >= set(told), "in the inbox it is still read"


def test_a_decision_leaves_nothing_unread_that_asked_for_it(aurora, olivia, sam, sue):
    request = lives.submitted(aurora, by=olivia)
    other = lives.submitted(aurora, lives.coupon(lives.FLOOR_LAMP), by=olivia)
    lives.approve(request, by=sam)

    asked = Message.objects.filter(notice="request_submitted", seen=None)
    assert set(asked.values_list("subject_id", flat=True)) == {other.pk}
    assert inbox.unread(sam) == inbox.unread(sue) == 1


def test_an_edit_and_a_withdrawal_leave_nothing_unread_that_asked_for_a_decision(aurora, olivia, sam):
    edited, withdrawn = (
        lives.submitted(aurora, lives.coupon(asin), by=olivia) for asin in (lives.LAMP, lives.FLOOR_LAMP)
    )
    drafting.edit(reference=edited.reference, revision=1, typed=lives.coupon(days=2), by=olivia, at=lives.NOW)
    drafting.withdraw(reference=withdrawn.reference, by=olivia, at=lives.NOW)

    assert not Message.objects.filter(notice="request_submitted", seen=None).exists()


def test_of_two_approvals_the_first_settles_only_what_asked_its_giver(aurora, olivia, sam, sue):
    lives.approve(lives.submitted(aurora, lives.deep(), by=olivia), by=sam)

    asked = Message.objects.filter(notice="request_submitted", seen=None)
    assert [message.recipient for message in asked] == [sue]


@pytest.mark.django_db(transaction=True)
def test_a_message_in_somebodys_hands_keeps_no_decision_waiting(aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)
    [asked] = Message.objects.filter(notice="request_submitted", recipient=sam, channel=None)

    with closing(connection.copy()) as another, connection.cursor() as here:
        another.set_autocommit(False)
        another.cursor().execute("SELECT 1 FROM outbox_message WHERE id = %s FOR UPDATE", [asked.pk])
        here.execute("SET lock_timeout = '3s'")
        lives.approve(request, by=sam)
        here.execute("RESET lock_timeout")

    asked.refresh_from_db()
    assert (lives.again(request).state, asked.seen) == (State.APPROVED, None)


def test_who_has_no_role_there_any_more_is_told_nothing(aurora, olivia, oscar, sam):
    request = lives.drafted(aurora, lives.coupon(days=2), by=oscar)
    drafting.edit(reference=request.reference, revision=1, typed=lives.coupon(), by=olivia, at=lives.NOW)
    cast.grant(oscar, cast.store("Borealis DE", marketplace_id="A1PA6795UKMFR9"), OPERATOR)
    lives.submit(request, by=olivia)
    cast.revoke(oscar, aurora, OPERATOR)
    cast.grant(olivia, aurora, SUPERVISOR)

    lives.send_back(request, by=sam, note="No.")

    assert reasons("request_returned") == {"Olivia": "wrote"}
    assert Message.objects.filter(notice="request_returned").count() == 1


def test_the_stores_channel_hears_it_once_and_of_no_other_store(aurora, olivia, sam, sue, mia, service):
    boris = cast.person("Boris")
    other = cast.store("Borealis DE", marketplace_id="A1PA6795UKMFR9", manager=boris)
    for store, manager in ((aurora, mia), (other, boris)):
        added(manager, store, name=f"of {store}", topics=["review"], at=lives.NOW)

    lives.submitted(aurora, by=olivia)

    told = Message.objects.filter(recipient=None).values_list("channel__name", "notice", "why")
    assert list(told) == [("of Aurora US", "request_submitted", "store-channel")]


def test_a_new_operator_is_told_nothing_of_what_was_before(aurora, olivia, sam):
    lives.submitted(aurora, by=olivia)
    late = cast.grant(cast.person("Late"), aurora, OPERATOR)

    assert not Message.objects.filter(recipient=late).exists()
