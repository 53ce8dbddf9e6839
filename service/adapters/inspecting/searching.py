"""Looks for many byte strings in one text at once: one pass over it, however many there are."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

import numpy as np

_FEW = 8
"""So many are looked for one by one: a pass each, but a faster one."""
_KEYED = 4
"""Bytes by which a place is picked; shorter strings are looked for one by one."""
_BLOCK = 1 << 24

_Places = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
_Bytes = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


def held(text: bytes, needles: Mapping[str, bytes], *, block: int = _BLOCK) -> frozenset[str]:
    """Return the names of the needles that occur in the text, wherever they begin; `block` bytes are read at once."""
    short = {name for name, needle in needles.items() if len(needle) < _KEYED}
    alone = needles.keys() if len(needles) <= _FEW else short
    found = {name for name in alone if needles[name] in text}
    wanted = defaultdict[bytes, list[str]](list)
    for name in needles.keys() - alone:
        wanted[needles[name][:_KEYED]].append(name)
    for place in _places(text, list(wanted), block) if wanted else ():
        found |= {name for name in wanted[text[place : place + _KEYED]] if text.startswith(needles[name], place)}
    return frozenset(found)


def _places(text: bytes, keys: list[bytes], size: int) -> Iterator[int]:
    """Yield every place in the text at which one of the keys stands."""
    halves = np.zeros((2, 1 << 16), dtype=bool)
    for key in keys:
        halves[0, int.from_bytes(key[:2], "little")] = True
        halves[1, int.from_bytes(key[2:], "little")] = True
    whole = np.array(sorted(int.from_bytes(key, "little") for key in keys), dtype=np.uint32)
    content = np.frombuffer(text, dtype=np.uint8)
    for start in range(0, len(text), size):
        block = content[start : start + size + _KEYED - 1]
        for offset in (0, 1):
            pairs = block[offset : offset + (len(block) - offset) // 2 * 2].view("<u2")
            likely = np.flatnonzero(halves[0][pairs[:-1]] & halves[1][pairs[1:]]) * 2 + offset
            yield from (_exact(block, likely, whole) + start).tolist()


def _exact(block: _Bytes, likely: _Places, whole: np.ndarray[tuple[int, ...], np.dtype[np.uint32]]) -> _Places:
    """Return those places whose four bytes are one of the keys."""
    shifted = (block[likely + number].astype(np.uint32) << np.uint32(8 * number) for number in range(_KEYED))
    four = np.bitwise_or.reduce(list(shifted))
    return likely[np.isin(four, whole)]
