"""Processes that demo and test start: they end with us, are started again, and none is left behind."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from promoflow.machine.processes import Child, Processes, end_all_in, end_leftovers
from promoflow.machine.progress import Trouble

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
]


@pytest.fixture
def child(tmp_path):
    """Makes a child, and ends it with the test."""
    made = []

    def make(command, **options):
        options.setdefault("environment", dict(os.environ))
        made.append(Child(f"Child {len(made)}", command, tmp_path / f"{len(made)}.log", **options))
        return made[-1]

    yield make
    for one in made:
        one.patience = 0
        one.stop()


def _wait_until(true, seconds=10):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_child_stops_when_it_is_asked(child):
    sleeper = child(SLEEP)
    sleeper.start()
    assert sleeper.is_running()

    sleeper.stop()

    assert not sleeper.is_running()
    assert sleeper.ended_with() == "signal 15"


def test_a_child_that_does_not_listen_is_killed(child, capsys):
    deaf = child(STUBBORN, patience=0.2)
    deaf.start()
    _wait_until(lambda: "deaf" in deaf.log.read_text())

    deaf.stop()

    assert deaf.ended_with() == "signal 9"
    assert "did not stop within" in capsys.readouterr().out


def test_a_child_takes_its_own_children_along(child):
    program = f"import subprocess, time; print(subprocess.Popen({SLEEP!r}).pid); time.sleep(60)"
    parent = child([sys.executable, "-uc", program])
    parent.start()
    _wait_until(lambda: parent.log.read_text().strip())
    grandchild = psutil.Process(int(parent.log.read_text()))

    parent.stop()

    _wait_until(lambda: not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent is gone")
def test_children_end_when_their_parent_is_killed(tmp_path):
    program = f"""
import os, time
from pathlib import Path
from promoflow.machine.processes import Child
child = Child("x", {SLEEP!r}, Path({str(tmp_path / "log")!r}), dict(os.environ))
child.start()
print(child.process.pid, flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    with parent:
        orphan = psutil.Process(int(parent.stdout.readline()))
        parent.kill()

    _wait_until(lambda: not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_way_to_end_us_ends_the_children(child, number):
    processes = Processes()
    sleeper = child(SLEEP)

    with pytest.raises(KeyboardInterrupt), processes.ending_with_us():
        processes.start(sleeper)
        os.kill(os.getpid(), number)
        time.sleep(10)

    assert not sleeper.is_running()
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_child_that_dies_is_started_again(child, capsys, monkeypatch):
    processes, restarted = Processes(), []
    sleeper = child(SLEEP)
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)

    def note_and_end():
        restarted.append(sleeper.process.pid)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), processes.ending_with_us():
        processes.start(sleeper)
        first = sleeper.process.pid
        sleeper.process.kill()
        processes.watch(on_restart=note_and_end)

    assert restarted != [first]
    assert "Child 0 ended with signal 9; starting again in 1 s" in capsys.readouterr().out


def test_a_child_that_keeps_dying_stops_everything_and_shows_why(child, monkeypatch):
    processes = Processes()
    sleeper, hopeless = child(SLEEP), child([sys.executable, "-c", "raise SystemExit('no configuration')"])
    pause = time.sleep
    monkeypatch.setattr(time, "sleep", lambda _seconds: pause(0.05))

    why = r"5 deaths within a minute(.|\n)*no configuration"
    with pytest.raises(Trouble, match=why), processes.ending_with_us():
        processes.start(sleeper)
        processes.start(hopeless)
        processes.watch(on_restart=lambda: None)

    assert not sleeper.is_running()


def test_what_a_killed_run_left_is_ended(child):
    processes, sleeper = Processes(), child(SLEEP)
    processes.start(sleeper)

    ended = end_leftovers(processes.note())

    assert ended == ["Child 0"]
    assert not sleeper.is_running()


def test_a_stranger_with_a_number_of_ours_is_left_alone(child):
    stranger = child(SLEEP)
    stranger.start()

    ended = end_leftovers([{"name": "PostgreSQL", "pid": stranger.process.pid, "created": 1_000_000.0}])

    assert ended == []
    assert stranger.is_running()


def test_numbers_that_nobody_has_any_more_are_no_trouble():
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()

    assert end_leftovers([{"name": "PostgreSQL", "pid": gone.pid, "created": time.time()}]) == []


def test_whoever_works_in_a_folder_is_ended(tmp_path):
    folder = tmp_path / "cluster"
    folder.mkdir()
    with subprocess.Popen(SLEEP, cwd=folder) as inside, subprocess.Popen(SLEEP, cwd=tmp_path) as outside:
        end_all_in(folder)

        assert inside.poll() is not None
        assert outside.poll() is None
        outside.kill()


def test_the_log_of_the_last_run_is_kept(child):
    processes = Processes()
    talker = child([sys.executable, "-c", "print('now')"])
    talker.log.write_text("before")

    processes.start(talker)
    talker.process.wait()

    assert talker.log.read_text() == "now\n"
    assert talker.log.with_suffix(".log.1").read_text() == "before"
