"""Two measurements side by side: what changed, and what got worse by more than chance explains."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import msgspec

from service.evaluation.rows import RowsError
from service.evaluation.running import SCHEMA, Report
from service.evaluation.scoring import Rate, Score


class Outcome(StrEnum):
    """Which way a share moved, and whether it left the interval that it had before."""

    BETTER = "better"
    WORSE = "worse"
    WITHIN = "within its interval"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One share of one slice that is not what it was."""

    score: Score
    measure: str
    before: Rate
    after: Rate
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How many slices both hold, every change, and what hinders a fair comparison, in plain words."""

    slices: int
    changes: tuple[Change, ...]
    notes: tuple[str, ...]

    @property
    def worse(self) -> bool:
        """Whether something fell out of its interval on the wrong side."""
        return any(change.outcome is Outcome.WORSE for change in self.changes)


def baseline_at(path: Path) -> Report:
    """Return a saved measurement. Raises RowsError where the file is none, or of another schema."""
    try:
        report = msgspec.json.decode(path.read_bytes(), type=Report)
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}); name a file that --json wrote"
        raise RowsError(message) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        message = f"{path}: no measurement of this version; write a new one with --json {path.name}"
        raise RowsError(message) from None
    if report.schema != SCHEMA:
        message = f"{path}: has schema {report.schema}, this program compares schema {SCHEMA}; measure it anew"
        raise RowsError(message)
    return report


def compare(before: Report, after: Report) -> Comparison:
    """Return what changed between two measurements of the same slices."""
    earlier = {_key(score): score for score in before.scores}
    shared = [score for score in after.scores if _key(score) in earlier]
    changes = [change for score in shared for change in _changes(earlier[_key(score)], score)]
    return Comparison(slices=len(shared), changes=tuple(changes), notes=tuple(_notes(before, after)))


def _key(score: Score) -> tuple[str | None, ...]:
    return score.file, score.category, score.kind, score.language, score.variant


def _changes(before: Score, after: Score) -> Iterator[Change]:
    rising = {"recall": True, "kept": True, "false_positives": False}
    if not after.positives and not before.positives:
        rising["harmless"] = True  # of sensitive text nothing ought to be harmless: there recall and kept tell
    for measure, good in rising.items():
        old: Rate = getattr(before, measure)
        new: Rate = getattr(after, measure)
        if old.share is not None and new.share is not None and old.share != new.share:
            yield Change(score=after, measure=measure, before=old, after=new, outcome=_outcome(old, new, rising=good))


def _outcome(old: Rate, new: Rate, *, rising: bool) -> Outcome:
    share, low, high = new.share or 0.0, old.low or 0.0, old.high or 0.0
    if low <= share <= high:
        return Outcome.WITHIN
    return Outcome.BETTER if (share > high) is rising else Outcome.WORSE


def _notes(before: Report, after: Report) -> Iterator[str]:
    earlier = {file.name: file for file in before.files}
    for file in after.files:
        old = earlier.get(file.name)
        if old is None:
            yield f"{file.name}: not in the baseline"
        elif (old.sha256, old.measured) != (file.sha256, file.measured):
            yield f"{file.name}: the baseline was measured on other rows"
    now = {_key(score) for score in after.scores}
    gone = [score for score in before.scores if _key(score) not in now]
    if gone:
        yield f"{len(gone)} slices of the baseline were not measured this time"
