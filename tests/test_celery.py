"""Celery as a doorbell: old calls are forgotten, and a beat that is killed does not begin its waits anew."""

import shutil
import socket
import time
from datetime import timedelta

import pytest
from celery import Celery
from celery.beat import PersistentScheduler
from django.conf import settings
from django.utils import timezone
from kombu import Connection
from kombu.exceptions import OperationalError

from promoflow.celery import app
from promoflow.outbox import services as outbox
from promoflow.promotions import tasks
from promoflow.promotions.models import State
from tests.promotions import lives


@pytest.fixture
def rung(monkeypatch):
    """What was rung, and how."""
    rung = []
    monkeypatch.setattr(app, "send_task", lambda name, *_args, **options: rung.append((name, options)))
    return rung


def beat_from(folder):
    """A beat that finds in the folder what the last one left there."""
    beat = PersistentScheduler(app, schedule_filename=str(folder / "schedule"), lazy=True)
    beat.setup_schedule()
    return beat


def test_a_beat_that_is_killed_leaves_when_it_rang_last(tmp_path, rung, monkeypatch):
    monkeypatch.setattr("celery.beat.Scheduler.producer", None)
    mine, left = tmp_path / "mine", tmp_path / "left"
    mine.mkdir()
    beat = beat_from(mine)
    for _time in range(2):
        entry = beat.reserve(beat.schedule["delete what has passed its span"])
        entry.task = "sent by its name"
        beat.apply_entry(entry)
    shutil.copytree(mine, left)

    following = beat_from(left)

    kept = following.schedule["delete what has passed its span"]
    assert (kept.total_run_count, kept.last_run_at) == (2, entry.last_run_at)
    beat.close()
    following.close()


@pytest.mark.django_db(transaction=True)
def test_a_doorbell_that_nobody_hears_is_forgotten(rung):
    outbox.ring()

    [(_name, options)] = rung
    assert options["expires"] == settings.CALL_EXPIRES


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["redis", "amqp"])
def test_a_broker_that_is_down_keeps_nobody_waiting(rung, kind):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    outbox.ring()
    [(name, options)] = rung
    nobody = Connection(f"{kind}://127.0.0.1:{port}//")

    began = time.monotonic()
    with pytest.raises(OperationalError):
        Celery.send_task(app, name, connection=nobody, **options)

    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "waiting", ["promotions.tasks.move_due", "promotions.tasks.check_again", "catalog.tasks.work_on_imports"]
)
def test_nothing_waits_behind_all_the_mail(tmp_path, waiting):
    """A worker takes a call, works on it, and takes the next."""
    taken = []
    folders = dict.fromkeys(("data_folder_in", "data_folder_out", "control_folder"), str(tmp_path))
    with Connection(transport="promoflow.broker.Transport", transport_options=folders) as broker:
        worker = app.amqp.TaskConsumer(broker.default_channel, on_message=taken.append)
        worker.qos(prefetch_count=1)
        worker.consume()
        for task in ["outbox.tasks.deliver_due"] * 10 + [waiting]:
            app.send_task(f"promoflow.{task}", connection=broker)

        for _call in range(3):
            broker.drain_events(timeout=5)
            taken[-1].ack()

    assert f"promoflow.{waiting}" in [call.headers["task"] for call in taken]


@pytest.mark.parametrize("ahead", [timedelta(hours=20), timedelta(hours=-20)], ids=str)
def test_a_worker_whose_clock_is_wrong_moves_nothing_and_says_so(
    aurora, olivia, sam, monkeypatch, caplog, ahead
):
    """It would end what still runs, and nothing brings that back."""
    request = lives.live(aurora, by=olivia, supervisor=sam)
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now + ahead)

    assert tasks.move_due() == 0

    assert lives.again(request).state == State.LIVE
    assert "Nothing is moved: this machine's clock says" in caplog.text


def test_a_tick_is_forgotten_after_others_have_said_the_same():
    often = [
        entry for entry in settings.CELERY_BEAT_SCHEDULE.values() if isinstance(entry["schedule"], float)
    ]

    assert len(often) == 4
    assert all(entry["options"]["expires"] >= 2 * entry["schedule"] for entry in often)


def test_a_call_outlives_the_worker_that_took_it():
    """It is taken off the broker once it is done, and given back where the process that worked on it died."""
    assert (app.conf.task_acks_late, app.conf.task_reject_on_worker_lost) == (True, True)
