"""What a page of the history costs at 10,000 entries and at 1,000,000, and how fast the chain is verified.

Not part of the ordinary run; PROMOFLOW_BENCHMARKS=1 manage.py test tests/benchmarks/test_history.py -s
"""

import gc
import os
import random
import statistics
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from operator import sub

import pytest
from django.db import connection, transaction
from django.utils import timezone

from promoflow.audit import selectors
from promoflow.audit import services as audit
from promoflow.audit.events import EVENTS
from promoflow.audit.followed import FOLLOWED
from promoflow.audit.models import Entry
from promoflow.catalog.models import Product
from tests import cast
from tests.audit.rows import chain, fill
from tests.benchmarks.measuring import Cost, cost_of, side_by_side, times_as_much, worked_there
from tests.promotions import lives
from tests.unguarded import tamper

ROUNDS, BLOCK, WARMING = 24, 24, 6
SMALL, LARGE = 10_000, 1_000_000
pytestmark = pytest.mark.skipif(
    "PROMOFLOW_BENCHMARKS" not in os.environ, reason="a benchmark: set PROMOFLOW_BENCHMARKS=1"
)
FILTERS = {
    "nothing": {},
    "person": {"person": True},
    "request": {"subject": "PR-1500"},
    "ASIN": {"asin": "B000000007"},
    "event": {"event": "request.approved"},
    "refused": {"outcome": "refused"},
    "days": {"since": datetime(2020, 1, 3, tzinfo=UTC), "until": datetime(2020, 1, 5, tzinfo=UTC)},
}
# Words that one entry holds, that none does, that each does, that some do; and words that each holds, but
# never in this order.
WORDS = {
    "one": "case 0007777",
    "none": "nobody wrote this",
    "every": "ordinary length",
    "1 in 100": "lot 77",
    "1 in 1000": "促销",
    "disordered": "length of people",
}


def median_of(deed, times=41):
    deed()
    spans = []
    for _ in range(times):
        started = time.perf_counter()
        deed()
        spans.append(time.perf_counter() - started)
    return statistics.median(spans) * 1000


def pages(reader):
    """What a page costs, for each filter, at the top and in the middle."""
    sight = selectors.sight_of(reader)
    middle = selectors.Mark(datetime(2020, 1, 5, tzinfo=UTC), 10**12)
    times = {}
    for name, filters in FILTERS.items():
        wanted = selectors.Wanted(**{k: reader.pk if v is True else v for k, v in filters.items()})
        for place, before in (("top", None), ("middle", middle)):
            [times[name, place]] = side_by_side(
                lambda wanted=wanted, before=before: selectors.page(
                    sight=sight, wanted=wanted, before=before
                ),
                times=41,
            )
    return times


def test_a_page_at_a_million_entries_costs_what_it_costs_at_ten_thousand(db):
    mia = cast.person("Mia")
    stores = [cast.store(f"Store {n}", manager=mia, merchant_id=f"A2AURORA123456{n}").pk for n in range(4)]
    people = [mia.pk, *(cast.person(f"P{n}").pk for n in range(7))]
    names = {"stores": stores, "people": people, "events": list(EVENTS)}

    fill(SMALL, **names)
    chain()
    small = pages(mia)
    fill(LARGE, first=SMALL + 1, **names)
    chain()
    large = pages(mia)

    for key in small:
        name, place = key
        print(f"{name:8} {place:7} {small[key]} {large[key]} {times_as_much(large[key], small[key])}")
    wall, work = (
        statistics.median(getattr(large[key], of) / getattr(small[key], of) for key in small)
        for of in Cost._fields
    )
    print(f"median ratio {wall:.2f} ({work:.2f} CPU)")
    assert wall < 1.3
    assert work < 1.3


def searches(reader):
    """Milliseconds of a page of what holds the words, from the newest on."""
    sight = selectors.sight_of(reader)
    return {
        name: median_of(
            lambda words=words: selectors.page(sight=sight, wanted=selectors.Wanted(words=words)), 11
        )
        for name, words in WORDS.items()
    }


def test_a_search_of_a_million_entries_beside_one_of_ten_thousand(db):
    mia = cast.person("Mia")
    stores = [cast.store(f"Store {n}", manager=mia, merchant_id=f"A2AURORA123456{n}").pk for n in range(4)]
    people = [mia.pk, *(cast.person(f"P{n}").pk for n in range(7))]
    names = {"stores": stores, "people": people, "events": list(EVENTS)}

    fill(SMALL, **names)
    small = searches(mia)
    fill(LARGE, first=SMALL + 1, **names)
    large = searches(mia)

    for name in small:
        print(f"{name:10} {small[name]:7.2f} ms {large[name]:7.2f} ms {large[name] / small[name]:6.2f}x")
    ratio = statistics.median(large[name] / small[name] for name in small)
    print(f"median ratio {ratio:.2f}")
    assert ratio < 3


@pytest.mark.django_db(transaction=True)
def test_the_chain_is_verified_and_what_an_entry_costs():
    mia = cast.person("Mia")
    store = cast.store("Store", manager=mia)
    one = median_of(lambda: audit.record("store.changed", by=mia, at=timezone.now(), on=store), times=301)
    rows = [
        Entry(
            at=timezone.now() + timedelta(seconds=n), event="store.changed", store_id=store.pk, why="w" * 50
        )
        for n in range(100_000)
    ]
    started = time.perf_counter()
    Entry.objects.bulk_create(rows, batch_size=5000)
    chained = time.perf_counter() - started
    started = time.perf_counter()
    verdict = audit.verify()
    verified = time.perf_counter() - started

    seq = verdict.head.seq
    print(f"one entry with its commit {one:.2f} ms; 100,000 chained in {chained:.1f} s")
    print(f"{seq:,} entries verified in {verified:.1f} s, {seq / verified:,.0f} a second")
    assert verdict.trouble == ""


OFF = {
    "all of it": (),
    "without rows": [(table, f"told_of_{what}") for table in FOLLOWED for what in ("new", "changed", "gone")],
}
OFF["unchained too"] = [
    *OFF["without rows"],
    ("audit_entry", "sealed_at_commit"),
    ("audit_entry", "mentions"),
]
# In its place the least that a chained history can be (reliability.md, P3): each row that the approval writes
# as JSON, one of a statement that writes several, in a table without any index but its key.
OFF["the least chain"] = OFF["unchained too"]
LEAST = """
CREATE TABLE least_log (seq bigint PRIMARY KEY, at timestamptz NOT NULL, txid bigint NOT NULL,
    account text NOT NULL, action text NOT NULL, relation text NOT NULL, was jsonb, is_now jsonb,
    prev_hash bytea NOT NULL, row_hash bytea NOT NULL);
CREATE FUNCTION least_append(action text, relation text, was jsonb, is_now jsonb) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    last least_log;
    at timestamptz := clock_timestamp();
    txid bigint := pg_current_xact_id()::text::bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(7);
    SELECT * INTO last FROM least_log ORDER BY seq DESC LIMIT 1;
    IF NOT FOUND THEN
        last.seq := 0;
        last.row_hash := sha256('least'::bytea);
    END IF;
    INSERT INTO least_log
        VALUES (last.seq + 1, at, txid, session_user, action, relation, was, is_now, last.row_hash, sha256(
            '\\x01'::bytea || last.row_hash || int8send(last.seq + 1) || timestamptz_send(at)
            || int8send(txid)
            || convert_to(concat_ws(' ', session_user, action, relation, was, is_now), 'UTF8')));
END $$;
CREATE FUNCTION least_of_a_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM least_append(
        TG_OP, TG_TABLE_NAME, CASE TG_OP WHEN 'UPDATE' THEN to_jsonb(OLD) END, to_jsonb(NEW));
    RETURN NULL;
END $$;
CREATE FUNCTION least_of_a_statement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM least_append(TG_OP, TG_TABLE_NAME, NULL, (SELECT jsonb_agg(to_jsonb(a)) FROM added a));
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER least AFTER INSERT ON audit_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION least_of_a_row();
CREATE CONSTRAINT TRIGGER least AFTER INSERT ON promotions_decision
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION least_of_a_row();
CREATE CONSTRAINT TRIGGER least AFTER UPDATE ON promotions_promotionrequest
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION least_of_a_row();
CREATE TRIGGER least AFTER INSERT ON promotions_reservation REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION least_of_a_statement();
"""
LEAST_TABLES = ("audit_entry", "promotions_decision", "promotions_promotionrequest", "promotions_reservation")


@contextmanager
def variant(name):
    """One way of keeping the history, or of keeping none."""
    tamper()
    least = [(table, "least") for table in LEAST_TABLES]
    turned = [(*of, "DISABLE", "ENABLE ALWAYS") for of in OFF[name]]
    turned += [(*of, "ENABLE", "DISABLE") for of in least if name == "the least chain"]
    with connection.cursor() as cursor:
        for table, trigger, way, _back in turned:
            cursor.execute(f"ALTER TABLE {table} {way} TRIGGER {trigger}")
        yield
        for table, trigger, _way, back in turned:
            cursor.execute(f"ALTER TABLE {table} {back} TRIGGER {trigger}")


@pytest.mark.django_db(transaction=True)
def test_what_the_history_adds_to_a_decision():
    """An approval with it, without the database's own account, without any chain, and with the least chain.

    In blocks, since what a session has planned is thrown away with each switch, and the first of a block are
    not counted. A round has a block of each, in an order of its own; what is added is the median of what
    the rounds say, so that a busy moment spoils one of them. All of it is added in the database, whose
    process is looked at alone: the rest of a decision is ten times its work.
    """
    mia = cast.person("Mia")
    store = cast.store("Store", manager=mia)
    olivia = cast.grant(cast.person("Olivia"), store, "operator")
    sam = cast.two_step(cast.grant(cast.person("Sam"), store, "supervisor"))
    waiting = iter(_submitted(store, ROUNDS * BLOCK * len(OFF), by=olivia))
    with connection.cursor() as cursor:
        cursor.execute(LEAST)
        for table in LEAST_TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER least")
    # As in a web process: what stands is not looked through for garbage.
    gc.collect()
    gc.freeze()
    costs = {name: [] for name in OFF}
    for number in range(ROUNDS):
        for name in random.Random(number).sample([*OFF], len(OFF)):
            with variant(name):
                block = [_approved(next(waiting), by=sam) for _ in range(BLOCK)]
            costs[name].append(_median(block[WARMING:]))

    with transaction.atomic():
        own = _median(_cost(lambda: _said(by=mia, on=store)) for _ in range(200))
    added = {}
    for name, rounds in costs.items():
        without = costs["unchained too"]
        added[name] = _median(map(sub, *pair) for pair in zip(rounds, without, strict=True))
        print(f"{name:15} {_told(_median(rounds))}; added {_told(added[name])}")
    ours, least = (added[name][2] for name in ("all of it", "the least chain"))
    print(f"in the database it adds {ours / least:.1f} times what the least chain does")
    print(f"each of them with what the service says itself, {_told(own)}")


def _submitted(store, number, *, by):
    products = [
        Product(store=store, asin=f"B0BN{n:06}", title="Lamp", price=40, floor_price=10)
        for n in range(number)
    ]
    Product.objects.bulk_create(products)
    typed = [lives.price_discount(product.asin, percent="10.00") for product in products]
    return [lives.submitted(store, content, by=by) for content in typed]


def _approved(request, *, by):
    shown = lives.as_shown(request)
    return _cost(lambda: lives.approve_as_shown(request, shown, by=by))


def _said(*, by, on):
    audit.record("store.changed", by=by, at=timezone.now(), on=on)


def _cost(deed):
    """Milliseconds by the clock, of work here and there, and of work in the database alone."""
    worked = worked_there()
    cost = cost_of(deed)
    return (*cost, (worked_there() - worked) * 1000)


def _median(costs):
    return [statistics.median(part) for part in zip(*costs, strict=True)]


def _told(cost):
    wall, work, there = cost
    return f"{wall:6.2f} ms ({work:6.2f} CPU, {there:5.2f} of it in the database)"
