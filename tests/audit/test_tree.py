"""The Merkle tree: its roots and proofs, against RFC 6962's own definition written out slowly."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoflow.audit import tree

HASHES = [hashlib.sha256(str(n).encode()).digest() for n in range(130)]


def slow_root(rows):
    """MTH of RFC 6962, section 2.1, word for word."""
    if not rows:
        return hashlib.sha256(b"").digest()
    if len(rows) == 1:
        return hashlib.sha256(b"\x00" + rows[0]).digest()
    k = 1
    while k * 2 < len(rows):
        k *= 2
    return hashlib.sha256(b"\x01" + slow_root(rows[:k]) + slow_root(rows[k:])).digest()


def grown(rows):
    found = tree.Range()
    for row in rows:
        found.add(row)
    return found


def subtree(rows):
    return tree.subtree_of([tree.leaf(row) for row in rows])


def test_the_known_tree_of_certificate_transparency():
    """The test vectors that Certificate Transparency's own implementations share."""
    rows = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243")]
    rows += [bytes.fromhex("5051525354555657"), bytes.fromhex("606162636465666768696a6b6c6d6e6f")]

    assert grown(rows).root.hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    assert grown(rows[:3]).root.hex() == "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"
    assert grown([]).root.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", range(len(HASHES)))
def test_a_growing_range_has_the_root_of_the_whole(size):
    assert grown(HASHES[:size]).root == slow_root(HASHES[:size])


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 64, 65, 130])
def test_every_leaf_is_proved_and_no_other(size):
    rows, root = HASHES[:size], slow_root(HASHES[:size])
    for index, row in enumerate(rows):
        proof = tree.inclusion(index, size, subtree(rows))
        assert tree.includes(root, size, index, row, proof)
        assert not tree.includes(root, size, index, b"other", proof)
        if size > 1:
            assert not tree.includes(root, size, (index + 1) % size, row, proof)
            assert not tree.includes(root, size, index, row, proof[:-1])
        assert not tree.includes(root, size, index, row, [*proof, root])


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 64, 65])
def test_every_older_tree_is_proved_to_be_the_beginning(size):
    rows, root = HASHES[:size], slow_root(HASHES[:size])
    for old in range(1, size + 1):
        older = slow_root(rows[:old])
        proof = tree.consistency(old, size, subtree(rows))
        assert tree.continues(older, old, root, size, proof)
        assert not tree.continues(b"other", old, root, size, proof)
        assert not tree.continues(older, old, b"other", size, proof)
        if old < size:
            assert not tree.continues(older, old, root, size, proof[:-1])
            assert not tree.continues(older, old, root, size, [*proof, root])


@given(st.integers(2, 130), st.data())
def test_a_proof_with_a_changed_bit_proves_nothing(size, data):
    rows, root = HASHES[:size], slow_root(HASHES[:size])
    index = data.draw(st.integers(0, size - 1))
    proof = tree.inclusion(index, size, subtree(rows))
    place, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
    changed = int.from_bytes(proof[place], "big") ^ (1 << bit)
    proof[place] = changed.to_bytes(32, "big")

    assert not tree.includes(root, size, index, rows[index], proof)


def test_what_is_not_there_has_no_proof():
    with pytest.raises(ValueError, match="no leaf 3"):
        tree.inclusion(3, 3, subtree(HASHES[:3]))
    with pytest.raises(ValueError, match="tree of 4"):
        tree.consistency(4, 3, subtree(HASHES[:3]))
