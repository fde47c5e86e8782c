"""Nothing happens of which it is undecided who hears it."""

import pytest

from promoflow.audit.events import EVENTS
from promoflow.outbox.notices import NOTICES, TOPICS, UNTIL, WHYS
from promoflow.outbox.telling import TOLD, WITHOUT_EVENT, Silent


def test_every_event_is_told_or_silent_for_a_reason():
    assert set(TOLD) == set(EVENTS)


@pytest.mark.parametrize("event", TOLD)
def test_what_is_told_has_its_notice_and_what_is_not_its_reason(event):
    told = TOLD[event]

    assert told.why.endswith(".") if isinstance(told, Silent) else told in NOTICES


def test_every_notice_belongs_to_an_event_or_to_something_that_did_not_happen():
    told = {notice for notice in TOLD.values() if isinstance(notice, str)}

    assert told | WITHOUT_EVENT == set(NOTICES)
    assert not told & WITHOUT_EVENT


@pytest.mark.parametrize("notice", NOTICES.values(), ids=lambda notice: notice.code)
def test_a_notice_says_why_and_about_what(notice):
    assert notice.why in WHYS
    assert notice.topic in {*TOPICS, "account"}
    assert not notice.until or (notice.asks or notice.until) in UNTIL


def test_what_must_not_wait_is_urgent():
    urgent = {notice.code for notice in NOTICES.values() if notice.urgent}

    assert urgent >= {
        "request_not_verified",
        "request_alarmed",
        "request_alarmed_by_prices",
        "request_stopped",
        "password_reset",
        "person_added",
        "person_secured",
    }


def test_what_opens_an_account_goes_to_no_chat():
    opening = [notice for notice in NOTICES.values() if notice.opens_account]

    assert opening
    assert {notice.topic for notice in opening} == {"account"}
