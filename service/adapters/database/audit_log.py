"""The audit log in PostgreSQL: insert-only rows, one tree per tenant."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, insert, select, text, tuple_
from typing_extensions import override

from service.adapters.database.rows import row_of
from service.adapters.database.session import Session
from service.adapters.database.tables import audit_checkpoints, audit_entries, audit_leaves
from service.auditing import recorded
from service.errors import NotFoundError
from service.policy.access import TenantId
from service.ports import AuditCheckpoint, AuditEntry, AuditLeaf, AuditRecord, AuditTable, KeyStore

_ENTRY = audit_entries.c
_LEAF = audit_leaves.c
_NEXT_NUMBER = text("select nextval('audit_entries_number_seq')")
_LOCKS = 5_306_962
"""Sets the locks of sequencers apart from other advisory locks."""


class SqlAuditTable(AuditTable):
    """The audit log of the session's tenant."""

    def __init__(self, session: Session, tenant_id: TenantId, keys: KeyStore) -> None:
        self._session = session
        self._tenant_id = tenant_id
        self._keys = keys

    @override
    def append(self, entry: AuditEntry) -> None:
        # The number is drawn first because the leaf covers it. A sequence takes no lock that outlives the call.
        number = self._session.number(_NEXT_NUMBER)
        self._session.run(insert(audit_entries).values(row_of(recorded(entry, number=number, keys=self._keys))))

    @override
    def page(
        self, *, limit: int, action: str | None = None, subject: UUID | None = None, after: UUID | None = None
    ) -> tuple[AuditRecord, ...]:
        page = select(audit_entries)
        if action is not None:
            page = page.where(_ENTRY.action == action)
        if subject is not None:
            page = page.where(_ENTRY.subject == subject)
        if after is not None:
            page = self._older(page, after)
        newest_first = page.order_by(_ENTRY.at.desc(), _ENTRY.number.desc())
        return self._session.many(newest_first.limit(limit), AuditRecord)

    @override
    def between(self, *, since: datetime, until: datetime, actions: Collection[str]) -> tuple[AuditRecord, ...]:
        inside = _ENTRY.at >= since, _ENTRY.at < until, _ENTRY.action.in_(actions)
        return self._session.many(select(audit_entries).where(*inside).order_by(_ENTRY.at, _ENTRY.number), AuditRecord)

    @override
    def lock(self) -> None:
        # Two numbers of 32 bits: ours, and one of the tenant; two tenants with the same one wait for each other.
        tenant = func.hashtext(str(self._tenant_id))
        self._session.run(select(func.pg_advisory_xact_lock(_LOCKS, tenant)))

    @override
    def unsequenced(self, *, limit: int) -> tuple[tuple[int, bytes], ...]:
        waiting = select(_ENTRY.number, _ENTRY.leaf_hash).where(self._no_leaf()).order_by(_ENTRY.number).limit(limit)
        return tuple((int(number), bytes(hashed)) for number, hashed in self._session.run(waiting))

    @override
    def unsequenced_since(self) -> datetime | None:
        found: datetime | None = self._session.run(select(func.min(_ENTRY.at)).where(self._no_leaf())).scalar_one()
        return found

    @override
    def seal(self, leaves: Sequence[AuditLeaf], checkpoint: AuditCheckpoint) -> None:
        self._session.run(insert(audit_leaves), [row_of(leaf) for leaf in leaves])
        self._session.run(insert(audit_checkpoints).values(row_of(checkpoint)))

    @override
    def checkpoint(self, *, size: int | None = None) -> AuditCheckpoint | None:
        found = select(audit_checkpoints).order_by(audit_checkpoints.c.size.desc()).limit(1)
        if size is not None:
            found = found.where(audit_checkpoints.c.size == size)
        return self._session.one(found, AuditCheckpoint)

    @override
    def leaf_hashes(self, *, size: int) -> tuple[bytes, ...]:
        hashes = select(_LEAF.leaf_hash).where(_LEAF.leaf_index < size).order_by(_LEAF.leaf_index)
        return tuple(bytes(hashed) for hashed in self._session.run(hashes).scalars())

    @override
    def sequenced(self, *, start: int, stop: int) -> tuple[tuple[AuditLeaf, AuditRecord | None], ...]:
        leaves = select(audit_leaves).where(_LEAF.leaf_index >= start, _LEAF.leaf_index < stop)
        found = self._session.many(leaves.order_by(_LEAF.leaf_index), AuditLeaf)
        numbers = [leaf.entry_number for leaf in found]
        entries = self._session.many(select(audit_entries).where(_ENTRY.number.in_(numbers)), AuditRecord)
        by_number = {record.number: record for record in entries}
        return tuple((leaf, by_number.get(leaf.entry_number)) for leaf in found)

    @override
    def leaf_of(self, entry_id: UUID) -> AuditLeaf | None:
        of_entry = select(audit_leaves).join(
            audit_entries, and_(_ENTRY.tenant_id == _LEAF.tenant_id, _ENTRY.number == _LEAF.entry_number)
        )
        return self._session.one(of_entry.where(_ENTRY.id == entry_id), AuditLeaf)

    def _no_leaf(self) -> ColumnElement[bool]:
        is_leaf = select(_LEAF.entry_number).where(
            _LEAF.tenant_id == _ENTRY.tenant_id, _LEAF.entry_number == _ENTRY.number
        )
        return and_(_ENTRY.tenant_id == self._tenant_id, ~is_leaf.exists())

    def _older(self, page: Select[tuple[object, ...]], after: UUID) -> Select[tuple[object, ...]]:
        found = self._session.run(select(_ENTRY.at, _ENTRY.number).where(_ENTRY.id == after)).first()
        if found is None:
            raise NotFoundError
        return page.where(tuple_(_ENTRY.at, _ENTRY.number) < tuple_(*found))
