"""As many people approve as the route says: two humans, of exactly this content, who still count."""

import pytest
from django.urls import reverse

from accounts.services import people
from promoflow.audit.models import Entry
from promoflow.catalog.models import Product, Sku
from promoflow.errors import NotAllowed
from promoflow.outbox.models import Message
from promoflow.promotions import progress, quorum, selectors, waiting
from promoflow.promotions.models import Decision, Reservation, State
from promoflow.promotions.services import drafting
from tests import cast
from tests.policies import drafts
from tests.promotions import lives
from tests.promotions.lives import SET
from tests.promotions.typed import EVIDENCE, with_revision

pytestmark = pytest.mark.django_db


@pytest.fixture
def deep(aurora, olivia):
    return lives.submitted(aurora, lives.deep(), by=olivia)


def edited(request, *, by, percent="45.00"):
    return drafting.edit(
        reference=request.reference,
        revision=lives.again(request).newest.number,
        typed=lives.deep(percent=percent),
        by=by,
        at=lives.NOW,
    )


# --- The route ----------------------------------------------------------------------------------------------


def test_the_route_is_frozen_when_it_is_submitted(deep):
    assert deep.route == {
        "approvals": 2,
        "role": "supervisor",
        "retype_asin": False,
        "why": [{"code": "deep", "limit": "50"}],
    }


def test_what_has_no_route_yet_takes_one_supervisor(aurora, olivia):
    draft = lives.drafted(aurora, lives.deep(), by=olivia)

    assert draft.route == {}
    assert (quorum.needed(draft), quorum.role(draft)) == (1, "supervisor")


@pytest.mark.parametrize("units", [0, 2])
def test_what_is_in_stock_weeks_before_shortens_no_route(aurora, olivia, units):
    in_stock(aurora, units)

    request = lives.submitted(aurora, lives.coupon(SET, percent="45.00", start=26), by=olivia)

    assert (request.route["approvals"], request.exposed) == (2, None)


def test_much_in_stock_weeks_before_takes_two_and_says_why(client, monkeypatch, aurora, olivia, sam):
    monkeypatch.setattr("django.utils.timezone.now", lambda: lives.NOW)
    in_stock(aurora, 5000)

    request = lives.submitted(aurora, lives.coupon(SET, start=26), by=olivia)

    assert request.route["why"] == [{"code": "exposed", "limit": "25000"}]
    client.force_login(sam)
    page = " ".join(client.get(reverse("request", args=[request.reference])).content.decode().split())
    assert (
        "Nothing that is known ends it, and what is in stock by now could cost more than $25,000.00 alone; "
        "above that two people approve."
    ) in page


def in_stock(aurora, units):
    lamps = Product.objects.get(store=aurora, asin=SET)
    Sku.objects.create(store=aurora, product=lamps, sku="S-1", quantity=units, status="Active")


def test_a_draft_has_no_route(aurora, olivia, sam):
    draft = lives.drafted(aurora, by=olivia)
    assert draft.route == {}

    submitted = lives.submit(draft, by=olivia)
    assert submitted.route["approvals"] == 1
    lives.send_back(submitted, by=sam)

    assert lives.again(draft).route == {}


def test_rules_published_later_change_no_route(deep, olivia, sam, sue, mia):
    drafts.published({"routing.two_from_percent.value": None}, manager=mia, publisher=cast.two_step(sue))

    lives.approve(deep, by=sam)

    assert lives.again(deep).state == State.IN_REVIEW
    assert lives.again(deep).route["approvals"] == 2


# --- One of two, and two of two -----------------------------------------------------------------------------


def test_the_first_of_two_leaves_it_in_review(deep, sam, sue, olivia):
    lives.approve(deep, by=sam)

    request = lives.again(deep)
    assert request.state == State.IN_REVIEW
    assert not quorum.is_met(request, quorum.approvals(request))
    assert not Reservation.objects.filter(request=request).exists()
    entry = Entry.objects.get(event="request.endorsed")
    assert (entry.actor, entry.state_before, entry.state_after) == (sam, "in_review", "in_review")
    told = Message.objects.filter(notice="request_endorsed")
    assert {message.recipient for message in told} == {olivia, sue}


def test_the_second_approves_it(deep, sam, sue):
    lives.approve(deep, by=sam)

    lives.approve(deep, by=sue)

    request = lives.again(deep)
    assert request.state == State.APPROVED
    assert quorum.is_met(request, quorum.approvals(request))
    assert Reservation.objects.filter(request=request, held=True).exists()
    assert Entry.objects.filter(event="request.approved").count() == 1


def test_the_same_person_is_not_two(deep, sam):
    lives.approve(deep, by=sam)

    with pytest.raises(NotAllowed, match="You have approved"):
        lives.approve(deep, by=sam)

    assert lives.again(deep).state == State.IN_REVIEW


def test_two_accounts_of_one_human_are_not_two(deep, aurora, sam):
    second = cast.grant(cast.person("Samuel", person_id=sam.person_id), aurora, "supervisor")
    lives.approve(deep, by=sam)

    with pytest.raises(NotAllowed, match="You have approved"):
        lives.approve(deep, by=second)

    assert lives.again(deep).state == State.IN_REVIEW


def test_the_authors_second_account_is_not_the_second(deep, sam, twin):
    lives.approve(deep, by=sam)

    with pytest.raises(NotAllowed, match="You wrote"):
        lives.approve(deep, by=twin)


def test_an_edit_voids_the_first_approval_in_the_same_transaction(deep, olivia, sam, sue):
    lives.approve(deep, by=sam)

    edited(deep, by=olivia)

    assert not Decision.objects.get(request=deep).valid
    again = lives.submit(edited(deep, by=olivia, percent="50.00"), by=olivia)
    lives.approve(again, by=sue)
    assert lives.again(deep).state == State.IN_REVIEW


@pytest.mark.parametrize("deed", [lives.send_back, lives.reject], ids=["return", "reject"])
@pytest.mark.parametrize("who", ["sam", "sue"])
def test_a_no_voids_the_first_approval_also_the_approvers_own(deed, who, deep, sam, sue):
    lives.approve(deep, by=sam)

    deed(deep, by={"sam": sam, "sue": sue}[who])

    assert not Decision.objects.filter(verdict="approve", valid=True).exists()


def test_a_copy_begins_with_no_approval(deep, olivia, sam):
    lives.approve(deep, by=sam)

    copy = drafting.copy(reference=deep.reference, by=olivia, at=lives.NOW)

    assert copy.route == {}
    assert quorum.approvals(copy) == []


def test_whoever_has_approved_is_not_asked_again(deep, sam, sue):
    assert list(waiting.review_queue(sam)) == [deep]

    lives.approve(deep, by=sam)

    assert list(waiting.review_queue(sam)) == []
    assert list(waiting.review_queue(sue)) == [deep]
    assert selectors.still_to_decide(lives.again(deep)) == [sue]


@pytest.mark.parametrize("how", ["role", "account", "human"])
def test_an_approval_that_counts_no_more_is_not_the_first_of_two(how, deep, aurora, olivia, sam, sue, mia):
    lives.approve(deep, by=sam)
    cast.lose(how, sam, aurora, mia, olivia)

    lives.approve(deep, by=sue)

    request = lives.again(deep)
    assert request.state == State.IN_REVIEW
    assert quorum.humans(quorum.approvals(request)) == {sue.person_id}
    assert Entry.objects.get(event="request.endorsed", actor=sue).before == {"approved_by": ["Sam"]}
    third = cast.two_step(cast.grant(cast.person("Theo"), aurora, "supervisor"))
    lives.approve(deep, by=third)
    assert lives.again(deep).state == State.APPROVED


def test_two_found_to_be_one_human_between_the_approvals_are_one(deep, aurora, sam, sue, mia):
    lives.approve(deep, by=sam)
    people.join(user=sam, with_=sue, by=mia, at=lives.NOW)
    sue.refresh_from_db()

    assert list(waiting.review_queue(sue)) == []
    assert sue not in selectors.still_to_decide(lives.again(deep))
    with pytest.raises(NotAllowed, match="You have approved"):
        lives.approve(deep, by=sue)


def test_why_it_takes_two_is_said_of_when_it_was_submitted(deep):
    assert progress.of(deep, []).why == [
        "As it was submitted: The worst price is 50 % off; from 50 % on two people approve."
    ]


# --- The role -----------------------------------------------------------------------------------------------


def test_where_managers_decide_a_supervisor_does_not(aurora, olivia, sam, sue, mia):
    drafts.published({"routing.managers_from_percent.value": 30}, manager=mia, publisher=cast.two_step(sue))
    request = lives.submitted(aurora, lives.coupon(percent="40.00"), by=olivia)
    manager = cast.two_step(cast.grant(cast.person("Max"), aurora, "manager"))

    with pytest.raises(NotAllowed, match="only a manager"):
        lives.approve(request, by=sam)
    assert list(waiting.review_queue(sam)) == []
    assert list(waiting.review_queue(manager)) == [request]
    for person in (manager, cast.two_step(mia))[: quorum.needed(request)]:
        lives.approve(request, by=person)

    assert lives.again(request).state == State.APPROVED


# --- Going live ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["role", "account", "joined"])
def test_an_approver_who_counts_no_more_sends_it_back_to_review(how, aurora, olivia, oscar, sam, sue, mia):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    cast.lose(how, sam, aurora, mia, olivia)

    with pytest.raises(NotAllowed, match=r"Sam approved PR-.* back in review"):
        lives.go_live(request, by=oscar)

    request = lives.again(request)
    assert request.state == State.IN_REVIEW
    assert not Decision.objects.get(request=request).valid
    assert not Reservation.objects.filter(request=request, held=True).exists()
    lapsed, refused = Entry.objects.filter(subject_id=request.pk).order_by("pk").reverse()[:2][::-1]
    assert (lapsed.event, lapsed.before) == ("request.approval_lapsed", {"approved_by": ["Sam"]})
    assert lapsed.why == "Whoever approved it may no longer decide for this store."
    assert (refused.event, refused.outcome) == ("request.go_live_refused", "refused")
    told = {message.recipient for message in Message.objects.filter(notice="request_lapsed")}
    assert told == {olivia, sue}


def test_the_operator_reads_on_the_page_why_it_is_back_in_review(
    client, monkeypatch, aurora, olivia, sam, sue, mia
):
    monkeypatch.setattr("django.utils.timezone.now", lambda: lives.NOW)
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    cast.lose("role", sam, aurora, mia, olivia)
    client.force_login(olivia)

    typed = with_revision(request, EVIDENCE)
    page = client.post(reverse("request-live", args=[request.reference]), typed, follow=True)

    assert page.redirect_chain == [(reverse("request", args=[request.reference]), 303)]
    assert "Sam approved" in page.content.decode()
    assert "It is back in review" in page.content.decode()
    assert lives.again(request).state == State.IN_REVIEW


def test_approved_again_it_goes_live(aurora, olivia, sam, sue, mia):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    cast.lose("role", sam, aurora, mia, olivia)
    with pytest.raises(NotAllowed):
        lives.go_live(request, by=olivia)

    lives.approve(request, by=sue)
    lives.go_live(request, by=olivia)

    assert lives.again(request).state == State.LIVE


def test_of_two_approvers_the_one_who_counts_keeps_their_approval(deep, aurora, olivia, sam, sue, mia):
    lives.approve(deep, by=sam)
    lives.approve(deep, by=sue)
    cast.lose("role", sam, aurora, mia, olivia)

    with pytest.raises(NotAllowed):
        lives.go_live(deep, by=olivia)

    request = lives.again(deep)
    assert request.state == State.IN_REVIEW
    assert [approval.decided_by for approval in quorum.approvals(request)] == [sue]


def test_two_approvers_found_to_be_one_human_are_one(deep, aurora, olivia, sam, sue, mia):
    lives.approve(deep, by=sam)
    lives.approve(deep, by=sue)
    people.join(user=sue, with_=sam, by=mia, at=lives.NOW)

    with pytest.raises(NotAllowed, match="Sue approved PR-"):
        lives.go_live(deep, by=olivia)

    assert [approval.decided_by for approval in quorum.approvals(lives.again(deep))] == [sam]


def test_two_who_count_go_live(deep, olivia, sam, sue):
    lives.approve(deep, by=sam)
    lives.approve(deep, by=sue)

    lives.go_live(deep, by=olivia)

    assert lives.again(deep).state == State.LIVE


def test_a_return_of_the_same_content_is_no_approval_of_it(aurora, olivia, sam, sue):
    """Submitted again unchanged, it takes two approvals still, and whoever returned it may give one."""
    request = lives.submitted(aurora, lives.deep(), by=olivia)
    lives.send_back(request, by=sam, note="Ask Sue first.")
    lives.submit(request, by=olivia)

    lives.approve(request, by=sue)
    assert lives.again(request).state == State.IN_REVIEW
    lives.approve(request, by=sam)
    assert lives.again(request).state == State.APPROVED


# --- Which approvals they are -------------------------------------------------------------------------------


def test_nobody_is_never_enough_whatever_a_route_says(deep):
    deep.route = {**deep.route, "approvals": 0}

    assert not quorum.is_met(deep, [])


def test_as_many_as_it_takes_are_enough_and_one_less_is_not(deep, sam, sue):
    first, second = (lives.approve(deep, by=person) for person in (sam, sue))

    assert not quorum.is_met(deep, [first])
    assert quorum.is_met(deep, [first, second])


def test_one_human_is_one_however_many_approvals_there_are(deep, aurora, sam, sue, mia):
    both = [lives.approve(deep, by=person) for person in (sam, sue)]
    cast.committed()
    people.join(user=sue, with_=sam, by=mia, at=lives.NOW)
    found = list(Decision.objects.filter(pk__in=[one.pk for one in both]).select_related("decided_by"))

    assert quorum.humans(found) == {sam.person_id}
    assert not quorum.is_met(deep, found)


def test_the_first_approval_comes_first(deep, sam, sue):
    both = [lives.approve(deep, by=person) for person in (sue, sam)]

    assert quorum.approvals(lives.again(deep)) == both


def test_whoever_approved_under_two_names_is_known_by_both(deep, aurora, sam, sue, mia):
    """The human of then, and the one of now: neither approves it a second time."""
    lives.approve(deep, by=sue)
    then = sue.person_id
    people.join(user=sue, with_=sam, by=mia, at=lives.NOW)

    assert quorum.approved_by(lives.again(deep)) == {then, sam.person_id}


def test_among_decisions_read_already_only_valid_approvals_of_this_content_count(deep, olivia, sam, sue):
    """One was voided by an edit, one is a return of the same content, and one counts."""
    lives.approve(deep, by=sam)
    lives.submit(edited(deep, by=olivia), by=olivia)
    lives.send_back(lives.again(deep), by=sue)
    lives.submit(deep, by=olivia)
    counts = lives.approve(deep, by=sam)

    decisions = list(Decision.objects.filter(request=deep))

    assert len(decisions) == 3
    assert quorum.counted(lives.again(deep), decisions) == [counts]


def test_an_approval_of_the_same_content_that_was_voided_counts_no_more(aurora, olivia, sam, sue, mia):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    cast.lose("role", sam, aurora, mia, olivia)
    with pytest.raises(NotAllowed):
        lives.go_live(request, by=olivia)
    counts = lives.approve(request, by=sue)
    request = lives.again(request)

    decisions = list(Decision.objects.filter(request=request))

    assert [decision.decided_by for decision in decisions] == [sam, sue]
    assert quorum.counted(request, decisions) == quorum.approvals(request) == [counts]
    assert quorum.approved_by(request) == {sue.person_id}
