"""The hash tree is that of RFC 6962 (R50): known vectors, and properties over every small size.

The leaves and roots are the test data that implementations of Certificate Transparency share.
"""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.auditing import tree

LEAVES = [
    bytes.fromhex(text)
    for text in (
        *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
        "606162636465666768696a6b6c6d6e6f",
    )
]
HASHES = [tree.leaf_hash(leaf) for leaf in LEAVES]
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
_FIRST_FOUR = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
_FIFTH_AND_SIXTH = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
_LAST_TWO = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"

sizes = st.integers(1, 70)


def hashes_of(size: int) -> list[bytes]:
    return [hashlib.sha256(bytes([index])).digest() for index in range(size)]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_known_ones(size: int) -> None:
    assert tree.root(HASHES[:size]).hex() == ROOTS[size]


@pytest.mark.parametrize(
    ("index", "path"),
    [
        (
            0,
            (
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ),
        ),
        (5, ("bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b", _LAST_TWO, _FIRST_FOUR)),
    ],
)
def test_inclusion_proofs_are_the_known_ones(index: int, path: tuple[str, ...]) -> None:
    assert tuple(step.hex() for step in tree.inclusion(HASHES, index)) == path


def test_the_consistency_proof_from_six_to_eight_is_the_known_one() -> None:
    proof = tree.consistency(HASHES, 6)
    assert tuple(step.hex() for step in proof) == (_FIFTH_AND_SIXTH, _LAST_TWO, _FIRST_FOUR)


@given(sizes, st.data())
def test_appending_in_any_portions_gives_the_root_of_the_whole(size: int, data: st.DataObject) -> None:
    hashes, done = hashes_of(size), 0
    peaks: tree.Peaks = ()
    while done < size:
        portion = data.draw(st.integers(1, size - done))
        peaks = tree.grown(peaks, done, hashes[done : done + portion])
        done += portion
    assert tree.root_of(peaks) == tree.root(hashes)
    assert len(peaks) == size.bit_count()


@pytest.mark.parametrize("size", range(1, 18))
def test_every_leaf_is_proved_in_every_small_tree_and_nowhere_else(size: int) -> None:
    hashes = hashes_of(size)
    root = tree.root(hashes)
    for index in range(size):
        path = tree.inclusion(hashes, index)
        assert tree.root_by_inclusion(hashes[index], index, size, path) == root
        assert tree.root_by_inclusion(b"x" * 32, index, size, path) != root
        for other in set(range(size)) - {index}:
            assert _leads_to(hashes[index], other, size, path) != root
        for step in range(len(path)):
            assert _leads_to(hashes[index], index, size, path[:step] + path[step + 1 :]) != root
        assert _leads_to(hashes[index], index, size, (*path, b"x" * 32)) != root


def _leads_to(leaf: bytes, index: int, size: int, path: tuple[bytes, ...]) -> bytes | None:
    try:
        return tree.root_by_inclusion(leaf, index, size, path)
    except ValueError:
        return None


@pytest.mark.parametrize("size", range(1, 18))
def test_every_small_tree_begins_with_every_smaller_one_and_with_no_other(size: int) -> None:
    hashes = hashes_of(size)
    after = (size, tree.root(hashes))
    for first in range(1, size + 1):
        path, before = tree.consistency(hashes, first), (first, tree.root(hashes[:first]))
        assert tree.consistent(before, after, path)
        assert not tree.consistent((first, b"x" * 32), after, path)
        assert not tree.consistent(before, (size, b"x" * 32), path)
        assert not tree.consistent(before, after, (*path, b"x" * 32))
        for step in range(len(path)):
            assert not tree.consistent(before, after, path[:step] + path[step + 1 :])
            assert not tree.consistent(before, after, (*path[:step], b"x" * 32, *path[step + 1 :]))


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="peaks"):
        tree.grown((b"x" * 32,), 3, [])
    with pytest.raises(ValueError, match="no such leaf"):
        tree.inclusion(HASHES, 8)
    with pytest.raises(ValueError, match="no such leaf"):
        tree.root_by_inclusion(HASHES[0], 8, 8, ())
    with pytest.raises(ValueError, match="first tree"):
        tree.consistency(HASHES, 0)
    assert not tree.consistent((0, tree.EMPTY_ROOT), (8, tree.root(HASHES)), ())
    assert not tree.consistent((3, tree.root(HASHES[:3])), (8, tree.root(HASHES)), ())
