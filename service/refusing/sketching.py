"""How alike two texts are, told from keyed hashes of a few of their runs of words: a bottom-k MinHash sketch.

The hashes are keyed, so that nobody without the tenant's key can try words against them, and short, so that even with
it a guess of one run is often wrong: what they are good for is comparing whole texts.
"""

import heapq
import re
import unicodedata
from collections.abc import Iterator, Sequence
from hashlib import blake2b

from service.sealing import Key

THRESHOLD = 0.4
"""From here on a text resembles an erased one; `python -m tests.evaluation.resemblance` measures what that finds."""

SIZE = 128
"""Hashes in a sketch: the share is then right to about four hundredths."""

_RUN = 3
"""Words in a run: a changed word costs three runs, and a form letter shares few runs about its people."""
_FEWEST = 16
"""Runs below which a text is only known by its fingerprint: so few would tell more of it than they are good for."""
_BYTES = 4
_PURPOSE = "sketch"
# Scripts without spaces: each character counts as a word.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0e7f]|[^\W_]+")


def sketched(text: str, key: Key) -> tuple[int, ...]:
    """Return the smallest keyed hashes (31 bits) of the text's runs of words, ascending; empty for a short text."""
    secret = bytes.fromhex(key.fingerprint(b"", purpose=_PURPOSE))
    hashes = {_hash(run, secret) for run in _runs(text)}
    return tuple(heapq.nsmallest(SIZE, hashes)) if len(hashes) >= _FEWEST else ()


def alike(one: Sequence[int], other: Sequence[int]) -> float:
    """Estimate which share of all runs of two texts stands in both (their Jaccard index), from their sketches."""
    if not one or not other:
        return 0.0
    smallest = sorted({*one, *other})[: min(SIZE, max(len(one), len(other)))]
    both = {*one} & {*other}
    return sum(value in both for value in smallest) / len(smallest)


def _runs(text: str) -> Iterator[str]:
    words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    return (" ".join(words[place : place + _RUN]) for place in range(len(words) - _RUN + 1))


def _hash(run: str, secret: bytes) -> int:
    # One bit less than the bytes hold: PostgreSQL's integers have a sign.
    return int.from_bytes(blake2b(run.encode(), key=secret, digest_size=_BYTES).digest()) >> 1
