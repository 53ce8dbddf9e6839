"""Find names of persons: a trained tagger reads the contexts, and a few rules know what frames a name for certain."""

from collections.abc import Iterator, Sequence
from itertools import chain

from ingestion.labelling.names import rules
from ingestion.labelling.names.tagger import NameTagger
from ingestion.labelling.names.tokens import TOKEN
from ingestion.labelling.normalising import Views
from ingestion.labelling.views import View
from ingestion.sensitivity import Category, Finding

_BLOCK, _MARGIN = 400, 8
"""Tokens looked at together, and how many more on each side: the tagger sees three to each side of a token."""
_LONGEST_GAP = 2
"""Signs and a space may stand inside a name: `J. P. Ortega`, `O 'Hara`."""

Span = tuple[int, int]


class NameDetector:
    """Looks for names in every view of a text. Without weights every text is a failure, so unknown."""

    name = "names"

    def __init__(self, tagger: NameTagger | None = None) -> None:
        self._tagger = tagger

    def findings(self, views: Views) -> Iterator[Finding]:
        """Yield a finding per name. Raises OSError where the shipped weights are missing."""
        tagger = self._tagger or NameTagger.shipped()
        for view in views.forward():
            for start, end, confidence in chain(_tagged(tagger, view.text), rules.framed(view.text)):
                yield _finding(view, start, end, confidence)
        for start, end, confidence in rules.backwards(views.backwards.text):
            yield _finding(views.backwards, start, end, confidence)


def _finding(view: View, start: int, end: int, confidence: float) -> Finding:
    first, last = view.span(start, end)
    return Finding(
        category=Category.PII, kind="person_name", start=first, end=last, confidence=confidence, detector="names"
    )


def _tagged(tagger: NameTagger, text: str) -> Iterator[tuple[int, int, float]]:
    """Yield the runs of tokens that the tagger takes for names, with the highest probability in each."""
    spans = [match.span() for match in TOKEN.finditer(text)]
    likely: list[tuple[Span, float]] = []
    for first in range(0, len(spans), _BLOCK):
        before, after = max(0, first - _MARGIN), first + _BLOCK + _MARGIN
        seen = tagger.probabilities([text[start:end] for start, end in spans[before:after]])
        own = zip(spans[first : first + _BLOCK], seen[first - before :], strict=False)
        likely += [(span, float(p)) for span, p in own if p >= tagger.threshold and text[span[0]].isalpha()]
    yield from _runs(likely)


def _runs(likely: Sequence[tuple[Span, float]]) -> Iterator[tuple[int, int, float]]:
    """Join what stands side by side."""
    run: list[tuple[Span, float]] = []
    for one in likely:
        if run and one[0][0] - run[-1][0][1] > _LONGEST_GAP:
            yield _whole(run)
            run = []
        run.append(one)
    if run:
        yield _whole(run)


def _whole(run: Sequence[tuple[Span, float]]) -> tuple[int, int, float]:
    return run[0][0][0], run[-1][0][1], max(p for _, p in run)
