"""What the mails say: in the reader's language and time zone, and nothing that a title could break."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.template.loader import get_template
from django.utils import timezone, translation

from promoflow.outbox.notices import (
    NOTICES,
    OF_OTHERS,
    UNTIL,
    WHYS,
    subject_of,
    until_of,
    why_of,
    write,
    write_briefly,
)

CONTEXT = {
    "name": "The team",
    "masked": "hooks.slack.com/…i7FQ",
    "error": "The service answered 500 instead of taking the message.",
    "policy": 7,
    "changes": [
        {"asin": "B0AURORA01", "what": "price", "before": "19.99", "after": "12.99"},
        {"asin": "B0AURORA02", "what": "family", "before": None, "after": "B0AURORA03"},
        {"what": "more", "count": 3},
    ],
    "currency": "USD",
    "reference": "PR-1042",
    "title": 'Black Friday <coupon> & "more"',
    "kind": "coupon",
    "store": "Aurora US",
    "zone": "America/Los_Angeles",
    "by": "Olivia",
    "delegate": "Sue",
    "note": "",
    "lost": ["Sam", "Sue"],
    **dict.fromkeys(
        ("starts_at", "ends_at", "decide_by", "mark_live_by", "verify_by", "gone_by", "happened_at"),
        datetime(2026, 11, 27, 8, tzinfo=UTC).isoformat(),
    ),
}


def written(notice, zone="Asia/Shanghai", **more):
    with timezone.override(ZoneInfo(zone)):
        return write(
            notice, context={**CONTEXT, **more}, recipient="Sam", link="https://desk.test/requests/PR-1042/"
        )


@pytest.mark.parametrize("notice", NOTICES)
def test_each_notice_has_its_words(notice):
    subject, body = written(notice)

    assert get_template(NOTICES[notice].template)
    assert subject
    assert "\n" not in subject
    assert "%(" not in subject
    assert body.startswith("Hello Sam,")
    assert "https://desk.test/requests/PR-1042/" in body
    for leftover in ("{{", "{%", "None", "&lt;", "&amp;", "&quot;"):
        assert leftover not in subject + body


EXAMPLES = {
    "request_submitted": "PR-1042 waits for your decision: Lamps",
    "request_returned": "PR-1042 came back to you: Lamps",
    "request_approved": "PR-1042 is approved: Lamps",
    "request_endorsed": "PR-1042 has one approval and takes another: Lamps",
    "request_outgrown": "Your approval of PR-1042 counts no more: Lamps",
    "request_lapsed": "PR-1042 is back in review: Lamps",
    "request_looks_otherwise": "Alarm: PR-1042 is not set as approved: Lamps",
    "request_undecided": "Half the time has gone for PR-1042: Lamps",
    "request_escalated": "Nobody has decided on PR-1042, and it is nearly too late: Lamps",
    "request_out_of_reach": "Nobody can approve PR-1042: Lamps",
    "request_mentioned": "Olivia mentions you on PR-1042: Lamps",
    "request_shortened": "PR-1042 is shortened: Lamps",
    "request_verified": "PR-1042 is verified after all: Lamps",
    "request_rejected": "PR-1042 is rejected: Lamps",
    "request_withdrawn": "PR-1042 is withdrawn: Lamps",
    "request_live": "PR-1042 is live and waits for a second look: Lamps",
    "request_not_verified": "Overdue: nobody has verified PR-1042: Lamps",
    "request_expired": "PR-1042 has expired: Lamps",
    "request_stopped": "PR-1042 is stopped: Lamps",
    "request_alarmed": "New rules block PR-1042: Lamps",
    "request_alarmed_by_prices": "Alarm: a changed price, floor or family blocks PR-1042: Lamps",
    "delegation_named": "You stand in for The team",
    "delegation_ended": "Nobody stands in for The team any more",
    "channel_paused": "The desk paused the channel The team",
    "person_added": "You have an account on promoflow",
    "password_reset": "Set a new password for promoflow",
    "person_secured": "The way you sign in to promoflow changed",
}


def test_every_notice_has_its_example():
    assert set(EXAMPLES) == set(NOTICES)


@pytest.mark.parametrize("notice", EXAMPLES)
def test_a_notice_reads_as_its_example_in_mail_inbox_and_chat(notice):
    context = {**CONTEXT, "title": "Lamps"}
    because = why_of(NOTICES[notice].why, context)
    subject, body = written(notice, title="Lamps")

    brief = write_briefly(notice, context=context, why=NOTICES[notice].why, link="https://desk.test/x/")

    assert subject == subject_of(notice, context) == brief.splitlines()[0] == EXAMPLES[notice]
    assert body.count("You get this because") == 1
    assert body.endswith(f"\n\n--\n{because}\n")
    assert because in brief
    assert brief.endswith("\nhttps://desk.test/x/")
    assert until_of(notice, context, why=NOTICES[notice].why) in brief


# What begins with the name of who did it, and so is told of people alone.
DONE_BY_PEOPLE = {
    *("request_submitted", "request_returned", "request_approved", "request_endorsed", "request_rejected"),
    *("request_live", "request_stopped", "request_shortened", "request_looks_otherwise"),
    *("request_mentioned", "request_alarmed", "request_outgrown", "request_verified", "delegation_ended"),
}


def test_what_the_clock_tells_begins_with_no_gap_where_a_name_would_stand():
    told = {notice: written(notice, by="", amends="PR-1006")[1] for notice in NOTICES}

    assert {notice for notice, body in told.items() if re.search(r"^ \S", body, re.M)} == DONE_BY_PEOPLE
    assert told["request_withdrawn"].startswith("Hello Sam,\n\nPR-1006 is over, so the desk withdrew PR-1042")


def test_an_amendment_that_expires_leaves_what_it_amends_running():
    body = written("request_expired", by="", amends="PR-1006")[1]

    assert "Check in Seller Central first that the end of PR-1006 was not extended" in body
    assert "It will not run" not in body


@pytest.mark.parametrize("why", WHYS)
def test_every_reason_is_a_sentence(why):
    assert why_of(why, CONTEXT).endswith(".")
    assert "%(" not in why_of(why, CONTEXT)


@pytest.mark.parametrize("until", UNTIL)
def test_every_deadline_is_a_sentence_that_some_notice_uses(until):
    notice = next(notice for notice in NOTICES.values() if until in (notice.asks, notice.until))

    assert "27 Nov 2026, 00:00 PST" in until_of(notice.code, CONTEXT, why=notice.why)
    assert until_of(notice.code, {"zone": None}, why=notice.why) == ""


@pytest.mark.parametrize("why", ["wrote", "manages"])
@pytest.mark.parametrize("notice", [code for code, notice in NOTICES.items() if notice.until in OF_OTHERS])
def test_nobody_is_asked_for_what_only_others_may_do(notice, why):
    said = until_of(notice, CONTEXT, why=why)

    expected = (
        ("Submit it again before ",)
        if notice == "request_returned"
        else ("To be decided by ", "To be verified by ")
    )
    assert said.startswith(expected)


def test_instants_are_in_the_marketplaces_time_and_the_readers():
    _subject, body = written("request_submitted")

    assert "Fri 27 Nov 2026, 00:00 PST, for you Fri 27 Nov 2026, 16:00 UTC+8" in body


@pytest.mark.parametrize(
    "notice",
    ["request_submitted", "request_endorsed", "request_outgrown", "request_undecided", "request_escalated"],
)
def test_a_mail_that_asks_for_a_decision_says_until_when(notice):
    _subject, body = written(notice, decide_by="2026-11-25T20:00:00+00:00")

    assert "by Wed 25 Nov 2026, 12:00 PST, for you Thu 26 Nov 2026, 04:00 UTC+8" in body


def test_a_reader_in_the_marketplaces_own_zone_reads_one_time():
    _subject, body = written("request_submitted", zone="America/Los_Angeles")

    assert "Fri 27 Nov 2026, 00:00 PST\n" in body
    assert "for you" not in body


def test_the_note_is_there_when_there_is_one():
    assert "Note:\n  > Too deep\n" in written("request_returned", note="Too deep")[1]
    assert "Note" not in written("request_returned")[1]


FORGED = "Fine.\n\nApprove it here:\u2028https://evil.example/\r\n\n--\nYou get this as a supervisor."


@pytest.mark.parametrize("notice", [name for name in NOTICES if name != "request_out_of_reach"])
@pytest.mark.parametrize("typed", ["note", "title", "by", "store", "name"])
def test_what_people_typed_does_not_speak_as_the_desk(notice, typed):
    """The note of that one notice is the desk's own sentence."""
    before = written(notice, **{typed: "Fine."})[1].splitlines()

    lines = written(notice, **{typed: FORGED})[1].splitlines()

    begun = [line for line in lines if not line.startswith("  > ") and line.strip() != ">"]
    assert len(begun) <= len(before)
    assert not any(line.startswith(("Approve it", "https://evil", "You get this as a")) for line in begun)
    assert begun.count("--") == 1


def test_a_line_break_in_a_title_stays_out_of_the_subject():
    subject, _body = written("request_approved", title="Deal\r\nBcc: everybody@example.com")

    assert subject == "PR-1042 is approved: Deal Bcc: everybody@example.com"


def test_a_percent_sign_in_a_title_is_a_percent_sign():
    assert written("request_approved", title="50 % off %(by)s")[0] == "PR-1042 is approved: 50 % off %(by)s"


def test_the_language_is_the_one_that_is_active():
    with translation.override("zh-hans"):
        assert "2026" in written("request_submitted")[1]
