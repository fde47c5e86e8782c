"""A long history, made by the database in one statement."""

from django.db import connection, transaction

from tests import cast
from tests.unguarded import unguarded

# Four stores, eight people, forty products, the events in turn; one in fifty was refused, one in forty has no
# store. Every reason names its case, one in a hundred the same lot, one in a thousand a Chinese word.
# Triggers are off: the chain is left out, because pages do not read it.
FILL = """
INSERT INTO audit_entry
    (at, txid, event, outcome, actor_id, actor_name, actor_person, store_id, store_name, subject_type,
     subject_id, subject, asins, step, state_before, state_after, before, after, why, address, user_agent)
SELECT timestamptz '2020-01-01' + n * interval '1 minute', 0,
       (%(events)s::text[])[1 + n %% cardinality(%(events)s::text[])],
       CASE WHEN n %% 50 = 0 THEN 'refused' ELSE 'done' END,
       u.id, u.name, u.person_id,
       CASE WHEN n %% 40 > 0 THEN (%(stores)s::bigint[])[1 + n %% cardinality(%(stores)s::bigint[])] END,
       'Store', 'promotions.promotionrequest',
       1000 + n / 12, 'PR-' || (1000 + n / 12), ARRAY['B0' || lpad((n / 12 %% 40)::text, 8, '0')],
       NULL, 'draft', 'in_review', '{}', '{"title": "Autumn"}',
       'A reason of ordinary length, as people write it. Case ' || lpad(n::text, 7, '0') || ', lot '
       || n %% 100 || CASE WHEN n %% 1000 = 0 THEN ', 促销' ELSE '' END || '.', '10.0.0.1', 'Mozilla/5.0'
FROM generate_series(%(first)s, %(last)s) AS n
JOIN accounts_user u ON u.id = (%(people)s::bigint[])[1 + n / 3 %% cardinality(%(people)s::bigint[])];
INSERT INTO audit_mention (store_id, asin, at, entry_id)
    SELECT store_id, asins[1], at, id FROM audit_entry WHERE store_id IS NOT NULL AND asins <> '{}'
    ON CONFLICT DO NOTHING;
ANALYZE audit_entry;
ANALYZE audit_mention
"""


def fill(last: int, *, first: int = 1, stores: list[int], people: list[int], events: list[str]) -> None:
    names = {"first": first, "last": last, "stores": stores, "people": people, "events": events}
    with transaction.atomic():
        cast.committed()
    with transaction.atomic(), unguarded("audit_entry", "audit_mention"), connection.cursor() as cursor:
        for statement in FILL.split(";\n"):
            cursor.execute(statement, names if "%(" in statement else None)


# What the trigger does at each commit, for all that has no link yet.
CHAIN = """DO $$
DECLARE
    place bigint := coalesce((SELECT max(seq) FROM audit_link), 0);
    previous bytea := coalesce((SELECT row_hash FROM audit_link ORDER BY seq DESC LIMIT 1),
                               sha256('promoflow history 1'::bytea));
    e audit_entry;
BEGIN
    FOR e IN SELECT entry.* FROM audit_entry entry LEFT JOIN audit_link ON entry_id = id
             WHERE seq IS NULL ORDER BY id LOOP
        place := place + 1;
        INSERT INTO audit_link (seq, entry_id, sealed, prev_hash, row_hash)
            VALUES (place, e.id, e.at, previous, audit_row_hash(previous, place, e.at, e))
            RETURNING row_hash INTO previous;
    END LOOP;
END $$"""


def chain() -> None:
    """Give each entry its place, as the commit that wrote it would have."""
    with unguarded("audit_entry", "audit_link"), connection.cursor() as cursor:
        cursor.execute(CHAIN)
        cursor.execute("ANALYZE audit_link")
