"""Signed checkpoints: what C2SP writes is read, and nothing that the key has not signed."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from promoflow.audit import notes

KEY = Ed25519PrivateKey.from_private_bytes(b"promoflow's test key, 32 bytes!!")
OTHER = Ed25519PrivateKey.from_private_bytes(b"somebody else's key, 32 bytes!!!")
NAME = "desk.example/history/1"
VERIFIER = notes.verifier_for(NAME, KEY)
CHECKPOINT = notes.Checkpoint(NAME, 1042, hashlib.sha256(b"root").digest())

# The example of c2sp.org/signed-note: another log's note, signed by other code than ours.
FOREIGN_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
FOREIGN = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdn"
    "gotpRZb6KE6RyyBwJnAM=\n"
)


def test_a_signed_checkpoint_is_read_again():
    note = notes.sign(CHECKPOINT, KEY)

    assert notes.read(note, VERIFIER) == CHECKPOINT
    assert note.splitlines()[:3] == [NAME, "1042", "SBNJTRN+FjG7owHVrKtue7eqdM4RhdRWVl71HXN2d7I="]


def test_the_public_key_is_written_as_others_write_it_and_read_again():
    assert notes.verifier_of(str(VERIFIER)) == VERIFIER
    assert str(notes.verifier_of(FOREIGN_KEY)) == FOREIGN_KEY


def test_a_note_that_other_code_signed_has_a_true_signature():
    text, _empty, signature = FOREIGN.rpartition("\n\n")
    [raw] = notes._by(notes.verifier_of(FOREIGN_KEY), signature)

    assert notes.verifier_of(FOREIGN_KEY).has_signed(text + "\n", raw)
    assert not notes.verifier_of(FOREIGN_KEY).has_signed(text + " \n", raw)


def test_further_lines_are_signed_too():
    told = notes.Checkpoint(NAME, 7, b"r" * 32, ("recovered from a backup",))
    note = notes.sign(told, KEY)

    assert notes.read(note, VERIFIER) == told
    with pytest.raises(notes.Unsigned):
        notes.read(note.replace("recovered", "continued"), VERIFIER)


@given(st.integers(0, 2000), st.characters(codec="ascii"))
def test_no_changed_character_is_read(place, character):
    note = notes.sign(CHECKPOINT, KEY)
    place %= len(note)
    changed = note[:place] + character + note[place + 1 :]
    if changed != note:
        try:
            assert notes.read(changed, VERIFIER) == CHECKPOINT
        except notes.Unsigned:
            return
        # Base64 has spare bits at its end, and a byte has only one meaning.
        assert changed.splitlines()[:4] == note.splitlines()[:4]


@pytest.mark.parametrize(
    "verifier", [notes.verifier_for(NAME, OTHER), notes.verifier_for("desk.example/history/2", KEY)]
)
def test_another_key_or_another_name_has_not_signed_it(verifier):
    with pytest.raises(notes.Unsigned, match="has not signed"):
        notes.read(notes.sign(CHECKPOINT, KEY), verifier)


@pytest.mark.parametrize("note", ["", "\n\n", "text", CHECKPOINT.text, CHECKPOINT.text + "\n"])
def test_what_is_no_note_is_said_to_be_none(note):
    with pytest.raises(notes.Unsigned):
        notes.read(note, VERIFIER)


@pytest.mark.parametrize("text", ["", "name", f"{NAME}+00000000+AAAA", str(VERIFIER).replace("+", "+0", 1)])
def test_a_damaged_public_key_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        notes.verifier_of(text)


def test_a_checkpoint_that_says_nothing_is_refused():
    for size, root in (("01", "x"), ("1", "x"), ("1", "AAAA")):
        text = f"{NAME}\n{size}\n{root}\n"
        signed = notes.sign(_Bare(text), KEY)
        with pytest.raises(notes.Unsigned, match="names no"):
            notes.read(signed, VERIFIER)


class _Bare:
    """Any text, to be signed like a checkpoint."""

    origin = NAME

    def __init__(self, text):
        self.text = text
