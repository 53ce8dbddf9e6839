"""Retention rules in PostgreSQL."""

from sqlalchemy import insert, select, update
from typing_extensions import override

from service.adapters.database.retaining_tables import retention_policies
from service.adapters.database.rows import row_of
from service.adapters.database.session import Session
from service.errors import NotFoundError
from service.ports.retaining import RetentionRecord, RetentionTable

_CHANGING = ("previewed_at", "previewed_by", "approved_at", "approved_by")


class SqlRetentionTable(RetentionTable):
    """The rules of the session's tenant."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    def latest(self, *, lock: bool = False) -> RetentionRecord | None:
        newest = _NEWEST.with_for_update() if lock else _NEWEST
        return self._session.one(newest, RetentionRecord)

    @override
    def in_force(self) -> RetentionRecord | None:
        return self._session.one(_NEWEST.where(retention_policies.c.approved_at.is_not(None)), RetentionRecord)

    @override
    def add(self, record: RetentionRecord) -> None:
        self._session.run(insert(retention_policies).values(row_of(record)))

    @override
    def update(self, record: RetentionRecord) -> None:
        row = row_of(record)
        changed = update(retention_policies).where(retention_policies.c.version == record.version)
        if self._session.run(changed.values({name: row[name] for name in _CHANGING})).rowcount == 0:
            raise NotFoundError


_NEWEST = select(retention_policies).order_by(retention_policies.c.version.desc()).limit(1)
