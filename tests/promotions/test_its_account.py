"""What was written for one account at Amazon is not decided on, nor marked live, for another."""

import pytest

from promoflow.audit.models import Entry
from promoflow.catalog.services import stores
from promoflow.errors import Blocked
from promoflow.promotions.content import decode
from promoflow.promotions.models import State
from promoflow.promotions.services import drafting
from tests.promotions import lives

pytestmark = pytest.mark.django_db

OTHER = "A2BOREALIS1234"


@pytest.fixture
def moved(aurora, mia):
    """Moves the store to another account at Amazon, as its manager can alone."""

    def move():
        _change(aurora, name="Borealis US", merchant_id=OTHER, by=mia)

    return move


def _change(store, *, by, **to):
    seen = stores.Facts.of(store)
    stores.change(store=store, seen=seen, to=seen._replace(**to), by=by, at=lives.NOW)


def test_a_draft_is_not_submitted(aurora, olivia, moved):
    draft = lives.drafted(aurora, by=olivia)
    moved()

    with pytest.raises(Blocked, match=rf"written for A2AURORA\w+/\w+ at Amazon, and Borealis US is {OTHER}/"):
        lives.submit(draft, by=olivia)


def test_a_request_is_not_approved(aurora, olivia, sam, moved):
    request = lives.submitted(aurora, by=olivia)
    moved()

    with pytest.raises(Blocked, match="Edit it and save it once"):
        lives.approve(request, by=sam)

    assert lives.again(request).state == State.IN_REVIEW
    assert Entry.objects.filter(event="request.approve_refused").exists()


def test_an_approved_one_is_not_marked_live_until_it_is_decided_anew(aurora, olivia, sam, moved):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    moved()

    with pytest.raises(Blocked, match="takes a new decision"):
        lives.go_live(request, by=olivia)

    typed = drafting.typed_of(lives.again(request))
    drafting.edit(reference=request.reference, revision=1, typed=typed, by=olivia, at=lives.NOW)
    assert decode(lives.again(request).newest.body)["store"].startswith(OTHER)
    assert lives.again(request).state == State.DRAFT
    lives.submit(lives.again(request), by=olivia)
    lives.approve(lives.again(request), by=sam)
    lives.go_live(lives.again(request), by=olivia)
    assert lives.again(request).state == State.LIVE


def test_another_name_for_the_same_account_stops_nothing(aurora, olivia, sam, mia):
    request = lives.submitted(aurora, by=olivia)
    _change(aurora, name="Aurora", by=mia)

    lives.approve(request, by=sam)

    assert lives.again(request).state == State.APPROVED
