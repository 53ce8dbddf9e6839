"""The ledger in memory."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice

from typing_extensions import override

from service.adapters.memory.tables import Rows, paged
from service.errors import ConflictError
from service.policy.access import DocumentId, JobId, KeyId
from service.ports import (
    DocumentState,
    IntakeRecord,
    IntakeTable,
    JobCount,
    JobFilter,
    JobKind,
    JobRecord,
    JobState,
    JobTable,
    Priority,
    Stage,
)
from service.ports.jobs import EVERY_JOB


class InMemoryJobTable(JobTable):
    """The jobs; transactions follow one another, so no row needs a lock."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    @override
    def add(self, record: JobRecord) -> None:
        self._rows.admit(record.tenant_id)
        if record.id in self._rows.jobs:
            raise ConflictError
        self._rows.jobs[record.id] = record

    @override
    def get(self, job_id: JobId, *, lock: bool = False) -> JobRecord | None:
        return self._rows.jobs.get(job_id)

    @override
    def page(self, *, limit: int, after: JobId | None = None, only: JobFilter = EVERY_JOB) -> tuple[JobRecord, ...]:
        following = paged(self._rows.jobs.values(), limit=len(self._rows.jobs), after=after)
        return tuple(job for job in following if only.admits(job))[:limit]

    @override
    def claim(self, job_id: JobId, *, kind: JobKind, now: datetime, lease_until: datetime) -> JobRecord | None:
        job = self.get(job_id)
        if job is None or job.kind is not kind or not (due(job, now) or expired(job, now)):
            return None
        return self._take(job, now=now, lease_until=lease_until)

    @override
    def claim_fresh(self, kind: JobKind, *, now: datetime, lease_until: datetime, limit: int) -> tuple[JobRecord, ...]:
        fresh = [job for job in self._oldest_first() if job.kind is kind and due(job, now) and job.attempts == 0]
        return tuple(self._take(job, now=now, lease_until=lease_until) for job in fresh[:limit])

    @override
    def claim_next(
        self, kind: JobKind, *, priority: Priority, now: datetime, lease_until: datetime, limit: int
    ) -> tuple[JobRecord, ...]:
        meant = [job for job in self._oldest_first() if job.kind is kind and job.priority is priority]
        waiting = [job for job in meant if due(job, now)]
        if not waiting:
            return ()
        first = waiting[0]
        untried = [job for job in waiting[1:] if job.attempts == 0]
        beside = untried[: limit - 1] if first.attempts == 0 else []
        return tuple(self._take(job, now=now, lease_until=lease_until) for job in (first, *beside))

    @override
    def renew(self, held: Iterable[tuple[JobId, int]], *, lease_until: datetime) -> None:
        for job_id, fence in held:
            job = self.get(job_id)
            if job is not None and job.fence == fence and job.state is JobState.RUNNING:
                self._rows.jobs[job_id] = replace(job, lease_until=lease_until)

    @override
    def progress(self, held: Iterable[tuple[JobId, int]], *, stage: Stage, done: int, total: int, at: datetime) -> None:
        for job_id, fence in held:
            job = self.get(job_id)
            if job is not None and job.fence == fence and job.state is JobState.RUNNING:
                self._rows.jobs[job_id] = replace(job, stage=stage.value, done=done, total=total, updated_at=at)

    @override
    def holds(self, job: JobRecord, *, lock: bool = False) -> bool:
        now = self.get(job.id)
        return now is not None and now.fence == job.fence and now.state is JobState.RUNNING

    @override
    def update(self, record: JobRecord) -> bool:
        self._rows.admit(record.tenant_id)
        known = self.get(record.id)
        if known is None or known.fence != record.fence:
            return False
        self._rows.jobs[record.id] = record
        return True

    @override
    def revoke(self, record: JobRecord) -> JobRecord | None:
        revoked = replace(record, fence=record.fence + 1)
        if not self.update(record):
            return None
        self._rows.jobs[record.id] = revoked
        return revoked

    @override
    def waiting(
        self, *, now: datetime, queued_before: datetime, limit: int, kinds: Collection[JobKind] = frozenset(JobKind)
    ) -> tuple[JobRecord, ...]:
        waiting = (
            job
            for job in self._oldest_first()
            if job.kind in kinds and (expired(job, now) or (due(job, now) and job.updated_at < queued_before))
        )
        return tuple(islice(waiting, limit))

    @override
    def expired(self, *, now: datetime, limit: int) -> tuple[JobRecord, ...]:
        return tuple(islice((job for job in self._oldest_first() if expired(job, now)), limit))

    @override
    def open(self, kind: JobKind, *, document_id: DocumentId | None = None) -> tuple[JobRecord, ...]:
        return tuple(
            job
            for job in self._oldest_first()
            if job.kind is kind
            and job.state in {JobState.QUEUED, JobState.RUNNING}
            and document_id in {None, job.document_id}
        )

    @override
    def counts(self) -> Mapping[JobState, int]:
        counted = Counter(job.state for job in self._rows.jobs.values())
        return {state: counted[state] for state in JobState}

    @override
    def dead(
        self, *, limit: int, reason: str | None = None, after: tuple[DocumentId, JobId] | None = None
    ) -> tuple[JobRecord, ...]:
        dead = sorted(self._dead(), key=lambda job: (job.document_id, job.id))
        following = (job for job in dead if after is None or (job.document_id, job.id) > after)
        return tuple(islice((job for job in following if reason in {None, job.failure}), limit))

    @override
    def reasons(self) -> Mapping[str, int]:
        return Counter(job.failure or "" for job in self._dead())

    @override
    def tally(self) -> tuple[JobCount, ...]:
        counted = Counter((job.kind, job.priority, job.state, job.stage) for job in self._rows.jobs.values())
        return tuple(
            JobCount(kind=kind, priority=priority, state=state, stage=stage, jobs=jobs)
            for (kind, priority, state, stage), jobs in sorted(counted.items())
        )

    def _dead(self) -> list[JobRecord]:
        waiting = {key for key, one in self._rows.documents.items() if one.state is DocumentState.FAILED}
        ended = {JobState.FAILED, JobState.CANCELLED}
        return [
            job
            for job in self._rows.jobs.values()
            if job.kind is JobKind.INGEST and job.state in ended and job.document_id in waiting
        ]

    def _oldest_first(self) -> list[JobRecord]:
        return sorted(self._rows.jobs.values(), key=lambda job: (job.created_at, job.id))

    def _take(self, job: JobRecord, *, now: datetime, lease_until: datetime) -> JobRecord:
        taken = replace(
            job,
            state=JobState.RUNNING,
            attempts=job.attempts + 1,
            fence=job.fence + 1,
            lease_until=lease_until,
            updated_at=now,
        )
        self._rows.jobs[job.id] = taken
        return taken


def expired(job: JobRecord, now: datetime) -> bool:
    """Whether its worker is gone."""
    return job.state is JobState.RUNNING and job.lease_until is not None and job.lease_until <= now


def due(job: JobRecord, now: datetime) -> bool:
    """Whether it waits and its time has come."""
    return job.state is JobState.QUEUED and (job.not_before is None or job.not_before <= now)


class InMemoryIntakeTable(IntakeTable):
    """Whether the tenant's background work goes on."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    @override
    def get(self) -> IntakeRecord | None:
        return self._rows.intake.get(self._rows.tenant_id)

    @override
    def pause(self, at: datetime, by: KeyId) -> bool:
        known = self._known()
        if known.paused_at is not None:
            return False
        self._rows.intake[known.tenant_id] = replace(known, paused_at=at, paused_by=by)
        return True

    @override
    def resume(self) -> bool:
        known = self._known()
        if known.paused_at is None:
            return False
        self._rows.intake[known.tenant_id] = replace(known, paused_at=None, paused_by=None)
        return True

    @override
    def swept(self, at: datetime, *, unless_since: datetime) -> None:
        known = self._known()
        if known.swept_at is None or known.swept_at < unless_since:
            self._rows.intake[known.tenant_id] = replace(known, swept_at=at)

    def _known(self) -> IntakeRecord:
        return self.get() or IntakeRecord(tenant_id=self._rows.tenant_id)
