"""Numbers of ingestion for operators, from the database and from no worker's memory (R60, R64)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from service import metrics
from service.ports import Clock, Database, DocumentState, JobKind, JobState, Numbers, Priority, Tallied

K = TypeVar("K")

_KEPT_SECONDS = 5.0
_SHOWN = tuple(state for state in JobState if state is not JobState.SUCCEEDED)


@dataclass(slots=True, kw_only=True)
class Counting:
    """Shows the numbers of all tenants together: who has how much is nobody's business at `/metrics`."""

    database: Database
    clock: Clock
    _measured: datetime | None = field(default=None, init=False)

    def measure(self) -> None:
        """Set the metrics to what the database says now, at most every few seconds.

        Raises PartUnavailableError where it does not answer: the numbers stay what they were.
        """
        now = self.clock.now()
        if self._measured is not None and (now - self._measured).total_seconds() < _KEPT_SECONDS:
            return
        every = []
        for tenant in self.database.tenants():
            with self.database.transaction(tenant.id) as transaction:
                every.append(transaction.tallies.numbers(now=now))
        self._measured = now
        _show_documents(every)
        _show_jobs(every, now)
        _show_totals(_summed([one.tallies for one in every]))


def _show_documents(every: list[Numbers]) -> None:
    found = _summed([one.documents for one in every])
    for state in DocumentState:
        metrics.DOCUMENTS.labels(state=state.value).set(found[state.value])


def _show_jobs(every: list[Numbers], now: datetime) -> None:
    jobs, later = Counter[tuple[JobKind, Priority, JobState]](), Counter[JobKind]()
    oldest: dict[tuple[JobKind, Priority], float] = {}
    for one in (job for numbers in every for job in numbers.jobs):
        jobs[one.kind, one.priority, one.state] += one.jobs
        later[one.kind] += one.later
        if one.oldest is not None:
            lane = (one.kind, one.priority)
            oldest[lane] = max(oldest.get(lane, 0.0), (now - one.oldest).total_seconds())
    for kind in JobKind:
        metrics.JOBS_BACKING_OFF.labels(kind=kind.value).set(later[kind])
        for priority in Priority:
            metrics.JOB_AGE.labels(kind=kind.value, priority=priority.value).set(oldest.get((kind, priority), 0.0))
            for state in _SHOWN:
                labels = {"kind": kind.value, "priority": priority.value, "state": state.value}
                metrics.JOBS.labels(**labels).set(jobs[kind, priority, state])
    metrics.JOBS_FAILED.clear()
    for (kind, reason), count in _summed([numbers.failed for numbers in every]).items():
        # By `inc`: reasons that are not in the vocabulary are one series together.
        metrics.JOBS_FAILED.labels(kind=kind.value, reason=reason).inc(count)


def _show_totals(totals: Mapping[tuple[Tallied, str], int]) -> None:
    for (name, word), count in totals.items():
        match name:
            case Tallied.STAGE_DOCUMENTS:
                metrics.STAGE_DOCUMENTS.labels(stage=word).show(count)
            case Tallied.STAGE_CHUNKS:
                metrics.STAGE_CHUNKS.labels(stage=word).show(count)
            case Tallied.FAILURES:
                metrics.FAILURES.labels(reason=word).show(count)
            case Tallied.LEASE_EXPIRIES:
                metrics.LEASE_EXPIRIES.labels(kind=word).show(count)


def _summed(many: list[Mapping[K, int]]) -> Counter[K]:
    total: Counter[K] = Counter()
    for one in many:
        total.update(one)
    return total
