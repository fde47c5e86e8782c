"""The offline verifier: one file, the standard library, and no trust in the server."""

import ast
import base64
import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from promoflow.audit import chain, notes, verifier
from promoflow.audit.models import Link
from promoflow.audit.places import Folder
from promoflow.audit.services import exporting
from tests.audit import logs

FILE = Path(verifier.__file__)


def test_it_imports_the_standard_library_alone():
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(FILE.read_text()))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= set(sys.stdlib_module_names)


def test_it_hashes_the_same_fields_as_the_desk():
    assert tuple(verifier.FIELDS) == chain.FIELDS
    assert verifier.ORIGIN == chain.ORIGIN


@given(st.binary(max_size=200), st.binary(min_size=32, max_size=32), st.integers(0, 63), st.integers(0, 7))
def test_its_signatures_are_those_of_the_library(text, seed, place, bit):
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(text)
    damaged = bytearray(signature)
    damaged[place] ^= 1 << bit

    assert verifier.has_signed(public, text, signature)
    assert not verifier.has_signed(public, text, bytes(damaged))
    assert not verifier.has_signed(public, text + b"x", signature)


@pytest.fixture
def handed_over(transactional_db, aurora, olivia, tmp_path, settings):
    """An export, the checkpoints and the public key, as an auditor gets them."""
    settings.HISTORY_NAME = logs.NAME
    logs.write(aurora, olivia, 25)
    logs.signer(Folder(tmp_path / "checkpoints")).sign(logs.NOW)
    logs.write(aurora, olivia, 3, first=25)
    call_command("export_history", str(tmp_path / "export.jsonl.gz"), verbosity=0)
    (tmp_path / "key.pub").write_text(logs.PUBLIC)
    return tmp_path


def run(folder, *arguments):
    """The file by itself, in an empty environment, by an interpreter that sees no library of ours."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(FILE), *map(str, arguments)],
        cwd=folder,
        env={"PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_auditor_checks_the_whole_history_offline(handed_over):
    done = run(
        handed_over, "export.jsonl.gz", "--key", "key.pub", "--checkpoints", handed_over / "checkpoints"
    )
    size = Link.objects.count()

    assert done.stdout == (
        f"The history is whole: {size} entries, each in its place; {size - 3} of them under a signature.\n"
    )
    assert done.returncode == 0


def test_without_a_checkpoint_it_says_what_that_is_worth(handed_over):
    done = run(handed_over, "export.jsonl.gz", "--key", logs.PUBLIC)

    assert "proves nothing against whoever can rewrite the whole file" in done.stdout


def test_it_names_the_first_entry_that_is_wrong(handed_over):
    with gzip.open(handed_over / "export.jsonl.gz", "rt") as lines:
        head, *rows = lines
    row = json.loads(rows[11])
    rows[11] = json.dumps(row | {"why": "never"}) + "\n"
    (handed_over / "attacked.jsonl").write_text(head + "".join(rows))

    done = run(handed_over, "attacked.jsonl", "--key", logs.PUBLIC)

    assert done.returncode == 1
    assert done.stdout == f"Entry {row['id']} at place 12 was altered: it does not have its hash.\n"


@pytest.mark.parametrize("damage", ["", "{}\n", "null\n", '{"promoflow": "history export 1"}\nnull\n'])
def test_what_is_no_export_is_said_to_be_none(handed_over, damage):
    (handed_over / "attacked.jsonl").write_text(damage)
    done = run(handed_over, "attacked.jsonl", "--key", logs.PUBLIC)

    assert (done.returncode, done.stderr) == (1, "")
    assert "export" in done.stdout


def test_a_checkpoint_by_another_key_is_refused(handed_over):
    other = Ed25519PrivateKey.from_private_bytes(b"somebody else's key, 32 bytes!!!")
    checkpoint = notes.Checkpoint(logs.NAME, 25, b"r" * 32)
    (handed_over / "checkpoints" / "000000000000025.note").write_text(notes.sign(checkpoint, other))

    done = run(
        handed_over, "export.jsonl.gz", "--key", logs.PUBLIC, "--checkpoints", handed_over / "checkpoints"
    )

    assert done.returncode == 1
    assert "is not signed by" in done.stdout


@pytest.fixture
def receipt(handed_over):
    note = Folder(handed_over / "checkpoints").newest()
    checkpoint = notes.read(note, notes.verifier_of(logs.PUBLIC))
    return exporting.receipt(Link.objects.get(seq=10), checkpoint=checkpoint, note=note)


def check(folder, receipt):
    (folder / "receipt.json").write_text(json.dumps(receipt))
    return run(folder, "receipt.json", "--key", "key.pub")


def test_a_receipt_is_checked_offline(handed_over, receipt):
    done = check(handed_over, receipt)

    assert done.returncode == 0
    assert f"stands at place 10 of the history of {logs.NAME}" in done.stdout


def test_a_receipt_that_was_changed_anywhere_proves_nothing(handed_over, receipt):
    entry = receipt["entry"]
    changes = [
        receipt | {"entry": entry | {"why": "never"}},
        receipt | {"entry": entry | {"seq": 11}},
        receipt | {"entry": entry | {"row_hash": "00" * 32}},
        receipt | {"proof": receipt["proof"][:-1]},
        receipt | {"proof": [*receipt["proof"], "00" * 32]},
        receipt | {"proof": ["00" * 32, *receipt["proof"][1:]]},
        receipt | {"checkpoint": receipt["checkpoint"].replace("\n2", "\n3", 1)},
        receipt | {"checkpoint": ""},
    ]
    for changed in changes:
        assert check(handed_over, changed).returncode == 1


def test_a_damaged_receipt_is_named_in_a_sentence(handed_over, receipt):
    entry = receipt["entry"]
    whole = json.dumps(receipt)
    for text in (
        whole.replace('"store_id"', '"storf_id"'),
        whole.replace(entry["prev_hash"], f"g{entry['prev_hash'][1:]}"),
        whole[:-1],
        "[]",
        json.dumps(receipt | {"checkpoint": 7}),
        json.dumps(receipt | {"entry": entry | {"seq": "ten"}}),
    ):
        (handed_over / "receipt.json").write_text(text)
        done = run(handed_over, "receipt.json", "--key", "key.pub")

        assert (done.returncode, done.stderr) == (1, "")
        assert done.stdout == (
            "receipt.json is damaged, or is not what it should be: it cannot be read.\n"
        ), text


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["gone.json", "--key", "key.pub"], "gone.json is not there."),
        (["export.jsonl.gz", "--key", "gone.pub"], "gone.pub is not there."),
        (["export.jsonl.gz", "--key", "n+0a+é"], "The public key is damaged."),
        (["export.jsonl.gz", "--key", "key.pub", "--checkpoints", "gone.note"], "gone.note is not there."),
        (["cut.jsonl.gz", "--key", "key.pub"], "cut.jsonl.gz is damaged"),
        (["key.gz", "--key", "key.pub"], "key.gz is damaged"),
    ],
)
def test_a_file_that_is_not_there_or_cut_is_named(handed_over, asked, said):
    (handed_over / "cut.jsonl.gz").write_bytes((handed_over / "export.jsonl.gz").read_bytes()[:-300])
    (handed_over / "key.gz").write_text(logs.PUBLIC)

    done = run(handed_over, *asked)

    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith(said)


def test_a_checkpoint_older_than_the_entry_gives_no_receipt(handed_over):
    note = Folder(handed_over / "checkpoints").newest()
    checkpoint = notes.read(note, notes.verifier_of(logs.PUBLIC))

    with pytest.raises(ValueError, match="no leaf"):
        exporting.receipt(Link.objects.order_by("-seq")[0], checkpoint=checkpoint, note=note)


def test_a_public_key_whose_parts_do_not_belong_together_is_refused():
    damaged = logs.PUBLIC[:-4] + base64.b64encode(b"xyz").decode()
    with pytest.raises(verifier.Wrong, match="damaged"):
        verifier.read_key(damaged)
