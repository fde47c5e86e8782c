"""Drafting the rules: open, save, discard, and what refuses each."""

import pytest
from django.db import connection

from promoflow.audit.models import Entry
from promoflow.errors import Blocked, NotAllowed, Stale, WrongState
from promoflow.policies import content, selectors
from promoflow.policies.models import PolicyDraft, PolicyRevision
from promoflow.policies.services import drafting
from tests import cast
from tests.policies import drafts
from tests.promotions.lives import NOW

pytestmark = pytest.mark.django_db

PAIR = "pairs.coupon.price_discount"


@pytest.fixture
def maud(aurora):
    """A second manager."""
    return cast.grant(cast.person("Maud"), aurora, "manager")


@pytest.fixture
def manager(aurora, mia):
    return mia


def test_a_draft_begins_as_the_rules_in_force(manager):
    draft = drafting.open(by=manager, at=NOW)

    assert (draft.number, draft.opened_by, draft.status) == (2, manager, "open")
    body = content.decode(draft.newest.body)
    assert content.values(body) == content.values(drafts.in_force())
    assert (body["version"], body["summary"]) == (2, "")
    entry = Entry.objects.get(event="policy.drafted")
    assert (entry.actor, entry.subject) == (manager, "policy 2")


def test_one_draft_is_open_at_a_time(manager, maud):
    drafting.open(by=manager, at=NOW)

    with pytest.raises(WrongState, match="Mia has opened a draft already"):
        drafting.open(by=maud, at=NOW)

    assert Entry.objects.get(event="policy.draft_refused").actor == maud


def test_saving_writes_the_next_revision_and_says_what_changed(manager, maud):
    draft = drafting.open(by=manager, at=NOW)

    drafting.save(revision=1, proposal=drafts.proposal({PAIR: "block"}), by=maud, at=NOW)

    newest = draft.newest
    assert (newest.number, newest.edited_by) == (2, maud)
    assert selectors.policy_of(newest).pair("coupon", "price_discount") == "block"
    assert selectors.current().pair("coupon", "price_discount") == "warn", "nothing is in force yet"
    entry = Entry.objects.get(event="policy.edited")
    assert (entry.before, entry.after) == ({PAIR: "warn"}, {PAIR: "block"})
    assert entry.why == "What we agreed on Monday."


def test_saving_the_same_again_changes_nothing(manager):
    draft = drafts.drafted({PAIR: "block"}, by=manager)

    drafting.save(revision=2, proposal=drafts.proposal({PAIR: "block"}), by=manager, at=NOW)

    assert draft.newest.number == 2
    assert Entry.objects.filter(event="policy.edited").count() == 1


def test_who_saw_an_earlier_revision_is_told_what_changed(manager, maud):
    draft = drafts.drafted({PAIR: "block"}, by=manager)

    with pytest.raises(Stale, match="Mia has changed the draft") as stale:
        drafting.save(revision=1, proposal=drafts.proposal({PAIR: "may-meet"}), by=maud, at=NOW)

    assert [str(change) for change in stale.value.changes] == ["Coupon and Price Discount: Warn → Block"]
    assert draft.newest.number == 2
    entry = Entry.objects.get(event="policy.edit_refused")
    assert (entry.before, entry.after) == ({PAIR: "warn"}, {PAIR: "block"})


def test_rules_that_cannot_be_read_are_not_saved(manager):
    draft = drafting.open(by=manager, at=NOW)

    with pytest.raises(Blocked) as blocked:
        drafting.save(
            revision=1,
            proposal=drafts.proposal({"kinds.coupon.danger.hours_before.value": 500}),
            by=manager,
            at=NOW,
        )

    assert blocked.value.findings == ("Between 0 and 168.",)
    assert draft.newest.number == 1


def test_discarding_leaves_the_rules_in_force(manager, maud):
    draft = drafts.drafted({PAIR: "block"}, by=manager)

    drafting.discard(by=maud, at=NOW)

    draft.refresh_from_db()
    assert (draft.status, draft.closed_by, draft.closed_at) == ("discarded", maud, NOW)
    assert selectors.open_draft() is None
    assert selectors.current_version().number == 1
    assert Entry.objects.get(event="policy.discarded").subject == "policy 2"
    assert drafting.open(by=manager, at=NOW).number == 2, "the number is free again"


DEEDS = {
    "open": lambda by: drafting.open(by=by, at=NOW),
    "save": lambda by: drafting.save(revision=2, proposal=drafts.proposal({PAIR: "may-meet"}), by=by, at=NOW),
    "discard": lambda by: drafting.discard(by=by, at=NOW),
}
REFUSED = {
    "open": "policy.draft_refused",
    "save": "policy.edit_refused",
    "discard": "policy.discard_refused",
}


@pytest.mark.parametrize("deed", DEEDS)
def test_only_a_manager_drafts(deed, manager, olivia, sam, ada, stranger, root):
    if deed != "open":
        drafts.drafted({PAIR: "block"}, by=manager)

    for person in (olivia, sam, ada, stranger, root):
        with pytest.raises(NotAllowed, match="Only a manager"):
            DEEDS[deed](person)

    assert Entry.objects.filter(event=REFUSED[deed], outcome="refused").count() == 5


def test_a_manager_who_was_deactivated_does_not_draft(manager):
    manager.is_active = False
    manager.save(update_fields=["is_active"])

    with pytest.raises(NotAllowed):
        drafting.open(by=manager, at=NOW)


@pytest.mark.parametrize("deed", ["save", "discard"])
def test_nothing_is_done_to_a_draft_that_is_not_open(deed, manager):
    with pytest.raises(WrongState, match="No draft of the rules is open"):
        DEEDS[deed](manager)

    assert Entry.objects.filter(event=REFUSED[deed]).count() == 1


class Full(Exception):
    """The history's disk is full."""


@pytest.mark.parametrize("deed", DEEDS)
def test_where_the_history_cannot_be_written_nothing_has_happened(deed, manager, monkeypatch):
    if deed != "open":
        drafts.drafted({PAIR: "block"}, by=manager)
    before = _rows()

    def refuse(*_: object, **__: object) -> None:
        raise Full

    monkeypatch.setattr(Entry.objects, "create", refuse)

    with pytest.raises(Full):
        DEEDS[deed](manager)

    assert _rows() == before


def _rows() -> list[object]:
    found = []
    with connection.cursor() as cursor:
        for model in (PolicyDraft, PolicyRevision, Entry):
            cursor.execute(f"SELECT to_jsonb(t) FROM {model._meta.db_table} t ORDER BY t.id")
            found += cursor.fetchall()
    return found
