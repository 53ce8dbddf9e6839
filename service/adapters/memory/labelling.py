"""A labeller for tests: words written in the text say what it is."""

from collections.abc import Sequence

from ingestion.passage import Passage
from ingestion.sensitivity import Category, Finding, Label, Verdict
from service.ports.models import Vectors

_WORD = "SECRET-"
_UNKNOWN = "SECRET-UNKNOWN"


class InMemoryLabeller:
    """`SECRET-PII` (or another category) makes a text sensitive, `SECRET-UNKNOWN` makes it unknown."""

    def __init__(self, version: str = "memory-1") -> None:
        self._version = version

    @property
    def version(self) -> str:
        """The version that every label carries."""
        return self._version

    def label(self, texts: Sequence[str], vectors: Vectors | None) -> tuple[Label, ...]:
        """Label each text; without vectors nothing is harmless."""
        reason = () if vectors is not None else ("no_vector",)
        return tuple(self._label(text, reason) for text in texts)

    def label_passages(
        self, passages: Sequence[Passage], vectors: Vectors | None, *, wanted: Sequence[int] | None = None
    ) -> tuple[Label, ...]:
        """Label each wanted passage by its own text; this twin knows no neighbourhood."""
        labels = self.label([passage.text for passage in passages], vectors)
        return labels if wanted is None else tuple(labels[place] for place in wanted)

    def _label(self, text: str, reasons: tuple[str, ...]) -> Label:
        findings = tuple(_findings(text))
        doubts = (*reasons, "uncertain:declared") if _UNKNOWN in text else reasons
        verdict = Verdict.SENSITIVE if findings else Verdict.UNKNOWN if doubts else Verdict.HARMLESS
        return Label(
            verdict=verdict,
            labeller_version=self._version,
            categories=frozenset(finding.category for finding in findings),
            findings=findings,
            language="en",
            reasons=doubts,
        )


def _findings(text: str) -> list[Finding]:
    words = ((category, f"{_WORD}{category.value}") for category in Category)
    return [
        Finding(
            category=category,
            kind="marker_word",
            start=text.index(word),
            end=text.index(word) + len(word),
            confidence=1.0,
            detector="memory",
        )
        for category, word in words
        if word in text
    ]
