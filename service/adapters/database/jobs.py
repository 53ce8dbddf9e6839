"""The ledger in PostgreSQL: who may work on what is decided by row locks, leases and fences."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, insert, or_, select, tuple_, update
from typing_extensions import override

from service.adapters.database.rows import row_of
from service.adapters.database.session import Session
from service.adapters.database.tables import documents, jobs
from service.errors import NotFoundError
from service.policy.access import DocumentId, JobId
from service.ports import DocumentState, JobCount, JobFilter, JobKind, JobRecord, JobState, JobTable, Priority, Stage
from service.ports.jobs import EVERY_JOB


class SqlJobTable(JobTable):
    """The jobs of the session's tenant."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    def add(self, record: JobRecord) -> None:
        self._session.run(insert(jobs).values(row_of(record)))

    @override
    def get(self, job_id: JobId, *, lock: bool = False) -> JobRecord | None:
        found = select(jobs).where(jobs.c.id == job_id)
        return self._session.one(found.with_for_update() if lock else found, JobRecord)

    @override
    def page(self, *, limit: int, after: JobId | None = None, only: JobFilter = EVERY_JOB) -> tuple[JobRecord, ...]:
        page = select(jobs).where(*_meant(only))
        if after is not None:
            anchor = self.get(after)
            if anchor is None:
                raise NotFoundError
            page = page.where(tuple_(jobs.c.created_at, jobs.c.id) < (anchor.created_at, anchor.id))
        return self._session.many(page.order_by(jobs.c.created_at.desc(), jobs.c.id.desc()).limit(limit), JobRecord)

    @override
    def claim(self, job_id: JobId, *, kind: JobKind, now: datetime, lease_until: datetime) -> JobRecord | None:
        free = select(jobs.c.id).where(jobs.c.id == job_id, jobs.c.kind == kind, or_(_due(now), _expired(now)))
        taken = self._take(free, now=now, lease_until=lease_until)
        return taken[0] if taken else None

    @override
    def claim_fresh(self, kind: JobKind, *, now: datetime, lease_until: datetime, limit: int) -> tuple[JobRecord, ...]:
        fresh = select(jobs.c.id).where(jobs.c.kind == kind, _due(now), jobs.c.attempts == 0)
        oldest = fresh.order_by(jobs.c.created_at, jobs.c.id).limit(limit)
        return self._take(oldest, now=now, lease_until=lease_until)

    @override
    def claim_next(
        self, kind: JobKind, *, priority: Priority, now: datetime, lease_until: datetime, limit: int
    ) -> tuple[JobRecord, ...]:
        free = select(jobs.c.id).where(jobs.c.kind == kind, jobs.c.priority == priority, _due(now))
        oldest = free.order_by(jobs.c.created_at, jobs.c.id)
        first = self._take(oldest.limit(1), now=now, lease_until=lease_until)
        if not first or first[0].attempts > 1 or limit == 1:
            return first
        untried = oldest.where(jobs.c.attempts == 0).limit(limit - 1)
        return first + self._take(untried, now=now, lease_until=lease_until)

    @override
    def renew(self, held: Iterable[tuple[JobId, int]], *, lease_until: datetime) -> None:
        mine = tuple_(jobs.c.id, jobs.c.fence).in_(list(held))
        # A row that is locked is being written, perhaps with others: to wait for it here could be a deadlock. It is
        # renewed the next time, long before its lease runs out.
        free = select(jobs.c.id).where(mine, jobs.c.state == JobState.RUNNING).with_for_update(skip_locked=True)
        ids = list(self._session.run(free).scalars())
        self._session.run(update(jobs).where(jobs.c.id.in_(ids)).values(lease_until=lease_until))

    @override
    def progress(self, held: Iterable[tuple[JobId, int]], *, stage: Stage, done: int, total: int, at: datetime) -> None:
        mine = tuple_(jobs.c.id, jobs.c.fence).in_(list(held))
        # A row that is locked is being written: to wait for it, with others in hand, could be a deadlock.
        free = select(jobs.c.id).where(mine, jobs.c.state == JobState.RUNNING).with_for_update(skip_locked=True)
        ids = list(self._session.run(free).scalars())
        told = update(jobs).where(jobs.c.id.in_(ids))
        self._session.run(told.values(stage=stage, done=done, total=total, updated_at=at))

    @override
    def holds(self, job: JobRecord, *, lock: bool = False) -> bool:
        held = select(jobs.c.id).where(jobs.c.id == job.id, jobs.c.fence == job.fence, jobs.c.state == JobState.RUNNING)
        return self._session.run(held.with_for_update() if lock else held).first() is not None

    @override
    def update(self, record: JobRecord) -> bool:
        same_fence = update(jobs).where(jobs.c.id == record.id, jobs.c.fence == record.fence)
        return self._session.run(same_fence.values(row_of(record))).rowcount == 1

    @override
    def revoke(self, record: JobRecord) -> JobRecord | None:
        same_fence = update(jobs).where(jobs.c.id == record.id, jobs.c.fence == record.fence)
        higher = same_fence.values(row_of(record) | {"fence": record.fence + 1})
        return self._session.one(higher.returning(jobs), JobRecord)

    @override
    def waiting(
        self, *, now: datetime, queued_before: datetime, limit: int, kinds: Collection[JobKind] = frozenset(JobKind)
    ) -> tuple[JobRecord, ...]:
        queued = and_(_due(now), jobs.c.updated_at < queued_before)
        found = select(jobs).where(jobs.c.kind.in_(kinds), or_(queued, _expired(now)))
        return self._session.many(found.order_by(jobs.c.created_at, jobs.c.id).limit(limit), JobRecord)

    @override
    def expired(self, *, now: datetime, limit: int) -> tuple[JobRecord, ...]:
        found = select(jobs).where(_expired(now)).order_by(jobs.c.created_at, jobs.c.id).limit(limit)
        return self._session.many(found.with_for_update(skip_locked=True), JobRecord)

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

    @override
    def dead(
        self, *, limit: int, reason: str | None = None, after: tuple[DocumentId, JobId] | None = None
    ) -> tuple[JobRecord, ...]:
        found = select(jobs).where(_dead())
        if reason is not None:
            found = found.where(jobs.c.failure == reason)
        if after is not None:
            found = found.where(tuple_(jobs.c.document_id, jobs.c.id) > after)
        return self._session.many(found.order_by(jobs.c.document_id, jobs.c.id).limit(limit), JobRecord)

    @override
    def reasons(self) -> Mapping[str, int]:
        counted = select(func.coalesce(jobs.c.failure, ""), func.count()).where(_dead()).group_by(jobs.c.failure)
        return {str(row[0]): int(row[1]) for row in self._session.run(counted)}

    @override
    def tally(self) -> tuple[JobCount, ...]:
        by = (jobs.c.kind, jobs.c.priority, jobs.c.state, jobs.c.stage)
        counted = select(*by, func.count().label("jobs")).group_by(*by)
        found = self._session.many(counted, JobCount)
        return tuple(sorted(found, key=lambda one: (one.kind, one.priority, one.state, one.stage)))

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


def _due(now: datetime) -> ColumnElement[bool]:
    """Return the condition of a queued job whose time has come."""
    return and_(jobs.c.state == JobState.QUEUED, or_(jobs.c.not_before.is_(None), jobs.c.not_before <= now))


def _expired(now: datetime) -> ColumnElement[bool]:
    return and_(jobs.c.state == JobState.RUNNING, jobs.c.lease_until <= now)


def _dead() -> ColumnElement[bool]:
    """Return the condition of an ingestion that ended without a result and whose document waits for a new start."""
    waiting = exists().where(documents.c.id == jobs.c.document_id, documents.c.state == DocumentState.FAILED)
    # The states stand in the words of the index `jobs_dead`.
    return and_(jobs.c.state.in_([JobState.FAILED, JobState.CANCELLED]), jobs.c.kind == JobKind.INGEST, waiting)


def _meant(only: JobFilter) -> list[ColumnElement[bool]]:
    columns = {
        jobs.c.state: only.state,
        jobs.c.kind: only.kind,
        jobs.c.priority: only.priority,
        jobs.c.failure: only.reason,
        jobs.c.document_id: only.document_id,
    }
    return [column == wanted for column, wanted in columns.items() if wanted is not None]
