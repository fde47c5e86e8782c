"""Deeds that take turns: all are under way, and wait for the same thing in the order in which they came."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connections

Deed = Callable[[], object]

# The one lock that every commit waits for (the chain of the history).
THE_CHAIN = "SELECT pg_advisory_xact_lock(hashtextextended('promoflow history', 0))"


def the_request(pk: int) -> str:
    return f"SELECT FROM promotions_promotionrequest WHERE id = {pk} FOR NO KEY UPDATE"


def in_turn(url: str, behind: str, *deeds: Deed) -> list[Any]:
    """What came of each: what it gave back, or what it raised.

    All wait until the statement `behind` is committed.
    """
    came: list[Any] = [None] * len(deeds)

    def do(place: int) -> None:
        try:
            came[place] = deeds[place]()
        except Exception as refusal:
            came[place] = refusal
        finally:
            connections.close_all()

    threads = [threading.Thread(target=do, args=(place,)) for place in range(len(deeds))]
    with _held(url, behind) as waiting:
        for thread in threads:
            before = waiting()
            thread.start()
            _until(waiting, more_than=before)
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive(), "a deed never came to its end"
    return came


@contextmanager
def _held(url: str, statement: str) -> Iterator[Callable[[], int]]:
    """Hold what it locks; the function says how many sessions of this database wait for a lock."""
    with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as watcher:
        holder.execute(statement)

        def waiting() -> int:
            row = watcher.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ).fetchone()
            return row[0] if row else 0

        yield waiting
        holder.commit()


def _until(waiting: Callable[[], int], *, more_than: int) -> None:
    by = time.monotonic() + 10
    while waiting() <= more_than:
        assert time.monotonic() < by, "a deed waited for nothing"
        time.sleep(0.01)
