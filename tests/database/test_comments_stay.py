"""Comments attacked with raw SQL: none is changed, forged, or unrecorded."""

import pytest
from django.db import connection, transaction

from promoflow.promotions.models import Comment
from promoflow.promotions.services import discussing
from tests.database.attacks import refused
from tests.promotions import lives

pytestmark = pytest.mark.django_db(transaction=True)


def comment(request, by, **changed):
    row = {
        "request_id": request.pk,
        "revision_id": request.newest.pk,
        "body": "Approved by the board.",
        "mentions": [],
        "said_at": lives.NOW,
        "said_by_id": by,
        **changed,
    }
    values = ", ".join("%s::bigint[]" if name == "mentions" else "%s" for name in row)
    return f"INSERT INTO promotions_comment ({', '.join(row)}) VALUES ({values})", list(row.values())


def entry(request, by, why="Approved by the board."):
    """A forged entry, so that an attack is not merely refused for being unrecorded."""
    return (
        "INSERT INTO audit_entry (at, event, outcome, actor_id, actor_person, actor_name, store_name, subject_type, subject_id, subject,"
        " asins, state_before, state_after, before, after, why, address, user_agent)"
        " VALUES (now(), 'request.commented', 'done', %s, (SELECT person_id FROM accounts_user WHERE id = %s), 'Sam', '', 'promotions.promotionrequest', %s, %s,"
        " '{}', '', '', '{}', '{}', %s, '', '')",
        [by, by, request.pk, request.reference, why],
    )


@pytest.fixture
def request_(aurora, olivia):
    return lives.submitted(aurora, by=olivia)


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE promotions_comment SET body = 'Yes.'",
        "DELETE FROM promotions_comment",
        "TRUNCATE promotions_comment",
    ],
)
def test_what_was_said_stays_said(request_, sam, attack):
    seen = lives.as_shown(request_)["revision"]
    discussing.say(reference=request_.reference, by=sam, at=lives.NOW, revision=seen, body="No.")

    refused("kept_as_it_was_written", attack)


def test_nobody_comments_unrecorded(request_, sam, sue):
    refused("nothing_happens_unrecorded", comment(request_, sam.pk))
    refused("nothing_happens_unrecorded", entry(request_, sue.pk), comment(request_, sam.pk))
    refused("nothing_happens_unrecorded", entry(request_, sam.pk, why="No."), comment(request_, sam.pk))


def test_nobody_without_a_role_on_the_store_comments(request_, stranger, root):
    for person in (stranger, root):
        refused("a_person_of_the_store_comments", entry(request_, person.pk), comment(request_, person.pk))


def test_nobody_without_a_role_on_the_store_is_mentioned(request_, sam, stranger):
    for key in (stranger.pk, 10**9):
        refused(
            "a_person_of_the_store_is_mentioned",
            entry(request_, sam.pk),
            comment(request_, sam.pk, mentions=[key]),
        )


def test_a_comment_is_on_a_revision_of_its_request(aurora, request_, olivia, sam):
    other = lives.submitted(aurora, lives.coupon(lives.SET), by=olivia)

    refused(
        "comment_is_on_the_requests_revision",
        entry(request_, sam.pk),
        comment(request_, sam.pk, revision_id=other.newest.pk),
    )


def test_a_comment_says_something(request_, sam):
    refused("a_comment_says_something", comment(request_, sam.pk, body=" \n"))


def test_the_attacks_are_refused_for_what_they_attack_and_nothing_else(request_, sam, sue):
    """What is done right passes by the same statements."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement, values in (entry(request_, sam.pk), comment(request_, sam.pk, mentions=[sue.pk])):
            cursor.execute(statement, values)

    assert Comment.objects.get().mentions == [sue.pk]
