"""What has passed its span is deleted, nothing else is, and the history counts what went."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from promoflow.audit.models import Entry
from promoflow.catalog.models import ImportChange, ImportLine, RefusedLine
from promoflow.catalog.services import imports
from promoflow.outbox import services as outbox
from promoflow.outbox.models import Message
from promoflow.promotions.models import Attachment
from promoflow.promotions.screenshots import Screenshot
from promoflow.promotions.services import running
from promoflow.retention import services, tasks
from promoflow.retention.kept import KEPT
from tests.catalog import sending
from tests.promotions import attachments, lives
from tests.promotions.lives import LAMP, SET

pytestmark = pytest.mark.django_db

NOW = timezone.now()
SPAN = settings.KEPT_FOR


def _newest():
    return Entry.objects.order_by("pk").last()


def _forgotten(capture, *, at):
    """What went, once the transaction is committed: files go after it."""
    with capture(execute=True):
        return services.forget(at=at)


@pytest.fixture
def forgotten(django_capture_on_commit_callbacks):
    return lambda at: _forgotten(django_capture_on_commit_callbacks, at=at)


# --- Messages -------------------------------------------------------------------------------------------


CLOSED = NOW - SPAN["messages"]
LATER = NOW + timedelta(seconds=1)


@pytest.fixture
def told(aurora, olivia, sam):
    """Somebody was told, and it was sent just as long ago as it is kept."""
    lives.submitted(aurora, lives.coupon(), by=olivia)
    outbox.deliver(at=lives.NOW)
    assert Message.objects.update(closed=CLOSED)


def test_a_message_goes_when_its_span_has_passed(told, forgotten):
    count = Message.objects.count()

    assert forgotten(NOW) == {}
    assert Message.objects.count() == count

    assert forgotten(LATER) == {"messages": count}
    assert not Message.objects.exists()


def test_the_history_counts_what_went_and_is_the_clocks(told, forgotten):
    count = Message.objects.count()

    forgotten(LATER)

    entry = _newest()
    assert (entry.event, entry.actor, entry.at, entry.store_id) == ("retention.cleared", None, LATER, None)
    assert entry.after == {"messages": count}


def test_where_nothing_has_passed_nothing_is_written(told, forgotten):
    before = Entry.objects.count()

    assert forgotten(NOW) == {}

    assert Entry.objects.count() == before


def test_what_is_still_owed_stays_however_old(aurora, olivia, sam, forgotten):
    lives.submitted(aurora, lives.coupon(), by=olivia)
    owed = Message.objects.filter(closed=None).count()
    assert owed

    assert forgotten(lives.NOW + timedelta(days=5000)) == {}

    assert Message.objects.filter(closed=None).count() == owed


def test_where_the_history_cannot_be_written_nothing_goes(told, monkeypatch):
    count = Message.objects.count()

    monkeypatch.setattr(Entry.objects, "create", _full)
    with pytest.raises(OSError, match="disk is full"):
        services.forget(at=LATER)

    assert Message.objects.count() == count


def _full(*_, **__):
    raise OSError("the history's disk is full")


def test_the_daily_task_does_it(told, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: LATER)

    tasks.forget_what_has_passed()

    assert not Message.objects.exists()
    [planned] = [
        plan
        for plan in settings.CELERY_BEAT_SCHEDULE.values()
        if plan["task"] == tasks.forget_what_has_passed.name
    ]
    assert planned["schedule"].hour == {3}


# --- Imports --------------------------------------------------------------------------------------------


@pytest.fixture
def applied(aurora, olivia):
    """An applied import with a line that was refused."""
    content = sending.report(sending.line("AU-1", LAMP), sending.line("AU-2", "no-asin"))
    return sending.apply(sending.read(aurora, content, by=olivia), by=olivia)


def test_an_applied_import_loses_its_file_and_lines_and_keeps_what_it_changed(applied, forgotten):
    assert RefusedLine.objects.exists()
    assert default_storage.exists(applied.file.name)

    assert forgotten(applied.created_at + SPAN["imports"] + timedelta(minutes=1)) == {"imports": 1}

    assert not default_storage.exists(applied.file.name)
    assert not RefusedLine.objects.exists()
    assert not ImportLine.objects.exists()
    assert ImportChange.objects.filter(source=applied).exists()
    applied.refresh_from_db()
    assert (applied.name, applied.lines_refused) == ("report.txt", 1)


def test_its_page_says_where_the_lines_went(client, applied, olivia, forgotten):
    forgotten(applied.created_at + SPAN["imports"] + timedelta(minutes=1))
    client.force_login(olivia)

    page = client.get(reverse("import", args=[applied.pk])).content.decode()

    assert "have passed their span and are deleted" in page


def test_an_import_is_counted_once(applied, forgotten):
    at = applied.created_at + SPAN["imports"] + timedelta(minutes=1)
    forgotten(at)

    assert forgotten(at) == {}


def test_an_applied_import_stays_until_its_span_has_passed(applied, forgotten):
    assert forgotten(applied.created_at + SPAN["imports"]) == {}

    assert default_storage.exists(applied.file.name)
    assert RefusedLine.objects.exists()


def test_an_open_import_stays_however_old(aurora, olivia, forgotten):
    source = sending.read(aurora, sending.report(sending.line("AU-1", LAMP)), by=olivia)

    assert forgotten(source.created_at + timedelta(days=1000)) == {}

    assert default_storage.exists(source.file.name)
    assert imports.apply(pk=source.pk, comparison=source.comparison, by=olivia, at=timezone.now())


# --- Screenshots ----------------------------------------------------------------------------------------


SHOT = Screenshot(attachments.picture(), "image/png")


def _live(store, offer, *, by, supervisor):
    request = lives.approved(store, offer, by=by, supervisor=supervisor)
    lives.go_live(request, by=by, screenshot=SHOT)
    return lives.again(request)


def test_a_screenshot_goes_once_its_request_is_over_and_its_row_stays(aurora, olivia, sam, forgotten):
    request = _live(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)
    [attachment] = Attachment.objects.all()
    late = lives.NOW + SPAN["screenshots"] + timedelta(minutes=1)
    assert "screenshots" not in forgotten(late)
    running.stop(reference=request.reference, by=sam, at=lives.NOW)

    assert "screenshots" not in forgotten(lives.NOW + SPAN["screenshots"])
    assert default_storage.exists(attachment.file.name)
    assert forgotten(late)["screenshots"] == 1

    assert not default_storage.exists(attachment.file.name)
    assert bytes(Attachment.objects.get().digest) == SHOT.digest


def test_a_file_that_another_request_needs_stays(aurora, olivia, sam, forgotten):
    first = _live(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)
    _live(aurora, lives.coupon(SET), by=olivia, supervisor=sam)
    running.stop(reference=first.reference, by=sam, at=lives.NOW)

    assert "screenshots" not in forgotten(lives.NOW + timedelta(days=1000))

    assert default_storage.exists(Attachment.objects.first().file.name)


def test_whoever_asks_for_one_that_is_gone_reads_why(client, aurora, olivia, sam, forgotten):
    request = _live(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)
    running.stop(reference=request.reference, by=sam, at=lives.NOW)
    forgotten(lives.NOW + timedelta(days=1000))
    client.force_login(olivia)

    answer = client.get(reverse("request-screenshot", args=[request.reference, Attachment.objects.get().pk]))

    assert answer.status_code == 409
    assert "it passed its span and was deleted" in answer.content.decode()


def test_a_file_that_cannot_be_deleted_keeps_no_other(aurora, olivia, sam, applied, forgotten, monkeypatch):
    request = _live(aurora, lives.coupon(SET), by=olivia, supervisor=sam)
    running.stop(reference=request.reference, by=sam, at=lives.NOW)
    [attachment] = Attachment.objects.all()
    delete = default_storage.delete

    def stuck(name):
        if name == applied.file.name:
            raise OSError("the disk is read-only")
        delete(name)

    with monkeypatch.context() as patch:
        patch.setattr(default_storage, "delete", stuck)
        forgotten(NOW + timedelta(days=1000))

    assert default_storage.exists(applied.file.name)
    assert not default_storage.exists(attachment.file.name)


def test_where_the_history_cannot_be_written_no_file_goes(
    aurora, olivia, sam, applied, forgotten, monkeypatch
):
    """No rollback brings a file back: it goes after its entry stands."""
    request = _live(aurora, lives.coupon(SET), by=olivia, supervisor=sam)
    running.stop(reference=request.reference, by=sam, at=lives.NOW)
    files = [applied.file.name, Attachment.objects.get().file.name]
    monkeypatch.setattr(Entry.objects, "create", _full)

    with pytest.raises(OSError, match="disk is full"):
        forgotten(timezone.now() + timedelta(days=5000))

    assert [default_storage.exists(name) for name in files] == [True, True]


# --- Sessions and counters ------------------------------------------------------------------------------


def test_old_sessions_go_and_others_stay(client, stranger, forgotten):
    client.force_login(stranger)
    Session.objects.create(session_key="old", session_data="", expire_date=timezone.now() - timedelta(days=1))

    assert forgotten(timezone.now())["sessions"] == 1

    assert list(Session.objects.values_list("session_key", flat=True)) == [client.session.session_key]


def test_counters_that_have_run_out_go(forgotten):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM shared_cache")
        cursor.execute("INSERT INTO shared_cache VALUES ('old', '', now() - interval '1 minute')")
    cache.set("attempts", 3, timeout=300)

    assert forgotten(timezone.now())["counters"] == 1

    assert cache.get("attempts") == 3


# --- The page -------------------------------------------------------------------------------------------


def test_the_page_says_what_the_task_does(client, stranger):
    client.force_login(stranger)

    page = client.get(reverse("kept")).content.decode()

    for kept in KEPT:
        assert str(kept.what) in page
        assert kept.how_long in page
    assert "400 days" in page
    assert "12 hours" in page
    assert "Nothing has passed its span yet." in page


def test_every_span_is_somebodys_and_is_carried_out():
    passing = {kept.code: kept for kept in KEPT if kept.span is not None}

    assert set(passing) == set(SPAN)
    assert all(kept.forget is not None and kept.span == SPAN[code] for code, kept in passing.items())
    assert all(kept.forget is None for kept in KEPT if kept.span is None)


def test_the_page_shows_what_went_last(client, told, stranger, forgotten):
    count = Message.objects.count()
    forgotten(LATER)
    client.force_login(stranger)

    page = " ".join(client.get(reverse("kept")).content.decode().split())

    assert f"<dd> {count} </dd>" in page
