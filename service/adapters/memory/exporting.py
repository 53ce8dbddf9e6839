"""Exports in memory."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from typing_extensions import override

from service.adapters.memory.tables import Rows
from service.errors import NotFoundError
from service.policy.access import DocumentId, ExportId, TurnId
from service.ports.exporting import Discarded, ExportRecord, ExportTable


@dataclass(frozen=True, slots=True)
class InMemoryExportTable(ExportTable):
    """The exports."""

    rows: Rows

    @override
    def add(self, record: ExportRecord, *, documents: Collection[DocumentId], turns: Collection[TurnId]) -> None:
        self.rows.admit(record.tenant_id)
        self.rows.exports[record.id] = record
        self.rows.export_documents[record.id] = frozenset(documents)
        self.rows.export_turns[record.id] = frozenset(turns)

    @override
    def get(self, export_id: ExportId) -> ExportRecord | None:
        return self.rows.exports.get(export_id)

    @override
    def all(self) -> tuple[ExportRecord, ...]:
        return tuple(sorted(self.rows.exports.values(), key=lambda one: (one.made_at, one.id)))

    @override
    def update(self, record: ExportRecord) -> None:
        kept = self.get(record.id)
        if kept is None:
            raise NotFoundError
        self.rows.exports[record.id] = replace(
            kept, size=record.size, fetches=record.fetches, ready_at=record.ready_at, removed_at=record.removed_at
        )

    @override
    def broken(self) -> frozenset[ExportId]:
        return frozenset(
            export_id
            for export_id in self.rows.exports
            if not self.rows.export_documents[export_id] <= self.rows.documents.keys()
            or not self.rows.export_turns[export_id] <= self.rows.turns.keys() - self.rows.hidden
        )

    @override
    def discardable(self, *, now: datetime, begun_before: datetime) -> Mapping[ExportId, Discarded]:
        broken = self.broken()
        reasons = {
            one.id: one.discarded(whole=one.id not in broken, now=now, begun_before=begun_before) for one in self.all()
        }
        return {export_id: reason for export_id, reason in reasons.items() if reason is not None}

    @override
    def remove(self, export_ids: Collection[ExportId]) -> None:
        for export_id in export_ids:
            self.rows.exports.pop(export_id, None)
            self.rows.export_documents.pop(export_id, None)
            self.rows.export_turns.pop(export_id, None)
