"""Retention rules in memory."""

from dataclasses import dataclass, replace

from typing_extensions import override

from service.adapters.memory.tables import Rows
from service.errors import ConflictError, NotFoundError
from service.ports.retaining import RetentionRecord, RetentionTable


@dataclass(frozen=True, slots=True)
class InMemoryRetentionTable(RetentionTable):
    """The rules."""

    rows: Rows

    @override
    def latest(self, *, lock: bool = False) -> RetentionRecord | None:
        return max(self.rows.retention.values(), key=lambda one: one.version, default=None)

    @override
    def in_force(self) -> RetentionRecord | None:
        approved = (one for one in self.rows.retention.values() if one.approved_at is not None)
        return max(approved, key=lambda one: one.version, default=None)

    @override
    def add(self, record: RetentionRecord) -> None:
        self.rows.admit(record.tenant_id)
        if record.version in self.rows.retention:
            raise ConflictError
        self.rows.retention[record.version] = record

    @override
    def update(self, record: RetentionRecord) -> None:
        kept = self.rows.retention.get(record.version)
        if kept is None:
            raise NotFoundError
        self.rows.retention[record.version] = replace(record, rules=kept.rules, set_at=kept.set_at, set_by=kept.set_by)
