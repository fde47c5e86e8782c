"""Promise 1 attacked with raw SQL by a superuser: no approval of other content, no approval by its author."""

import pytest
from django.db import connection
from django.db.utils import DatabaseError

from promoflow.promotions.models import Decision
from promoflow.promotions.services import drafting
from tests import cast
from tests.database.attacks import AS_THE_APPLICATION, activation, approval, moved, recorded, refused
from tests.promotions import lives

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_request_is_born_approved(aurora, olivia):
    refused(
        "every_request_is_born_a_draft",
        (
            "INSERT INTO promotions_promotionrequest (store_id, state, step, created_at, created_by_id, reasons,"
            " submitted_at, submitted_by_id) VALUES (%s, 'approved', 1, now(), %s, '{}', now(), %s)",
            [aurora.pk, olivia.pk, olivia.pk],
        ),
    )


def test_no_request_is_approved_without_a_decision(aurora, olivia):
    request = lives.submitted(aurora, by=olivia)

    refused(
        "approved_by_a_second_person", moved(request, "approved"), recorded(request, "in_review", "approved")
    )


def test_nothing_goes_live_without_an_activation(aurora, olivia, sam):
    request = lives.approved(aurora, by=olivia, supervisor=sam)

    refused("live_has_its_activation", moved(request, "live"), recorded(request, "approved", "live"))


@pytest.mark.parametrize(
    ("came_from", "to"), [("draft", "approved"), ("draft", "live"), ("draft", "rejected"), ("draft", "ended")]
)
def test_no_state_is_skipped(aurora, olivia, came_from, to):
    request = lives.drafted(aurora, by=olivia)

    refused(
        "only_legal_moves",
        (
            "UPDATE promotions_promotionrequest SET state = %s, step = step + 1, submitted_at = now(),"
            " submitted_by_id = created_by_id WHERE id = %s",
            [to, request.pk],
        ),
    )


@pytest.mark.parametrize("state", ["draft", "in_review", "approved"])
def test_what_was_cancelled_stays_cancelled(aurora, olivia, state):
    request = lives.submitted(aurora, by=olivia)
    drafting.withdraw(reference=request.reference, by=olivia, at=lives.NOW)

    refused("only_legal_moves", moved(lives.again(request), state))


def test_the_author_approves_under_no_role(aurora, olivia, root):
    cast.grant(olivia, aurora, "supervisor")
    request = lives.submitted(aurora, by=olivia)

    refused("a_second_human_decides", approval(request, olivia.pk))
    # The plain constraint stands behind the trigger.
    refused(
        "nobody_decides_their_own",
        "ALTER TABLE promotions_decision DISABLE TRIGGER rules",
        approval(request, olivia.pk),
    )


def test_an_earlier_editor_does_not_approve(aurora, olivia, oscar):
    cast.grant(oscar, aurora, "supervisor")
    request = lives.drafted(aurora, by=oscar)
    drafting.edit(
        reference=request.reference, revision=1, typed=lives.coupon(percent="25.00"), by=olivia, at=lives.NOW
    )
    request = lives.submit(request, by=olivia)

    refused("a_second_human_decides", approval(request, oscar.pk))


def test_the_same_human_does_not_approve_under_a_second_account(aurora, olivia, twin):
    request = lives.submitted(aurora, by=olivia)

    refused("a_second_human_decides", approval(request, twin.pk))


def test_who_submitted_is_not_rewritten_to_decide(aurora, olivia, oscar):
    cast.grant(oscar, aurora, "supervisor")
    request = lives.submit(lives.drafted(aurora, by=olivia), by=oscar)

    refused(
        "a_submission_is_frozen",
        AS_THE_APPLICATION,
        recorded(request, "in_review", "in_review"),
        (
            "UPDATE promotions_promotionrequest SET submitted_by_id = %s, step = step + 1 WHERE id = %s",
            [olivia.pk, request.pk],
        ),
    )


@pytest.mark.parametrize("to", ["in_review", "approved", "rejected", "cancelled"])
@pytest.mark.parametrize(
    "change",
    [
        "submitted_at = now()",
        "submitted_at = NULL, submitted_by_id = NULL",
        'reasons = \'{"x": "Other words."}\'',
        "worst_percent = 1",
        "exposed = 1",
        "warned = 99",
    ],
)
def test_a_submission_stays_as_it_was_made(aurora, olivia, change, to):
    request = lives.submitted(aurora, by=olivia)

    refused(
        "a_submission_is_frozen",
        AS_THE_APPLICATION,
        recorded(request, "in_review", to),
        (
            f"UPDATE promotions_promotionrequest SET {change}, state = %s, step = step + 1 WHERE id = %s",
            [to, request.pk],
        ),
    )


def test_a_draft_keeps_no_reasons(aurora, olivia):
    request = lives.drafted(aurora, by=olivia)

    refused(
        "a_draft_has_no_reasons",
        AS_THE_APPLICATION,
        recorded(request, "draft", "draft"),
        (
            'UPDATE promotions_promotionrequest SET reasons = \'{"x": "Because."}\', step = step + 1 WHERE id = %s',
            [request.pk],
        ),
    )


def test_only_a_supervisor_of_the_store_approves(aurora, olivia, oscar, stranger, root):
    request = lives.submitted(aurora, by=olivia)

    for person in (oscar, stranger, root):
        refused("a_supervisor_decides", approval(request, person.pk))


def test_a_deactivated_supervisor_does_not_approve(aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)
    sam.is_active = False
    sam.save(update_fields=["is_active"])

    refused("a_supervisor_decides", approval(request, sam.pk))


def test_an_approval_names_the_content_that_it_is_of(aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)

    refused("decision_is_of_this_content", approval(request, sam.pk, digest=b"\0" * 32))


def test_an_approval_names_the_true_editor(aurora, olivia, oscar, sam):
    request = lives.submitted(aurora, by=olivia)

    refused("decision_is_of_this_content", approval(request, sam.pk, editor_id=oscar.pk))


def test_an_approval_names_the_report_that_was_seen(aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)

    refused("decision_is_on_this_report", approval(request, sam.pk, report_digest=b"\0" * 32))


def test_an_old_revision_is_not_approved(aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)
    old = approval(request, sam.pk)
    drafting.edit(
        reference=request.reference, revision=1, typed=lives.coupon(percent="45.00"), by=olivia, at=lives.NOW
    )

    refused("the_newest_content_is_decided", old)


def test_an_approval_without_a_move_is_refused(aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)

    refused("nothing_happens_unrecorded", approval(request, sam.pk))


def test_nobody_approves_twice(aurora, olivia, sam):
    request = lives.approved(aurora, by=olivia, supervisor=sam)

    refused("one_valid_approval_per_person_and_revision", approval(request, sam.pk))


def test_an_approval_is_born_valid_and_dies_once(aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)
    refused(
        "a_decision_is_born_valid",
        approval(request, sam.pk, valid=False, voided_at=lives.NOW, voided_by_id=sam.pk),
    )
    lives.approve(request, by=sam)
    lives_on = lives.again(request)
    drafting.edit(
        reference=lives_on.reference, revision=1, typed=lives.coupon(percent="45.00"), by=olivia, at=lives.NOW
    )

    refused(
        "a_decision_is_only_voided",
        "UPDATE promotions_decision SET valid = true, voided_at = NULL, voided_by_id = NULL",
    )


@pytest.mark.parametrize(
    "change",
    [
        "digest = '\\x00'",
        "verdict = 'return', note = 'x'",
        "note = 'rewritten'",
        "decided_by_id = editor_id",
        "revision_id = revision_id + 1",
        "acknowledged = '{all}'",
    ],
)
def test_a_decision_is_never_rewritten(aurora, olivia, sam, change):
    lives.approved(aurora, by=olivia, supervisor=sam)

    refused("a_decision_is_only_voided", f"UPDATE promotions_decision SET {change}")


def test_an_approval_is_not_voided_under_an_approved_request(aurora, olivia, sam):
    request = lives.approved(aurora, by=olivia, supervisor=sam)

    void = f"UPDATE promotions_decision SET valid = false, voided_at = now(), voided_by_id = {olivia.pk}"

    refused("nothing_happens_unrecorded", void)
    refused(
        "approved_by_a_second_person", void, moved(request, "live"), recorded(request, "approved", "live")
    )


def test_an_approval_that_backs_a_live_one_is_not_voided(aurora, olivia, sam):
    lives.live(aurora, by=olivia, supervisor=sam)

    refused(
        "activation_has_a_valid_approval",
        f"UPDATE promotions_decision SET valid = false, voided_at = now(), voided_by_id = {olivia.pk}",
    )


def test_new_content_never_stays_approved(aurora, olivia, sam):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    other = lives.drafted(aurora, lives.coupon(lives.SET), by=olivia)

    refused(
        "new_content_is_a_draft",
        (
            "UPDATE promotions_promotionrequest SET state = 'live', current_id = %s, step = step + 1 WHERE id = %s",
            [other.current_id, request.pk],
        ),
    )


def test_another_requests_revision_is_not_borrowed(aurora, olivia):
    request = lives.drafted(aurora, by=olivia)
    other = lives.drafted(aurora, lives.coupon(lives.SET), by=olivia)

    refused(
        "current_revision_is_its_own",
        (
            "UPDATE promotions_promotionrequest SET current_id = %s, step = step + 1 WHERE id = %s",
            [other.current_id, request.pk],
        ),
        recorded(request, "draft", "draft"),
    )


@pytest.mark.parametrize(
    "change", ["body = '\\x7b7d'", "number = 9", "title = 'x'", "edited_by_id = edited_by_id"]
)
def test_a_revision_is_never_rewritten(aurora, olivia, change):
    lives.drafted(aurora, by=olivia)

    refused("kept_as_it_was_written", f"UPDATE promotions_revision SET {change}")


def test_the_digest_is_the_databases_own(aurora, olivia):
    request = lives.drafted(aurora, by=olivia)

    with pytest.raises(DatabaseError, match="generated"), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO promotions_revision (request_id, number, body, digest, kind, title, starts_at, ends_at,"
            " edited_at, edited_by_id) SELECT request_id, 2, body, digest, kind, title, starts_at, ends_at, now(),"
            " edited_by_id FROM promotions_revision WHERE request_id = %s",
            [request.pk],
        )


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("kind = 'social_code'", "columns_repeat_the_content"),
        ("title = 'Harmless'", "columns_repeat_the_content"),
        ("ends_at = ends_at + interval '30 days'", "columns_repeat_the_content"),
        ("number = 7", "revisions_count_up"),
    ],
)
def test_a_revisions_columns_say_what_its_content_says(aurora, olivia, change, rule):
    request = lives.drafted(aurora, by=olivia)
    values = {
        name: name for name in ("request_id", "body", "kind", "title", "starts_at", "ends_at", "edited_by_id")
    } | {"number": "2", "edited_at": "now()"}
    column, _, value = change.partition(" = ")
    values[column] = value

    refused(
        rule,
        f"INSERT INTO promotions_revision ({', '.join(values)}) SELECT {', '.join(values.values())}"
        f" FROM promotions_revision WHERE request_id = {request.pk}",
    )


SECOND_REVISION = (
    "INSERT INTO promotions_revision (request_id, number, body, kind, title, starts_at, ends_at, edited_at,"
    " edited_by_id) SELECT request_id, 2, body, kind, title, starts_at, ends_at, now(), edited_by_id"
    " FROM promotions_revision WHERE request_id = %s"
)


def test_no_revision_waits_behind_the_current_one(aurora, olivia):
    request = lives.drafted(aurora, by=olivia)

    refused("the_newest_revision_is_current", (SECOND_REVISION, [request.pk]))


def test_a_revision_has_all_the_products_of_its_content(aurora, olivia):
    request = lives.drafted(aurora, by=olivia)

    refused(
        "rows_repeat_the_content",
        (SECOND_REVISION, [request.pk]),
        (
            "UPDATE promotions_promotionrequest SET step = step + 1, current_id ="
            " (SELECT max(id) FROM promotions_revision WHERE request_id = %s) WHERE id = %s",
            [request.pk, request.pk],
        ),
        recorded(request, "draft", "draft"),
    )


def test_no_product_is_slipped_under_a_revision(aurora, olivia):
    request = lives.drafted(aurora, lives.coupon(lives.LAMP), by=olivia)
    other = aurora.products.get(asin=lives.SET)

    refused(
        "rows_repeat_the_content",
        (
            "INSERT INTO promotions_revisionproduct (revision_id, product_id, chosen) VALUES (%s, %s, true)",
            [request.current_id, other.pk],
        ),
    )


def test_an_approver_who_lost_the_role_counts_no_more(aurora, olivia, sam):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    decision = Decision.objects.get(request=request)
    cast.revoke(sam, aurora, "supervisor")

    refused("the_approver_still_counts", activation(request, decision, live_by=olivia.pk))


def test_only_an_operator_marks_live(aurora, olivia, sam, sue):
    request = lives.approved(aurora, by=olivia, supervisor=sam)

    refused("an_operator_marks_live", activation(request, request.decisions.get(), live_by=sue.pk))


def test_an_activation_names_the_approver_of_its_decision(aurora, olivia, sam, sue):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    decision = request.decisions.get()
    decision.decided_by = sue

    refused("activation_has_a_valid_approval", activation(request, decision, live_by=olivia.pk))


def test_an_activation_without_a_move_is_refused(aurora, olivia, sam):
    request = lives.approved(aurora, by=olivia, supervisor=sam)

    refused("nothing_happens_unrecorded", activation(request, request.decisions.get(), live_by=olivia.pk))


def test_an_activation_names_the_true_editor(aurora, olivia, oscar, sam):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    decision = request.decisions.get()
    decision.editor = oscar

    refused("activation_is_of_this_content", activation(request, decision, live_by=olivia.pk))


def test_who_marked_it_live_does_not_verify_it(aurora, olivia, sam):
    cast.grant(olivia, aurora, "supervisor")
    lives.live(aurora, by=olivia, supervisor=sam)

    refused(
        "another_human_verifies",
        f"UPDATE promotions_activation SET verified_at = now(), verified_by_id = {olivia.pk}, second_look = '{{}}'",
    )


def test_the_same_human_does_not_verify_under_a_second_account(aurora, olivia, sam, twin):
    lives.live(aurora, by=olivia, supervisor=sam)

    refused(
        "another_human_verifies",
        f"UPDATE promotions_activation SET verified_at = now(), verified_by_id = {twin.pk}, second_look = '{{}}'",
    )


@pytest.mark.parametrize(
    "change", ["evidence = '{\"forged\": 1}'", "amazon_id = 'other'", "live_by_id = approver_id"]
)
def test_an_activation_is_never_rewritten(aurora, olivia, sam, change):
    lives.live(aurora, by=olivia, supervisor=sam)

    refused("an_activation_is_only_verified_and_stopped", f"UPDATE promotions_activation SET {change}")


def test_a_second_look_is_taken_once(aurora, olivia, sam, sue):
    request = lives.live(aurora, by=olivia, supervisor=sam)
    lives.verify(request, by=sue)

    refused(
        "an_activation_is_only_verified_and_stopped",
        f"UPDATE promotions_activation SET verified_by_id = {sam.pk}",
    )


@pytest.mark.parametrize("verdict", ["return", "reject"])
@pytest.mark.parametrize("note", ["", "  ", "\n"])
def test_a_no_without_a_reason_is_not_stored(aurora, olivia, sam, verdict, note):
    request = lives.submitted(aurora, by=olivia)

    refused("a_no_has_its_reason", approval(request, sam.pk, verdict=verdict, note=note))


def test_there_is_no_fourth_verdict(aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)

    refused("verdict_is_known", approval(request, sam.pk, verdict="waived", note="x"))


def test_rejected_needs_its_decision(aurora, olivia):
    request = lives.submitted(aurora, by=olivia)

    refused(
        "rejected_by_a_second_person", moved(request, "rejected"), recorded(request, "in_review", "rejected")
    )


def test_no_temporary_table_stands_in_for_the_people(aurora, olivia, twin):
    """A table of one's own in pg_temp would come first, if the rules did not say where they look."""
    request = lives.submitted(aurora, by=olivia)

    refused(
        "a_second_human_decides",
        "CREATE TEMP TABLE accounts_user ON COMMIT DROP AS"
        " SELECT id, gen_random_uuid() AS person_id, is_active FROM public.accounts_user",
        approval(request, twin.pk),
    )


def test_a_void_decision_says_since_when_and_a_valid_one_that_nobody_voided_it(aurora, olivia, sam):
    lives.approved(aurora, by=olivia, supervisor=sam)

    refused("a_void_decision_says_since_when", "UPDATE promotions_decision SET valid = false")
