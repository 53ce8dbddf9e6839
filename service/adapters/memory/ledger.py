"""The ledger in memory."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice

from typing_extensions import override

from service.adapters.memory.tables import Rows, paged
from service.errors import ConflictError
from service.policy.access import DocumentId, JobId
from service.ports import JobKind, JobRecord, JobState, JobTable


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
    def get(self, job_id: JobId) -> JobRecord | None:
        return self._rows.jobs.get(job_id)

    @override
    def page(
        self, *, limit: int, after: JobId | None = None, document_id: DocumentId | None = None
    ) -> tuple[JobRecord, ...]:
        found = [job for job in self._rows.jobs.values() if document_id in {None, job.document_id}]
        return paged(found, limit=limit, after=after)

    @override
    def claim(self, job_id: JobId, *, kind: JobKind, now: datetime, lease_until: datetime) -> JobRecord | None:
        job = self.get(job_id)
        if job is None or job.kind is not kind or not (job.state is JobState.QUEUED or _expired(job, now)):
            return None
        return self._take(job, now=now, lease_until=lease_until)

    @override
    def claim_fresh(self, kind: JobKind, *, now: datetime, lease_until: datetime, limit: int) -> tuple[JobRecord, ...]:
        fresh = [job for job in self._oldest_first() if job.kind is kind and job.state is JobState.QUEUED]
        untried = [job for job in fresh if job.attempts == 0]
        return tuple(self._take(job, now=now, lease_until=lease_until) for job in untried[:limit])

    @override
    def renew(self, held: Iterable[tuple[JobId, int]], *, lease_until: datetime) -> None:
        for job_id, fence in held:
            job = self.get(job_id)
            if job is not None and job.fence == fence and job.state is JobState.RUNNING:
                self._rows.jobs[job_id] = replace(job, lease_until=lease_until)

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
    def waiting(self, *, now: datetime, queued_before: datetime, limit: int) -> tuple[JobRecord, ...]:
        waiting = (
            job
            for job in self._oldest_first()
            if _expired(job, now) or (job.state is JobState.QUEUED and job.updated_at < queued_before)
        )
        return tuple(islice(waiting, limit))

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


def _expired(job: JobRecord, now: datetime) -> bool:
    return job.state is JobState.RUNNING and job.lease_until is not None and job.lease_until <= now
