"""Tiles give every proof that the whole history gives, and nobody has to trust them."""

import hashlib

import pytest

from promoflow.audit import tiles, tree
from promoflow.audit.tiles import Growing, Missing, Tiles

ROWS = [hashlib.sha256(b"%d" % n).digest() for n in range(66_000)]
LEAVES = [tree.leaf(row) for row in ROWS]


def grown(folder, size):
    growing = Growing(folder)
    for row in ROWS[:size]:
        growing.add(row)
    growing.write()
    return growing


def files(folder):
    return {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}


def test_a_tree_of_66000_lies_where_tlog_tiles_says(tmp_path):
    grown(tmp_path, 66_000)

    written = files(tmp_path)
    assert len(written) == 257 + 1 + 1 + 1 + 1
    assert written["tile/0/000"].read_bytes() == b"".join(LEAVES[:256])
    assert written["tile/0/257.p/208"].read_bytes() == b"".join(LEAVES[257 * 256 :])
    assert written["tile/1/000"].stat().st_size == 256 * 32
    assert written["tile/1/001.p/1"].read_bytes() == tree.subtree_of(LEAVES[65_536:])(0, 256)
    assert written["tile/2/000.p/1"].read_bytes() == tree.subtree_of(LEAVES)(0, 65_536)


def test_the_number_is_written_in_threes(tmp_path):
    assert tiles.path_of(tmp_path, 0, 1_234_067) == tmp_path / "tile/0/x001/x234/067"
    assert tiles.path_of(tmp_path, 3, 1_000, 7) == tmp_path / "tile/3/x001/000.p/7"


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 513, 1_000, 65_536, 66_000])
def test_tiles_prove_what_all_the_hashes_prove(tmp_path, size):
    grown(tmp_path, size)
    whole, stored = tree.subtree_of(LEAVES[:size]), Tiles(tmp_path).subtree(size)
    indexes = range(size) if size < 300 else [0, 1, 255, 256, size // 3, size - 2, size - 1]

    for index in indexes:
        assert tree.inclusion(index, size, stored) == tree.inclusion(index, size, whole)
        assert tree.consistency(index + 1, size, stored) == tree.consistency(index + 1, size, whole)
        assert stored(0, index + 1) == whole(0, index + 1)


def test_each_size_that_was_written_keeps_its_proofs_while_the_tree_grows(tmp_path):
    growing, sizes = Growing(tmp_path), [10, 200, 256, 300, 700]
    for n, row in enumerate(ROWS[:700], 1):
        growing.add(row)
        if n in sizes:
            growing.write()

    for size in sizes:
        root = tree.subtree_of(LEAVES[:size])(0, size)
        proof = tree.inclusion(5, size, Tiles(tmp_path).subtree(size))
        assert tree.includes(root, size, 5, ROWS[5], proof)
    # What was unfinished is forgotten once it is whole.
    assert sorted(files(tmp_path / "tile" / "0")) == ["000", "001", "002.p/188"]


def test_nothing_is_written_before_somebody_signs_for_it(tmp_path):
    growing = Growing(tmp_path)
    for row in ROWS[:600]:
        growing.add(row)

    assert files(tmp_path) == {}


def test_what_is_missing_or_cut_short_is_said_to_be_missing(tmp_path):
    grown(tmp_path, 600)
    tile = tmp_path / "tile/0/000"
    tile.write_bytes(tile.read_bytes()[:-1])

    with pytest.raises(Missing, match="tile 0/0"):
        tree.inclusion(5, 600, Tiles(tmp_path).subtree(600))
    with pytest.raises(Missing, match="tile 0/2"):
        tree.inclusion(520, 590, Tiles(tmp_path).subtree(590))


def test_what_was_damaged_is_made_good_by_the_next_to_sign(tmp_path):
    grown(tmp_path, 600)
    for path in files(tmp_path).values():
        path.write_bytes(b"damaged")

    grown(tmp_path, 600)

    assert files(tmp_path)["tile/0/001"].read_bytes() == b"".join(LEAVES[256:512])
    assert tree.inclusion(599, 600, Tiles(tmp_path).subtree(600)) == tree.inclusion(
        599, 600, tree.subtree_of(LEAVES[:600])
    )


def test_a_writing_that_fails_is_made_up_for(tmp_path):
    growing = Growing(tmp_path)
    for row in ROWS[:300]:
        growing.add(row)
    (tmp_path / "tile").write_text("in the way")
    with pytest.raises(OSError, match="tile"):
        growing.write()

    (tmp_path / "tile").unlink()
    growing.write()

    assert sorted(files(tmp_path)) == ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"]
