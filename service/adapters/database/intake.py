"""Whether a tenant's background work goes on, in PostgreSQL."""

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from typing_extensions import override

from service.adapters.database.session import Session
from service.adapters.database.tables import intake
from service.policy.access import KeyId, TenantId
from service.ports import IntakeRecord, IntakeTable


class SqlIntakeTable(IntakeTable):
    """The row of the session's tenant."""

    def __init__(self, session: Session, tenant_id: TenantId) -> None:
        self._session = session
        self._tenant_id = tenant_id

    @override
    def get(self) -> IntakeRecord | None:
        return self._session.one(select(intake), IntakeRecord)

    @override
    def pause(self, at: datetime, by: KeyId) -> bool:
        self._session.run(upsert(intake).values(tenant_id=self._tenant_id).on_conflict_do_nothing())
        going_on = update(intake).where(intake.c.paused_at.is_(None))
        return self._session.run(going_on.values(paused_at=at, paused_by=by)).rowcount == 1

    @override
    def resume(self) -> bool:
        held_back = update(intake).where(intake.c.paused_at.is_not(None))
        return self._session.run(held_back.values(paused_at=None, paused_by=None)).rowcount == 1

    @override
    def swept(self, at: datetime, *, unless_since: datetime) -> None:
        noted = upsert(intake).values(tenant_id=self._tenant_id, swept_at=at)
        old = or_(intake.c.swept_at.is_(None), intake.c.swept_at < unless_since)
        self._session.run(
            noted.on_conflict_do_update(index_elements=[intake.c.tenant_id], set_={"swept_at": at}, where=old)
        )
