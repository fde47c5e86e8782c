"""Being away: who may be named, what the delegate still may not, and on whose behalf it says."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from promoflow.audit.models import Entry
from promoflow.errors import Blocked, NotAllowed, WrongState
from promoflow.outbox.models import Message
from promoflow.promotions import selectors
from promoflow.promotions.models import Decision, Delegation, State
from promoflow.promotions.pages.dossier import Dossier
from promoflow.promotions.services import delegating
from tests import cast
from tests.promotions import lives

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def named(store, *, by, delegate, first=0, days=7, at=lives.NOW):
    return delegating.name(
        store=store,
        delegate=delegate,
        starts_at=lives.NOW + first * DAY,
        ends_at=lives.NOW + (first + days) * DAY,
        by=by,
        at=at,
    )


def test_a_supervisor_names_another_and_the_history_says_so(aurora, sam, sue):
    delegation = named(aurora, by=sam, delegate=sue)

    assert (delegation.absent, delegation.delegate, delegation.named_by) == (sam, sue, sam)
    entry = Entry.objects.get(event="delegation.named")
    assert (entry.actor, entry.store_id, entry.after["delegate"]) == (sam, aurora.pk, "Sue")


def test_the_delegates_decision_says_on_whose_behalf(aurora, olivia, sam, sue):
    named(aurora, by=sam, delegate=sue)
    request = lives.submitted(aurora, by=olivia)

    decision = lives.approve(request, by=sue)

    assert decision.on_behalf_of == sam
    assert Entry.objects.get(event="request.approved").after["on_behalf_of"] == "Sam"


@pytest.mark.parametrize("when", [timedelta(0), 6.99 * DAY], ids=["from the first instant", "to the last"])
def test_it_holds_from_then_until_then(when, aurora, olivia, sam, sue):
    named(aurora, by=sam, delegate=sue)
    request = lives.submitted(aurora, lives.coupon(start=20), by=olivia)

    assert lives.approve(request, by=sue, at=lives.NOW + when).on_behalf_of == sam


def test_after_it_the_delegate_decides_for_themselves(aurora, olivia, sam, sue):
    named(aurora, by=sam, delegate=sue)
    request = lives.submitted(aurora, lives.coupon(start=20), by=olivia)

    assert lives.approve(request, by=sue, at=lives.NOW + 7 * DAY).on_behalf_of is None


def test_an_ended_one_holds_no_more(aurora, olivia, sam, sue):
    delegation = named(aurora, by=sam, delegate=sue)
    delegating.end(pk=delegation.pk, by=sam, at=lives.NOW)

    assert lives.approve(lives.submitted(aurora, by=olivia), by=sue).on_behalf_of is None
    named(aurora, by=sam, delegate=sue)


def test_the_delegates_own_exclusions_still_hold(aurora, olivia, sam, twin):
    named(aurora, by=sam, delegate=twin)
    request = lives.submitted(aurora, by=olivia)

    with pytest.raises(NotAllowed, match="You wrote"):
        lives.approve(request, by=twin)


def test_nobody_decides_on_behalf_of_the_author(aurora, sam, sue):
    cast.grant(sam, aurora, "operator")
    named(aurora, by=sam, delegate=sue)
    request = lives.submitted(aurora, by=sam)

    assert lives.approve(request, by=sue).on_behalf_of is None


def test_a_delegate_is_never_two(aurora, olivia, sam, sue):
    """Once for sam and once for herself would be one human twice."""
    named(aurora, by=sam, delegate=sue)
    request = lives.submitted(aurora, lives.deep(), by=olivia)
    lives.approve(request, by=sue)

    with pytest.raises(NotAllowed, match="You have approved"):
        lives.approve(request, by=sue)

    assert lives.again(request).state == State.IN_REVIEW


def test_the_absent_and_their_delegate_are_two_humans(aurora, olivia, sam, sue):
    named(aurora, by=sam, delegate=sue)
    request = lives.submitted(aurora, lives.deep(), by=olivia)
    lives.approve(request, by=sam)

    decision = lives.approve(request, by=sue)

    assert decision.on_behalf_of is None, "sam has spoken for himself"
    assert lives.again(request).state == State.APPROVED


def test_both_supervise_the_store(aurora, olivia, ada, sam):
    for person in (olivia, ada):
        with pytest.raises(NotAllowed, match="does not supervise"):
            named(aurora, by=sam, delegate=person)
        with pytest.raises(NotAllowed, match="Only a supervisor"):
            named(aurora, by=person, delegate=sam)

    assert not Delegation.objects.exists()
    assert Entry.objects.filter(event="delegation.name_refused", outcome="refused").count() == 4


def test_a_delegate_is_another_human(aurora, sam):
    second = cast.grant(cast.person("Samuel", person_id=sam.person_id), aurora, "supervisor")

    for person in (sam, second):
        with pytest.raises(NotAllowed, match="That is you"):
            named(aurora, by=sam, delegate=person)


def test_one_delegate_at_a_time(aurora, sam, sue):
    other = cast.grant(cast.person("Sybil"), aurora, "supervisor")
    named(aurora, by=sam, delegate=sue)

    with pytest.raises(Blocked, match="Sue decides for you"):
        named(aurora, by=sam, delegate=other, first=6)

    named(aurora, by=sam, delegate=other, first=7)


def test_nobody_is_named_who_is_away_themselves(aurora, sam, sue):
    other = cast.grant(cast.person("Sybil"), aurora, "supervisor")
    named(aurora, by=sue, delegate=other, first=3)
    first, last = (date_format(lives.NOW + days * DAY) for days in (3, 10))

    with pytest.raises(Blocked, match=f"Sue is away from {first} to {last}. Name somebody who is there"):
        named(aurora, by=sam, delegate=sue)

    named(aurora, by=sam, delegate=sue, days=3)


def test_nobody_is_away_while_somebody_counts_on_them(aurora, sam, sue):
    other = cast.grant(cast.person("Sybil"), aurora, "supervisor")
    counts_on_sue = named(aurora, by=sam, delegate=sue)
    first, last = (date_format(lives.NOW + days * DAY) for days in (0, 7))

    for delegate in (sam, other):
        with pytest.raises(Blocked, match="is away from"):
            named(aurora, by=sue, delegate=delegate, first=6)
    with pytest.raises(Blocked, match=f"Sam is away from {first} to {last} and named you to decide"):
        named(aurora, by=sue, delegate=other, first=6)

    delegating.end(pk=counts_on_sue.pk, by=sam, at=lives.NOW)
    named(aurora, by=sue, delegate=sam, first=6)


@pytest.mark.parametrize(("first", "days"), [(0, 61), (3, 0), (3, -1), (-5, 4)])
def test_an_absence_has_an_end_in_sight(first, days, aurora, sam, sue):
    with pytest.raises(Blocked):
        named(aurora, by=sam, delegate=sue, first=first, days=days)


def test_sixty_days_are_the_most(aurora, sam, sue):
    assert named(aurora, by=sam, delegate=sue, days=60).ends_at == lives.NOW + 60 * DAY


def test_what_is_over_is_not_ended_from_its_last_instant_on(aurora, sam, sue):
    delegation = named(aurora, by=sam, delegate=sue)

    with pytest.raises(WrongState, match="It has ended already"):
        delegating.end(pk=delegation.pk, by=sam, at=delegation.ends_at)
    delegating.end(pk=delegation.pk, by=sam, at=delegation.ends_at - timedelta(seconds=1))


def test_who_is_away_or_a_manager_ends_it_once(aurora, sam, sue, mia, olivia):
    delegation = named(aurora, by=sam, delegate=sue)

    for person in (sue, olivia):
        with pytest.raises(NotAllowed, match="Only Sam ends this"):
            delegating.end(pk=delegation.pk, by=person, at=lives.NOW)
    delegating.end(pk=delegation.pk, by=mia, at=lives.NOW)
    with pytest.raises(WrongState):
        delegating.end(pk=delegation.pk, by=sam, at=lives.NOW)

    assert Entry.objects.get(event="delegation.ended").actor == mia


def test_a_delegate_who_loses_the_role_decides_nothing(aurora, olivia, sam, sue):
    named(aurora, by=sam, delegate=sue)
    cast.revoke(sue, aurora, "supervisor")

    with pytest.raises(NotAllowed, match="Only a supervisor"):
        lives.approve(lives.submitted(aurora, by=olivia), by=sue)

    assert not Decision.objects.exists()


# --- Who reads of it ----------------------------------------------------------------------------------------


def told(notice):
    return {message.recipient.name: message.why for message in Message.objects.filter(notice=notice)}


def test_the_delegate_is_told_when_they_are_named(aurora, sam, sue):
    named(aurora, by=sam, delegate=sue)

    assert told("delegation_named") == {"Sue": "stands-in"}
    assert Message.objects.get().about == "You stand in for Sam"


def test_both_are_told_when_somebody_else_ends_it(aurora, sam, sue, mia):
    delegating.end(pk=named(aurora, by=sam, delegate=sue).pk, by=mia, at=lives.NOW)

    assert told("delegation_ended") == {"Sam": "away", "Sue": "stands-in"}


def test_the_delegate_is_told_when_who_was_away_is_back(aurora, sam, sue):
    delegating.end(pk=named(aurora, by=sam, delegate=sue).pk, by=sam, at=lives.NOW)

    assert told("delegation_ended") == {"Sue": "stands-in"}


def test_the_request_says_in_whose_place_and_who_is_away(aurora, olivia, sam, sue):
    request = lives.submitted(aurora, by=olivia)
    named(aurora, by=sam, delegate=sue)
    last = date_format(lives.NOW + 7 * DAY)

    def said(to):
        return Dossier(selectors.whole(request.reference, to=to), by=to, at=lives.NOW).next_step

    assert said(sue) == f"You decide, in place of Sam, who is away until {last}."
    assert said(sam) == "You decide."
    assert said(olivia) == f"Sue or Sam (away until {last}) decides."


# --- The page -----------------------------------------------------------------------------------------------


def test_the_page_names_and_ends(client, aurora, sam, sue):
    client.force_login(sam)
    today = timezone.localdate()

    answer = client.post(
        reverse("absence"),
        {"delegate": f"{aurora.pk}:{sue.pk}", "first_day": today, "last_day": today + 3 * DAY},
    )
    page = client.get(reverse("absence")).content.decode()

    first, last = date_format(today), date_format(today + 3 * DAY)
    assert f"Sue decides in your place from {first} to {last}, both days included." in page
    assert f"{first} – {last}</p>" in page
    assert answer.status_code == 303
    delegation = Delegation.objects.get()
    assert (delegation.delegate, delegation.ends_at - delegation.starts_at) == (sue, 4 * DAY)
    assert "Sue</strong> decides for Sam" in page
    assert client.post(reverse("absence-end", args=[delegation.pk])).status_code == 303
    assert Delegation.objects.get().ended_by == sam


@pytest.mark.parametrize("forged", ["nobody", "operator", "other store"])
def test_the_page_takes_no_forged_delegate(forged, client, aurora, olivia, sam, sue):
    elsewhere = cast.store("Aurora UK", marketplace_id="A1F83G8C2ARO7P", merchant_id="A2ELSEWHERE0001")
    choice = {
        "nobody": "1:0",
        "operator": f"{aurora.pk}:{olivia.pk}",
        "other store": f"{elsewhere.pk}:{sue.pk}",
    }[forged]
    client.force_login(sam)
    today = timezone.localdate()

    answer = client.post(reverse("absence"), {"delegate": choice, "first_day": today, "last_day": today})

    assert answer.status_code == 422
    assert not Delegation.objects.exists()


def test_what_is_wrong_stands_beside_its_field(client, aurora, sam, sue):
    client.force_login(sam)
    today = timezone.localdate()

    answer = client.post(
        reverse("absence"),
        {"delegate": f"{aurora.pk}:{sue.pk}", "first_day": today, "last_day": today + 90 * DAY},
    )

    assert answer.status_code == 422
    assert "At most 60 days" in answer.content.decode()
    assert f'value="{today:%Y-%m-%d}"' in answer.content.decode()


def test_the_days_of_an_absence_are_written_as_all_other_days():
    assert date_format(lives.NOW) == "Nov 22, 2026"
