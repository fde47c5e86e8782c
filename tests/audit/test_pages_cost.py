"""A page of a long history reads an index from where the reader stands: it neither scans nor sorts."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from promoflow.audit import selectors
from promoflow.audit.events import EVENTS
from tests import cast
from tests.audit.rows import fill

STORES = 4
SIZE = 50


def nodes(plan):
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


# Of two filters at once PostgreSQL reads the narrower or both: the more such a page skips, the more it costs.
FILTERS = {
    "nothing": {},
    "person": {"person": True},
    "store": {"store": True},
    "request": {"subject": "PR-9000"},
    "asin": {"asin": "B000000007"},
    "event": {"event": "request.approved"},
    "outcome": {"outcome": "refused"},
    "days": {
        "since": datetime(2020, 3, 1, tzinfo=UTC),
        "until": datetime(2020, 4, 1, tzinfo=UTC),
    },
    "asin and outcome": {"asin": "B000000007", "outcome": "refused"},
}


@pytest.fixture
def reader(db):
    """Somebody who sees four stores with 200,000 entries."""
    mia = cast.person("Mia")
    stores = [
        cast.store(f"Store {n}", manager=mia, merchant_id=f"A2AURORA123456{n}").pk for n in range(STORES)
    ]
    people = [mia.pk, *(cast.person(f"P{n}").pk for n in range(7))]
    fill(200_000, stores=stores, people=people, events=list(EVENTS))
    return mia


def test_a_page_neither_scans_nor_sorts_the_history(reader, subtests):
    sight = selectors.sight_of(reader)
    own = {"person": reader.pk, "store": sight.stores[0]}
    deep = selectors.Mark(datetime(2020, 3, 20, tzinfo=UTC), 10**9)
    for name, filters in FILTERS.items():
        wanted = selectors.Wanted(**{key: own.get(key, value) for key, value in filters.items()})
        for place, before in (("top", None), ("deep", deep)):
            with subtests.test(filter=name, place=place):
                look_at(explained(sight, wanted, before))


def test_whom_to_offer_is_asked_without_scanning_the_history(reader):
    with CaptureQueriesContext(connection) as queries:
        assert len(selectors.people_in(selectors.sight_of(reader))) >= 8

    assert "entry_by_actor" in indexes(queries[-1]["sql"])
    look_at(analyzed(queries[-1]["sql"]))


@pytest.fixture
def searcher(db):
    """Somebody who sees a store with 20,000 entries."""
    mia = cast.person("Mia")
    fill(20_000, stores=[cast.store(manager=mia).pk], people=[mia.pk], events=list(EVENTS))
    return mia


def test_words_that_every_entry_holds_are_found_without_asking_the_indexes(searcher):
    page, asked = searched(searcher, "ordinary length")

    near, among, _rows = asked
    assert len(page.entries) == SIZE
    assert "audit_searched" not in near
    assert not indexes(among) & {"entry_by_threes", "entry_by_pairs"}


@pytest.mark.parametrize(
    ("words", "index", "found"),
    [("case 0007777", "entry_by_threes", 1), ("促销", "entry_by_pairs", 20), ("便宜", "entry_by_pairs", 0)],
)
def test_words_that_few_entries_hold_are_asked_of_an_index(searcher, words, index, found):
    page, asked = searched(searcher, words)

    assert len(page.entries) == found
    assert index in indexes(asked[2])


def searched(reader, words):
    """The page of what holds the words, and what it took."""
    sight = selectors.sight_of(reader)
    with CaptureQueriesContext(connection) as queries:
        page = selectors.page(sight=sight, wanted=selectors.Wanted(words=words), size=SIZE)
    return page, [query["sql"] for query in queries if "audit_entry" in query["sql"]]


def indexes(sql):
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) " + sql)
        [(plans,)] = cursor.fetchall()
    return {node.get("Index Name") for node in nodes(plans[0]["Plan"])}


def explained(sight, wanted, before):
    with CaptureQueriesContext(connection) as queries:
        selectors.page(sight=sight, wanted=wanted, before=before, size=SIZE)
    return analyzed(queries[0]["sql"])


def analyzed(sql):
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql)
        [(plans,)] = cursor.fetchall()
    return plans[0]["Plan"]


def look_at(plan):
    for node in nodes(plan):
        read = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        assert node["Node Type"] != "Seq Scan" or node["Relation Name"] == "accounts_user"
        assert read <= 2500, {**node, "Plans": []}
