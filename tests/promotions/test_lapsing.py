"""What its approvers left goes back to review by the clock, and everybody concerned is told."""

import pytest
from django.utils import translation

from promoflow.audit import naming
from promoflow.audit.models import Entry
from promoflow.errors import NotAllowed
from promoflow.outbox.models import Message
from promoflow.outbox.notices import write
from promoflow.policies import selectors as policies
from promoflow.promotions import neighbours, quorum, selectors, waiting
from promoflow.promotions.models import Decision, Reservation, State
from promoflow.promotions.services import lapsing, running
from tests import cast
from tests.promotions import lives
from tests.promotions.lives import LAMP, NOW

THE_REASON = "Whoever approved it may no longer decide for this store."

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


@pytest.fixture
def approved(aurora, olivia, sam):
    request = lives.approved(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)
    cast.committed()
    return request


def decide_by(request):
    return policies.current().decide_by(neighbours.offer_of(request))


@pytest.mark.parametrize("how", ["role", "account", "joined"])
def test_the_clock_sends_back_what_its_approver_left(how, approved, aurora, olivia, sam, sue, mia):
    assert running.move_due(at=NOW) == 0
    cast.lose(how, sam, aurora, mia, olivia)

    assert running.move_due(at=NOW) == 1
    assert running.move_due(at=NOW) == 0

    assert lives.again(approved).state == State.IN_REVIEW
    decision = Decision.objects.get(request=approved)
    assert (decision.valid, decision.voided_at, decision.voided_by) == (False, NOW, None)
    assert not Reservation.objects.filter(request=approved, held=True).exists()
    entry = Entry.objects.get(event="request.approval_lapsed")
    assert (entry.actor, entry.before) == (None, {"approved_by": ["Sam"]})
    assert entry.why == THE_REASON
    assert {m.recipient for m in Message.objects.filter(notice="request_lapsed")} == {olivia, sue}
    lives.approve(approved, by=sue)
    lives.go_live(approved, by=olivia)


@pytest.mark.parametrize(("too_late", "told"), [(False, 1), (True, 0)])
def test_managers_hear_that_nobody_is_left_to_decide_while_somebody_could_in_time(
    too_late, told, approved, aurora, olivia, sam
):
    cast.revoke(sam, aurora, "supervisor")

    with pytest.raises(NotAllowed, match="it expires" if too_late else "It is back in review"):
        lives.go_live(approved, by=olivia, at=decide_by(approved) if too_late else NOW)

    assert Message.objects.filter(notice="request_out_of_reach").count() == told


def test_whoever_finds_it_out_hears_of_it_as_the_others_do(approved, aurora, olivia, sam, sue):
    """The deed is the clock's: a mail goes to its finder too, and names nobody as the doer."""
    cast.revoke(sam, aurora, "supervisor")

    with pytest.raises(NotAllowed):
        lives.go_live(approved, by=olivia)

    told = Message.objects.filter(notice="request_lapsed")
    assert {message.recipient for message in told} == {olivia, sue}
    assert {message.context["by"] for message in told} == {""}
    entry = Entry.objects.get(event="request.approval_lapsed")
    assert (entry.actor, Decision.objects.get(request=approved).voided_by) == (olivia, olivia)


def test_what_counts_again_when_the_clock_gets_to_it_is_left_and_not_counted_as_moved(approved):
    """Its supervisor lost the role and got it back between the list and the lock."""
    assert lapsing.lapse_where_lost(selectors.lock(approved.reference), at=NOW) is False
    assert lives.again(approved).state == State.APPROVED


def test_of_two_approvers_found_to_be_one_human_the_first_keeps_theirs(aurora, olivia, sam, sue, mia):
    request = lives.submitted(aurora, lives.deep(), by=olivia)
    for person in (sam, sue):
        lives.approve(request, by=person)
    assert not waiting.approved_in_doubt().exists()
    cast.lose("joined", sue, aurora, mia, sam)

    assert running.move_due(at=NOW) == 1

    request = lives.again(request)
    assert request.state == State.IN_REVIEW
    assert [approval.decided_by for approval in quorum.approvals(request)] == [sam]


@pytest.mark.parametrize("too_late", [False, True])
def test_the_mail_is_in_its_readers_language_whoever_found_it_out(too_late, approved, aurora, olivia, sam):
    at = decide_by(approved) if too_late else NOW
    cast.revoke(sam, aurora, "supervisor")
    with translation.override("zh-hans"), pytest.raises(NotAllowed):
        lives.go_live(approved, by=olivia, at=at)

    owed = Message.objects.filter(notice="request_lapsed").first()
    _subject, body = write("request_lapsed", context=owed.context, recipient="Olivia", link="/x/")

    assert body.count("Sam approved") == 1
    assert ("copy it into a new draft" in body) is too_late
    assert "Note" not in body


@pytest.mark.parametrize("found_by", ["clock", "person"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_history_says_why_in_its_readers_language_whoever_found_it_out(
    found_by, language, approved, aurora, olivia, sam
):
    cast.revoke(sam, aurora, "supervisor")
    with translation.override("zh-hant"):
        if found_by == "clock":
            running.move_due(at=NOW)
        else:
            with pytest.raises(NotAllowed):
                lives.go_live(approved, by=olivia)

    with translation.override(language):
        [entry] = naming.shown(Entry.objects.filter(event="request.approval_lapsed"))
        assert entry.why == translation.gettext(THE_REASON)
    assert (entry.why == THE_REASON) == (language == "en")
