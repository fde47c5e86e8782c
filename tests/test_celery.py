"""Celery as a doorbell: old calls are forgotten, and a beat that is killed does not begin its waits anew."""

import shutil

import pytest
from celery.beat import PersistentScheduler
from django.conf import settings

from promoflow.celery import app
from promoflow.outbox import services as outbox


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


def test_a_tick_is_forgotten_after_others_have_said_the_same():
    often = [
        entry for entry in settings.CELERY_BEAT_SCHEDULE.values() if isinstance(entry["schedule"], float)
    ]

    assert len(often) == 3
    assert all(entry["options"]["expires"] >= 2 * entry["schedule"] for entry in often)
