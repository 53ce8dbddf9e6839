"""Legal holds in memory."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from typing_extensions import override

from service.adapters.memory.tables import Rows
from service.errors import NotFoundError
from service.policy.access import DocumentId, KeyId, MatterId
from service.ports import DocumentRecord
from service.ports.holding import HoldTable, MatterRecord


@dataclass(frozen=True, slots=True)
class InMemoryHoldTable(HoldTable):
    """The holds; transactions follow one another here, so that a lock has nothing to do."""

    rows: Rows

    @override
    def lock(self) -> None:
        return

    @override
    def add(self, record: MatterRecord) -> None:
        self.rows.admit(record.tenant_id)
        self.rows.matters[record.id] = record

    @override
    def get(self, matter_id: MatterId) -> MatterRecord | None:
        return self.rows.matters.get(matter_id)

    @override
    def all(self) -> tuple[MatterRecord, ...]:
        return tuple(sorted(self.rows.matters.values(), key=lambda one: (one.opened_at, one.id)))

    @override
    def update(self, record: MatterRecord) -> None:
        kept = self.get(record.id)
        if kept is None:
            raise NotFoundError
        self.rows.matters[record.id] = replace(
            record, name=kept.name, note=kept.note, opened_at=kept.opened_at, opened_by=kept.opened_by
        )

    @override
    def cover(self, matter_id: MatterId, document_ids: Collection[DocumentId], *, at: datetime, by: KeyId) -> None:
        if document_ids and self.get(matter_id) is None:
            raise NotFoundError
        self.rows.matter_documents.update((matter_id, document_id) for document_id in document_ids)

    @override
    def documents(self, matter_id: MatterId) -> tuple[DocumentId, ...]:
        return tuple(sorted(document for matter, document in self.rows.matter_documents if matter == matter_id))

    @override
    def on(self, document_ids: Iterable[DocumentId], *, lock: bool = False) -> Mapping[DocumentId, frozenset[MatterId]]:
        there = [self.rows.documents[one] for one in document_ids if one in self.rows.documents]
        held = {record.id: frozenset(one.id for one in self._open() if self._holds(one, record)) for record in there}
        return {document_id: matters for document_id, matters in held.items() if matters}

    @override
    def whole(self) -> frozenset[MatterId]:
        return frozenset(one.id for one in self._open() if one.whole_tenant)

    def _open(self) -> Iterable[MatterRecord]:
        return (one for one in self.rows.matters.values() if one.released_at is None)

    def _holds(self, matter: MatterRecord, record: DocumentRecord) -> bool:
        listed = (matter.id, record.id) in self.rows.matter_documents
        return matter.whole_tenant or listed or not matter.groups.isdisjoint(record.groups)
