"""What left approved unmarked is not forgotten: attacked with raw SQL, also by what runs the desk."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from promoflow.audit import replaying
from promoflow.promotions import checker
from promoflow.promotions.models import Reservation
from promoflow.promotions.services import drafting, running
from tests.database.attacks import AS_THE_APPLICATION, moved, recorded, refused
from tests.promotions import lives
from tests.unguarded import unguarded

pytestmark = pytest.mark.django_db(transaction=True)

FORGET = "UPDATE promotions_reservation SET may_run = false WHERE may_run"
REMEMBER = "UPDATE promotions_reservation SET may_run = true WHERE NOT may_run"


@pytest.fixture
def revoked(aurora, olivia, sam):
    """An approved one that was withdrawn, and may be set up in Seller Central."""
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    drafting.withdraw(reference=request.reference, by=olivia, at=lives.NOW, may_run=True)
    return lives.again(request)


@pytest.fixture
def edited(aurora, olivia, sam):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    typed = lives.coupon(percent="15.00")
    drafting.edit(reference=request.reference, revision=1, typed=typed, by=olivia, at=lives.NOW)
    return lives.again(request)


def let_go(request):
    return (
        "UPDATE promotions_reservation SET held = false WHERE request_id = %s AND held",
        [request.pk],
    )


@pytest.mark.parametrize("attacker", [[], [AS_THE_APPLICATION]])
def test_it_is_not_forgotten_by_itself(revoked, attacker):
    refused("what_may_run_is_not_forgotten", *attacker, FORGET)


def cleared(request, may_run="false"):
    """An entry that says of it where it is, as the application writes one."""
    return (
        "INSERT INTO audit_entry (at, event, outcome, actor_name, store_name, subject_type, subject_id,"
        " subject, asins, state_before, state_after, before, after, why, address, user_agent)"
        " VALUES (now(), 'request.cleared', 'done', '', '', 'promotions.promotionrequest', %s, '', '{}', '',"
        " '', '{}', %s, '', '', '')",
        [request.pk, f'{{"may_run": {may_run}}}'],
    )


def test_with_its_entry_what_is_over_is_forgotten(revoked):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(AS_THE_APPLICATION)
        cursor.execute(*cleared(revoked))
        cursor.execute(FORGET)

    assert not Reservation.objects.filter(may_run=True).exists()


def test_an_entry_that_says_it_is_there_forgets_nothing(revoked):
    refused("what_may_run_is_not_forgotten", AS_THE_APPLICATION, cleared(revoked, "true"), FORGET)


def test_an_entry_of_another_transaction_forgets_nothing(revoked):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(*cleared(revoked))

    refused("what_may_run_is_not_forgotten", AS_THE_APPLICATION, FORGET)


def test_what_is_not_over_is_not_cleared(edited):
    refused("what_may_run_is_not_forgotten", AS_THE_APPLICATION, cleared(edited), FORGET)


def test_a_step_that_does_not_say_so_forgets_nothing(edited):
    refused(
        "what_may_run_is_not_forgotten",
        AS_THE_APPLICATION,
        recorded(edited, "draft", "cancelled"),
        moved(edited, "cancelled"),
        FORGET,
    )


def test_submitting_it_anew_forgets_nothing(edited, olivia):
    lives.submit(edited, by=olivia)

    refused("what_may_run_is_not_forgotten", AS_THE_APPLICATION, FORGET)


def test_what_it_was_before_is_not_forgotten_once_it_is_live_as_another_kind(edited, olivia, sam):
    typed = lives.social_code()
    drafting.edit(reference=edited.reference, revision=2, typed=typed, by=olivia, at=lives.NOW)
    lives.approve(lives.submit(edited, by=olivia), by=sam)
    lives.go_live(edited, by=olivia)

    refused("what_may_run_is_not_forgotten", AS_THE_APPLICATION, FORGET)


def test_an_approved_one_is_not_let_go_as_if_nothing_could_stand_there(aurora, olivia, sam):
    request = lives.approved(aurora, by=olivia, supervisor=sam)

    refused(
        "what_may_run_is_not_forgotten",
        AS_THE_APPLICATION,
        recorded(request, "approved", "cancelled"),
        moved(request, "cancelled"),
        let_go(request),
    )


def test_what_is_held_says_nothing_of_the_kind(aurora, olivia, sam):
    lives.approved(aurora, by=olivia, supervisor=sam)

    refused("only_what_was_let_go_may_run", REMEMBER)


def test_what_was_let_go_and_is_not_there_stays_so(aurora, olivia, sam):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    drafting.withdraw(reference=request.reference, by=olivia, at=lives.NOW, may_run=False)

    refused("a_reservation_is_only_released", REMEMBER)


@pytest.mark.parametrize(
    "change", ["danger = tstzrange(now(), now() + interval '1 minute')", "product_id = product_id + 1"]
)
def test_it_is_not_moved_elsewhere(revoked, change):
    refused("a_reservation_is_only_released", f"UPDATE promotions_reservation SET may_run = false, {change}")


def test_it_does_not_hold_again(revoked):
    refused(
        "a_reservation_is_only_released", "UPDATE promotions_reservation SET held = true, may_run = false"
    )


def test_what_is_live_is_not_said_to_be_let_go(aurora, olivia, sam):
    request = lives.live(aurora, by=olivia, supervisor=sam)
    running.stop(reference=request.reference, by=sam, at=lives.NOW)

    refused(
        "a_reservation_is_only_released", "UPDATE promotions_reservation SET may_run = true WHERE NOT held"
    )


def test_rows_from_before_the_column_are_what_the_history_tells(aurora, olivia, sam):
    """A column that came later is not told of older rows, and its first change is no contradiction."""
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    with unguarded("audit_entry"), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_entry SET after = (SELECT jsonb_object_agg(key, value - 'may_run')"
            " FROM jsonb_each(after)) WHERE event = 'rows.changed' AND subject_type = 'promotions_reservation'"
        )
    drafting.withdraw(reference=request.reference, by=olivia, at=lives.NOW, may_run=True)

    assert list(replaying.mismatches()) == []
    assert set(Reservation.objects.values_list("may_run", flat=True)) == {True}


def test_the_few_that_may_run_are_found_by_their_own_index(aurora, olivia, revoked):
    code = lives.again(lives.drafted(aurora, lives.social_code(), by=olivia))
    with CaptureQueriesContext(connection) as asked:
        checker.report_of(code, at=lives.NOW)
    [found] = [query["sql"] for query in asked if "may_run" in query["sql"]]

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (GENERIC_PLAN) {found}")
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "reservation_may_run" in plan
