"""Legal holds in PostgreSQL."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import Uuid as SqlUuid
from sqlalchemy import any_, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from typing_extensions import override

from service.adapters.database.holding_tables import matter_documents, matters
from service.adapters.database.rows import row_of
from service.adapters.database.session import Session
from service.adapters.database.tables import documents
from service.errors import NotFoundError
from service.policy.access import DocumentId, KeyId, MatterId, TenantId
from service.ports.holding import HoldTable, MatterRecord

_LOCKS = 0x686F6C64
"""Sets the locks of holds apart from other advisory locks."""
_FIXED = {"id", "tenant_id", "name", "note", "opened_at", "opened_by"}


class SqlHoldTable(HoldTable):
    """The holds of the session's tenant.

    Whoever destroys takes the tenant's advisory lock shared, whoever places a hold alone: so one of the two commits
    before the other reads, whichever documents, groups or tenants are meant.
    """

    def __init__(self, session: Session, tenant_id: TenantId) -> None:
        self._session = session
        self._tenant_id = tenant_id

    @override
    def lock(self) -> None:
        self._session.run(select(func.pg_advisory_xact_lock(_LOCKS, self._tenant())))

    @override
    def add(self, record: MatterRecord) -> None:
        self._session.run(upsert(matters).values(row_of(record)))

    @override
    def get(self, matter_id: MatterId) -> MatterRecord | None:
        return self._session.one(select(matters).where(matters.c.id == matter_id), MatterRecord)

    @override
    def all(self) -> tuple[MatterRecord, ...]:
        return self._session.many(select(matters).order_by(matters.c.opened_at, matters.c.id), MatterRecord)

    @override
    def update(self, record: MatterRecord) -> None:
        changed = {name: value for name, value in row_of(record).items() if name not in _FIXED}
        if self._session.run(update(matters).where(matters.c.id == record.id).values(changed)).rowcount == 0:
            raise NotFoundError

    @override
    def cover(self, matter_id: MatterId, document_ids: Collection[DocumentId], *, at: datetime, by: KeyId) -> None:
        place = {"tenant_id": self._tenant_id, "matter_id": matter_id, "added_at": at, "added_by": by}
        rows = [place | {"document_id": document_id} for document_id in document_ids]
        if rows:
            self._session.run(upsert(matter_documents).on_conflict_do_nothing(), rows)

    @override
    def documents(self, matter_id: MatterId) -> tuple[DocumentId, ...]:
        column = matter_documents.c.document_id
        listed = select(column).where(matter_documents.c.matter_id == matter_id).order_by(column)
        return tuple(DocumentId(document_id) for document_id in self._session.run(listed).scalars())

    @override
    def on(self, document_ids: Iterable[DocumentId], *, lock: bool = False) -> Mapping[DocumentId, frozenset[MatterId]]:
        wanted = list(document_ids)
        if lock:
            # A statement of its own: the next one then sees what was committed while this one waited.
            self._session.run(select(func.pg_advisory_xact_lock_shared(_LOCKS, self._tenant())))
        listed = (
            select(matter_documents.c.document_id)
            .where(matter_documents.c.matter_id == matters.c.id, matter_documents.c.document_id == documents.c.id)
            .exists()
        )
        covered = or_(matters.c.whole_tenant, matters.c.groups.overlap(documents.c.groups), listed)
        held = (
            select(documents.c.id, matters.c.id)
            .select_from(documents)
            .join(matters, covered)
            .where(matters.c.released_at.is_(None), documents.c.id == any_(literal(wanted, ARRAY(SqlUuid))))
        )
        found: defaultdict[DocumentId, set[MatterId]] = defaultdict(set)
        for document_id, matter_id in self._session.run(held) if wanted else ():
            found[DocumentId(document_id)].add(MatterId(matter_id))
        return {document_id: frozenset(held_for) for document_id, held_for in found.items()}

    @override
    def whole(self) -> frozenset[MatterId]:
        found = select(matters.c.id).where(matters.c.released_at.is_(None), matters.c.whole_tenant)
        return frozenset(MatterId(matter_id) for matter_id in self._session.run(found).scalars())

    def _tenant(self) -> object:
        """Return a number of 32 bits of the tenant; two tenants with the same one wait for each other."""
        return func.hashtext(str(self._tenant_id))
