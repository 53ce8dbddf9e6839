"""Canaries: tokens that nobody has a reason to say. Known by keyed hashes alone, found however they are written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ingestion.labelling.confusables import plain_of
from service.policy.output.filtering import Cause, Stop

STEM = 4
"""Characters whose hash tells that a canary may begin: only there an answer waits for the rest of it."""
Fingerprint = Callable[[str], str]
"""A keyed hash of a canonical text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One canary, as it is stored: its id, how many canonical characters it has, the hashes of its start and of it."""

    reference: str
    length: int
    stem: str
    fingerprint: str


def canonical(text: str) -> str:
    """Return the letters and digits of a text, plain and small: what is left when all dress is taken off."""
    return "".join(map(_letters, text))


@lru_cache(maxsize=4096)
def _letters(character: str) -> str:
    """Return what one character contributes: look-alikes fold to ASCII, signs and invisible ones to nothing."""
    return "".join(filter(str.isalnum, plain_of(character))).lower()


class CanaryWatch:
    """Watches one answer for the canaries of one tenant. One that stands in a shown text is no secret to the asker."""

    def __init__(self, watched: Sequence[Watched], *, fingerprint: Fingerprint, shown: Sequence[str]) -> None:
        self._fingerprint = fingerprint
        self._stems: Mapping[str, frozenset[int]] = _lengths_by_stem(watched)
        self._known = {one.fingerprint: one.reference for one in watched}
        self._shown = tuple(map(canonical, shown))
        self._beginnings: dict[str, frozenset[int]] = {}
        self._text = ""
        """The canonical characters from the first that may still begin a canary, and where each stands."""
        self._places: list[int] = []
        self._looked = 0
        """How many of them are known to begin one, or not to."""
        self._open: list[tuple[int, frozenset[int]]] = []
        """Where canaries may have begun (absolute), and the lengths that they may have."""
        self._dropped = 0
        self._read = 0
        self.stop: Stop | None = None
        self.safe = 0

    def push(self, piece: str) -> None:
        """Take one more piece."""
        if not self._known:
            self._read += len(piece)
            self.safe = self._read
            return
        for character in piece:
            letters = _letters(character)
            self._text += letters
            self._places += [self._read] * len(letters)
            self._read += 1
            if letters:
                self._look()
        self._clear()

    def end(self) -> None:
        """Clear what has begun like a canary and did not go on like one."""
        if self.stop is None:
            self.safe = self._read

    def _look(self) -> None:
        """Ask of every place whether a canary begins there, and of every one that did whether it is complete."""
        end = self._dropped + len(self._text)
        while self._looked + STEM <= end:
            stem = self._slice(self._looked, STEM)
            lengths = self._beginnings.get(stem)
            if lengths is None:
                lengths = self._beginnings[stem] = self._stems.get(self._fingerprint(stem), frozenset())
            if lengths:
                self._open.append((self._looked, lengths))
            self._looked += 1
        self._open = [(start, rest) for start, lengths in self._open if (rest := self._still_open(start, lengths, end))]

    def _still_open(self, start: int, lengths: frozenset[int], end: int) -> frozenset[int]:
        for length in sorted(lengths):
            if start + length > end:
                continue
            candidate = self._slice(start, length)
            reference = self._known.get(self._fingerprint(candidate))
            if reference is not None and self.stop is None and not any(candidate in text for text in self._shown):
                at = self._places[start - self._dropped]
                self.stop = Stop(at=at, cause=Cause.CANARY, reference=reference)
        return frozenset(length for length in lengths if start + length > end)

    def _slice(self, start: int, length: int) -> str:
        return self._text[start - self._dropped : start - self._dropped + length]

    def _clear(self) -> None:
        """Move `safe` to the first place where a canary may have begun, and forget what lies before it."""
        first = min((start for start, _ in self._open), default=self._looked)
        keep = min(first, self._looked) - self._dropped
        clear = self._places[keep] if keep < len(self._places) else self._read
        self.safe = max(self.safe, clear if self.stop is None else min(clear, self.stop.at))
        self._text, self._places = self._text[keep:], self._places[keep:]
        self._dropped += keep


def _lengths_by_stem(watched: Sequence[Watched]) -> dict[str, frozenset[int]]:
    stems: dict[str, frozenset[int]] = {}
    for one in watched:
        stems[one.stem] = stems.get(one.stem, frozenset()) | {one.length}
    return stems
