"""Sources, their runs and what is known of the things there, in PostgreSQL."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from typing_extensions import override

from ingestion.sensitivity import Category
from service.adapters.database.rows import row_of
from service.adapters.database.session import Session
from service.adapters.database.sourcing_tables import source_items, source_runs, sources
from service.adapters.database.tables import documents
from service.errors import ConflictError, NotFoundError
from service.policy.access import DocumentId, RunId, SourceId
from service.ports.records import DocumentRecord
from service.ports.sourcing import (
    RunRecord,
    RunState,
    SourceItem,
    SourceItemTable,
    SourceRecord,
    SourceRunTable,
    SourceTable,
    Trouble,
)

_OPEN = (RunState.QUEUED.value, RunState.RUNNING.value)


class SqlSourceTable(SourceTable):
    """The sources of the session's tenant."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    def add(self, record: SourceRecord) -> None:
        self._session.run(insert(sources).values(row_of(record)))

    @override
    def get(self, source_id: SourceId, *, lock: bool = False) -> SourceRecord | None:
        found = select(sources).where(sources.c.id == source_id)
        return self._session.one(found.with_for_update() if lock else found, SourceRecord)

    @override
    def all(self) -> tuple[SourceRecord, ...]:
        return self._session.many(select(sources).order_by(sources.c.created_at, sources.c.id), SourceRecord)

    @override
    def update(self, record: SourceRecord) -> None:
        row = row_of(record)
        changing = {name: row[name] for name in ("every_seconds", "due_at", "paused_at")}
        if self._session.run(update(sources).where(sources.c.id == record.id).values(changing)).rowcount == 0:
            raise NotFoundError

    @override
    def remove(self, source_id: SourceId) -> None:
        # Its runs first: who works on one holds its row, and asks for the source's only after that.
        for table in (source_runs, source_items):
            self._session.run(delete(table).where(table.c.source_id == source_id))
        self._session.run(delete(sources).where(sources.c.id == source_id))

    @override
    def clear(self) -> None:
        for table in (source_runs, source_items, sources):
            self._session.run(delete(table))


class SqlSourceRunTable(SourceRunTable):
    """The runs of the session's tenant."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    def add(self, record: RunRecord) -> None:
        # A unique violation would end the whole transaction; a conflict that does nothing does not.
        statement = upsert(source_runs).values(row_of(record)).on_conflict_do_nothing().returning(source_runs.c.id)
        if self._session.run(statement).first() is None:
            message = "This source has a run that is waiting or under way."
            raise ConflictError(message)

    @override
    def get(self, run_id: RunId) -> RunRecord | None:
        return self._session.one(select(source_runs).where(source_runs.c.id == run_id), RunRecord)

    @override
    def of(self, source_id: SourceId, *, limit: int) -> tuple[RunRecord, ...]:
        found = select(source_runs).where(source_runs.c.source_id == source_id)
        newest = found.order_by(source_runs.c.asked_at.desc(), source_runs.c.id.desc()).limit(limit)
        return self._session.many(newest, RunRecord)

    @override
    def claimable(self, *, now: datetime) -> tuple[RunRecord, ...]:
        found = select(source_runs).join(sources, sources.c.id == source_runs.c.source_id)
        free = found.where(_free(now), sources.c.paused_at.is_(None))
        return self._session.many(free.order_by(source_runs.c.updated_at, source_runs.c.id), RunRecord)

    @override
    def claim(self, run_id: RunId, *, now: datetime, lease_until: datetime) -> RunRecord | None:
        free = select(source_runs.c.id).where(source_runs.c.id == run_id, _free(now)).with_for_update(skip_locked=True)
        taken = {
            "state": RunState.RUNNING.value,
            "fence": source_runs.c.fence + 1,
            "lease_until": lease_until,
            "updated_at": now,
            "started_at": func.coalesce(source_runs.c.started_at, now),
        }
        statement = update(source_runs).where(source_runs.c.id.in_(free)).values(taken).returning(source_runs)
        return self._session.one(statement, RunRecord)

    @override
    def update(self, record: RunRecord) -> bool:
        ours = _ours(record)
        return self._session.run(update(source_runs).where(ours).values(row_of(record))).rowcount > 0

    @override
    def holds(self, record: RunRecord, *, lock: bool = False) -> bool:
        found = select(source_runs.c.id).where(_ours(record))
        return self._session.run(found.with_for_update() if lock else found).first() is not None

    @override
    def prune(self, source_id: SourceId, *, keep: int) -> None:
        ended = select(source_runs.c.id).where(source_runs.c.source_id == source_id, source_runs.c.state.not_in(_OPEN))
        old = ended.order_by(source_runs.c.asked_at.desc(), source_runs.c.id.desc()).offset(keep)
        self._session.run(delete(source_runs).where(source_runs.c.id.in_(old)))


class SqlSourceItemTable(SourceItemTable):
    """What is known of the things at the sources of the session's tenant."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    def at(self, source_id: SourceId, places: Collection[str]) -> tuple[SourceItem, ...]:
        if not places:
            return ()
        found = select(source_items).where(source_items.c.source_id == source_id, source_items.c.place.in_(places))
        return self._session.many(found.order_by(source_items.c.number), SourceItem)

    @override
    def put(self, item: SourceItem) -> None:
        row = row_of(item)
        changing = {name: value for name, value in row.items() if name not in {"tenant_id", "source_id", "place"}}
        place = [source_items.c.source_id, source_items.c.place]
        self._session.run(upsert(source_items).values(row).on_conflict_do_update(index_elements=place, set_=changing))

    @override
    def drop(self, source_id: SourceId, places: Collection[str]) -> None:
        if places:
            here = and_(source_items.c.source_id == source_id, source_items.c.place.in_(places))
            self._session.run(delete(source_items).where(here))

    @override
    def page(self, source_id: SourceId, *, after: int, limit: int, troubled: bool = False) -> tuple[SourceItem, ...]:
        found = select(source_items).where(source_items.c.source_id == source_id, source_items.c.number > after)
        if troubled:
            found = found.where(source_items.c.trouble.is_not(None))
        return self._session.many(found.order_by(source_items.c.number).limit(limit), SourceItem)

    @override
    def count(self, source_id: SourceId) -> int:
        here = source_items.c.source_id == source_id
        return self._session.number(select(func.count()).where(here, source_items.c.gone_at.is_(None)))

    @override
    def last(self, source_id: SourceId) -> int:
        highest = func.coalesce(func.max(source_items.c.number), 0)
        return self._session.number(select(highest).where(source_items.c.source_id == source_id))

    @override
    def of_documents(self, document_ids: Collection[DocumentId]) -> tuple[SourceItem, ...]:
        if not document_ids:
            return ()
        found = select(source_items).where(source_items.c.document_id.in_(document_ids))
        return self._session.many(found.order_by(source_items.c.source_id, source_items.c.number), SourceItem)

    @override
    def twin(
        self, *, content: str, groups: frozenset[str], declared: frozenset[Category]
    ) -> tuple[DocumentRecord, ...]:
        same = select(documents).where(
            documents.c.content_fingerprint == content,
            documents.c.groups == sorted(groups),
            documents.c.declared == sorted(one.value for one in declared),
        )
        return self._session.many(same.order_by(documents.c.created_at, documents.c.id), DocumentRecord)

    @override
    def let_go(self, document_ids: Collection[DocumentId], *, forget: bool) -> None:
        ours = source_items.c.document_id.in_(document_ids)
        gone = ours if forget else and_(ours, source_items.c.gone_at.is_not(None))
        self._session.run(delete(source_items).where(gone))
        kept = {"document_id": None, "owned": False, "name": None, "trouble": Trouble.LET_GO.value}
        self._session.run(update(source_items).where(ours).values(kept))


def _ours(record: RunRecord) -> ColumnElement[bool]:
    return and_(
        source_runs.c.id == record.id,
        source_runs.c.fence == record.fence,
        source_runs.c.state == RunState.RUNNING.value,
    )


def _free(now: datetime) -> ColumnElement[bool]:
    left = and_(
        source_runs.c.state == RunState.RUNNING.value,
        or_(source_runs.c.lease_until.is_(None), source_runs.c.lease_until <= now),
    )
    return or_(source_runs.c.state == RunState.QUEUED.value, left)
