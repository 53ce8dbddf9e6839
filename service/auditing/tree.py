"""The hash tree of RFC 6962 (section 2.1): roots, inclusion proofs and consistency proofs over SHA-256.

A tree over n leaves is known by its peaks: the roots of its perfect subtrees, largest first, one for each bit of n.
They are enough to append and to tell the root, so that no sequencer reads the whole log again.
"""

import hashlib
from collections.abc import Iterable, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

Peaks = tuple[bytes, ...]


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf; the prefix keeps a leaf from passing for a node."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node over two hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def grown(peaks: Peaks, size: int, hashes: Iterable[bytes]) -> Peaks:
    """Return the peaks of a tree of `size` leaves with these leaf hashes appended.

    Raises ValueError where `peaks` cannot be those of `size` leaves.
    """
    if len(peaks) != size.bit_count():
        message = "the peaks do not belong to a tree of this size"
        raise ValueError(message)
    stack = list(peaks)
    for each in hashes:
        stack.append(each)
        filled = size
        while filled & 1:  # each full subtree of the same height joins the new one
            right = stack.pop()
            stack.append(node_hash(stack.pop(), right))
            filled >>= 1
        size += 1
    return tuple(stack)


def root_of(peaks: Peaks) -> bytes:
    """Return the root of the tree with these peaks."""
    if not peaks:
        return EMPTY_ROOT
    folded = peaks[-1]
    for peak in reversed(peaks[:-1]):
        folded = node_hash(peak, folded)
    return folded


def root(hashes: Sequence[bytes]) -> bytes:
    """Return the root of the tree over these leaf hashes."""
    return root_of(grown((), 0, hashes))


def inclusion(hashes: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the proof that leaf `index` is in the tree over these leaf hashes. Raises ValueError outside it."""
    size = len(hashes)
    if not 0 <= index < size:
        message = "there is no such leaf in the tree"
        raise ValueError(message)
    if size == 1:
        return ()
    half = _half(size)
    if index < half:
        return (*inclusion(hashes[:half], index), root(hashes[half:]))
    return (*inclusion(hashes[half:], index - half), root(hashes[:half]))


def root_by_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that a leaf hash and its proof lead to. Raises ValueError where the proof has a wrong length."""
    if not 0 <= index < size:
        message = "there is no such leaf in the tree"
        raise ValueError(message)
    found, last = leaf, size - 1
    for sibling in path:
        if last == 0:
            message = "the proof is too long"
            raise ValueError(message)
        if index & 1 or index == last:
            found = node_hash(sibling, found)
            while not index & 1 and index:  # levels at which this subtree has no sibling
                index, last = index >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        index, last = index >> 1, last >> 1
    if last:
        message = "the proof is too short"
        raise ValueError(message)
    return found


def consistency(hashes: Sequence[bytes], first: int) -> tuple[bytes, ...]:
    """Return the proof that the tree over these leaf hashes begins with its first `first` leaves.

    Raises ValueError where the first tree is empty or larger.
    """
    if not 0 < first <= len(hashes):
        message = "the first tree must have a leaf and may not be larger than the second"
        raise ValueError(message)
    return _subproof(hashes, first, whole=True)


def consistent(first: tuple[int, bytes], second: tuple[int, bytes], path: Sequence[bytes]) -> bool:
    """Whether the proof shows that the second tree (size, root) begins with the first one (RFC 9162, 2.1.4.2)."""
    (size, root_before), (larger, root_after) = first, second
    if not 0 < size <= larger:
        return False
    if size == larger:
        return not path and root_before == root_after
    steps = [root_before, *path] if size & (size - 1) == 0 else list(path)
    if not steps:
        return False
    index, last = size - 1, larger - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            after = node_hash(after, step)
        index, last = index >> 1, last >> 1
    return last == 0 and before == root_before and after == root_after


def _subproof(hashes: Sequence[bytes], first: int, *, whole: bool) -> tuple[bytes, ...]:
    size = len(hashes)
    if first == size:
        return () if whole else (root(hashes),)
    half = _half(size)
    if first <= half:
        return (*_subproof(hashes[:half], first, whole=whole), root(hashes[half:]))
    return (*_subproof(hashes[half:], first - half, whole=False), root(hashes[:half]))


def _half(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)
