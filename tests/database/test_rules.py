"""The rules attacked with raw SQL by a superuser: none is published by its author, unseen or unrecorded."""

import pytest

from promoflow.policies.models import PolicyDraft
from promoflow.policies.services import drafting
from promoflow.promotions import selectors
from promoflow.promotions.models import Alarm
from promoflow.promotions.services import alarms
from tests import cast
from tests.database.attacks import refused
from tests.policies import drafts
from tests.promotions import lives
from tests.promotions.lives import NOW

pytestmark = pytest.mark.django_db(transaction=True)

CHANGED = {"pairs.coupon.price_discount": "block"}


@pytest.fixture
def draft(mia, aurora):
    return drafts.drafted(CHANGED, by=mia)


def version(draft: PolicyDraft, by: int, **changed: object) -> tuple[str, list[object]]:
    newest = draft.newest
    row = {
        "number": draft.number,
        "body": bytes(newest.body),
        "summary": "What we agreed on Monday.",
        "revision_id": newest.pk,
        "drafted_by_id": newest.edited_by_id,
        "published_at": NOW,
        "published_by_id": by,
        **changed,
    }
    columns = ", ".join(row)
    return (
        f"INSERT INTO policies_policyversion ({columns}) VALUES ({', '.join(['%s'] * len(row))})",
        list(row.values()),
    )


def closed(draft: PolicyDraft, by: int, status: str = "published") -> tuple[str, list[object]]:
    return (
        "UPDATE policies_policydraft SET status = %s, closed_at = now(), closed_by_id = %s WHERE id = %s",
        [status, by, draft.pk],
    )


def recorded(draft: PolicyDraft, event: str = "policy.published") -> tuple[str, list[object]]:
    """A forged entry, so that an attack is not merely refused for being unrecorded."""
    return (
        "INSERT INTO audit_entry (at, event, outcome, actor_name, store_name, subject_type, subject_id, subject, asins,"
        " state_before, state_after, before, after, why, address, user_agent)"
        " VALUES (now(), %s, 'done', 'Mallory', '', 'policies.policydraft', %s, '', '{}', '', '', '{}', '{}', '', '', '')",
        [event, draft.pk],
    )


# --- Two people -------------------------------------------------------------------------------------------


def test_what_a_second_person_publishes_passes(draft, sam):
    """The attacks below differ from this in one thing each."""
    drafts.publish(draft, by=sam)


def test_nobody_publishes_their_own(draft, mia):
    refused("a_second_human_publishes", version(draft, mia.pk))
    # The plain constraint stands behind the trigger.
    refused(
        "publishing_a_policy_takes_two",
        "ALTER TABLE policies_policyversion DISABLE TRIGGER rules",
        version(draft, mia.pk),
    )


def test_no_editor_of_an_earlier_revision_publishes(draft, aurora, mia):
    maud = cast.grant(cast.person("Maud"), aurora, "manager")
    drafting.save(revision=2, proposal=drafts.proposal({"floor.default_percent.value": 40}), by=maud, at=NOW)

    refused("a_second_human_publishes", version(draft, mia.pk))


def test_who_only_opened_it_does_not_publish_it(aurora, mia):
    maud = cast.grant(cast.person("Maud"), aurora, "manager")
    draft = drafting.open(by=maud, at=NOW)
    drafting.save(revision=1, proposal=drafts.proposal(CHANGED), by=mia, at=NOW)

    refused("a_second_human_publishes", version(draft, maud.pk))


def test_the_same_human_does_not_publish_under_a_second_account(draft, aurora, mia):
    twin = cast.grant(cast.person("Mia Two", person_id=mia.person_id), aurora, "supervisor")

    refused("a_second_human_publishes", version(draft, twin.pk))


def test_only_a_manager_or_a_supervisor_publishes(draft, olivia, ada, stranger, root):
    for person in (olivia, ada, stranger, root):
        refused("a_manager_or_supervisor_publishes", version(draft, person.pk))


def test_a_deactivated_supervisor_does_not_publish(draft, sam):
    sam.is_active = False
    sam.save(update_fields=["is_active"])

    refused("a_manager_or_supervisor_publishes", version(draft, sam.pk))


# --- One content ------------------------------------------------------------------------------------------


def test_other_rules_than_the_drafted_ones_are_not_published(draft, sam):
    body = bytes(draft.newest.body).replace(b'"value":50', b'"value":10')

    refused("version_is_its_revision", version(draft, sam.pk, body=body))


def test_another_drafter_is_not_named(draft, sam, sue):
    refused("version_is_its_revision", version(draft, sam.pk, drafted_by_id=sue.pk))


def test_an_earlier_revision_is_not_published(draft, mia, sam):
    earlier = draft.newest
    drafting.save(revision=2, proposal=drafts.proposal({"floor.default_percent.value": 40}), by=mia, at=NOW)

    refused(
        "the_newest_revision_is_published",
        version(draft, sam.pk, revision_id=earlier.pk, body=bytes(earlier.body)),
    )


def test_a_version_has_a_revision_and_the_next_number(draft, sam):
    refused("the_open_draft_is_published", version(draft, sam.pk, revision_id=None))
    refused("the_open_draft_is_published", version(draft, sam.pk, number=3))


def test_the_summary_is_the_drafted_one(draft, sam):
    refused("columns_repeat_the_content", version(draft, sam.pk, summary="Nothing much."))


def test_a_discarded_draft_is_not_published(draft, mia, sam):
    drafting.discard(by=mia, at=NOW)

    refused("the_open_draft_is_published", version(draft, sam.pk))


# --- Drafts -----------------------------------------------------------------------------------------------


def test_one_draft_is_open(draft, mia):
    refused(
        "one_policy_draft_is_open",
        (
            "INSERT INTO policies_policydraft (number, status, opened_at, opened_by_id) VALUES (2, 'open', now(), %s)",
            [mia.pk],
        ),
    )


@pytest.mark.parametrize(("number", "status"), [(3, "open"), (1, "open"), (2, "published")])
def test_a_draft_is_opened_for_the_next_version(aurora, mia, number, status):
    refused(
        "a_draft_is_of_the_next_version",
        (
            "INSERT INTO policies_policydraft (number, status, opened_at, opened_by_id, closed_at, closed_by_id)"
            " VALUES (%s, %s, now(), %s, now(), %s)",
            [number, status, mia.pk, mia.pk],
        ),
    )


def test_only_a_manager_drafts(draft, sam):
    refused("a_manager_drafts", _revision(draft, by=sam.pk))
    refused("a_manager_drafts", closed(draft, sam.pk, "discarded"))


def _revision(draft: PolicyDraft, by: int, number: int = 3, body: bytes | None = None):
    return (
        "INSERT INTO policies_policyrevision (draft_id, number, body, edited_at, edited_by_id)"
        " VALUES (%s, %s, %s, now(), %s)",
        [draft.pk, number, bytes(draft.newest.body) if body is None else body, by],
    )


def test_revisions_are_numbered_and_name_the_version(draft, mia):
    refused("revisions_count_up", _revision(draft, mia.pk, number=5))
    refused("a_policy_says_its_number", _revision(draft, mia.pk, body=b'{"version": 7}'))


@pytest.mark.parametrize("table", ["policies_policyrevision", "policies_policydraft"])
def test_what_was_drafted_stays(draft, table):
    refused("kept_as_it_was_written", f"DELETE FROM {table}")
    refused("kept_as_it_was_written", f"TRUNCATE {table} CASCADE")


def test_a_revision_is_never_rewritten(draft):
    refused("kept_as_it_was_written", "UPDATE policies_policyrevision SET body = body")


def test_a_draft_is_closed_once_and_not_changed(draft, mia):
    refused("a_draft_is_only_closed", "UPDATE policies_policydraft SET number = 3")
    drafting.discard(by=mia, at=NOW)
    refused(
        "a_draft_is_only_closed",
        "UPDATE policies_policydraft SET status = 'open', closed_at = NULL, closed_by_id = NULL",
    )
    refused("what_is_closed_is_not_rewritten", _revision(draft, mia.pk))


def test_a_draft_is_not_closed_as_published_without_a_version(draft, sam):
    refused("a_published_draft_is_a_version", closed(draft, sam.pk), recorded(draft))


def test_a_version_closes_its_draft(draft, sam):
    refused("a_published_draft_is_closed", version(draft, sam.pk), recorded(draft))


# --- Nothing unrecorded -----------------------------------------------------------------------------------


def test_no_rules_change_unrecorded(draft, mia, sam):
    refused("nothing_happens_unrecorded", version(draft, sam.pk), closed(draft, sam.pk))
    refused("nothing_happens_unrecorded", _revision(draft, mia.pk))
    refused("nothing_happens_unrecorded", closed(draft, mia.pk, "discarded"))


# --- Alarms -----------------------------------------------------------------------------------------------


@pytest.fixture
def alarm(aurora, olivia, sam, sue, mia):
    request = lives.approved(aurora, lives.coupon(percent="10.00"), by=olivia, supervisor=sam)
    lives.approved(aurora, lives.price_discount(percent="10.00"), by=olivia, supervisor=sam)
    drafts.published(CHANGED, manager=mia, publisher=sue)
    return selectors.alarm_of(request)


def _settled(alarm: Alarm, by: int, note: str = "Fine."):
    return (
        "UPDATE promotions_alarm SET settled_at = now(), settled_by_id = %s, note = %s WHERE id = %s",
        [by, note, alarm.pk],
    )


def test_an_alarm_is_settled_by_a_supervisor_who_wrote_nothing(alarm, mia, olivia, twin):
    for person in (mia, olivia):
        refused("a_supervisor_settles", _settled(alarm, person.pk))
    refused("a_second_human_settles", _settled(alarm, twin.pk))


def test_an_alarm_is_settled_with_a_word_and_recorded(alarm, sam):
    refused("a_settled_alarm_says_why", _settled(alarm, sam.pk, note=" "))
    refused("nothing_happens_unrecorded", _settled(alarm, sam.pk))


def test_an_alarm_stays_and_is_settled_once(alarm, sam):
    refused("kept_as_it_was_written", "DELETE FROM promotions_alarm")
    refused("an_alarm_is_only_settled", "UPDATE promotions_alarm SET raised_at = now()")
    alarms.settle(reference=alarm.request.reference, by=sam, at=NOW, confirmed_at=NOW, note="Fine.")
    refused("an_alarm_is_only_settled", _settled(alarm, sam.pk))
    refused(
        "an_alarm_is_only_settled",
        (
            "UPDATE promotions_alarm SET settled_at = NULL, settled_by_id = NULL, note = '' WHERE id = %s",
            [alarm.pk],
        ),
    )


def _copied(**changed: str) -> str:
    columns = ["request_id", "revision_id", "cause", "changes", "report_id", "report_digest"]
    columns += ["raised_at", "raised_by_id", "note"]
    chosen = ", ".join(changed.get(column, column) for column in columns)
    return (
        f"INSERT INTO promotions_alarm ({', '.join(columns)}) SELECT {chosen} FROM promotions_alarm LIMIT 1"
    )


def test_one_alarm_of_a_revision_is_open(alarm):
    refused("one_open_alarm_per_revision", _copied())


def test_an_alarm_is_on_the_report_of_its_revision(alarm, aurora, olivia):
    other = lives.drafted(aurora, lives.coupon(lives.SET), by=olivia)

    refused(
        "alarm_is_on_this_report",
        _copied(report_digest="'\\x00'::bytea", revision_id=str(other.current_id), request_id=str(other.pk)),
    )
    refused("alarm_is_of_the_requests_revision", _copied(revision_id=str(other.current_id)))


def test_an_alarm_is_not_raised_unrecorded(alarm, sam):
    alarms.settle(reference=alarm.request.reference, by=sam, at=NOW, confirmed_at=NOW, note="Fine.")

    refused("nothing_happens_unrecorded", _copied(note="''").replace("LIMIT 1", f"WHERE id = {alarm.pk}"))
