"""What proving costs at 10,000 entries and at 1,000,000: a receipt, a proof of growth, verifying all of it.

Not part of the ordinary run; PROMOFLOW_BENCHMARKS=1 manage.py test tests/benchmarks/test_proofs.py -s
"""

import os

import pytest
from django.core.management import call_command
from django.utils import timezone

from promoflow.audit import services as audit
from promoflow.audit import signed, verifier
from promoflow.audit.events import EVENTS
from promoflow.audit.models import Link
from promoflow.audit.places import Folder
from promoflow.audit.services import exporting
from promoflow.audit.tiles import Growing, Tiles
from tests import cast
from tests.audit import logs
from tests.audit.rows import chain, fill
from tests.benchmarks.measuring import cost_of, side_by_side, times_as_much

SMALL, LARGE = 10_000, 1_000_000
pytestmark = pytest.mark.skipif(
    "PROMOFLOW_BENCHMARKS" not in os.environ, reason="a benchmark: set PROMOFLOW_BENCHMARKS=1"
)


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
    large = []
    tiled = cost_of(lambda: large.extend(proofs_of(checkpointer, tmp_path)))

    receipts, growths = (side_by_side(few, many) for few, many in zip(small[:2], large[:2], strict=True))
    for name, (few, many) in (("receipt", receipts), ("growth", growths)):
        print(f"{name:8} {few} {many} {times_as_much(many, few)}")
    print(f"a million read, checked, tiled and signed for: {tiled}")
    print(f"the receipt without tiles {cost_of(small[2])} and {cost_of(large[2])}")
    assert receipts[1].wall < 1.5 * receipts[0].wall
    # It reads a few tiles more; all of it is less than reading one row.
    assert growths[1].wall < receipts[0].wall

    said = []
    online = cost_of(lambda: said.append(audit.verify(checkpoints=signed.everything(tmp_path))))
    print(f"{LARGE:,} entries verified online: {online}")
    assert said[0].trouble == ""
    export = tmp_path / "export.jsonl"
    print(f"exported: {cost_of(lambda: call_command('export_history', str(export), verbosity=0))}")
    keys = [verifier.read_key(logs.PUBLIC)]
    notes = verifier.read_notes([tmp_path], keys)
    offline = cost_of(lambda: said.append(verifier.check_export(export, notes, keys)))
    print(f"{LARGE:,} entries verified offline: {offline}")
    assert said[1][0].startswith("The history is whole")
    # The work of both processes, one after the other: a busy machine makes it longer, and not more.
    assert online.cpu < 30_000
    assert offline.cpu < 30_000
