"""Documents and their chunks in PostgreSQL."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from typing_extensions import override

from service.adapters.database.rows import row_of
from service.adapters.database.session import Session
from service.adapters.database.tables import chunks, documents, jobs
from service.errors import ConflictError, NotFoundError
from service.policy.access import DocumentId, Scope, TenantId
from service.ports import (
    ChunkRecord,
    ChunkTable,
    DocumentRecord,
    DocumentState,
    DocumentTable,
    JobKind,
    JobState,
    LabellingCounts,
)


class SqlDocumentTable(DocumentTable):
    """The documents of the session's tenant."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    def add(self, record: DocumentRecord) -> None:
        # A unique violation would end the whole transaction; a conflict that does nothing does not.
        statement = upsert(documents).values(row_of(record)).on_conflict_do_nothing().returning(documents.c.id)
        if self._session.run(statement).first() is None:
            message = "A document with this external id exists already."
            raise ConflictError(message)

    @override
    def get(self, document_id: DocumentId, *, lock: bool = False) -> DocumentRecord | None:
        found = select(documents).where(documents.c.id == document_id)
        return self._session.one(found.with_for_update() if lock else found, DocumentRecord)

    @override
    def by_external_fingerprint(self, fingerprint: str) -> DocumentRecord | None:
        found = select(documents).where(documents.c.external_fingerprint == fingerprint)
        return self._session.one(found, DocumentRecord)

    @override
    def by_content_fingerprint(self, fingerprint: str) -> DocumentRecord | None:
        found = select(documents).where(documents.c.content_fingerprint == fingerprint)
        return self._session.one(found.order_by(documents.c.created_at, documents.c.id).limit(1), DocumentRecord)

    @override
    def page(self, *, scope: Scope, limit: int, after: DocumentId | None = None) -> tuple[DocumentRecord, ...]:
        age = tuple_(documents.c.created_at, documents.c.id)
        page = select(documents).where(_inside(scope))
        if after is not None:
            anchor = self._session.one(page.where(documents.c.id == after), DocumentRecord)
            if anchor is None:
                raise NotFoundError
            page = page.where(age < (anchor.created_at, anchor.id))
        newest_first = page.order_by(documents.c.created_at.desc(), documents.c.id.desc()).limit(limit)
        return self._session.many(newest_first, DocumentRecord)

    @override
    def ids(self, *, states: Collection[DocumentState] | None = None) -> tuple[DocumentId, ...]:
        found = select(documents.c.id).order_by(documents.c.created_at, documents.c.id)
        if states is not None:
            found = found.where(documents.c.state.in_(states))
        return tuple(DocumentId(one) for one in self._session.run(found).scalars())

    @override
    def children(self, parent_ids: Collection[DocumentId]) -> tuple[DocumentRecord, ...]:
        found = select(documents).where(documents.c.parent_id.in_(list(parent_ids)))
        return self._session.many(found.order_by(documents.c.created_at, documents.c.id), DocumentRecord)

    @override
    def abandoned(self, *, before: datetime) -> tuple[DocumentRecord, ...]:
        told = select(jobs.c.id).where(jobs.c.document_id == documents.c.id).exists()
        found = select(documents).where(documents.c.created_at < before, ~told)
        return self._session.many(found.order_by(documents.c.created_at, documents.c.id), DocumentRecord)

    @override
    def handed_in_until(
        self, moment: datetime, *, limit: int, after: tuple[datetime, DocumentId] | None = None
    ) -> tuple[DocumentRecord, ...]:
        oldest = select(documents).where(documents.c.created_at <= moment)
        if after is not None:
            oldest = oldest.where(tuple_(documents.c.created_at, documents.c.id) > after)
        return self._session.many(oldest.order_by(documents.c.created_at, documents.c.id).limit(limit), DocumentRecord)

    @override
    def stale(self, *, version: str, limit: int, failed: bool = False) -> tuple[DocumentRecord, ...]:
        being_done = (
            select(jobs.c.id)
            .where(
                jobs.c.document_id == documents.c.id,
                jobs.c.kind == JobKind.RELABEL,
                jobs.c.state.in_([JobState.QUEUED, JobState.RUNNING]),
            )
            .exists()
        )
        wanted = [_READY, _of_another_version(version), ~being_done]
        if not failed:
            wanted.append(documents.c.relabel_failed.is_distinct_from(version))
        oldest = select(documents).where(*wanted).order_by(documents.c.created_at, documents.c.id).limit(limit)
        return self._session.many(oldest, DocumentRecord)

    @override
    def labelling(self, *, version: str) -> LabellingCounts:
        stale, failed = _of_another_version(version), documents.c.relabel_failed == version
        counts = select(
            func.count().filter(documents.c.labeller_version == version).label("current"),
            func.count().filter(stale, documents.c.relabel_failed.is_distinct_from(version)).label("stale"),
            func.count().filter(stale, failed).label("failed"),
        )
        row = self._session.run(counts.where(_READY)).one()
        return LabellingCounts(current=row.current, stale=row.stale, failed=row.failed)

    @override
    def counts(self) -> Mapping[DocumentState, int]:
        counted = self._session.run(select(documents.c.state, func.count()).group_by(documents.c.state))
        found = {DocumentState(row[0]): int(row[1]) for row in counted}
        return {state: found.get(state, 0) for state in DocumentState}

    @override
    def update(self, record: DocumentRecord) -> None:
        statement = update(documents).where(documents.c.id == record.id).values(row_of(record))
        if self._session.run(statement).rowcount == 0:
            raise NotFoundError

    @override
    def delete(self, document_id: DocumentId) -> None:
        self._session.run(delete(documents).where(documents.c.id == document_id))


class SqlChunkTable(ChunkTable):
    """The chunks of the session's tenant."""

    def __init__(self, session: Session, tenant_id: TenantId) -> None:
        self._session = session
        self._tenant_id = tenant_id

    @override
    def replace(self, document_id: DocumentId, records: Sequence[ChunkRecord]) -> None:
        self._session.run(delete(chunks).where(chunks.c.document_id == document_id))
        tenant = {"tenant_id": self._tenant_id}
        rows = [row_of(record) | tenant for record in records]
        if rows:
            self._session.run(insert(chunks), rows)

    @override
    def fetch(self, places: Iterable[tuple[DocumentId, int]]) -> tuple[ChunkRecord, ...]:
        wanted = list(places)
        found = (
            select(chunks)
            .join(documents, documents.c.id == chunks.c.document_id)
            .where(documents.c.state == DocumentState.READY, tuple_(chunks.c.document_id, chunks.c.ordinal).in_(wanted))
        )
        return self._session.many(found, ChunkRecord) if wanted else ()

    @override
    def of(self, document_id: DocumentId) -> tuple[ChunkRecord, ...]:
        found = select(chunks).where(chunks.c.document_id == document_id).order_by(chunks.c.ordinal)
        return self._session.many(found, ChunkRecord)

    @override
    def count(self, document_id: DocumentId) -> int:
        return self._session.number(select(func.count()).where(chunks.c.document_id == document_id))


_READY = documents.c.state == DocumentState.READY


def _of_another_version(version: str) -> ColumnElement[bool]:
    """Say so in terms that the index can answer: nothing is read where every document is current."""
    column = documents.c.labeller_version
    return or_(column.is_(None), column < version, column > version)


def _inside(scope: Scope) -> ColumnElement[bool]:
    ours = documents.c.tenant_id == scope.tenant_id
    return ours if scope.groups is None else and_(ours, documents.c.groups.overlap(sorted(scope.groups)))
