"""Find all patterns at once: one pass tells which shapes occur, then only those are located and proved."""

from collections.abc import Iterator, Sequence

import re2

from ingestion.labelling.normalising import Views
from ingestion.labelling.patterns.pattern import Pattern, compiled
from ingestion.labelling.views import View
from ingestion.sensitivity import Finding

_MAX_MATCHES = 2_000
_MEMORY = 64 << 20
"""With the default of 8 MB the automaton of all shapes does not fit, and matching falls back to a slow one."""


class TooManyMatchesError(Exception):
    """More look-alikes than can be proved in bounded time."""


class PatternDetector:
    """Looks for patterns in every view of a text."""

    def __init__(self, name: str, patterns: Sequence[Pattern]) -> None:
        self.name = name
        self._patterns = tuple(patterns)
        self._set = _compiled_set(self._patterns)
        self._reversible = tuple(pattern for pattern in self._patterns if pattern.reversible)
        self._reversible_set = _compiled_set(self._reversible) if self._reversible else None

    def findings(self, views: Views) -> Iterator[Finding]:
        """Yield a finding for every proved match."""
        for view in views.forward():
            for position in self._set.Match(view.text) or ():
                yield from self._proved(self._patterns[position], view)
        if self._reversible_set is not None:
            for position in self._reversible_set.Match(views.backwards.text) or ():
                yield from self._proved_backwards(self._reversible[position], views.backwards)

    def _proved(self, pattern: Pattern, view: View) -> Iterator[Finding]:
        for start, end in _located(pattern, view.text):
            if pattern.proves(view.text, start, end):
                yield self._finding(pattern, view, start, end)

    def _proved_backwards(self, pattern: Pattern, view: View) -> Iterator[Finding]:
        """Prove a match in text read backwards; the words around it are read forwards."""
        length = len(view.text)
        for start, end in _located(pattern, view.text):
            value = view.text[start:end]
            forwards = view.text[::-1]
            restored = forwards[: length - end] + value + forwards[length - start :]
            if pattern.proves(restored, length - end, length - start):
                yield self._finding(pattern, view, start, end)

    def _finding(self, pattern: Pattern, view: View, start: int, end: int) -> Finding:
        first, last = view.span(start, end)
        return Finding(
            category=pattern.category,
            kind=pattern.kind,
            start=first,
            end=last,
            confidence=pattern.confidence,
            detector=self.name,
        )


def _located(pattern: Pattern, text: str) -> Iterator[tuple[int, int]]:
    expression = compiled(pattern.shape)
    group = 1 if expression.groups else 0
    for count, match in enumerate(expression.finditer(text)):
        if count >= _MAX_MATCHES:
            raise TooManyMatchesError
        start, end = match.span(group)
        if start < end:
            yield start, end


def _compiled_set(patterns: Sequence[Pattern]) -> "re2.Set":
    options = re2.Options()
    options.max_mem = _MEMORY
    shapes = re2.Set.SearchSet(options)
    for pattern in patterns:
        shapes.Add(pattern.shape)
    shapes.Compile()
    return shapes
