"""Finds in a text every place that names a person, and says how surely."""

from bisect import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from service.subjects.folding import searchable, squeezed
from service.subjects.identifying import IdentifierMatcher
from service.subjects.naming import NAMESAKE, NameMatcher
from service.subjects.spans import Span
from service.subjects.values import Subject


class Form(StrEnum):
    """In which form a text names the person."""

    IDENTIFIER = "identifier"
    FULL_NAME = "full_name"
    INITIAL = "initial"
    FAMILY = "family"


CERTAIN = frozenset({Form.IDENTIFIER, Form.FULL_NAME, Form.INITIAL})
"""Forms that tell one person from most others; a family name alone does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """`text[start:end]` names the person. Where `certain` is false it may be somebody else."""

    start: int
    end: int
    form: Form
    certain: bool


class Matcher:
    """Looks for one person in texts: exactly, but for the ways in which the same thing is written."""

    def __init__(self, subject: Subject) -> None:
        self._identifiers = [IdentifierMatcher.of(one) for one in subject.identifiers]
        self._names = [one for one in map(NameMatcher.of, subject.names) if one is not None]

    def matches(self, text: str) -> tuple[Match, ...]:
        """Return every place, in order; of places that overlap, the surest."""
        return tuple(_apart(self._found(text.replace("_", " "))))

    def resembling(self, text: str) -> tuple[Match, ...]:
        """Return places that look like a misspelling of a name, all of them uncertain: for texts that are near."""
        spans = (span for name in self._names for span in name.resembling(text))
        return tuple(_apart(_match(span, Form.FAMILY) for span in spans))

    def has_namesake(self, text: str) -> bool:
        """Whether the text names somebody else with the same initial and family name."""
        plain = searchable(text)
        names = [name for name in self._names if name.tells_by_initial(plain)]
        return any(span.form == NAMESAKE for name in names for span in name.spans(text.replace("_", " ")))

    def _found(self, text: str) -> Iterator[Match]:
        if self._identifiers:
            letters = squeezed(text)
            for identifier in self._identifiers:
                if identifier.may_be_in(letters):
                    yield from (_match(span, Form.IDENTIFIER) for span in identifier.spans(text))
        if self._names:
            plain = searchable(text)
            for name in self._names:
                if name.may_be_in(plain):
                    spans = (span for span in name.spans(text) if span.form != NAMESAKE)
                    yield from (_match(span, Form(span.form)) for span in spans)


def _match(span: Span, form: Form) -> Match:
    return Match(start=span.start, end=span.end, form=form, certain=span.sure and form in CERTAIN)


def _apart(matches: Iterable[Match]) -> Iterator[Match]:
    """Yield matches that do not overlap: the sure before the unsure, the long before the short."""
    kept: list[Match] = []
    starts: list[int] = []
    for match in sorted(matches, key=lambda one: (not one.certain, one.start - one.end, one.start)):
        # What is kept lies apart and in order: only the neighbours on both sides can overlap.
        place = bisect(starts, match.start)
        free_before = not place or kept[place - 1].end <= match.start
        if free_before and (place == len(kept) or match.end <= starts[place]):
            kept.insert(place, match)
            starts.insert(place, match.start)
    yield from kept
