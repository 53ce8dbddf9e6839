"""What a text is (Category, Verdict), why (Finding), and which labeller version said so (Label)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class Category(StrEnum):
    """The kinds of sensitive text (R1). A text of none of them is non-sensitive."""

    PII = "PII"
    PHI = "PHI"
    PCI = "PCI"
    LEGAL_PRIVILEGE = "LEGAL_PRIVILEGE"
    TRADE_SECRET = "TRADE_SECRET"  # noqa: S105 - a category's name, not a credential


class Verdict(StrEnum):
    """The sum of a label. Only HARMLESS may leave; UNKNOWN routes like SENSITIVE (R5)."""

    HARMLESS = "harmless"
    UNKNOWN = "unknown"
    SENSITIVE = "sensitive"


NO_VERSION = "none"
UNDETERMINED = "und"
_SETTLED_BY_READING = frozenset(
    {"uncertain", "beside", "between", "language_unknown", "text_recognised", "encoding_uncertain"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One reason for a label: what kind of thing lies at `text[start:end]`. Never the value itself."""

    category: Category
    kind: str
    start: int
    end: int
    confidence: float
    detector: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What the labeller of one version says about one text.

    `reasons` are static codes such as `detector_failed`; they say why a verdict is UNKNOWN.
    `dismissed` and `doubts_dismissed` are what a reviewer took from it: the scan at the egress must know.
    """

    verdict: Verdict
    labeller_version: str
    categories: frozenset[Category] = frozenset()
    findings: tuple[Finding, ...] = ()
    language: str = UNDETERMINED
    reasons: tuple[str, ...] = ()
    dismissed: frozenset[Category] = frozenset()
    doubts_dismissed: bool = False

    def __post_init__(self) -> None:
        """Refuse a label that contradicts itself: a category or a doubt is never harmless."""
        if self.verdict is Verdict.HARMLESS and (self.categories or self.findings or self.reasons):
            message = "a harmless label cannot carry categories, findings or doubts"
            raise ValueError(message)
        if self.dismissed & self.categories:
            message = "a label cannot carry what was dismissed from it"
            raise ValueError(message)

    @classmethod
    def unknown(cls, reason: str, *, version: str = NO_VERSION) -> "Label":
        """Return the label of a text about which nothing is known."""
        return cls(verdict=Verdict.UNKNOWN, labeller_version=version, reasons=(reason,))

    def doubted(self, reasons: Iterable[str]) -> "Label":
        """Return the label of a text that may not say what the labeller read: nothing proves such a one harmless."""
        fresh = tuple(reason for reason in reasons if reason not in self.reasons)
        if not fresh:
            return self
        verdict = Verdict.UNKNOWN if self.harmless else self.verdict
        return replace(self, verdict=verdict, reasons=self.reasons + fresh)

    @property
    def harmless(self) -> bool:
        """Whether the text is proved harmless. Anything else stays local."""
        return self.verdict is Verdict.HARMLESS

    @property
    def lowered(self) -> bool:
        """Whether a reviewer took something from what the labeller said."""
        return bool(self.dismissed) or self.doubts_dismissed

    @property
    def found(self) -> frozenset[Category]:
        """Every category that the label speaks of."""
        return self.categories | {finding.category for finding in self.findings}

    def raised_to(self, declared: Iterable[Category]) -> "Label":
        """Return the label with a declared floor: categories can be added here, never taken away (R6)."""
        added = frozenset(declared)
        if not added:
            return self
        return replace(
            self, verdict=Verdict.SENSITIVE, categories=self.categories | added, dismissed=self.dismissed - added
        )


def dismissible(reason: str) -> bool:
    """Whether a person who reads the text can settle this doubt: the labeller worked and could not decide.

    Where it failed, or for a code that is not known here, nobody knows what it would have found (R5).
    """
    return reason.partition(":")[0] in _SETTLED_BY_READING


_ORDER = (Verdict.HARMLESS, Verdict.UNKNOWN, Verdict.SENSITIVE)


def highest(labels: Iterable[Label]) -> Label:
    """Return the label of a text made from texts with these labels; made from nothing it is unknown."""
    known = tuple(labels)
    if not known:
        return Label.unknown("made_from_nothing")
    versions = {label.labeller_version for label in known}
    return Label(
        verdict=max((label.verdict for label in known), key=_ORDER.index),
        labeller_version=versions.pop() if len(versions) == 1 else NO_VERSION,
        categories=frozenset().union(*(label.categories for label in known)),
        reasons=tuple(dict.fromkeys(reason for label in known for reason in label.reasons)),
    )
