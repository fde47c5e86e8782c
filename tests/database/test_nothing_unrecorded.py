"""Promise 3 attacked with raw SQL by a superuser: every change is a recorded step, and nothing goes."""

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from promoflow.promotions.models import (
    Activation,
    ConflictReport,
    Decision,
    PromotionRequest,
    Reservation,
    Revision,
    RevisionProduct,
)
from tests.database.attacks import moved, recorded, refused
from tests.promotions import lives

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_state_changes_without_its_entry(aurora, olivia):
    request = lives.submitted(aurora, by=olivia)

    refused("nothing_happens_unrecorded", moved(request, "cancelled"))


def test_an_entry_of_another_transaction_does_not_cover_a_move(aurora, olivia):
    request = lives.submitted(aurora, by=olivia)
    with connection.cursor() as cursor:
        cursor.execute(*recorded(request, "in_review", "cancelled"))

    refused("nothing_happens_unrecorded", moved(request, "cancelled"))


def test_an_entry_that_tells_another_story_does_not_cover_a_move(aurora, olivia):
    request = lives.submitted(aurora, by=olivia)

    refused(
        "nothing_happens_unrecorded", moved(request, "cancelled"), recorded(request, "in_review", "draft")
    )


def test_a_change_without_a_step_is_refused(aurora, olivia):
    request = lives.submitted(aurora, by=olivia)

    refused(
        "every_change_is_a_step",
        ('UPDATE promotions_promotionrequest SET reasons = \'{"a": "b"}\' WHERE id = %s', [request.pk]),
    )


@pytest.mark.parametrize("change", ["store_id = store_id + 1", "created_by_id = created_by_id + 1", "id = 5"])
def test_birth_is_fixed(aurora, olivia, change):
    lives.drafted(aurora, by=olivia)

    refused("birth_is_fixed", f"UPDATE promotions_promotionrequest SET step = step + 1, {change}")


@pytest.mark.parametrize(
    "model",
    [PromotionRequest, Revision, RevisionProduct, ConflictReport, Decision, Reservation, Activation],
    ids=lambda model: model.__name__,
)
def test_nothing_of_the_workflow_is_deleted(aurora, olivia, sam, model):
    lives.live(aurora, by=olivia, supervisor=sam)
    table = model._meta.db_table

    refused("kept_as_it_was_written", f"DELETE FROM {table}")
    refused("kept_as_it_was_written", f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("promotions_conflictreport", "body = '\\x7b7d'"),
        ("promotions_conflictreport", "computed_by_id = computed_by_id"),
        ("promotions_revisionproduct", "chosen = NOT chosen"),
    ],
)
def test_what_was_seen_and_touched_is_never_rewritten(aurora, olivia, table, change):
    lives.submitted(aurora, by=olivia)

    refused("kept_as_it_was_written", f"UPDATE {table} SET {change}")


def test_a_person_who_acted_cannot_be_deleted(aurora, olivia, sam):
    lives.live(aurora, by=olivia, supervisor=sam)

    for person in (olivia, sam):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM accounts_user WHERE id = %s", [person.pk])


def test_a_policy_version_never_changes(db):
    refused("a_policy_version_never_changes", "UPDATE policies_policyversion SET summary = 'quietly weaker'")
    refused("a_policy_version_never_changes", "DELETE FROM policies_policyversion")


def test_no_temporary_table_stands_in_for_the_history(aurora, olivia):
    request = lives.submitted(aurora, by=olivia)
    connection.close()  # A session of one's own: this one's rules have looked the table up already.

    refused(
        "nothing_happens_unrecorded",
        "CREATE TEMP TABLE audit_entry ON COMMIT DROP AS SELECT * FROM public.audit_entry",
        recorded(request, "in_review", "cancelled"),
        "UPDATE pg_temp.audit_entry SET txid = pg_current_xact_id()::text::bigint",
        moved(request, "cancelled"),
    )
