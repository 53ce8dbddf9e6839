"""What was erased, and who may ask with which key, in PostgreSQL."""

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from typing_extensions import override

from service.adapters.database.rows import row_of
from service.adapters.database.session import Session
from service.adapters.database.tables import api_keys, tombstones
from service.policy.access import DocumentId, KeyId
from service.ports import ApiKeyRecord, ApiKeyTable, Tombstone, TombstoneTable


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
    def of_identity(self, identity: str) -> Tombstone | None:
        return self._session.one(select(tombstones).where(tombstones.c.identity == identity).limit(1), Tombstone)

    @override
    def all(self) -> tuple[Tombstone, ...]:
        oldest_first = select(tombstones).order_by(tombstones.c.erased_at, tombstones.c.document_id)
        return self._session.many(oldest_first, Tombstone)

    @override
    def mark_gone(self, document_id: DocumentId, at: datetime) -> None:
        self._session.run(update(tombstones).where(tombstones.c.document_id == document_id).values(gone_at=at))


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
