"""Claims and saved filters attacked with SQL."""

from datetime import timedelta

import pytest
from django.db import connection

from promoflow.promotions.models import Claim
from promoflow.promotions.services import claiming, saving
from tests.database.attacks import refused
from tests.promotions import lives
from tests.promotions.lives import NOW

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pending(aurora, olivia):
    return lives.submitted(aurora, by=olivia)


def _claimed(request, by, **changed):
    row = {
        "request_id": request.pk,
        "step": lives.again(request).step,
        "claimed_at": NOW,
        "claimed_by_id": by.pk,
        "ends_at": NOW + timedelta(minutes=15),
        **changed,
    }
    sql = f"INSERT INTO promotions_claim ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})"
    return sql, list(row.values())


def _released(claim, by):
    return (
        "UPDATE promotions_claim SET released_at = now(), released_by_id = %s WHERE id = %s",
        [by.pk, claim.pk],
    )


def test_two_claims_of_one_request_are_never_open(pending, sam, sue):
    claiming.claim(reference=pending.reference, by=sam, at=NOW)

    refused("one_open_claim_per_request", _claimed(pending, sue))
    refused("one_open_claim_per_request", _claimed(pending, sam))


def test_only_a_supervisor_who_wrote_nothing_claims(pending, olivia, oscar, twin, stranger):
    for person in (olivia, oscar, stranger):
        refused("a_supervisor_claims", _claimed(pending, person))
    refused("a_second_human_claims", _claimed(pending, twin))


def test_only_what_is_in_review_is_claimed_at_its_own_step(aurora, pending, olivia, sam):
    draft = lives.drafted(aurora, by=olivia)

    refused("only_what_is_in_review_is_claimed", _claimed(draft, sam))
    refused("only_what_is_in_review_is_claimed", _claimed(pending, sam, step=99))


def test_a_claim_ends_within_the_hour_and_not_before_it_begins(pending, sam):
    refused("a_claim_ends_within_the_hour", _claimed(pending, sam, ends_at=NOW + timedelta(hours=2)))
    refused("a_claim_ends_within_the_hour", _claimed(pending, sam, ends_at=NOW))


def test_a_claim_is_made_and_released_on_the_record(pending, sam):
    refused("nothing_happens_unrecorded", _claimed(pending, sam))
    claim = claiming.claim(reference=pending.reference, by=sam, at=NOW)
    refused("nothing_happens_unrecorded", _released(claim, sam))


def test_a_claim_stays_and_is_released_once(pending, sam, olivia, oscar, twin):
    claim = claiming.claim(reference=pending.reference, by=sam, at=NOW)

    refused("kept_as_it_was_written", "DELETE FROM promotions_claim")
    refused("a_claim_is_only_released", "UPDATE promotions_claim SET ends_at = ends_at + interval '1 minute'")
    refused("a_supervisor_claims", _released(claim, oscar))
    refused("a_second_human_claims", _released(claim, twin))
    claiming.release(reference=pending.reference, by=sam, at=NOW)
    refused("a_claim_is_only_released", _released(claim, sam))
    refused("a_claim_is_born_open", _claimed(pending, sam, released_at=NOW, released_by_id=sam.pk))


def test_nobody_is_not_enough_to_release(pending, sam):
    claiming.claim(reference=pending.reference, by=sam, at=NOW)

    refused("a_supervisor_claims", "UPDATE promotions_claim SET released_at = now()")


def test_saved_filters_have_names_and_are_not_two_of_one(sam):
    saved = saving.save(name="Coupons", query="kind=coupon", by=sam, at=NOW)
    copy = "INSERT INTO promotions_savedfilter (name, query, saved_at, saved_by_id) SELECT {}, query, saved_at, saved_by_id FROM promotions_savedfilter"

    refused("filters_of_a_person_have_names", copy.format("name"))
    refused("a_saved_filter_is_named", copy.format("' '"))
    assert saved.name == "Coupons"


def test_the_application_claims_releases_and_forgets_filters(pending, sam, sue):
    """Its few privileges are enough for that."""
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE promoflow_app")
    try:
        claiming.claim(reference=pending.reference, by=sam, at=NOW)
        claiming.release(reference=pending.reference, by=sam, at=NOW)
        claiming.claim(reference=pending.reference, by=sue, at=NOW)
        saving.delete(pk=saving.save(name="Coupons", query="kind=coupon", by=sam, at=NOW).pk, by=sam)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")

    assert Claim.objects.count() == 2
