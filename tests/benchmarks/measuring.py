"""Costs taken side by side, because a busy machine slows all of them: only their ratios mean something."""

import statistics
import time
from pathlib import Path
from typing import NamedTuple

from django.db import connection


class Cost(NamedTuple):
    """Milliseconds that passed, and those that a processor worked, here and in the database."""

    wall: float
    cpu: float

    def __str__(self):
        return f"{self.wall:7.2f} ms ({self.cpu:7.2f} CPU)"


def side_by_side(*deeds, times=15):
    """The median cost of each deed, done in turn after one that nobody measures."""
    found = [[] for _ in deeds]
    for attempt in range(times + 1):
        for deed, costs in zip(deeds, found, strict=True):
            cost = cost_of(deed)
            if attempt:
                costs.append(cost)
    return [median(costs) for costs in found]


def cost_of(deed):
    started, worked = time.perf_counter(), _worked()
    deed()
    return Cost((time.perf_counter() - started) * 1000, (_worked() - worked) * 1000)


def median(costs):
    return Cost(*(statistics.median(values) for values in zip(*costs, strict=True)))


def times_as_much(cost, floor):
    """How often the floor goes into it: by the clock, and by the work, which a busy machine hardly moves."""
    return f"{cost.wall / floor.wall:5.1f}x ({cost.cpu / floor.cpu:4.1f}x CPU)"


def worked_there():
    """Seconds of work of the database process that serves us."""
    server = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
    return int(server.read_text().split()[0]) / 1e9


def _worked():
    return time.process_time() + worked_there()
