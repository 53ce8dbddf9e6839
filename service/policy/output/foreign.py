"""Texts that were shown to a model for somebody else: what comes back here word for word came from there."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from service.policy.output.canaries import canonical
from service.policy.output.filtering import Cause, Stop

SHINGLE = 3
"""Words that are looked up together."""
RUN = 12
"""Words in a row, all of them known from elsewhere and not from here, that are no coincidence."""
Known = Callable[[str], bool]
"""Whether a shingle was shown to a model for another question."""


def shingles(text: str) -> Iterator[str]:
    """Yield every `SHINGLE` words in a row, canonical."""
    words = [word for word in map(canonical, text.split()) if word]
    for start in range(len(words) - SHINGLE + 1):
        yield " ".join(words[start : start + SHINGLE])


class ForeignWatch:
    """Watches one answer for `RUN` words in a row from texts that were shown for another question, and not for this."""

    def __init__(self, known: Known, *, shown: Sequence[str]) -> None:
        self._known = known
        self._own = frozenset(chain.from_iterable(map(shingles, shown)))
        self._words: list[tuple[str, int]] = []
        """The last words with where each begins, the one that is being written last."""
        self._run = 0
        """How many of the last shingles are foreign without a gap."""
        self._began: list[int] = []
        self._read = 0
        self._word = ""
        self._word_at = 0
        self.stop: Stop | None = None
        self.safe = 0

    def push(self, piece: str) -> None:
        """Take one more piece."""
        for character in piece:
            if character.isspace():
                self._close()
            else:
                if not self._word:
                    self._word_at = self._read
                self._word += character
            self._read += 1
        self._clear()

    def end(self) -> None:
        """Look at the last word; what is no run of foreign words is cleared."""
        self._close()
        if self.stop is None:
            self.safe = self._read

    def _close(self) -> None:
        word, self._word = canonical(self._word), ""
        if not word or self.stop is not None:
            return
        self._words = [*self._words[-RUN:], (word, self._word_at)]
        if len(self._words) < SHINGLE:
            return
        shingle = " ".join(one for one, _ in self._words[-SHINGLE:])
        foreign = shingle not in self._own and self._known(shingle)
        self._run = self._run + 1 if foreign else 0
        if self._run and self._run + SHINGLE - 1 >= RUN:
            self.stop = Stop(at=self._words[-RUN][1], cause=Cause.OUT_OF_SCOPE)
            self.safe = self.stop.at

    def _clear(self) -> None:
        """Hold back the words that may be the beginning of a run: those of the run, or the last few."""
        if self.stop is not None:
            return
        waiting = self._run + SHINGLE - 1
        held = self._words[-waiting:]
        first = held[0][1] if held else self._word_at if self._word else self._read
        self.safe = max(self.safe, first)
