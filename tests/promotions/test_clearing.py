"""Of what is over and may stand at Amazon somebody says that it is not there: nobody is warned any more."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.roles import SUPERVISOR
from promoflow.audit.models import Entry
from promoflow.errors import NotAllowed, WrongState
from promoflow.promotions import checker
from promoflow.promotions.models import Reservation, State
from promoflow.promotions.services import clearing, drafting, running
from tests import cast
from tests.answers import flat_text_of
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def withdrawn(aurora, olivia, sam):
    """An approved coupon on the lamp that may have been set up before it was withdrawn."""
    request = lives.approved(aurora, lives.coupon(LAMP, days=9), by=olivia, supervisor=sam)
    drafting.withdraw(reference=request.reference, by=olivia, at=lives.NOW, may_run=True)
    return lives.again(request)


def clear(request, by, at=lives.NOW, note=""):
    return clearing.clear(reference=request.reference, by=by, at=at, note=note)


def is_warned(store, by, *, at=lives.NOW):
    draft = lives.drafted(store, lives.social_code(LAMP, start=13), by=by, at=at)
    findings = checker.report_of(lives.again(draft), at=at).findings
    return "may-still-run" in {finding.code for finding in findings}


@pytest.mark.parametrize("who", ["olivia", "sam"])
def test_an_operator_or_a_supervisor_says_so_and_nobody_is_warned_any_more(
    aurora, olivia, sam, withdrawn, who
):
    by = {"olivia": olivia, "sam": sam}[who]
    assert is_warned(aurora, olivia)

    clear(withdrawn, by, note=" Looked at 9:40. ")

    assert not is_warned(aurora, olivia)
    entry = Entry.objects.get(event="request.cleared")
    assert (entry.actor, entry.subject, entry.asins) == (by, withdrawn.reference, [LAMP])
    assert (entry.after, entry.why, entry.step) == ({"may_run": False}, "Looked at 9:40.", None)
    assert lives.again(withdrawn).state == State.CANCELLED


def test_what_nobody_marked_live_in_time_is_cleared_too(aurora, olivia, sam):
    request = lives.approved(aurora, lives.coupon(LAMP, days=9), by=olivia, supervisor=sam)
    at = request.newest.starts_at + DAY
    assert running.move_due(at=at) == 1
    assert is_warned(aurora, olivia, at=at)

    clear(request, olivia, at=at)

    assert not is_warned(aurora, olivia, at=at)


def test_what_was_sent_back_for_lost_approvers_and_rejected_is_cleared_too(aurora, olivia, sam):
    wei = cast.two_step(cast.grant(cast.person("Wei"), aurora, SUPERVISOR))
    request = lives.approved(aurora, lives.coupon(LAMP, days=9), by=olivia, supervisor=sam)
    cast.revoke(sam, aurora, SUPERVISOR)
    with pytest.raises(NotAllowed):
        lives.go_live(request, by=olivia)
    lives.reject(request, by=wei, note="Never.")

    clear(request, olivia)

    assert not is_warned(aurora, olivia)


@pytest.mark.parametrize("who", ["ada", "mia"])
def test_nobody_else_says_so(request, aurora, olivia, withdrawn, who):
    with pytest.raises(NotAllowed):
        clear(withdrawn, request.getfixturevalue(who))

    assert is_warned(aurora, olivia)
    assert Entry.objects.filter(event="request.clear_refused").exists()


@pytest.mark.parametrize("state", ["draft", "approved"])
def test_what_is_not_over_says_it_another_way(aurora, olivia, sam, state):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    if state == "draft":
        typed = lives.coupon(percent="15.00")
        drafting.edit(reference=request.reference, revision=1, typed=typed, by=olivia, at=lives.NOW)

    with pytest.raises(WrongState) as refused:
        clear(request, olivia)

    assert str(refused.value) == (
        f"{request.reference} is {state}. Whether it is in Seller Central is said as it is withdrawn "
        "or marked live."
    )


def test_it_is_said_once(olivia, withdrawn):
    clear(withdrawn, olivia)

    with pytest.raises(WrongState) as refused:
        clear(withdrawn, olivia)

    assert str(refused.value) == f"Nobody is warned of {withdrawn.reference}: there is nothing to clear."


def test_what_would_have_ended_is_not_cleared(olivia, withdrawn):
    with pytest.raises(WrongState):
        clear(withdrawn, olivia, at=lives.NOW + 19 * DAY)


# --- What is live was something else before -------------------------------------------------------------


@pytest.fixture
def became(aurora, olivia, sam):
    """An approved coupon on the lamp that was edited into a code on the floor lamp, and is live as that."""
    request = lives.approved(aurora, lives.coupon(LAMP, days=9), by=olivia, supervisor=sam)
    typed = lives.social_code(FLOOR_LAMP)
    drafting.edit(reference=request.reference, revision=1, typed=typed, by=olivia, at=lives.NOW)
    lives.approve(lives.submit(request, by=olivia), by=sam)
    lives.go_live(request, by=olivia)
    cast.committed()
    return lives.again(request)


def test_marking_it_live_says_nothing_of_what_it_was_before_it_became_another_kind(aurora, olivia, became):
    assert is_warned(aurora, olivia)


def test_marking_it_live_says_nothing_of_the_products_that_it_left(aurora, olivia, sam):
    request = lives.approved(aurora, lives.coupon(LAMP, days=9), by=olivia, supervisor=sam)
    typed = lives.coupon(FLOOR_LAMP, days=9)
    drafting.edit(reference=request.reference, revision=1, typed=typed, by=olivia, at=lives.NOW)
    lives.approve(lives.submit(request, by=olivia), by=sam)
    lives.go_live(request, by=olivia)

    assert is_warned(aurora, olivia)


@pytest.mark.parametrize("state", [State.LIVE, State.ENDED])
def test_that_too_is_cleared_by_whoever_has_looked(aurora, olivia, sam, became, state):
    if state == State.ENDED:
        running.stop(reference=became.reference, by=sam, at=lives.NOW)
        cast.committed()

    clear(became, sam)
    cast.committed()

    assert not is_warned(aurora, olivia)
    assert lives.again(became).state == state


def test_its_page_says_which_may_stand_there_and_leads_to_saying_that_it_does_not(as_olivia, became):
    page = flat_text_of(as_olivia.get(reverse("request", args=[became.reference])))
    asked = flat_text_of(as_olivia.get(reverse("request-clear", args=[became.reference])))

    assert "What it was before may stand in Seller Central" in page
    assert f"Is what {became.reference} was before not in Seller Central?" in asked
    assert "Look there first: if it is there, end it." in asked


# --- The pages ------------------------------------------------------------------------------------------


@pytest.fixture
def as_olivia(client, olivia, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: lives.NOW)
    client.force_login(olivia)
    return client


def test_the_page_of_what_is_over_says_so_and_leads_there(as_olivia, withdrawn):
    page = as_olivia.get(reverse("request", args=[withdrawn.reference]))

    assert "It may stand in Seller Central" in flat_text_of(page)
    assert reverse("request-clear", args=[withdrawn.reference]) in flat_text_of(page)


def test_it_asks_before_and_then_says_that_nobody_is_warned(as_olivia, withdrawn):
    address = reverse("request-clear", args=[withdrawn.reference])
    assert "Look there first: if it is there, end it." in flat_text_of(as_olivia.get(address))

    page = as_olivia.post(address, {"note": "Looked at 9:40."}, follow=True)

    assert f"Nobody is warned of {withdrawn.reference} any more." in flat_text_of(page)
    assert "It may stand in Seller Central" not in flat_text_of(page)
    assert "Looked at 9:40." in flat_text_of(page)


def test_too_long_a_note_is_told_beside_it_and_kept(as_olivia, withdrawn):
    typed = "long " * 300

    page = as_olivia.post(reverse("request-clear", args=[withdrawn.reference]), {"note": typed})

    assert page.status_code == 422
    assert 'id="id_note_error"' in page.content.decode()
    assert typed.strip() in page.content.decode()
    assert Reservation.objects.filter(request=withdrawn, may_run=True).exists()


def test_who_may_not_reads_who_may(client, ada, withdrawn, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: lives.NOW)
    client.force_login(ada)

    page = flat_text_of(client.get(reverse("request", args=[withdrawn.reference])))

    assert "It may stand in Seller Central" in page
    assert "Only a supervisor of the store does this. Ask its manager for the role." in page
    assert "It is not there" not in page
