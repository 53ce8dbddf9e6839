"""Everything of a tenant, in PostgreSQL, for its end."""

from datetime import datetime

from sqlalchemy import FromClause, delete, func, or_, select, update
from typing_extensions import override

from service.adapters.database.queueing_tables import tallies, tenant_usage
from service.adapters.database.session import Session
from service.adapters.database.tables import (
    api_keys,
    canaries,
    conversations,
    documents,
    intake,
    refusals,
    tenant_policies,
    tenants,
    turns,
)
from service.policy.access import DocumentId, TenantId, TurnId
from service.ports import EstateCounts, EstateTable


class SqlEstateTable(EstateTable):
    """What the session's tenant has."""

    def __init__(self, session: Session, tenant_id: TenantId) -> None:
        self._session = session
        self._tenant_id = tenant_id

    @override
    def counts(self) -> EstateCounts:
        named = or_(api_keys.c.name != "", api_keys.c.revoked_at.is_(None))
        return EstateCounts(
            documents=self._count(documents),
            conversations=self._count(conversations),
            turns=self._count(turns),
            canaries=self._count(canaries),
            policies=self._count(tenant_policies),
            api_keys=self._session.number(select(func.count()).select_from(api_keys).where(named)),
        )

    @override
    def documents(self, *, limit: int) -> tuple[DocumentId, ...]:
        oldest = select(documents.c.id).order_by(documents.c.created_at, documents.c.id).limit(limit)
        return tuple(DocumentId(one) for one in self._session.run(oldest).scalars())

    @override
    def turns(self, *, limit: int) -> tuple[TurnId, ...]:
        readable = select(turns.c.id).where(turns.c.erased_at.is_(None)).order_by(turns.c.id).limit(limit)
        return tuple(TurnId(one) for one in self._session.run(readable).scalars())

    @override
    def hide_conversations(self, at: datetime) -> None:
        for table in (conversations, turns):
            open_ones = select(table.c.id).where(table.c.erased_at.is_(None)).order_by(table.c.id).with_for_update()
            ids = list(self._session.run(open_ones).scalars())
            if ids:
                self._session.run(update(table).where(table.c.id.in_(ids)).values(erased_at=at))

    @override
    def end_api_keys(self, at: datetime) -> None:
        self._session.run(update(api_keys).where(api_keys.c.revoked_at.is_(None)).values(revoked_at=at))
        self._session.run(update(api_keys).values(name=""))

    @override
    def clear(self) -> None:
        for table in (canaries, tenant_policies, refusals, intake, tenant_usage, tallies):
            self._session.run(delete(table))

    @override
    def rename(self, slug: str) -> None:
        self._session.run(update(tenants).where(tenants.c.id == self._tenant_id).values(slug=slug))

    def _count(self, table: FromClause) -> int:
        return self._session.number(select(func.count()).select_from(table))
