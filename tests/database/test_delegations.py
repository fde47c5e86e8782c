"""Delegations attacked with raw SQL: nobody is named by another, to themselves, or without an end."""

from datetime import timedelta

import pytest

from promoflow.promotions.models import Delegation
from promoflow.promotions.services import delegating
from tests import cast
from tests.database.attacks import approval, moved, recorded, refused
from tests.promotions import lives

pytestmark = pytest.mark.django_db(transaction=True)

WEEK = timedelta(days=7)


def delegation(store, absent, delegate, **changed):
    row = {
        "store_id": store.pk,
        "absent_id": absent.pk,
        "delegate_id": delegate.pk,
        "starts_at": lives.NOW,
        "ends_at": lives.NOW + WEEK,
        "named_at": lives.NOW,
        "named_by_id": absent.pk,
        **changed,
    }
    return (
        f"INSERT INTO promotions_delegation ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})",
        list(row.values()),
    )


@pytest.fixture
def away(aurora, sam, sue):
    return delegating.name(
        store=aurora, delegate=sue, starts_at=lives.NOW, ends_at=lives.NOW + WEEK, by=sam, at=lives.NOW
    )


def test_only_who_is_away_names_the_delegate(aurora, sam, sue, mia):
    refused("who_is_away_names_the_delegate", delegation(aurora, sam, sue, named_by_id=mia.pk))
    refused("who_is_away_names_the_delegate", delegation(aurora, sam, sue, named_by_id=sue.pk))


def test_a_delegate_is_another_human(aurora, sam):
    second = cast.grant(cast.person("Samuel", person_id=sam.person_id), aurora, "supervisor")

    refused("a_delegate_is_another_human", delegation(aurora, sam, sam))
    refused("a_delegate_is_another_human", delegation(aurora, sam, second))


def test_both_supervise_the_store(aurora, sam, olivia, mia, root):
    for person in (olivia, mia, root):
        refused("a_delegate_supervises_the_store", delegation(aurora, sam, person))
        refused("a_delegate_supervises_the_store", delegation(aurora, person, sam))


def test_an_absence_has_an_end_in_sight(aurora, sam, sue):
    for ends_at in (lives.NOW, lives.NOW - WEEK, lives.NOW + timedelta(days=61)):
        refused("an_absence_has_an_end_in_sight", delegation(aurora, sam, sue, ends_at=ends_at))


def test_one_delegate_at_a_time(aurora, sam, sue, away):
    other = cast.grant(cast.person("Sybil"), aurora, "supervisor")

    refused("one_delegate_at_a_time", delegation(aurora, sam, other, starts_at=lives.NOW + WEEK / 2))


def test_no_delegation_is_made_or_ended_unrecorded(aurora, sam, sue):
    refused("nothing_happens_unrecorded", delegation(aurora, sam, sue))


def test_no_delegation_is_ended_unrecorded_rewritten_or_removed(away, sam, mia):
    refused(
        "nothing_happens_unrecorded",
        ("UPDATE promotions_delegation SET ended_at = now(), ended_by_id = %s", [sam.pk]),
    )
    for change in ("ends_at = ends_at + interval '1 day'", "delegate_id = absent_id", "ended_at = NULL"):
        refused("a_delegation_is_only_ended", f"UPDATE promotions_delegation SET {change}")
    refused("kept_as_it_was_written", "DELETE FROM promotions_delegation")


def test_nobody_decides_on_behalf_of_who_did_not_name_them(aurora, olivia, sam, sue):
    request = lives.submitted(aurora, by=olivia)

    refused("on_behalf_of_who_asked_for_it", approval(request, sue.pk, on_behalf_of_id=sam.pk))


def test_nobody_decides_on_behalf_of_who_is_back(aurora, olivia, sam, sue, away):
    delegating.end(pk=away.pk, by=sam, at=lives.NOW)
    request = lives.submitted(aurora, by=olivia)

    refused("on_behalf_of_who_asked_for_it", approval(request, sue.pk, on_behalf_of_id=sam.pk))


def test_a_delegate_does_not_make_two_of_one(aurora, olivia, sam, sue, away):
    request = lives.submitted(aurora, lives.deep(), by=olivia)
    lives.approve(request, by=sue)
    request = lives.again(request)

    refused(
        "one_valid_approval_per_person_and_revision",
        approval(request, sue.pk, on_behalf_of_id=sam.pk),
        moved(request, "approved"),
        recorded(request, "in_review", "approved"),
    )
    assert Delegation.objects.count() == 1
