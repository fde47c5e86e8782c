"""What proving costs at 10,000 entries and at 1,000,000: a receipt, a proof of growth, verifying all of it.

Not part of the ordinary run; PROMOFLOW_BENCHMARKS=1 manage.py test tests/benchmarks/test_proofs.py -s
"""

import os
import time

import pytest
from django.db import connection
from django.utils import timezone

from promoflow.audit import services as audit
from promoflow.audit import signed
from promoflow.audit.events import EVENTS
from promoflow.audit.models import Link
from promoflow.audit.places import Folder
from promoflow.audit.services import exporting
from promoflow.audit.tiles import Growing, Tiles
from tests import cast
from tests.audit import logs
from tests.audit.rows import fill
from tests.benchmarks.measuring import side_by_side, times_as_much

SMALL, LARGE = 10_000, 1_000_000
pytestmark = pytest.mark.skipif(
    "PROMOFLOW_BENCHMARKS" not in os.environ, reason="a benchmark: set PROMOFLOW_BENCHMARKS=1"
)
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


def chain():
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(CHAIN)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("ANALYZE audit_link")


def seconds(deed):
    started = time.perf_counter()
    found = deed()
    return time.perf_counter() - started, found


def proofs_of(checkpointer, folder):
    """A receipt and a proof of growth under the checkpoint that is signed now; tiles are read anew."""
    checkpointer.read()
    checkpoint = checkpointer.sign(timezone.now())
    under = {"checkpoint": checkpoint, "note": Folder(folder).current()}
    link = Link.objects.get(pk=checkpoint.size // 3)
    return (
        lambda: exporting.receipt(link, **under, tiles=Tiles(folder)),
        lambda: exporting.consistency(checkpoint.size // 3, **under, tiles=Tiles(folder)),
        lambda: exporting.receipt(link, **under),
    )


@pytest.mark.django_db(transaction=True)
def test_a_proof_at_a_million_entries_costs_what_it_costs_at_ten_thousand(tmp_path):
    mia = cast.person("Mia")
    stores = [cast.store("Store", manager=mia).pk]
    names = {"stores": stores, "people": [mia.pk], "events": list(EVENTS)}
    (tmp_path / "key.pub").write_text(logs.PUBLIC)
    checkpointer = logs.signer(Folder(tmp_path), tiles=Growing(tmp_path))

    fill(SMALL, **names)
    chain()
    small = proofs_of(checkpointer, tmp_path)
    fill(LARGE, first=SMALL + 1, **names)
    chain()
    tiled, large = seconds(lambda: proofs_of(checkpointer, tmp_path))

    receipts, growths = (side_by_side(few, many) for few, many in zip(small[:2], large[:2], strict=True))
    for name, (few, many) in (("receipt", receipts), ("growth", growths)):
        print(f"{name:8} {few} {many} {times_as_much(many, few)}")
    print(f"a million read, checked, tiled and signed for in {tiled:.1f} s")
    print(f"the receipt without tiles {seconds(small[2])[0]:.2f} s and {seconds(large[2])[0]:.2f} s")

    verified, verdict = seconds(lambda: audit.verify(checkpoints=signed.everything(tmp_path)))
    rate = verdict.head.seq / verified
    print(f"{verdict.head.seq:,} entries verified in {verified:.1f} s, {rate:,.0f} a second")
    assert verdict.trouble == ""
    assert verified < 30
    assert receipts[1].wall < 1.5 * receipts[0].wall
    # It reads a few tiles more; all of it is less than reading one row.
    assert growths[1].wall < receipts[0].wall
