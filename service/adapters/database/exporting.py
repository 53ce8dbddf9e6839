"""Exports in PostgreSQL."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import delete, insert, or_, select, update
from typing_extensions import override

from service.adapters.database.exporting_tables import export_documents, export_turns, exports
from service.adapters.database.rows import row_of
from service.adapters.database.session import Session
from service.adapters.database.tables import documents, turns
from service.errors import NotFoundError
from service.policy.access import DocumentId, ExportId, TenantId, TurnId
from service.ports.exporting import Discarded, ExportRecord, ExportTable

_CHANGING = ("size", "fetches", "ready_at", "removed_at")


class SqlExportTable(ExportTable):
    """The exports of the session's tenant."""

    def __init__(self, session: Session, tenant_id: TenantId) -> None:
        self._session = session
        self._tenant_id = tenant_id

    @override
    def add(self, record: ExportRecord, *, documents: Collection[DocumentId], turns: Collection[TurnId]) -> None:
        self._session.run(insert(exports).values(row_of(record)))
        place = {"tenant_id": self._tenant_id, "export_id": record.id}
        if documents:
            self._session.run(insert(export_documents), [place | {"document_id": one} for one in documents])
        if turns:
            self._session.run(insert(export_turns), [place | {"turn_id": one} for one in turns])

    @override
    def get(self, export_id: ExportId) -> ExportRecord | None:
        return self._session.one(select(exports).where(exports.c.id == export_id), ExportRecord)

    @override
    def all(self) -> tuple[ExportRecord, ...]:
        return self._session.many(select(exports).order_by(exports.c.made_at, exports.c.id), ExportRecord)

    @override
    def update(self, record: ExportRecord) -> None:
        row = row_of(record)
        changed = update(exports).where(exports.c.id == record.id).values({name: row[name] for name in _CHANGING})
        if self._session.run(changed).rowcount == 0:
            raise NotFoundError

    @override
    def broken(self) -> frozenset[ExportId]:
        there = select(documents.c.id).where(documents.c.id == export_documents.c.document_id).exists()
        alive = select(turns.c.id).where(turns.c.id == export_turns.c.turn_id, turns.c.erased_at.is_(None)).exists()
        lost = select(export_documents.c.export_id).where(export_documents.c.export_id == exports.c.id, ~there)
        hidden = select(export_turns.c.export_id).where(export_turns.c.export_id == exports.c.id, ~alive)
        found = self._session.run(select(exports.c.id).where(or_(lost.exists(), hidden.exists())))
        return frozenset(ExportId(export_id) for export_id in found.scalars())

    @override
    def discardable(self, *, now: datetime, begun_before: datetime) -> Mapping[ExportId, Discarded]:
        records = self.all()
        broken = self.broken() if records else frozenset()
        reasons = {
            one.id: one.discarded(whole=one.id not in broken, now=now, begun_before=begun_before) for one in records
        }
        return {export_id: reason for export_id, reason in reasons.items() if reason is not None}

    @override
    def remove(self, export_ids: Collection[ExportId]) -> None:
        self._session.run(delete(exports).where(exports.c.id.in_(list(export_ids))))
