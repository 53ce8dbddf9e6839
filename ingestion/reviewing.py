"""What a person says of a text against the labeller (Review), and the label that results (R6)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ingestion.sensitivity import Category, Label, Verdict, dismissible


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a reviewer took from a label and what they added to it."""

    dismissed: frozenset[Category] = frozenset()
    added: frozenset[Category] = frozenset()
    doubts_dismissed: bool = False

    def amended(self, machine: Label, change: "Change") -> "Review":
        """Return the review after one more change: the last word on each category counts.

        Only what the labeller has found can be dismissed, so that what a later version finds is looked at anew.
        """
        doubts = self.doubts_dismissed if change.doubts_dismissed is None else change.doubts_dismissed
        return Review(
            dismissed=(self.dismissed | (change.dismissed & machine.found)) - change.added,
            added=(self.added - change.dismissed) | change.added,
            doubts_dismissed=doubts and (self.doubts_dismissed or any(map(dismissible, machine.reasons))),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one review asks for; `doubts_dismissed` None leaves the doubts as they are."""

    dismissed: frozenset[Category] = frozenset()
    added: frozenset[Category] = frozenset()
    doubts_dismissed: bool | None = None

    @property
    def lowers(self) -> bool:
        """Whether it takes anything from a label."""
        return bool(self.dismissed) or self.doubts_dismissed is True

    @property
    def empty(self) -> bool:
        """Whether it asks for nothing."""
        return not (self.dismissed or self.added) and self.doubts_dismissed is None


def effective(machine: Label, review: Review | None = None, *, declared: Iterable[Category] = ()) -> Label:
    """Return the label that counts: (machine - dismissed) | added | declared.

    A category that the labeller of a later version finds, and nobody dismissed, makes the text sensitive again.
    What was declared at upload is never dismissed.
    """
    said = review or Review()
    floor = said.added | frozenset(declared)
    dismissed = said.dismissed - floor
    categories = (machine.found - dismissed) | floor
    reasons = tuple(reason for reason in machine.reasons if not (said.doubts_dismissed and dismissible(reason)))
    return replace(
        machine,
        verdict=_verdict(machine, categories, reasons),
        categories=categories,
        findings=tuple(finding for finding in machine.findings if finding.category not in dismissed),
        reasons=reasons,
        dismissed=dismissed,
        doubts_dismissed=said.doubts_dismissed,
    )


def _verdict(machine: Label, categories: frozenset[Category], reasons: tuple[str, ...]) -> Verdict:
    """Return the verdict. One for which the labeller gave no ground cannot be argued away."""
    if categories or (machine.verdict is Verdict.SENSITIVE and not machine.found):
        return Verdict.SENSITIVE
    if reasons or (machine.verdict is Verdict.UNKNOWN and not machine.reasons):
        return Verdict.UNKNOWN
    return Verdict.HARMLESS
