"""The ledger in PostgreSQL: who may work on what is decided by row locks, leases and fences."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, func, insert, or_, select, tuple_, update
from typing_extensions import override

from service.adapters.database.rows import row_of
from service.adapters.database.session import Session
from service.adapters.database.tables import jobs
from service.errors import NotFoundError
from service.policy.access import DocumentId, JobId
from service.ports import JobKind, JobRecord, JobState, JobTable


class SqlJobTable(JobTable):
    """The jobs of the session's tenant."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    def add(self, record: JobRecord) -> None:
        self._session.run(insert(jobs).values(row_of(record)))

    @override
    def get(self, job_id: JobId) -> JobRecord | None:
        return self._session.one(select(jobs).where(jobs.c.id == job_id), JobRecord)

    @override
    def page(
        self, *, limit: int, after: JobId | None = None, document_id: DocumentId | None = None
    ) -> tuple[JobRecord, ...]:
        page = select(jobs)
        if document_id is not None:
            page = page.where(jobs.c.document_id == document_id)
        if after is not None:
            anchor = self._session.one(page.where(jobs.c.id == after), JobRecord)
            if anchor is None:
                raise NotFoundError
            page = page.where(tuple_(jobs.c.created_at, jobs.c.id) < (anchor.created_at, anchor.id))
        return self._session.many(page.order_by(jobs.c.created_at.desc(), jobs.c.id.desc()).limit(limit), JobRecord)

    @override
    def claim(self, job_id: JobId, *, kind: JobKind, now: datetime, lease_until: datetime) -> JobRecord | None:
        expired = and_(jobs.c.state == JobState.RUNNING, jobs.c.lease_until <= now)
        free = select(jobs.c.id).where(
            jobs.c.id == job_id, jobs.c.kind == kind, or_(jobs.c.state == JobState.QUEUED, expired)
        )
        taken = self._take(free, now=now, lease_until=lease_until)
        return taken[0] if taken else None

    @override
    def claim_fresh(self, kind: JobKind, *, now: datetime, lease_until: datetime, limit: int) -> tuple[JobRecord, ...]:
        fresh = select(jobs.c.id).where(jobs.c.kind == kind, jobs.c.state == JobState.QUEUED, jobs.c.attempts == 0)
        oldest = fresh.order_by(jobs.c.created_at, jobs.c.id).limit(limit)
        return self._take(oldest, now=now, lease_until=lease_until)

    @override
    def renew(self, held: Iterable[tuple[JobId, int]], *, lease_until: datetime) -> None:
        mine = tuple_(jobs.c.id, jobs.c.fence).in_(list(held))
        running = update(jobs).where(mine, jobs.c.state == JobState.RUNNING)
        self._session.run(running.values(lease_until=lease_until))

    @override
    def holds(self, job: JobRecord, *, lock: bool = False) -> bool:
        held = select(jobs.c.id).where(jobs.c.id == job.id, jobs.c.fence == job.fence, jobs.c.state == JobState.RUNNING)
        return self._session.run(held.with_for_update() if lock else held).first() is not None

    @override
    def update(self, record: JobRecord) -> bool:
        same_fence = update(jobs).where(jobs.c.id == record.id, jobs.c.fence == record.fence)
        return self._session.run(same_fence.values(row_of(record))).rowcount == 1

    @override
    def waiting(self, *, now: datetime, queued_before: datetime, limit: int) -> tuple[JobRecord, ...]:
        queued = and_(jobs.c.state == JobState.QUEUED, jobs.c.updated_at < queued_before)
        expired = and_(jobs.c.state == JobState.RUNNING, jobs.c.lease_until <= now)
        found = select(jobs).where(or_(queued, expired)).order_by(jobs.c.created_at, jobs.c.id).limit(limit)
        return self._session.many(found, JobRecord)

    @override
    def open(self, kind: JobKind, *, document_id: DocumentId | None = None) -> tuple[JobRecord, ...]:
        found = select(jobs).where(jobs.c.kind == kind, jobs.c.state.in_([JobState.QUEUED, JobState.RUNNING]))
        if document_id is not None:
            found = found.where(jobs.c.document_id == document_id)
        return self._session.many(found.order_by(jobs.c.created_at, jobs.c.id), JobRecord)

    @override
    def counts(self) -> Mapping[JobState, int]:
        counted = self._session.run(select(jobs.c.state, func.count()).group_by(jobs.c.state))
        found = {JobState(row[0]): int(row[1]) for row in counted}
        return {state: found.get(state, 0) for state in JobState}

    def _take(self, free: Select[tuple[UUID]], *, now: datetime, lease_until: datetime) -> tuple[JobRecord, ...]:
        """Make the jobs run again; a row that somebody else is taking at this moment is passed over."""
        ids = list(self._session.run(free.with_for_update(skip_locked=True)).scalars())
        claimed = {
            "state": JobState.RUNNING,
            "attempts": jobs.c.attempts + 1,
            "fence": jobs.c.fence + 1,
            "lease_until": lease_until,
            "updated_at": now,
        }
        taken = update(jobs).where(jobs.c.id.in_(ids)).values(claimed).returning(jobs)
        return tuple(sorted(self._session.many(taken, JobRecord), key=lambda job: ids.index(job.id)))
