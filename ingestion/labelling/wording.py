"""Which words, signs and pairs of them a text uses, as rows of a trained table."""

import re
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ingestion.labelling.folding import folded_text
from ingestion.labelling.hashing import row_of

Rows = NDArray[np.intp]

_MAX_READ = 4_000
_STEM = 5
_WORD = re.compile(r"[a-z]{2,24}|\d+|[^\sa-z0-9]{1,3}")


def rows_of(text: str, rows: int) -> Rows:
    """Return the distinct rows of a text's words, signs and pairs, sorted. Numbers of one length are one word.

    The beginnings of long words stand beside them: endings differ, and so do languages, but `diagnos…` does not.
    """
    words = [f"#{min(len(word), 6)}" if word[0].isdigit() else word for word in _WORD.findall(_small(text))]
    pairs = (f"{first} {second}" for first, second in pairwise(words))
    stems = (f"{word[:_STEM]}-" for word in words if len(word) > _STEM)
    return np.asarray(sorted({row_of(word, rows) for word in (*words, *stems, *pairs)}), dtype=np.intp)


def mean_rows(table: NDArray[np.float32], rows: Rows) -> NDArray[np.float32]:
    """Return the sum of these rows over the root of their number: long texts say more, not in proportion."""
    if not len(rows):
        return np.zeros(table.shape[1], dtype=np.float32)
    return np.asarray(table[rows].sum(axis=0) / np.sqrt(len(rows)), dtype=np.float32)


def _small(text: str) -> str:
    return folded_text(text[:_MAX_READ]).lower()
