"""Queues and quotas in PostgreSQL: what is counted for whose turn it is, for limits and for operators."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert as upsert
from typing_extensions import override

from service.adapters.database.queueing_tables import tallies, tenant_usage
from service.adapters.database.session import Session
from service.adapters.database.tables import documents, jobs
from service.policy.access import TenantId
from service.policy.quotas import Usage
from service.policy.turns import Standing
from service.ports import JobKind, JobNumber, JobState, Numbers, Tallied, TallyTable, UsageTable


class SqlUsageTable(UsageTable):
    """What the session's tenant has."""

    def __init__(self, session: Session, tenant_id: TenantId) -> None:
        self._session = session
        self._tenant_id = tenant_id

    @override
    def read(self, *, now: datetime, stored: bool = True) -> Usage:
        first = upsert(tenant_usage).values(tenant_id=self._tenant_id, version=0)
        self._session.run(first.on_conflict_do_nothing())
        counted = select(func.count().label("documents"), func.coalesce(func.sum(documents.c.size), 0).label("bytes"))
        docs = counted.select_from(documents).where(true() if stored else false()).subquery()
        ingesting = and_(jobs.c.kind == JobKind.INGEST, jobs.c.state.in_([JobState.QUEUED, JobState.RUNNING]))
        runs = and_(jobs.c.state == JobState.RUNNING, jobs.c.lease_until > now)
        running, waiting = func.count().filter(runs), func.count().filter(~runs)
        open_jobs = select(waiting.label("waiting"), running.label("running")).where(ingesting).subquery()
        all_at_once = tenant_usage.join(docs, true()).join(open_jobs, true())
        row = self._session.run(select(tenant_usage.c.version, docs, open_jobs).select_from(all_at_once)).one()
        return Usage(
            documents=int(row.documents),
            stored_bytes=int(row.bytes),
            waiting_jobs=int(row.waiting),
            running_jobs=int(row.running),
            version=int(row.version),
        )

    @override
    def advance(self, version: int) -> bool:
        same = update(tenant_usage).where(tenant_usage.c.version == version)
        return self._session.run(same.values(version=version + 1)).rowcount == 1


class SqlTallyTable(TallyTable):
    """What was counted of the session's tenant."""

    def __init__(self, session: Session, tenant_id: TenantId) -> None:
        self._session = session
        self._tenant_id = tenant_id

    @override
    def add(self, counted: Mapping[tuple[Tallied, str], int]) -> None:
        rows: list[dict[str, Any]] = [
            {"tenant_id": self._tenant_id, "name": name.value, "word": word, "total": number}
            # In one order: two workers that add to the same totals wait for each other and never in a circle.
            for (name, word), number in sorted(counted.items())
        ]
        if rows:
            added = upsert(tallies).values(rows)
            grown = {"total": tallies.c.total + added.excluded.total}
            self._session.run(added.on_conflict_do_update(index_elements=["tenant_id", "name", "word"], set_=grown))

    @override
    def numbers(self, *, now: datetime) -> Numbers:
        states = self._session.run(select(documents.c.state, func.count()).group_by(documents.c.state))
        totals = self._session.run(select(tallies.c.name, tallies.c.word, tallies.c.total))
        failed = select(jobs.c.kind, func.coalesce(jobs.c.failure, ""), func.count())
        ended = failed.where(jobs.c.state == JobState.FAILED).group_by(jobs.c.kind, jobs.c.failure)
        return Numbers(
            documents={str(row[0]): int(row[1]) for row in states},
            jobs=self._jobs(now),
            failed={(JobKind(row[0]), str(row[1])): int(row[2]) for row in self._session.run(ended)},
            tallies={(Tallied(row[0]), str(row[1])): int(row[2]) for row in totals},
        )

    def _jobs(self, now: datetime) -> tuple[JobNumber, ...]:
        by = (jobs.c.kind, jobs.c.priority, jobs.c.state)
        later = and_(jobs.c.state == JobState.QUEUED, jobs.c.not_before > now)
        counted = select(
            *by,
            func.count().label("jobs"),
            func.count().filter(later).label("later"),
            func.min(jobs.c.created_at).filter(_free(now)).label("oldest"),
        )
        # Those that succeeded are the most by far and say nothing of what is to be done.
        unended = counted.where(jobs.c.state.in_([one for one in JobState if one is not JobState.SUCCEEDED]))
        return self._session.many(unended.group_by(*by).order_by(*by), JobNumber)


def standings(session: Session, *, kind: JobKind, now: datetime) -> tuple[Standing, ...]:
    """Return what every tenant has of this kind, in one round trip.

    The function in the database reads one tenant after the other, each as a transaction of that tenant would.
    """
    return session.many(select("*").select_from(func.job_standings(kind.value, now)), Standing)


def _free(now: datetime) -> ColumnElement[bool]:
    due = and_(jobs.c.state == JobState.QUEUED, or_(jobs.c.not_before.is_(None), jobs.c.not_before <= now))
    return or_(due, and_(jobs.c.state == JobState.RUNNING, jobs.c.lease_until <= now))
