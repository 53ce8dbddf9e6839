"""What was erased, who did what, and with which key, in PostgreSQL."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from typing_extensions import override

from service.adapters.database.rows import row_of
from service.adapters.database.session import Session
from service.adapters.database.tables import api_keys, audit_entries, tombstones
from service.policy.access import DocumentId, KeyId
from service.ports import ApiKeyRecord, ApiKeyTable, AuditEntry, AuditTable, Tombstone, TombstoneTable


class SqlTombstoneTable(TombstoneTable):
    """The tombstones of the session's tenant."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    def add(self, tombstone: Tombstone) -> None:
        self._session.run(upsert(tombstones).values(row_of(tombstone)).on_conflict_do_nothing())

    @override
    def get(self, document_id: DocumentId) -> Tombstone | None:
        return self._session.one(select(tombstones).where(tombstones.c.document_id == document_id), Tombstone)

    @override
    def mark_gone(self, document_id: DocumentId, at: datetime) -> None:
        self._session.run(update(tombstones).where(tombstones.c.document_id == document_id).values(gone_at=at))


class SqlAuditTable(AuditTable):
    """The audit log of the session's tenant."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    def append(self, entry: AuditEntry) -> None:
        self._session.run(insert(audit_entries).values(row_of(entry)))

    @override
    def page(self, *, limit: int, action: str | None = None, subject: UUID | None = None) -> tuple[AuditEntry, ...]:
        page = select(audit_entries)
        if action is not None:
            page = page.where(audit_entries.c.action == action)
        if subject is not None:
            page = page.where(audit_entries.c.subject == subject)
        newest_first = page.order_by(audit_entries.c.at.desc(), audit_entries.c.number.desc())
        return self._session.many(newest_first.limit(limit), AuditEntry)

    @override
    def between(self, *, since: datetime, until: datetime, actions: Collection[str]) -> tuple[AuditEntry, ...]:
        inside = audit_entries.c.at >= since, audit_entries.c.at < until, audit_entries.c.action.in_(actions)
        return self._session.many(
            select(audit_entries).where(*inside).order_by(audit_entries.c.at, audit_entries.c.number), AuditEntry
        )


class SqlApiKeyTable(ApiKeyTable):
    """The API keys of the session's tenant."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    def add(self, record: ApiKeyRecord) -> None:
        self._session.run(insert(api_keys).values(row_of(record)))

    @override
    def all(self) -> tuple[ApiKeyRecord, ...]:
        return self._session.many(select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id), ApiKeyRecord)

    @override
    def revoke(self, key_id: KeyId, at: datetime) -> bool:
        return self._session.run(update(api_keys).where(api_keys.c.id == key_id).values(revoked_at=at)).rowcount == 1
