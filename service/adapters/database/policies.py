"""The tenants' policies, in PostgreSQL."""

from sqlalchemy import insert, select
from typing_extensions import override

from service.adapters.database.rows import row_of
from service.adapters.database.session import Session
from service.adapters.database.tables import tenant_policies
from service.ports import PolicyRecord, PolicyTable


class SqlPolicyTable(PolicyTable):
    """The policies of the session's tenant."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    def latest(self) -> PolicyRecord | None:
        newest = select(tenant_policies).order_by(tenant_policies.c.version.desc()).limit(1)
        return self._session.one(newest, PolicyRecord)

    @override
    def add(self, record: PolicyRecord) -> None:
        self._session.run(insert(tenant_policies).values(row_of(record)))
