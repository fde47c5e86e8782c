"""Who approves whom, and under which rules: each figure against a history made by hand."""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.roles import OPERATOR, SUPERVISOR
from promoflow.promotions.reports import files
from promoflow.promotions.services import alarms, drafting, running
from tests import cast
from tests.policies import drafts
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP, NOW, SET
from tests.promotions.reporting import flags, table, values

pytestmark = pytest.mark.django_db


def approved(store, asin, *, by, supervisor, after=None, week=0, percent="10.00", days=0):
    """An approved coupon, `after` so many seconds with its page open."""
    at = NOW + timedelta(days=days)
    request = lives.submitted(
        store, lives.coupon(asin, start=10 + 7 * week, percent=percent), by=by, at=at - timedelta(hours=1)
    )
    opened_at = None if after is None else at - timedelta(seconds=after)
    lives.approve(request, by=supervisor, at=at, opened_at=opened_at)
    return lives.again(request)


@pytest.fixture
def both(aurora):
    """Two who write and decide both: Pia and Quinn."""
    pia, quinn = cast.person("Pia"), cast.person("Quinn")
    for person in (pia, quinn):
        cast.grant(cast.grant(person, aurora, OPERATOR), aurora, SUPERVISOR)
    return pia, quinn


# --- Who approves whom ----------------------------------------------------------------------------------


def test_each_author_stands_beside_each_approver_with_counts_shares_and_times(aurora, olivia, sam, sue):
    approved(aurora, LAMP, by=olivia, supervisor=sam, after=40)
    approved(aurora, FLOOR_LAMP, by=olivia, supervisor=sam, after=100)
    approved(aurora, SET, by=olivia, supervisor=sam, after=None)
    approved(aurora, LAMP, by=olivia, supervisor=sue, after=600, week=2)

    found = table("approvers", aurora)

    names = ("author", "approver", "approvals", "share", "median", "shortest", "quick", "unknown")
    assert values(found, *names) == [
        ("Olivia", "Sam", 3, Decimal("75.0"), 70.0, 40.0, 0, 1),
        ("Olivia", "Sue", 1, Decimal("25.0"), 600.0, 600.0, 0, 0),
    ]
    assert flags(found) == [(), ()]
    assert found.totals == {"approvals": 4, "quick": 0, "unknown": 1}


def test_everybody_who_edited_or_submitted_it_is_an_author(aurora, olivia, oscar, sam):
    request = lives.drafted(aurora, by=olivia)
    typed = lives.coupon(LAMP, percent="12.00")
    drafting.edit(reference=request.reference, revision=1, typed=typed, by=oscar, at=NOW)
    penny = cast.grant(cast.person("Penny"), aurora, OPERATOR)
    lives.approve(lives.submit(request, by=penny), by=sam)

    found = table("approvers", aurora, order="author")

    assert values(found, "author", "approver", "approvals") == [
        ("Olivia", "Sam", 1),
        ("Oscar", "Sam", 1),
        ("Penny", "Sam", 1),
    ]


def test_who_submitted_what_was_returned_and_somebody_else_submitted_again_is_no_author(
    aurora, olivia, sam, sue
):
    """As permissions count it: sam may approve it, so the report does not say that he approved his own."""
    cast.grant(sam, aurora, OPERATOR)
    request = lives.submit(lives.drafted(aurora, by=olivia), by=sam)
    lives.send_back(request, by=sue, note="Say why.")
    lives.approve(lives.submit(lives.again(request), by=olivia), by=sam)

    found = table("approvers", aurora)

    assert values(found, "author", "approver", "approvals") == [("Olivia", "Sam", 1)]
    assert flags(found) == [()]
    assert flags(table("approvals", aurora)) == [()]


def test_two_of_one_name_are_told_apart_by_their_addresses(aurora, olivia, sam):
    other = cast.person("Olivia", email="olivia2@example.com")
    cast.grant(other, aurora, OPERATOR)
    approved(aurora, LAMP, by=olivia, supervisor=sam)
    approved(aurora, SET, by=other, supervisor=sam, week=2)

    assert values(table("approvers", aurora, order="author"), "author", "approver") == [
        ("Olivia (olivia2@example.com)", "Sam"),
        ("Olivia (olivia@example.com)", "Sam"),
    ]
    assert {authors for (authors,) in values(table("approvals", aurora), "authors")} == {
        "Olivia (olivia2@example.com)",
        "Olivia (olivia@example.com)",
    }


@pytest.mark.parametrize("code", ["approvers", "approvals"])
def test_a_file_names_the_accounts_behind_each_name(aurora, olivia, sam, code):
    twice = cast.person("Ollie", email="ollie@example.com", person_id=olivia.person_id)
    approved(aurora, LAMP, by=olivia, supervisor=sam)

    found = table(code, aurora)

    [row] = dict_rows(found)
    assert row["Wrote: email"] == "olivia@example.com / ollie@example.com"
    assert row["Wrote: account number"] == f"{olivia.pk} / {twice.pk}"
    assert row["Approved: email"] == "sam@example.com"
    assert row["Approved: account number"] == str(sam.pk)
    assert "author_email" not in {column.key for column in found.shown}


def dict_rows(found):
    """The rows of its file."""
    return [dict(zip(files.header(found), row, strict=True)) for row in files.rows(found)]


def test_who_edits_it_after_the_approval_is_no_author_of_what_was_approved(aurora, olivia, oscar, sam):
    request = approved(aurora, LAMP, by=olivia, supervisor=sam)
    typed = lives.coupon(LAMP, percent="12.00")
    drafting.edit(reference=request.reference, revision=1, typed=typed, by=oscar, at=NOW)

    assert values(table("approvers", aurora), "author") == [("Olivia",)]


def test_an_approval_that_came_quickly_is_flagged(aurora, olivia, sam):
    approved(aurora, LAMP, by=olivia, supervisor=sam, after=29)
    approved(aurora, FLOOR_LAMP, by=olivia, supervisor=sam, after=30)

    assert flags(table("approvers", aurora)) == [("1 approval within 30 seconds of opening the page",)]
    assert flags(table("approvers", aurora, seconds=29)) == [()]
    assert flags(table("approvers", aurora, seconds=31)) == [
        ("2 approvals within 31 seconds of opening the page",)
    ]


def test_one_person_who_approves_all_of_an_authors_is_flagged(aurora, olivia, oscar, sam, sue):
    for asin in (LAMP, FLOOR_LAMP, SET):
        approved(aurora, asin, by=olivia, supervisor=sam)
    for week, supervisor in enumerate((sam, sam, sue)):
        approved(aurora, LAMP, by=oscar, supervisor=supervisor, week=2 + week)

    found = table("approvers", aurora)

    assert values(found, "author", "approver") == [("Olivia", "Sam"), ("Oscar", "Sam"), ("Oscar", "Sue")]
    assert flags(found) == [("All 3 approvals of what Olivia wrote are Sam's",), (), ()]


def test_two_who_approve_each_other_are_flagged_from_three_on(aurora, both, sam):
    pia, quinn = both
    for week in range(3):
        approved(aurora, LAMP, by=pia, supervisor=quinn, week=week)
    for week in range(2):
        approved(aurora, FLOOR_LAMP, by=quinn, supervisor=pia, week=week)
    approved(aurora, SET, by=pia, supervisor=sam)
    before = flags(table("approvers", aurora))
    approved(aurora, FLOOR_LAMP, by=quinn, supervisor=pia, week=2)
    approved(aurora, SET, by=quinn, supervisor=sam, week=2)

    found = table("approvers", aurora, order="author")

    assert before == [(), (), ()]
    assert [(row.values["author"], row.values["approver"]) for row in found.rows if row.flags] == [
        ("Pia", "Quinn"),
        ("Quinn", "Pia"),
    ]
    assert flags(found)[0] == ("They approve each other: 3 this way, 3 the other way",)


def test_two_accounts_of_one_human_are_one_author(aurora, olivia, sam):
    second = cast.grant(cast.person("Liv", person_id=olivia.person_id), aurora, OPERATOR)
    approved(aurora, LAMP, by=olivia, supervisor=sam)
    approved(aurora, SET, by=second, supervisor=sam)

    assert values(table("approvers", aurora), "author", "approvals") == [("Olivia / Liv", 2)]


def test_the_first_of_several_approvals_counts_too(aurora, olivia, sam, sue):
    request = lives.submitted(aurora, lives.deep(), by=olivia)
    lives.approve(request, by=sam)
    lives.approve(request, by=sue)

    assert values(table("approvers", aurora, order="approver"), "approver", "approvals") == [
        ("Sam", 1),
        ("Sue", 1),
    ]
    assert sorted(values(table("approvals", aurora), "approver", "step")) == [
        ("Sam", "First of several"),
        ("Sue", ""),
    ]


def test_only_the_asked_person_days_and_stores_are_counted(aurora, olivia, oscar, sam, sue):
    approved(aurora, LAMP, by=olivia, supervisor=sam)
    approved(aurora, SET, by=oscar, supervisor=sue, days=3)
    elsewhere = cast.store("Boreal US", merchant_id="A2BOREAL1234567")

    assert values(table("approvers", aurora, person=sam.person_id), "author") == [("Olivia",)]
    assert values(table("approvers", aurora, person=oscar.person_id), "approver") == [("Sue",)]
    assert values(table("approvers", aurora, until=NOW + timedelta(days=1)), "author") == [("Olivia",)]
    assert values(table("approvers", aurora, since=NOW + timedelta(days=1)), "author") == [("Oscar",)]
    assert table("approvers", aurora, until=NOW).rows == []
    assert table("approvers", elsewhere).rows == []


# --- One by one -----------------------------------------------------------------------------------------


def test_the_approvals_behind_a_figure_are_listed(aurora, olivia, oscar, sam, sue):
    first = approved(aurora, LAMP, by=olivia, supervisor=sam, after=12)
    second = approved(aurora, SET, by=oscar, supervisor=sam)
    approved(aurora, FLOOR_LAMP, by=oscar, supervisor=sue)

    both_of_sam = table("approvals", aurora, approver=sam.person_id)

    names = ("subject", "authors", "approver", "seconds", "policy", "acknowledged")
    assert values(both_of_sam, *names) == [
        (first.reference, "Olivia", "Sam", 12.0, 1, 0),
        (second.reference, "Oscar", "Sam", None, 1, 0),
    ]
    assert flags(both_of_sam) == [("Within 30 seconds of opening the page",), ()]
    of_oscar = table("approvals", aurora, author=oscar.person_id, approver=sam.person_id)
    assert values(of_oscar, "subject") == [(second.reference,)]
    assert table("approvals", aurora, policy=2).rows == []


# --- By policy version ----------------------------------------------------------------------------------


def test_approvals_are_counted_by_version_with_what_became_of_them(aurora, mia, olivia, sam, sue):
    lives.go_live(approved(aurora, LAMP, by=olivia, supervisor=sam), by=olivia)
    alarmed = approved(aurora, FLOOR_LAMP, by=olivia, supervisor=sam)
    kept = lives.approved(
        aurora, lives.price_discount(FLOOR_LAMP, percent="10.00"), by=olivia, supervisor=sam
    )
    drafts.published({"pairs.coupon.price_discount": "block"}, manager=mia, publisher=sue)
    later = NOW + timedelta(hours=2)
    lives.approve(lives.submitted(aurora, lives.coupon(SET), by=olivia, at=later), by=sam, at=later)

    found = table("versions", aurora)

    names = ("number", "approved", "live", "warned", "share", "alarmed", "raised", "open")
    assert values(found, *names) == [
        (2, 1, 0, 0, Decimal("0.0"), 0, 2, 2),
        (1, 3, 1, 1, Decimal("33.3"), 2, 0, 0),
    ]
    assert flags(found) == [("2 alarms that it raised are not settled",), ()]
    for request in (alarmed, kept):
        note, by = "It ends tomorrow.", sue
        alarms.settle(reference=request.reference, by=by, at=later, confirmed_at=later, note=note)
    assert values(table("versions", aurora), "raised", "open") == [(2, 0), (0, 0)]


def test_an_alarm_is_over_when_what_it_is_about_is(aurora, mia, olivia, sam, sue):
    approved(aurora, FLOOR_LAMP, by=olivia, supervisor=sam)
    running_one = lives.live(
        aurora, lives.price_discount(FLOOR_LAMP, percent="10.00"), by=olivia, supervisor=sam
    )
    drafts.published({"pairs.coupon.price_discount": "block"}, manager=mia, publisher=sue)

    running.stop(reference=running_one.reference, by=sam, at=NOW)

    assert values(table("versions", aurora), "number", "raised", "open") == [(2, 2, 1), (1, 0, 0)]
