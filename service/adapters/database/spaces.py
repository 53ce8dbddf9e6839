"""Vector spaces in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from typing_extensions import override

from service.adapters.database.rows import row_of
from service.adapters.database.session import Session
from service.adapters.database.spaces_tables import space_documents, vector_spaces
from service.adapters.database.tables import documents
from service.errors import NotFoundError
from service.policy.access import DocumentId, TenantId
from service.ports import DocumentState
from service.ports.spaces import SpaceCounts, SpaceId, SpaceRecord, SpaceState, SpaceTable

_INDEXED = (DocumentState.READY.value, DocumentState.QUARANTINED.value)
_LIVE = (SpaceState.SERVING.value, SpaceState.BUILDING.value)


class SqlSpaceTable(SpaceTable):
    """The spaces of the session's tenant."""

    def __init__(self, session: Session, tenant_id: TenantId) -> None:
        self._session = session
        self._tenant_id = tenant_id

    @override
    def begin(self, record: SpaceRecord) -> bool:
        made = upsert(vector_spaces).values(row_of(record)).on_conflict_do_nothing().returning(vector_spaces.c.id)
        return self._session.run(made).first() is not None

    @override
    def live(self, *, lock: bool = False) -> tuple[SpaceRecord, ...]:
        # Key-shared: a lease may be renewed meanwhile, but whoever changes a state waits, as they lock for an update.
        # Ordered by id, as everybody does who locks both.
        wanted = select(vector_spaces).where(vector_spaces.c.state.in_(_LIVE)).order_by(vector_spaces.c.id)
        found = self._session.many(wanted.with_for_update(read=True, key_share=True) if lock else wanted, SpaceRecord)
        return tuple(sorted(found, key=lambda one: one.state is not SpaceState.SERVING))

    @override
    def get(self, space_id: SpaceId, *, lock: bool = False) -> SpaceRecord | None:
        wanted = select(vector_spaces).where(vector_spaces.c.id == space_id)
        return self._session.one(wanted.with_for_update() if lock else wanted, SpaceRecord)

    @override
    def all(self) -> tuple[SpaceRecord, ...]:
        newest = select(vector_spaces).order_by(vector_spaces.c.created_at.desc(), vector_spaces.c.id.desc())
        return self._session.many(newest, SpaceRecord)

    @override
    def leaving(self) -> tuple[SpaceRecord, ...]:
        leaving = select(vector_spaces).where(vector_spaces.c.state.not_in(_LIVE), vector_spaces.c.dropped_at.is_(None))
        return self._session.many(leaving.order_by(vector_spaces.c.created_at, vector_spaces.c.id), SpaceRecord)

    @override
    def update(self, record: SpaceRecord) -> None:
        changed = update(vector_spaces).where(vector_spaces.c.id == record.id).values(row_of(record))
        if self._session.run(changed).rowcount == 0:
            raise NotFoundError

    @override
    def claim(self, space_id: SpaceId, *, now: datetime, lease_until: datetime) -> SpaceRecord | None:
        free = or_(vector_spaces.c.lease_until.is_(None), vector_spaces.c.lease_until < now)
        taken = (
            update(vector_spaces)
            .where(vector_spaces.c.id == space_id, vector_spaces.c.state == SpaceState.BUILDING.value, free)
            .values(fence=vector_spaces.c.fence + 1, lease_until=lease_until)
            .returning(vector_spaces)
        )
        return self._session.one(taken, SpaceRecord)

    @override
    def renew(self, space_id: SpaceId, fence: int, *, lease_until: datetime | None) -> bool:
        held = and_(
            vector_spaces.c.id == space_id,
            vector_spaces.c.fence == fence,
            vector_spaces.c.state == SpaceState.BUILDING.value,
        )
        return self._session.run(update(vector_spaces).where(held).values(lease_until=lease_until)).rowcount > 0

    @override
    def mark(self, space_id: SpaceId, document_id: DocumentId, *, verified: bool) -> None:
        row = {
            "tenant_id": self._tenant_id,
            "space_id": space_id,
            "document_id": document_id,
            "verified": verified,
        }
        noted = upsert(space_documents).values(row)
        self._session.run(
            noted.on_conflict_do_update(index_elements=["space_id", "document_id"], set_={"verified": verified})
        )

    @override
    def unmark(self, space_id: SpaceId, document_id: DocumentId | None = None) -> None:
        gone = delete(space_documents).where(space_documents.c.space_id == space_id)
        if document_id is not None:
            gone = gone.where(space_documents.c.document_id == document_id)
        self._session.run(gone)

    @override
    def unbuilt(self, space_id: SpaceId, *, limit: int) -> Sequence[DocumentId]:
        marked = select(space_documents.c.document_id).where(_of(space_id))
        missing = (
            select(documents.c.id)
            .where(documents.c.state.in_(_INDEXED), ~marked.exists())
            .order_by(documents.c.created_at, documents.c.id)
        )
        return tuple(DocumentId(one) for one in self._session.run(missing.limit(limit)).scalars())

    @override
    def unverified(self, space_id: SpaceId, *, limit: int) -> Sequence[DocumentId]:
        uncounted = select(space_documents.c.document_id).where(
            space_documents.c.space_id == space_id, ~space_documents.c.verified
        )
        return tuple(
            DocumentId(one)
            for one in self._session.run(uncounted.order_by(space_documents.c.document_id).limit(limit)).scalars()
        )

    @override
    def counts(self, space_id: SpaceId) -> SpaceCounts:
        joined = documents.outerjoin(space_documents, _of(space_id))
        row = self._session.run(
            select(
                func.count(),
                func.count(space_documents.c.document_id),
                func.count().filter(space_documents.c.verified),
            )
            .select_from(joined)
            .where(documents.c.state.in_(_INDEXED))
        ).one()
        return SpaceCounts(documents=row[0], built=row[1], verified=row[2])


def _of(space_id: SpaceId) -> ColumnElement[bool]:
    """Match a document with its mark in the space."""
    return and_(space_documents.c.space_id == space_id, space_documents.c.document_id == documents.c.id)
