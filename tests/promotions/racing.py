"""What the races share: desks in processes of their own, and judges that know nothing of the desk's code."""

import multiprocessing
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection

from django.db import connection

from accounts.models import User
from promoflow.promotions.models import PromotionRequest
from tests.promotions.supervising import Deed, open_desks

# The promise in the words of the policy's own row: which kinds may not meet, and how far each one reaches.
# Neither the conflict groups nor the stored danger windows are looked at.
OVERLAPPING = """
WITH policy AS (
    SELECT convert_from(body, 'UTF8')::jsonb AS rules FROM policies_policyversion ORDER BY number DESC LIMIT 1
), forbidden AS (
    SELECT pair -> 'kinds' ->> 0 AS a, pair -> 'kinds' ->> 1 AS b
    FROM policy, jsonb_array_elements(rules -> 'pairs') AS pair WHERE pair ->> 'verdict' = 'block'
), reach AS (
    SELECT kind, make_interval(hours => (rule #>> '{danger,hours_before,value}')::int) AS before,
           make_interval(hours => (rule #>> '{danger,hours_after,value}')::int) AS after
    FROM policy, jsonb_each(rules -> 'kinds') AS kinds (kind, rule)
), holding AS (
    SELECT DISTINCT r.request_id, r.product_id, v.kind,
           tstzrange(v.starts_at - reach.before, v.ends_at + reach.after) AS danger
    FROM {table} r JOIN promotions_revision v ON v.id = r.revision_id JOIN reach USING (kind) WHERE r.held
)
SELECT count(*) FROM holding one JOIN holding other
    ON other.product_id = one.product_id AND other.request_id > one.request_id AND other.danger && one.danger
WHERE EXISTS (
    SELECT FROM forbidden WHERE (a, b) IN ((one.kind, other.kind), (other.kind, one.kind)))
"""


@contextmanager
def desks(deed: Deed, people: Sequence[User], url: str) -> Iterator[list[Connection]]:
    """A desk for each person, in processes that end with the block."""
    spawn = multiprocessing.get_context("spawn")
    pipes = [spawn.Pipe() for _ in people]
    mine, theirs = [pipe[0] for pipe in pipes], [pipe[1] for pipe in pipes]
    office = spawn.Process(target=open_desks, args=(deed, [person.email for person in people], theirs, url))
    office.start()
    for desk in theirs:
        desk.close()
    try:
        yield mine
    finally:
        for desk in mine:
            desk.send("")
            desk.close()
        office.join(timeout=20)
        if office.is_alive():
            office.terminate()
            office.join()
        office.close()


def all_at_once(at: Sequence[Connection], requests: Sequence[PromotionRequest]) -> list[tuple[str, float]]:
    """What came of each request, and how many seconds it took."""
    for desk, request in zip(at, requests, strict=True):
        desk.send(request.reference)
    for desk in at:
        assert desk.poll(120), "a supervisor never answered"
    return [desk.recv() for desk in at]


def overlapping(table: str = "promotions_reservation") -> int:
    """How many pairs hold one product at one time and may not."""
    with connection.cursor() as cursor:
        cursor.execute(OVERLAPPING.replace("{table}", table))
        return int(cursor.fetchone()[0])


def deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def tell(what: str, spans: Sequence[float], outcomes: Counter[str]) -> None:
    """Print how long the attempts took; what is too long depends on the machine, so nothing asserts it."""
    ordered = sorted(spans)
    p50, p99 = (ordered[int(len(ordered) * share)] * 1000 for share in (0.5, 0.99))
    said = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())
    print(f"\n{what}: p50 {p50:.0f} ms, p99 {p99:.0f} ms, longest {ordered[-1] * 1000:.0f} ms; {said}")
