"""The killing: so many of each kind, in any order, each of a process that was at work."""

import random
import time
from collections import Counter
from dataclasses import dataclass

from tests.crash.desk import VICTIMS, Desk

_PATIENCE = 60


@dataclass(frozen=True)
class Dose:
    kills: int
    crashes: int
    wipes: int
    peace: float
    """Seconds between two strikes, at most."""
    victims: tuple[str, ...] = VICTIMS
    outages: int = 0
    outage: float = 60.0
    """For how many seconds there is no broker then."""
    full_disks: int = 0
    full: float = 15.0
    """For how many seconds the database has no room then."""

    def drawn(self) -> list[str]:
        """Each victim about equally often, the crashes and wipes anywhere between."""
        kills = [self.victims[number % len(self.victims)] for number in range(self.kills)]
        drawn = kills + ["database"] * self.crashes + ["broker"] * self.wipes
        drawn += ["no broker"] * self.outages + ["full disk"] * self.full_disks
        random.shuffle(drawn)
        return drawn


def strike(desk: Desk, dose: Dose) -> Counter[str]:
    """Everything that the dose asks for; how often each thing was struck."""
    struck: Counter[str] = Counter()
    left = dose.drawn()
    while left:
        what = _next(desk, left)
        left.remove(what)
        time.sleep(random.uniform(0, dose.peace))
        struck[_strike(desk, what, dose)] += 1
    return struck


def _next(desk: Desk, left: list[str]) -> str:
    """The first of them that is at work; waits until one is."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        desk.tend()
        for what in dict.fromkeys(left):
            if what not in VICTIMS or desk.is_up(what):
                return what
        time.sleep(0.05)
    raise TimeoutError(f"None of {set(left)} came up within {_PATIENCE} s: {desk.own_deaths}")


def _strike(desk: Desk, what: str, dose: Dose) -> str:
    if what == "database":
        return desk.crash_database()
    if what == "broker":
        desk.broker.wipe()
        return "broker wiped"
    if what == "no broker":
        desk.do_without_broker(dose.outage)
        return f"broker down for {dose.outage:.0f} s"
    if what == "full disk":
        desk.fill_disk(dose.full)
        return f"disk full for {dose.full:.0f} s"
    return desk.kill(what)
