"""A source as citations are checked against it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from service.citing.figures import Figure, Figures, figures, outside
from service.citing.locating import Folded, located
from service.citing.quotations import Span, quotations
from service.citing.sentences import sentences
from service.citing.words import OTHER, flat, held, language_of, stems

_MOST_SPANS = 3


@dataclass(frozen=True)
class Claim:
    """What one stretch of an answer says: its words, the figures outside quotation marks, and the quotations."""

    text: str

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems of its words."""
        return stems(self.text)

    @cached_property
    def quotations(self) -> tuple[Span, ...]:
        """The spans of its quotations."""
        return quotations(self.text)

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """Its figures, but for those inside quotations, which must be there word for word."""
        return outside(figures(self.text), self.quotations)

    @cached_property
    def language(self) -> str | None:
        """Its language, if that is clear."""
        return language_of(self.text)

    def said(self, span: "Span | Figure") -> str:
        """Return the words at a place of it."""
        start, end = (span.start, span.end) if isinstance(span, Figure) else span
        return self.text[start:end]


@dataclass(frozen=True)
class Source:
    """One chunk as it was in the prompt, under its number."""

    number: int
    text: str

    @classmethod
    def numbered(cls, texts: Sequence[str]) -> tuple["Source", ...]:
        """Return the texts as sources, numbered from 1 as in the prompt."""
        return tuple(cls(number, text) for number, text in enumerate(texts, start=1))

    def share(self, wanted: frozenset[str]) -> float:
        """Return the share of these stems that it holds; 0 of none."""
        return len(held(wanted, self._stems, self._flat)) / len(wanted) if wanted else 0.0

    def quotes(self, quotation: str) -> tuple[Span, ...]:
        """Return where it holds a quotation word for word."""
        return located(quotation, self._folded)

    def states(self, figure: Figure, said: str) -> bool:
        """Whether it states the figure."""
        return self._figures.holds(figure, said)

    def other_language(self, claim: Claim) -> bool:
        """Whether the words of claim and source cannot be compared: two languages, or a script that is not Latin."""
        if OTHER in {claim.language, self._language}:
            return True
        return claim.language is not None and self._language is not None and claim.language != self._language

    def spans(self, claim: Claim, also: frozenset[str]) -> tuple[Span, ...]:
        """Return the quoted spans, then the fewest sentences that hold what it holds of the claim, in order.

        `also` are the question's stems, which choose among sentences where a short claim says little itself.
        The whole chunk where its words tell nothing.
        """
        spans = [span for quoted in claim.quotations for span in self.quotes(claim.said(quoted))]
        left = set(claim.figures), set(claim.stems)
        while len(spans) < _MOST_SPANS and (best := self._best(claim, left, also)) is not None:
            spans.append(best)
            left = Source(self.number, self.text[slice(*best)]).lacks(claim, left)
        return tuple(sorted(set(spans))) or ((0, len(self.text)),)

    def _best(self, claim: Claim, left: tuple[set[Figure], set[str]], also: frozenset[str]) -> Span | None:
        """Return the sentence that holds most of what is left; None where none holds any."""
        weighed = [(part.weight(claim, left), part.share(also), -span[0], span) for span, part in self._parts]
        best = max(weighed, default=None)
        return best[3] if best and best[0] > 0 else None

    def weight(self, claim: Claim, left: tuple[set[Figure], set[str]]) -> int:
        """Return how much it holds of these figures and stems; a figure tells more than a word."""
        figured = sum(2 for figure in left[0] if self.states(figure, claim.said(figure)))
        return figured + len(held(frozenset(left[1]), self._stems, self._flat))

    def lacks(self, claim: Claim, left: tuple[set[Figure], set[str]]) -> tuple[set[Figure], set[str]]:
        """Return which of these figures and stems it does not hold."""
        missing = {figure for figure in left[0] if not self.states(figure, claim.said(figure))}
        return missing, left[1] - held(frozenset(left[1]), self._stems, self._flat)

    @cached_property
    def _parts(self) -> tuple[tuple[Span, "Source"], ...]:
        return tuple((span, Source(self.number, self.text[slice(*span)])) for span in sentences(self.text))

    @cached_property
    def _stems(self) -> frozenset[str]:
        return stems(self.text)

    @cached_property
    def _flat(self) -> str:
        return flat(self.text)

    @cached_property
    def _folded(self) -> Folded:
        return Folded.of(self.text)

    @cached_property
    def _figures(self) -> Figures:
        return Figures(self.text)

    @cached_property
    def _language(self) -> str | None:
        return language_of(self.text)
