"""Credentials that a model says and nobody showed it: what it was trained on, or what was shown to somebody else."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from service.policy.output.filtering import Cause, Stop

FindCredentials = Callable[[str], Iterable[tuple[str, int, int]]]
"""Yields the kind and the span of every credential in a text."""

_BEHIND = 300
"""Characters before a word that may tell that it is a credential."""
_AHEAD = 48
"""Characters after a word that may tell that it is one."""
_LONGEST = 2_048
"""A run of signs without a blank is looked at in parts of this length."""
_RUN = re.compile(r"[!-~]+")
_TRIMMED = re.compile(r"^[(\"'\[*_>]+|[)\"'\]*_.,;:!?]+$")
_PLAIN = re.compile(r"[A-Za-z]*(?:[-'][A-Za-z]+)*|[0-9]{1,4}(?:[.,:/-][0-9]{1,4}){0,3}[%]?")
_TELLS = re.compile(
    r"(?i)passw|passphrase|pass ?code|\bpass\b|\bpwd?\b|kennwort|mot de passe|\bmdp\b|contrase|clave|secret|token|key|"
    r"bearer|basic|digest|identified|login|log in|\badmin|\buser|credential|-----begin|putty"
)
_NEAR = 80
"""After a word that tells of a credential, everything within this many characters is looked at."""


class CredentialWatch:
    """Watches one answer for credentials that stand in no shown text.

    Words wait until they are complete; only one with digits or signs inside, or beside a word like `password`,
    waits for what follows it and is put before the patterns.
    """

    def __init__(self, find: FindCredentials, *, shown: Sequence[str]) -> None:
        self._find = find
        self._shown = tuple(map(_squeezed, shown))
        self._text = ""
        """From `_base` on: what was cleared last, as context, and what was not."""
        self._base = 0
        self.stop: Stop | None = None
        self.safe = 0

    def push(self, piece: str) -> None:
        """Take one more piece."""
        self._text += piece
        self._clear(final=False)

    def end(self) -> None:
        """Look at the rest."""
        self._clear(final=True)

    def _clear(self, *, final: bool) -> None:
        """Clear word after word, as long as it is known that they are none; look at several in one go."""
        if self.stop is not None:
            return
        cleared, doubtful = self._reach(final=final)
        if doubtful:
            self._look(final=final)
        if self.stop is None:
            self.safe = self._base + cleared
            kept = max(cleared - _BEHIND, 0)
            self._text, self._base = self._text[kept:], self._base + kept

    def _reach(self, *, final: bool) -> tuple[int, bool]:
        """Return how far the text could be cleared if nothing is found, and whether it must be looked at for that."""
        length = len(self._text)
        cleared = self.safe - self._base
        doubtful = False
        for start, end in self._words(cleared):
            complete = final or end < length or end - start >= _LONGEST
            suspicious = self._suspicious(start, end)
            if not complete or (suspicious and not final and length - end < _AHEAD):
                return max(cleared, start), doubtful
            doubtful = doubtful or suspicious
            cleared = end
        return length, doubtful

    def _words(self, start: int) -> Iterator[tuple[int, int]]:
        for match in _RUN.finditer(self._text, start):
            for first in range(match.start(), match.end(), _LONGEST):
                yield first, min(first + _LONGEST, match.end())

    def _suspicious(self, start: int, end: int) -> bool:
        word = _TRIMMED.sub("", self._text[start:end])
        before = self._text[max(start - _NEAR, 0) : end]
        return _PLAIN.fullmatch(word) is None or _TELLS.search(before) is not None

    def _look(self, *, final: bool) -> None:
        """Put the text before the patterns. What is found stops the answer, before anything that was not said yet."""
        text = self._text if final else self._text.rstrip()
        found = sorted(self._find(text), key=lambda one: one[1])
        for kind, start, end in found:
            if end + self._base > self.safe and not self._was_shown(text[start:end]):
                at = max(start + self._base, self.safe)
                self.stop = Stop(at=at, cause=Cause.CREDENTIAL, reference=kind)
                self.safe = at
                return

    def _was_shown(self, value: str) -> bool:
        squeezed = _squeezed(value)
        return any(squeezed in text for text in self._shown)


def _squeezed(text: str) -> str:
    return "".join(text.split())
