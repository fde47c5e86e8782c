"""The hash that Python recomputes is the hash that PostgreSQL wrote."""

import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promoflow.audit import chain
from promoflow.audit.models import Entry, Link
from promoflow.audit.services import plain_rows, verify
from tests import cast

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone(timedelta(hours=8)))
BIGINT = st.integers(-(2**63), 2**63 - 1)
ENTRIES = st.fixed_dictionaries(
    {
        "at": st.integers(-(10**15), 10**16).map(lambda us: EPOCH + timedelta(microseconds=us)),
        "event": TEXT.filter(bool),
        "outcome": st.sampled_from(["done", "refused"]),
        "store_id": st.none() | BIGINT,
        "store_name": TEXT,
        "subject_type": TEXT,
        "subject_id": st.none() | BIGINT,
        "subject": TEXT,
        "asins": st.lists(TEXT, max_size=4),
        "state_before": TEXT,
        "state_after": TEXT,
        "before": st.dictionaries(TEXT, JSON, max_size=3),
        "after": st.dictionaries(TEXT, JSON, max_size=3),
        "why": TEXT,
        "revision_digest": st.none() | st.binary(max_size=40),
        "report_digest": st.none() | st.binary(max_size=40),
        "address": TEXT,
        "user_agent": TEXT,
    }
)


@given(rows=st.lists(ENTRIES, min_size=1, max_size=3))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_python_and_postgresql_compute_one_hash(db, rows):
    with transaction.atomic():
        earlier = Link.objects.count()
        for row in rows:
            Entry.objects.create(**row)
        cast.committed()

        assert verify().trouble == ""
        assert verify().head.seq == earlier + len(rows)


def test_a_person_and_a_step_are_part_of_the_hash(db, stranger):
    entry = Entry.objects.create(
        at=datetime.now(UTC), event="x", step=7, actor=stranger, actor_person=stranger.person_id
    )
    cast.committed()
    [row] = plain_rows(Link.objects.filter(entry=entry))

    assert chain.row_hash(row["prev_hash"], row["seq"], row["sealed"], row) == row["row_hash"]
    for change in ({"step": 8}, {"step": None}, {"actor_person": uuid.uuid4()}, {"actor_id": None}):
        assert chain.row_hash(row["prev_hash"], row["seq"], row["sealed"], row | change) != row["row_hash"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"subject": "ab", "state_before": ""}, {"subject": "a", "state_before": "b"}),
        ({"asins": ["ab"]}, {"asins": ["a", "b"]}),
        ({"asins": []}, {"asins": [""]}),
        ({"revision_digest": None}, {"revision_digest": b""}),
        ({"store_id": 1, "store_name": ""}, {"store_id": None, "store_name": "1"}),
    ],
)
def test_no_two_rows_share_a_form(one, other):
    plain = dict.fromkeys(chain.FIELDS)
    now = datetime(2026, 1, 1, tzinfo=UTC)

    assert chain.row_hash(chain.ORIGIN, 1, now, plain | one) != chain.row_hash(
        chain.ORIGIN, 1, now, plain | other
    )
