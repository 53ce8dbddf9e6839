"""The refusals of a tenant, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from typing_extensions import override

from service.adapters.database.rows import row_of
from service.adapters.database.session import Session
from service.adapters.database.tables import refusals
from service.errors import NotFoundError
from service.policy.access import DocumentId, KeyId
from service.ports import LiftReason, Refusal, RefusalTable


class SqlRefusalTable(RefusalTable):
    """The refusals of the session's tenant."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    def add(self, refusal: Refusal) -> None:
        self._session.run(upsert(refusals).values(row_of(refusal)).on_conflict_do_nothing())

    @override
    def get(self, document_id: DocumentId) -> Refusal | None:
        return self._session.one(select(refusals).where(refusals.c.document_id == document_id), Refusal)

    @override
    def page(self, *, limit: int, after: DocumentId | None = None) -> tuple[Refusal, ...]:
        age, page = tuple_(refusals.c.refused_at, refusals.c.document_id), select(refusals)
        if after is not None:
            anchor = self.get(after)
            if anchor is None:
                raise NotFoundError
            page = page.where(age < (anchor.refused_at, anchor.document_id))
        newest_first = page.order_by(refusals.c.refused_at.desc(), refusals.c.document_id.desc())
        return self._session.many(newest_first.limit(limit), Refusal)

    @override
    def against(self, *, content: str, external: str | None) -> tuple[Refusal, ...]:
        same = refusals.c.content_fingerprint == content
        if external is not None:
            same = or_(same, refusals.c.external_fingerprint == external)
        return self._session.many(_OLDEST_FIRST.where(same), Refusal)

    @override
    def sharing(self, sketch: Sequence[int]) -> tuple[Refusal, ...]:
        return self._session.many(_OLDEST_FIRST.where(refusals.c.sketch.overlap(list(sketch))), Refusal)

    @override
    def lift(self, document_id: DocumentId, *, at: datetime, by: KeyId, reason: LiftReason) -> bool:
        in_force = update(refusals).where(and_(refusals.c.document_id == document_id, refusals.c.lifted_at.is_(None)))
        lifted = in_force.values(lifted_at=at, lifted_by=by, lift_reason=reason)
        return self._session.run(lifted).rowcount == 1


_OLDEST_FIRST = (
    select(refusals).where(refusals.c.lifted_at.is_(None)).order_by(refusals.c.refused_at, refusals.c.document_id)
)
