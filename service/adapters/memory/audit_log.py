"""The twin of the audit log; facts are kept as the JSON that they become in a real database."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import msgspec
from typing_extensions import override

from service.adapters.memory.tables import Rows
from service.auditing import recorded
from service.errors import ConflictError, NotFoundError
from service.ports import AuditCheckpoint, AuditEntry, AuditLeaf, AuditRecord, AuditTable, KeyStore


class InMemoryAuditTable(AuditTable):
    """The audit log; transactions follow one another, so a sequencer needs no lock."""

    def __init__(self, rows: Rows, keys: KeyStore) -> None:
        self._rows = rows
        self._keys = keys

    @override
    def append(self, entry: AuditEntry) -> None:
        self._rows.admit(entry.tenant_id)
        number = len(self._rows.audit) + 1
        record = recorded(entry, number=number, keys=self._keys)
        self._rows.audit.append(replace(record, facts=msgspec.to_builtins(record.facts)))

    @override
    def page(
        self, *, limit: int, action: str | None = None, subject: UUID | None = None, after: UUID | None = None
    ) -> tuple[AuditRecord, ...]:
        newest_first = sorted(self._rows.audit, key=lambda record: (record.at, record.number), reverse=True)
        if after is not None:
            places = [place for place, record in enumerate(newest_first) if record.id == after]
            if not places:
                raise NotFoundError
            newest_first = newest_first[places[0] + 1 :]
        found = [
            record for record in newest_first if action in {None, record.action} and subject in {None, record.subject}
        ]
        return tuple(found[:limit])

    @override
    def between(self, *, since: datetime, until: datetime, actions: Collection[str]) -> tuple[AuditRecord, ...]:
        found = [record for record in self._rows.audit if since <= record.at < until and record.action in actions]
        return tuple(sorted(found, key=lambda record: (record.at, record.number)))

    @override
    def lock(self) -> None:
        """Nobody else is in a transaction."""

    @override
    def unsequenced(self, *, limit: int) -> tuple[tuple[int, bytes], ...]:
        done = {leaf.entry_number for leaf in self._rows.audit_leaves}
        waiting = [(record.number, record.leaf_hash) for record in self._rows.audit if record.number not in done]
        return tuple(waiting[:limit])

    @override
    def unsequenced_since(self) -> datetime | None:
        done = {leaf.entry_number for leaf in self._rows.audit_leaves}
        return min((record.at for record in self._rows.audit if record.number not in done), default=None)

    @override
    def seal(self, leaves: Sequence[AuditLeaf], checkpoint: AuditCheckpoint) -> None:
        for tenant_id in {checkpoint.tenant_id, *(leaf.tenant_id for leaf in leaves)}:
            self._rows.admit(tenant_id)
        known = {leaf.leaf_index for leaf in self._rows.audit_leaves}
        if known & {leaf.leaf_index for leaf in leaves} or self.checkpoint(size=checkpoint.size) is not None:
            raise ConflictError
        self._rows.audit_leaves.extend(leaves)
        self._rows.audit_checkpoints.append(checkpoint)

    @override
    def checkpoint(self, *, size: int | None = None) -> AuditCheckpoint | None:
        found = [each for each in self._rows.audit_checkpoints if size in {None, each.size}]
        return max(found, key=lambda each: each.size, default=None)

    @override
    def leaf_hashes(self, *, size: int) -> tuple[bytes, ...]:
        return tuple(leaf.leaf_hash for leaf in self._rows.audit_leaves if leaf.leaf_index < size)

    @override
    def sequenced(self, *, start: int, stop: int) -> tuple[tuple[AuditLeaf, AuditRecord | None], ...]:
        records = {record.number: record for record in self._rows.audit}
        return tuple(
            (leaf, records.get(leaf.entry_number))
            for leaf in self._rows.audit_leaves
            if start <= leaf.leaf_index < stop
        )

    @override
    def leaf_of(self, entry_id: UUID) -> AuditLeaf | None:
        number = next((record.number for record in self._rows.audit if record.id == entry_id), None)
        return next((leaf for leaf in self._rows.audit_leaves if leaf.entry_number == number), None)
