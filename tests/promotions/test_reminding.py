"""Reminders while the clock runs down, and alarms where nobody is left who may approve."""

from datetime import timedelta

import pytest

from promoflow.outbox.models import Message
from promoflow.policies import selectors as policies
from promoflow.promotions import neighbours
from promoflow.promotions.models import State
from promoflow.promotions.services import delegating, running
from tests import cast
from tests.promotions import lives

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_(aurora, olivia, sam, sue):
    return lives.submitted(aurora, by=olivia)


def decide_by(request):
    return policies.current().decide_by(neighbours.offer_of(lives.again(request)))


def half_way(request):
    return lives.NOW + (decide_by(request) - lives.NOW) / 2


def told(notice):
    return sorted(message.recipient.name for message in Message.objects.filter(notice=notice))


def tick(at):
    running.move_due(at=at)


def test_nobody_is_reminded_before_half_of_the_time_has_gone(request_):
    tick(half_way(request_) - timedelta(seconds=1))

    assert told("request_undecided") == []


def test_half_way_those_who_may_decide_are_reminded_once(request_):
    for minutes in range(3):
        tick(half_way(request_) + timedelta(minutes=minutes))

    assert told("request_undecided") == ["Sam", "Sue"]
    assert told("request_escalated") == []


def test_two_hours_before_the_managers_hear_of_it_too_once(request_):
    for minutes in range(3):
        tick(decide_by(request_) - timedelta(hours=2) + timedelta(minutes=minutes))

    assert told("request_escalated") == ["Mia", "Sam", "Sue"]


def test_submitted_late_it_still_escalates_before_the_end(aurora, olivia, sam):
    request = lives.submitted(aurora, lives.coupon(start=10), by=olivia)
    late = decide_by(request) - timedelta(hours=1)
    other = lives.submitted(aurora, lives.social_code(lives.SET, start=10), by=olivia, at=late)
    left = decide_by(other) - late

    tick(late + left / 2)
    assert Message.objects.filter(notice="request_escalated", subject_id=other.pk).count() == 0
    tick(late + left * 3 / 4)

    assert Message.objects.filter(notice="request_escalated", subject_id=other.pk).exists()


def test_who_is_away_is_not_asked_but_their_delegate(aurora, request_, sam, sue):
    at = half_way(request_)
    delegating.name(
        store=aurora, delegate=sue, starts_at=at, ends_at=at + timedelta(days=1), by=sam, at=lives.NOW
    )

    tick(at)

    assert told("request_undecided") == ["Sue"]


def test_where_all_are_away_all_are_asked(aurora, request_, sam, sue):
    at = half_way(request_)
    delegating.name(
        store=aurora, delegate=sue, starts_at=at, ends_at=at + timedelta(days=1), by=sam, at=lives.NOW
    )
    cast.revoke(sue, aurora, "supervisor")

    tick(at)

    assert told("request_undecided") == ["Sam"]


def test_what_is_decided_is_reminded_of_no_more(request_, sam):
    lives.approve(request_, by=sam)

    tick(half_way(request_))

    assert told("request_undecided") == []


def test_of_two_only_the_one_who_has_not_approved_is_reminded(aurora, olivia, sam, sue):
    request = lives.submitted(aurora, lives.deep(), by=olivia)
    lives.approve(request, by=sam)

    tick(half_way(request))

    assert told("request_undecided") == ["Sue"]


# --- Nobody left --------------------------------------------------------------------------------------------


def test_without_anybody_who_may_approve_it_waits_and_the_managers_are_alarmed(aurora, olivia):
    request = lives.submitted(aurora, by=olivia)

    assert lives.again(request).state == State.IN_REVIEW
    assert told("request_out_of_reach") == ["Mia"]


def test_the_author_alone_as_supervisor_is_nobody(aurora, olivia):
    cast.grant(olivia, aurora, "supervisor")

    lives.submitted(aurora, by=olivia)

    assert told("request_out_of_reach") == ["Mia"]


def test_one_supervisor_is_too_few_for_two(aurora, olivia, sam):
    lives.submitted(aurora, lives.deep(), by=olivia)

    assert told("request_out_of_reach") == ["Mia"]


def test_two_accounts_of_one_human_are_too_few_for_two(aurora, olivia, sam):
    cast.grant(cast.person("Samuel", person_id=sam.person_id), aurora, "supervisor")

    lives.submitted(aurora, lives.deep(), by=olivia)

    assert told("request_out_of_reach") == ["Mia"]


def test_enough_of_them_alarm_nobody(aurora, olivia, sam, sue):
    lives.submitted(aurora, lives.deep(), by=olivia)

    assert told("request_out_of_reach") == []


def test_that_the_last_one_left_is_found_by_the_clock_and_told_once(aurora, request_, sam, sue):
    cast.revoke(sam, aurora, "supervisor")
    cast.revoke(sue, aurora, "supervisor")

    for minutes in range(3):
        tick(half_way(request_) + timedelta(minutes=minutes))

    assert told("request_out_of_reach") == ["Mia"]
    assert lives.again(request_).state == State.IN_REVIEW


def test_before_submitting_the_page_says_that_too_few_may_approve(client, aurora, olivia, sam):
    draft = lives.drafted(aurora, lives.deep(), by=olivia)
    client.force_login(olivia)

    page = client.get(f"/requests/{draft.reference}/submit/").content.decode()

    assert "1 supervisor too few may approve it" in page


def test_where_enough_may_it_says_that_it_takes_two(client, aurora, olivia, sam, sue):
    draft = lives.drafted(aurora, lives.deep(), by=olivia)
    client.force_login(olivia)

    page = client.get(f"/requests/{draft.reference}/submit/").content.decode()

    assert "two people approve it" in page
    assert "too few" not in page
