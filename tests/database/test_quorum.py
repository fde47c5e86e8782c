"""As many approvals as the route says, attacked with raw SQL: one of two is not two, and no route is lowered."""

import json

import pytest
from django.db import connection, transaction

from accounts.services import people
from promoflow.promotions.models import Decision
from promoflow.promotions.services import drafting
from tests import cast
from tests.database.attacks import AS_THE_APPLICATION, activation, approval, moved, recorded, refused
from tests.promotions import lives

pytestmark = pytest.mark.django_db(transaction=True)

ONE = json.dumps({"approvals": 1, "role": "supervisor", "retype_asin": False, "why": []})


@pytest.fixture
def deep(aurora, olivia):
    return lives.submitted(aurora, lives.deep(), by=olivia)


def rerouted(request, route=ONE):
    return (
        "UPDATE promotions_promotionrequest SET route = %s, step = step + 1 WHERE id = %s",
        [route, request.pk],
    )


def test_one_of_two_does_not_make_it_approved(deep, sam):
    lives.approve(deep, by=sam)
    request = lives.again(deep)

    refused(
        "approved_by_a_second_person", moved(request, "approved"), recorded(request, "in_review", "approved")
    )


def test_two_accounts_of_one_human_do_not_make_two(deep, aurora, sam):
    second = cast.grant(cast.person("Samuel", person_id=sam.person_id), aurora, "supervisor")
    lives.approve(deep, by=sam)
    request = lives.again(deep)

    refused(
        "one_valid_approval_per_person_and_revision",
        approval(request, second.pk),
        moved(request, "approved"),
        recorded(request, "in_review", "approved"),
    )


def test_the_human_behind_an_approval_is_not_made_up(deep, sam, sue):
    """The trigger writes it whatever is sent."""
    lives.approve(deep, by=sam)
    request = lives.again(deep)

    refused(
        "one_valid_approval_per_person_and_revision",
        approval(request, sam.pk, decided_by_human=str(sue.person_id)),
        moved(request, "approved"),
        recorded(request, "in_review", "approved"),
    )


def test_the_author_is_not_the_second(deep, twin, sam):
    lives.approve(deep, by=sam)

    refused("a_second_human_decides", approval(lives.again(deep), twin.pk))


def test_a_route_is_not_lowered(deep, sam):
    lives.approve(deep, by=sam)
    request = lives.again(deep)

    refused("a_route_is_frozen", rerouted(request), recorded(request, "in_review", "in_review"))


def test_a_route_is_not_lowered_while_approving(deep, sam):
    lives.approve(deep, by=sam)
    request = lives.again(deep)

    refused(
        "a_route_is_frozen",
        (
            "UPDATE promotions_promotionrequest SET route = %s, state = 'approved', step = step + 1 WHERE id = %s",
            [ONE, request.pk],
        ),
        recorded(request, "in_review", "approved"),
    )


@pytest.mark.parametrize(
    ("route", "rule"),
    [
        ("{}", "what_is_submitted_has_its_route"),
        ('{"approvals": 0, "role": "supervisor", "retype_asin": false}', "a_route_is_known"),
        ('{"approvals": null, "role": "supervisor", "retype_asin": false}', "a_route_is_known"),
        ('{"role": "supervisor", "retype_asin": false}', "a_route_is_known"),
        ('{"approvals": 1, "role": "", "retype_asin": false}', "a_route_is_known"),
        ('{"approvals": 1, "role": "operator", "retype_asin": false}', "a_route_is_known"),
    ],
)
def test_nothing_is_submitted_with_a_route_that_asks_for_nobody(route, rule, aurora, olivia):
    draft = lives.drafted(aurora, by=olivia)

    refused(
        rule,
        (
            "UPDATE promotions_promotionrequest SET state = 'in_review', step = step + 1, submitted_at = now(),"
            " submitted_by_id = created_by_id, route = %s WHERE id = %s",
            [route, draft.pk],
        ),
    )


def test_a_draft_has_no_route(aurora, olivia):
    draft = lives.drafted(aurora, by=olivia)

    refused("what_is_submitted_has_its_route", rerouted(draft))


def test_enough_approvals_do_not_wait_in_review(aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)

    refused(
        "enough_approvals_approve",
        approval(request, sam.pk),
        moved(request, "in_review"),
        recorded(request, "in_review", "in_review"),
    )


def test_no_approval_outlives_a_no(deep, sam, sue):
    lives.approve(deep, by=sam)
    request = lives.again(deep)

    refused(
        "approvals_end_with_the_state",
        approval(request, sue.pk, verdict="reject", note="No."),
        moved(request, "rejected"),
        recorded(request, "in_review", "rejected"),
    )


def _approved_by(request, second):
    return (
        AS_THE_APPLICATION,
        approval(request, second.pk),
        moved(request, "approved"),
        recorded(request, "in_review", "approved"),
        (
            "INSERT INTO promotions_reservation (request_id, revision_id, product_id, conflict_group, member, danger,"
            " held) SELECT %s, v.id, p.product_id, 0, 0, tstzrange(v.starts_at, v.ends_at), true"
            " FROM promotions_revision v JOIN promotions_revisionproduct p ON p.revision_id = v.id WHERE v.id = %s",
            [request.pk, request.current_id],
        ),
    )


@pytest.mark.parametrize(
    "gone", ["revoked", "deactivated", "joined with the author", "joined with the second"]
)
def test_nothing_is_approved_when_the_first_of_two_approvers_counts_no_more(
    gone, deep, aurora, olivia, sam, sue, mia
):
    lives.approve(deep, by=sam)
    if gone == "revoked":
        cast.revoke(sam, aurora, "supervisor")
    elif gone == "deactivated":
        people.deactivate(user=sam, by=mia, at=lives.NOW)
    elif gone == "joined with the author":
        people.join(user=sam, with_=olivia, by=mia, at=lives.NOW)
    else:
        people.join(user=sam, with_=sue, by=mia, at=lives.NOW)

    refused("enough_approvers_still_count", *_approved_by(lives.again(deep), sue))


def test_the_same_statements_approve_when_both_count(deep, sam, sue):
    lives.approve(deep, by=sam)

    with transaction.atomic(), connection.cursor() as cursor:
        for statement in _approved_by(lives.again(deep), sue):
            sql, values = (statement, []) if isinstance(statement, str) else statement
            cursor.execute(sql, values)

    assert lives.again(deep).state == "approved"


def test_nothing_goes_live_when_one_of_two_approvers_lost_the_role(deep, aurora, olivia, sam, sue):
    lives.approve(deep, by=sam)
    lives.approve(deep, by=sue)
    cast.revoke(sue, aurora, "supervisor")
    decision = Decision.objects.get(decided_by=sam)

    refused("enough_approvers_still_count", activation(lives.again(deep), decision, live_by=olivia.pk))


def test_nothing_goes_live_when_two_approvers_are_one_human(deep, olivia, sam, sue, mia):
    lives.approve(deep, by=sam)
    lives.approve(deep, by=sue)
    people.join(user=sue, with_=sam, by=mia, at=lives.NOW)
    decision = Decision.objects.get(decided_by=sam)

    refused("enough_approvers_still_count", activation(lives.again(deep), decision, live_by=olivia.pk))


def test_an_approval_of_earlier_content_is_not_one_of_two(deep, olivia, sam, sue):
    lives.approve(deep, by=sam)
    drafting.edit(
        reference=deep.reference,
        revision=1,
        typed=lives.deep(title="Other words"),
        by=olivia,
        at=lives.NOW,
    )
    request = lives.submit(deep, by=olivia)

    refused(
        "approved_by_a_second_person",
        approval(request, sue.pk),
        moved(request, "approved"),
        recorded(request, "in_review", "approved"),
    )


@pytest.mark.parametrize("verdict", ["approve", "return", "reject"])
def test_nobody_decides_unconfirmed(verdict, aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)

    refused(
        "a_decision_is_confirmed",
        approval(request, sam.pk, verdict=verdict, note="x", confirmed_at=None),
    )


@pytest.mark.parametrize("off", ["- interval '10 minutes 1 second'", "+ interval '1 second'"])
def test_a_confirmation_is_fresh_and_not_from_the_future(off, aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)
    sql, values = approval(request, sam.pk)

    refused("a_decision_is_freshly_confirmed", _confirmed(sql, values, off))


def _confirmed(sql, values, off):
    """The approval with its confirmation so far off."""
    columns = sql[sql.index("(") + 1 : sql.index(")")].split(", ")
    place = columns.index("confirmed_at")
    marks = ["%s"] * len(columns)
    marks[place] = f"%s::timestamptz {off}"
    return (
        f"INSERT INTO promotions_decision ({', '.join(columns)}) VALUES ({', '.join(marks)})",
        values,
    )


def test_nobody_decides_without_two_steps(aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)

    refused(
        "who_decides_has_two_steps",
        ("DELETE FROM mfa_authenticator WHERE user_id = %s", [sam.pk]),
        approval(request, sam.pk),
    )
