"""Queues and quotas in memory: what is counted for whose turn it is, for limits and for operators."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from typing_extensions import override

from service.adapters.memory.ledger import due, expired
from service.adapters.memory.tables import Rows
from service.policy.quotas import Usage
from service.policy.turns import Standing
from service.ports import (
    JobKind,
    JobNumber,
    JobRecord,
    JobState,
    Numbers,
    Priority,
    Tallied,
    TallyTable,
    UsageTable,
)


class InMemoryUsageTable(UsageTable):
    """What the tenant has; transactions follow one another, so only a test moves the version in between."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    @override
    def read(self, *, now: datetime, stored: bool = True) -> Usage:
        ingesting = [job for job in self._rows.jobs.values() if job.kind is JobKind.INGEST]
        abandoned = sum(expired(job, now) for job in ingesting)
        states = Counter(job.state for job in ingesting)
        return Usage(
            documents=len(self._rows.documents) if stored else 0,
            stored_bytes=sum(record.size for record in self._rows.documents.values()) if stored else 0,
            waiting_jobs=states[JobState.QUEUED] + abandoned,
            running_jobs=states[JobState.RUNNING] - abandoned,
            version=self._version(),
        )

    @override
    def advance(self, version: int) -> bool:
        if self._version() != version:
            return False
        self._rows.usage_versions[self._rows.tenant_id] = version + 1
        return True

    def _version(self) -> int:
        return self._rows.usage_versions.get(self._rows.tenant_id, 0)


class InMemoryTallyTable(TallyTable):
    """What was counted of the tenant."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    @override
    def add(self, counted: Mapping[tuple[Tallied, str], int]) -> None:
        for what, number in counted.items():
            self._rows.tallies[what] = self._rows.tallies.get(what, 0) + number

    @override
    def numbers(self, *, now: datetime) -> Numbers:
        failed = (job for job in self._rows.jobs.values() if job.state is JobState.FAILED)
        return Numbers(
            documents=Counter(record.state.value for record in self._rows.documents.values()),
            jobs=self._jobs(now),
            failed=Counter((job.kind, job.failure or "") for job in failed),
            tallies=dict(self._rows.tallies),
        )

    def _jobs(self, now: datetime) -> tuple[JobNumber, ...]:
        groups: dict[tuple[JobKind, Priority, JobState], list[JobRecord]] = {}
        for job in self._rows.jobs.values():
            if job.state is not JobState.SUCCEEDED:
                groups.setdefault((job.kind, job.priority, job.state), []).append(job)
        return tuple(
            JobNumber(
                kind=kind,
                priority=priority,
                state=state,
                jobs=len(jobs),
                later=sum(job.state is JobState.QUEUED and not due(job, now) for job in jobs),
                oldest=min((job.created_at for job in jobs if due(job, now) or expired(job, now)), default=None),
            )
            for (kind, priority, state), jobs in sorted(groups.items())
        )


def standing(rows: Rows, *, kind: JobKind, now: datetime) -> Standing:
    """Return what these rows have due and running."""
    meant = [job for job in rows.jobs.values() if job.kind is kind]
    intake = rows.intake.get(rows.tenant_id)
    paused = intake is not None and intake.paused_at is not None
    waiting = set() if paused else {job.priority for job in meant if due(job, now) or expired(job, now)}
    return Standing(
        tenant_id=rows.tenant_id,
        interactive=Priority.INTERACTIVE in waiting,
        bulk=Priority.BULK in waiting,
        running=sum(job.state is JobState.RUNNING and not expired(job, now) for job in meant),
        most=rows.policies[-1].policy.quota.running_jobs if rows.policies else None,
    )
