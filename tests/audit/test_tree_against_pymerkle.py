"""Our tree against pymerkle's, for sizes 1 to 300: equal roots, and each accepts the other's proofs.

Every place of the small trees and a sample of the large ones; PROMOFLOW_BENCHMARKS=1 takes every place.
"""

import hashlib
import os
import random
from functools import cache

import pymerkle
from pymerkle.core import _consistency_path_layout

from promoflow.audit import tree, verifier

FULL = "PROMOFLOW_BENCHMARKS" in os.environ
LARGEST = 300
ROWS = [hashlib.sha256(b"%d" % n).digest() for n in range(LARGEST)]
# SHA-256 with a prefix for leaves and another for nodes, which is RFC 6962's way, is its default.
THEIRS = pymerkle.InmemoryTree(algorithm="sha256")
THEIRS.append_entries(ROWS)
OURS = cache(tree.subtree_of([tree.leaf(row) for row in ROWS]))


def places():
    """Sizes with a place in each: the index of a leaf, and one less than an older size."""
    for size in range(1, LARGEST + 1):
        every = range(size)
        yield from (
            (size, n) for n in (every if FULL or size <= 48 else random.Random(size).sample(every, 12))
        )


def spoiled(proof, chance):
    """The proof with one bit of one hash changed, with a hash too few, and with one too many."""
    place, bit = chance.randrange(len(proof)), 1 << chance.randrange(8)
    changed = bytes([proof[place][0] ^ bit]) + proof[place][1:]
    return [[*proof[:place], changed, *proof[place + 1 :]], proof[:-1], [*proof, proof[0]]]


def is_accepted(verify, *arguments, **named):
    try:
        verify(*arguments, **named)
    except pymerkle.InvalidProof:
        return False
    return True


def test_the_roots_are_equal():
    grown = tree.Range()
    for size, row in enumerate(ROWS, 1):
        grown.add(row)
        assert grown.root == THEIRS.get_root(size) == OURS(0, size)


def test_each_accepts_the_others_inclusion_proofs_and_no_altered_one():
    tried = spoilt = 0
    for size, n in places():
        root, chance = THEIRS.get_root(size), random.Random(size * 1000 + n)
        theirs, ours = THEIRS.prove_inclusion(n + 1, size), tree.inclusion(n, size, OURS)
        leaf, path = theirs.path[0], theirs.path[1:]

        assert path == ours
        assert tree.includes(root, size, n, ROWS[n], path)
        assert verifier.root_of_proof(n, size, ROWS[n], path) == root
        theirs.path = [leaf, *ours]
        assert is_accepted(theirs.verify, leaf, root, index=n + 1, size=size)
        tried += 1

        for altered in spoiled(ours, chance) if ours else ():
            theirs.path = [leaf, *altered]
            assert not is_accepted(theirs.verify, leaf, root, index=n + 1, size=size)
            assert not tree.includes(root, size, n, ROWS[n], altered)
            spoilt += 1
    print(f"\n{tried} inclusion proofs accepted, {spoilt} altered ones rejected, by both")


def as_rfc_6962_has_it(theirs):
    """Where the older tree ends with a whole subtree, pymerkle spells out what comes after it, leaf by leaf;
    the RFC has its one hash. And the RFC leaves out an older root that stands there whole."""
    after = theirs.subset.index(1)
    found = theirs.path[:1] if after else []
    for sibling in theirs.path[1:after]:
        found = [tree.node(found[0], sibling)]
    peak = [] if sum(theirs.subset) == 1 else [theirs.path[after]]
    return [*peak, *found, *theirs.path[after + 1 :]]


def test_each_accepts_the_others_consistency_proofs_and_no_altered_one():
    tried = spoilt = 0
    for size, n in places():
        older, chance = n + 1, random.Random(size * 1000 + n)
        roots = THEIRS.get_root(older), THEIRS.get_root(size)
        theirs, ours = THEIRS.prove_consistency(older, size), tree.consistency(older, size, OURS)

        assert as_rfc_6962_has_it(theirs) == ours
        assert tree.continues(roots[0], older, roots[1], size, ours)
        assert verifier.roots_of_consistency(older, size, roots[0], ours) == roots
        theirs.path = [OURS(*span) for span in _consistency_path_layout(older, size)[2]]
        assert is_accepted(theirs.verify, *roots, prior_size=older, later_size=size)
        tried += 1

        for altered in spoiled(ours, chance) if ours else ():
            assert not tree.continues(roots[0], older, roots[1], size, altered)
            spoilt += 1
        for altered in spoiled(theirs.path, chance):
            theirs.path = altered
            assert not is_accepted(theirs.verify, *roots, prior_size=older, later_size=size)
    print(f"\n{tried} consistency proofs accepted, {spoilt} altered ones rejected, by both")
