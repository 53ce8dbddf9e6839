"""The canaries of a tenant, in memory."""

from uuid import UUID

from typing_extensions import override

from service.adapters.memory.tables import Rows
from service.ports import CanaryRecord, CanaryTable


class InMemoryCanaryTable(CanaryTable):
    """The canaries."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    @override
    def add(self, record: CanaryRecord) -> None:
        self._rows.admit(record.tenant_id)
        self._rows.canaries[record.id] = record

    @override
    def all(self) -> tuple[CanaryRecord, ...]:
        return tuple(sorted(self._rows.canaries.values(), key=lambda canary: (canary.created_at, canary.id)))

    @override
    def remove(self, canary_id: UUID) -> bool:
        return self._rows.canaries.pop(canary_id, None) is not None
