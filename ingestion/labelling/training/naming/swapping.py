"""Put other names in place of marked ones, in the same shape, so that the tagger learns contexts rather than names."""

import random
from collections.abc import Iterator

from ingestion.labelling.names.words import PARTICLES, known
from ingestion.labelling.training.naming.annotated import Annotated

_SHARE = 0.5
_HYPHENATED = 0.06


class Swapper:
    """Draws names from the shipped lists."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._given = sorted(known("given"))
        self._surnames = sorted(known("surnames"))

    def swapped(self, passage: Annotated) -> Annotated:
        """Return the passage with about half of its names replaced."""
        pieces: list[str] = []
        spans: list[tuple[int, int]] = []
        read = length = 0
        for start, end in _apart(passage.spans):
            name = passage.text[start:end]
            put = self._like(name) if name[:1].isalpha() and self._chance.random() < _SHARE else name
            pieces += (passage.text[read:start], put)
            length += start - read
            spans.append((length, length + len(put)))
            length += len(put)
            read = end
        return Annotated(text="".join((*pieces, passage.text[read:])), spans=tuple(spans), source=passage.source)

    def _like(self, name: str) -> str:
        words = name.split()
        put = " ".join(self._word(word, last=word is words[-1], alone=len(words) == 1) for word in words)
        return put.upper() if name.isupper() and len(name) > 2 else put.lower() if name.islower() else put  # noqa: PLR2004 - an initial

    def _word(self, word: str, *, last: bool, alone: bool) -> str:
        plain = word.strip(".,").lower()
        if plain in PARTICLES or len(plain) <= 1 or not plain.isalpha():
            return word
        tail = word[len(word.rstrip(".,")) :]
        if (alone and plain in known("given")) or not (last or alone):
            return self._chance.choice(self._given).title() + tail
        surname = self._chance.choice(self._surnames).title()
        if self._chance.random() < _HYPHENATED:
            surname += f"-{self._chance.choice(self._surnames).title()}"
        return surname + tail


def _apart(spans: tuple[tuple[int, int], ...]) -> Iterator[tuple[int, int]]:
    """Yield the spans in order, without those that overlap an earlier one."""
    reached = 0
    for start, end in sorted(spans):
        if start >= reached and end > start:
            yield start, end
            reached = end
