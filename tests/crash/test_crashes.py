"""Kills and crashes while people work: every answer holds, nothing happens twice, and all due work gets done.

Ordinarily a small dose with the filesystem broker. PROMOFLOW_CRASHES=filesystem, redis or rabbitmq gives the
full one with that broker, and the control, which must lose something.
"""

import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.crash import before, judge
from tests.crash.brokers import BROKERS
from tests.crash.chaos import Dose, strike
from tests.crash.desk import Desk
from tests.crash.judge import Findings
from tests.crash.people import Ledger, Person

# For how long work may be due after the last recovery.
WITHIN = 60.0

SMALL, SMALL_SECONDS = Dose(kills=20, crashes=3, wipes=1, outages=1, outage=3, peace=1.0), 25
FULL, FULL_SECONDS = Dose(kills=200, crashes=30, wipes=5, outages=1, peace=0.6), 240

_asked = os.environ.get("PROMOFLOW_CRASHES", "")
full = pytest.mark.skipif(
    not _asked, reason="minutes of kills: PROMOFLOW_CRASHES=filesystem, redis or rabbitmq"
)


def live_through(
    broker: str,
    dose: Dose,
    *,
    seconds: int,
    mails: int = 0,
    control: str = "",
    disk: int = 0,
    within: float = WITHIN,
) -> Findings:
    """Run a desk, have people work at it and kill it, let it recover, and judge what became of it.

    Its folder is none of pytest's: another run's pytest would close the folders above it to PostgreSQL. It
    stays where something was found, to be looked at.
    """
    folder = Path(tempfile.mkdtemp(prefix="promoflow-crash-"))
    folder.chmod(0o755)
    print(f"in {folder}")
    desk = Desk(folder, BROKERS[broker](folder), control=control)
    with _a_disk_of(disk, desk.cluster.folder), desk.running():
        desk.run("-m", "tests.crash.before", str(seconds), str(mails))
        all_is_due = time.monotonic() + seconds
        struck, ledger = _strike_while_people_work(desk, dose)
        caught_up = _catch_up(desk, within)
        # Where the strikes were over sooner than expected, some of the clock's work was not due yet.
        time.sleep(max(0.0, all_is_due - time.monotonic()))
        _catch_up(desk, within)
        if control:
            _until_no_more_arrives(desk)
        findings = judge.judge(desk, ledger)
        desk.kill("checkpointer")
        _wait_for_signature(desk)
        judge.the_history(findings, desk)
        findings.figures |= {"struck": dict(struck), "seconds until all was done": caught_up}
        findings.figures["processes that ended by themselves"] = dict(Counter(desk.own_deaths))
        print(findings.report())
    if not (findings.lost or findings.doubled or findings.untrue):
        shutil.rmtree(folder)
    return findings


@contextmanager
def _a_disk_of(megabytes: int, folder: Path) -> Iterator[None]:
    """A disk of its own for this folder, where a size is asked for."""
    if not megabytes:
        yield
        return
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a disk of its own for the database takes somebody who may mount one")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _strike_while_people_work(desk: Desk, dose: Dose) -> tuple[Counter[str], Ledger]:
    ledger, done = Ledger(), threading.Event()
    people = [Person(name, desk.address, ledger, done) for name in before.OPERATORS + before.SUPERVISORS]
    at_work = [threading.Thread(target=person.work, daemon=True) for person in people]
    began = time.monotonic()
    for thread in at_work:
        thread.start()
    struck = strike(desk, dose)
    struck["seconds"] = round(time.monotonic() - began)
    done.set()
    for thread in at_work:
        thread.join(60)
        assert not thread.is_alive(), "somebody still waits for an answer"
    return struck, ledger


def _catch_up(desk: Desk, within: float) -> float:
    """How long it takes from now on until nothing that is due is undone."""
    recovered = time.monotonic()
    while left := judge.undone(desk):
        desk.tend()
        waited = time.monotonic() - recovered
        assert waited < within, f"after {waited:.0f} s there is still {left}"
        time.sleep(0.2)
    return round(time.monotonic() - recovered, 1)


def _until_no_more_arrives(desk: Desk) -> None:
    """Without an outbox nothing else says when the last mail was sent."""
    arrived, seen = -1, 0
    while seen > arrived:
        arrived = seen
        time.sleep(5)
        seen = len(list((desk.folder.path / "arrived").glob("*.mail")))


def _wait_for_signature(desk: Desk) -> None:
    """Begun anew it signs at once what is not signed for yet."""
    deadline = time.monotonic() + 20
    while not desk.has_signed_all() and time.monotonic() < deadline:
        time.sleep(0.2)


@pytest.mark.long
def test_a_small_dose_loses_nothing_and_doubles_nothing():
    found = live_through("filesystem", SMALL, seconds=SMALL_SECONDS)

    assert (found.lost, found.doubled, found.untrue) == ([], [], [])


@full
def test_200_kills_and_30_database_crashes_lose_nothing_and_double_nothing():
    found = live_through(_asked, FULL, seconds=FULL_SECONDS)

    assert (found.lost, found.doubled, found.untrue) == ([], [], [])


@full
def test_a_backlog_of_mail_keeps_the_clock_waiting_for_less_than_a_minute():
    """The checkpointer alone is killed meanwhile: it has no part in this. The mail may take its time."""
    dose = Dose(kills=12, crashes=0, wipes=0, peace=6.0, victims=("checkpointer",))
    found = live_through(_asked, dose, seconds=60, mails=1_000, within=240)

    assert (found.lost, found.doubled, found.untrue) == ([], [], [])
    assert max(found.late) < WITHIN


@full
def test_a_full_disk_loses_nothing_and_leaves_nothing_half_done():
    dose = Dose(kills=4, crashes=0, wipes=0, full_disks=3, peace=5.0, victims=("worker",))
    found = live_through(_asked, dose, seconds=60, disk=400)

    assert (found.lost, found.doubled, found.untrue) == ([], [], [])
    assert found.figures["refusals for want of room"]


@full
def test_mails_that_are_plainly_called_for_after_the_commit_are_lost():
    dose = Dose(kills=40, crashes=0, wipes=0, peace=1.0, victims=("web", "worker"))
    found = live_through(_asked, dose, seconds=60, control="plain-delay")

    assert any("never arrived" in loss for loss in found.lost)


@full
def test_an_outbox_that_notes_before_it_sends_is_caught():
    dose = Dose(kills=40, crashes=0, wipes=0, peace=1.0, victims=("worker",))
    found = live_through(_asked, dose, seconds=60, control="closed-first")

    assert any("never arrived" in loss for loss in found.lost)
