"""A labeller that finds the names it is told, for tests of whom a text names."""

import re
from collections.abc import Sequence

from typing_extensions import override

from ingestion.sensitivity import Category, Finding, Label, Verdict
from service.adapters.memory.labelling import InMemoryLabeller
from service.ports import Vectors

EMAIL = re.compile(r"[\w.]+@[\w.]+\w")


class NamingLabeller(InMemoryLabeller):
    """The twin that also finds these names, and e-mail addresses."""

    def __init__(self, *names: str, version: str = "naming-1") -> None:
        super().__init__(version)
        self._names = names

    @override
    def label(self, texts: Sequence[str], vectors: Vectors | None) -> tuple[Label, ...]:
        return tuple(
            self._with_names(text, label) for text, label in zip(texts, super().label(texts, vectors), strict=True)
        )

    def _with_names(self, text: str, label: Label) -> Label:
        spans = [(found.span(), "person_name") for name in self._names for found in re.finditer(re.escape(name), text)]
        spans += [(found.span(), "email") for found in EMAIL.finditer(text)]
        found = tuple(
            Finding(category=Category.PII, kind=kind, start=start, end=end, confidence=1.0, detector="test")
            for (start, end), kind in spans
        )
        if not found:
            return label
        return Label(
            verdict=Verdict.SENSITIVE,
            labeller_version=label.labeller_version,
            categories=label.categories | {Category.PII},
            findings=(*label.findings, *found),
            language=label.language,
            reasons=label.reasons,
        )
