"""Receipts in memory."""

from dataclasses import dataclass
from uuid import UUID

from typing_extensions import override

from service.adapters.memory.tables import Rows
from service.errors import ConflictError, NotFoundError
from service.ports.receipting import ReceiptId, ReceiptRecord, ReceiptTable


@dataclass(frozen=True, slots=True)
class InMemoryReceiptTable(ReceiptTable):
    """The receipts."""

    rows: Rows

    @override
    def add(self, record: ReceiptRecord) -> None:
        self.rows.admit(record.tenant_id)
        if record.id in self.rows.receipts:
            raise ConflictError
        self.rows.receipts[record.id] = record

    @override
    def get(self, receipt_id: ReceiptId) -> ReceiptRecord | None:
        return self.rows.receipts.get(receipt_id)

    @override
    def page(
        self, *, limit: int, after: ReceiptId | None = None, about: UUID | None = None
    ) -> tuple[ReceiptRecord, ...]:
        kept = [one for one in self.rows.receipts.values() if about in {None, one.about}]
        kept.sort(key=lambda one: (one.issued_at, one.id), reverse=True)
        if after is None:
            return tuple(kept[:limit])
        places = [place for place, one in enumerate(kept) if one.id == after]
        if not places:
            raise NotFoundError
        return tuple(kept[places[0] + 1 :][:limit])
