"""The canaries of a tenant, in PostgreSQL."""

from uuid import UUID

from sqlalchemy import delete, insert, select
from typing_extensions import override

from service.adapters.database.rows import row_of
from service.adapters.database.session import Session
from service.adapters.database.tables import canaries
from service.ports import CanaryRecord, CanaryTable


class SqlCanaryTable(CanaryTable):
    """The canaries of the session's tenant."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    def add(self, record: CanaryRecord) -> None:
        self._session.run(insert(canaries).values(row_of(record)))

    @override
    def all(self) -> tuple[CanaryRecord, ...]:
        return self._session.many(select(canaries).order_by(canaries.c.created_at, canaries.c.id), CanaryRecord)

    @override
    def remove(self, canary_id: UUID) -> bool:
        return self._session.run(delete(canaries).where(canaries.c.id == canary_id)).rowcount == 1
