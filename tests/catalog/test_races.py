"""Workers in processes of their own: several at one import, several imports at once, one that is killed."""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from promoflow.audit.models import Entry
from promoflow.catalog.models import Import, Product, Sku
from promoflow.catalog.services import imports
from tests.catalog import sending
from tests.catalog.sending import line, report

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def workers(number, deed, *, url, folder):
    """Processes that have started and wait; each begins when it is sent a line."""
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "PROMOFLOW_DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "promoflow.settings",
    }
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.catalog.working", deed],
            cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(number)
    ]  # fmt: skip
    try:
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def begin(processes):
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()


def let_work(processes):
    begin(processes)
    assert [process.stdout.readline() for process in processes] == ["done\n"] * len(processes)


def lamps(first, last, price="20"):
    return report(*(line(f"S{n:05}", f"B{n:09}", price=price) for n in range(first, last)))


def deadlocks():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


def test_several_workers_at_one_import_do_it_once(aurora, olivia, database_url, tmp_path):
    with workers(3, "work", url=database_url, folder=tmp_path) as processes:
        source = sending.upload(aurora, lamps(0, 3_000), by=olivia)
        let_work(processes)
        source.refresh_from_db()
        assert (source.status, source.lines.count(), source.attempts) == (Import.Status.READY, 3_000, 0)

        imports.apply(pk=source.pk, comparison=source.comparison, by=olivia, at=timezone.now())
        let_work(processes)

    source.refresh_from_db()
    assert source.status == Import.Status.APPLIED
    assert (Product.objects.filter(title="Aurora desk lamp").count(), Sku.objects.count()) == (3_000, 3_000)
    assert Entry.objects.filter(event="import.applied").count() == 1


def test_imports_of_the_same_products_at_once_take_turns(aurora, olivia, oscar, database_url, tmp_path):
    """Each is applied as it was shown, or shown again; none is half applied, and none waits for ever."""
    sources = [
        sending.read(aurora, content, by=person)
        for person, content in (
            (olivia, lamps(0, 2_000, "20")),
            (oscar, lamps(1_000, 3_000, "21")),
            (olivia, lamps(500, 2_500, "22")),
        )
    ]
    for source in sources:
        imports.apply(pk=source.pk, comparison=source.comparison, by=source.created_by, at=timezone.now())

    with workers(3, "work", url=database_url, folder=tmp_path) as processes:
        let_work(processes)

    statuses = sorted(Import.objects.values_list("status", flat=True))
    applied = Import.objects.get(status=Import.Status.APPLIED)
    assert statuses == ["applied", "ready", "ready"]
    assert Product.objects.filter(title="Aurora desk lamp").count() == 2_000 == applied.changes.count()
    assert deadlocks() == 0
    for source in Import.objects.filter(status=Import.Status.READY):
        assert (source.comparison, source.confirmed_by) == (2, None)


def test_a_killed_worker_leaves_nothing_stuck(aurora, olivia, database_url, tmp_path):
    source = sending.upload(aurora, lamps(0, 9), by=olivia)
    with workers(1, "slowly", url=database_url, folder=tmp_path) as (process,):
        begin([process])
        assert process.stdout.readline() == "staged\n"
        source.refresh_from_db()
        assert (source.status, source.lines_read, source.lines.count()) == (Import.Status.READING, 2, 2)
        assert imports.work(at=timezone.now()) == 0

        process.kill()
        process.wait(timeout=10)
        _until_its_session_is_gone()

    assert imports.work(at=timezone.now()) == 1
    source.refresh_from_db()
    assert (source.status, source.lines_read, source.lines.count()) == (Import.Status.READY, 9, 9)


def _until_its_session_is_gone():
    """PostgreSQL takes a moment to notice that the process is gone."""
    with connection.cursor() as cursor:
        for _ in range(100):
            cursor.execute(
                "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
                " WHERE locktype = 'advisory' AND datname = current_database()"
            )
            if cursor.fetchone() == (0,):
                return
            cursor.execute("SELECT pg_sleep(0.05)")
    pytest.fail("the lock of the killed worker is still held")
