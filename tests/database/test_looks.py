"""What was seen in Seller Central attacked with raw SQL: kept as it is, by people of the store, recorded."""

import json

import pytest
from django.db import connection

from promoflow.errors import Blocked
from promoflow.promotions.models import Attachment, Discrepancy
from promoflow.promotions.screenshots import Screenshot
from promoflow.promotions.services import running
from tests.database.attacks import refused
from tests.promotions import attachments, lives

pytestmark = pytest.mark.django_db(transaction=True)

SHOT = Screenshot(attachments.picture(), "image/png")


@pytest.fixture
def live(aurora, olivia, sam, sue):
    """Live with a screenshot, and looked at by somebody who saw something else."""
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    lives.go_live(request, by=olivia, screenshot=SHOT)
    shown = lives.shown_as_approved(request) | {"discount_value": "50.00"}
    with pytest.raises(Blocked):
        lives.verify(request, by=sue, shown=shown)
    return lives.again(request)


def attached(request, by, **changed):
    row = {
        "request_id": request.pk,
        "step": request.step,
        "look": "first",
        "file": "screenshots/x.png",
        "digest": b"\1" * 32,
        "media_type": "image/png",
        "size": 99,
        "added_at": lives.NOW,
        "added_by_id": by.pk,
        **changed,
    }
    return _insert("promotions_attachment", row)


def looked(request, by, **changed):
    row = {
        "request_id": request.pk,
        "activation_id": request.activation.pk,
        "shown": "{}",
        "differing": json.dumps(["asins"]),
        "seen_at": lives.NOW,
        "seen_by_id": by.pk,
        **changed,
    }
    return _insert("promotions_discrepancy", row)


def _insert(table, row):
    places = ", ".join(["%s"] * len(row))
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", list(row.values())


@pytest.mark.parametrize("table", ["promotions_attachment", "promotions_discrepancy"])
@pytest.mark.parametrize("attack", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_what_was_seen_stays(live, table, attack):
    refused("kept_as_it_was_written", attack.format(table))


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"media_type": "text/html"}, "an_attachment_is_a_picture_or_a_pdf"),
        ({"media_type": "image/svg+xml"}, "an_attachment_is_a_picture_or_a_pdf"),
        ({"size": 0}, "an_attachment_has_its_size"),
        ({"size": 99_000_000}, "an_attachment_has_its_size"),
        ({"look": "third"}, "look_is_known"),
        ({"digest": b"short"}, "a_digest_is_sha256"),
    ],
)
def test_a_screenshot_is_what_its_row_says(live, sue, changed, rule):
    # The second look's role is asked for where the look itself is not known.
    refused(rule, attached(live, sue, **{"look": "second", **changed}))


def test_a_screenshot_is_not_added_unrecorded(live, olivia):
    refused("nothing_happens_unrecorded", attached(live, olivia))


def test_nobody_from_elsewhere_adds_a_screenshot(live, stranger, olivia, sue):
    refused("people_of_the_store_attach", attached(live, stranger))
    refused("people_of_the_store_attach", attached(live, olivia, look="second"))
    refused("people_of_the_store_attach", attached(live, sue, look="first"))


def test_a_look_that_differs_is_not_added_unrecorded(live, sue):
    refused("nothing_happens_unrecorded", looked(live, sue))


def test_a_look_that_differs_is_anothers_with_the_role(live, olivia, twin, stranger):
    refused("another_human_looks", looked(live, olivia))
    refused("another_human_looks", looked(live, twin))
    refused("a_supervisor_looks", looked(live, stranger))


def test_a_look_that_differs_says_in_what(live, sue):
    refused("a_discrepancy_names_its_fields", looked(live, sue, differing="[]"))


def test_what_is_verified_or_stopped_is_not_looked_at_any_more(live, aurora, olivia, sam, sue):
    rule = "what_is_live_and_unverified_is_looked_at"
    other = lives.live(aurora, lives.coupon(lives.SET), by=olivia, supervisor=sam)
    refused(rule, looked(live, sue, activation_id=other.activation.pk))
    lives.verify(other, by=sue)
    refused(rule, looked(other, sue))
    running.stop(reference=live.reference, by=sue, at=lives.NOW)
    refused(rule, looked(live, sue))


@pytest.mark.parametrize("table", ["promotions_attachment", "promotions_discrepancy"])
@pytest.mark.parametrize("privilege", ["DELETE", "TRUNCATE", "UPDATE"])
def test_the_application_only_adds(db, table, privilege):
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('promoflow_app', %s, %s)", [table, privilege])
        assert cursor.fetchone() == (False,)


def test_the_applications_privileges_are_enough(aurora, olivia, sam, sue):
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE promoflow_app")
    try:
        request = lives.approved(aurora, by=olivia, supervisor=sam)
        lives.go_live(request, by=olivia, screenshot=SHOT)
        shown = lives.shown_as_approved(request) | {"discount_value": "50.00"}
        with pytest.raises(Blocked):
            lives.verify(request, by=sue, shown=shown, screenshot=SHOT)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")

    assert (Attachment.objects.count(), Discrepancy.objects.count()) == (2, 1)
