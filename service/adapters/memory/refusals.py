"""The refusals of a tenant, in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from typing_extensions import override

from service.adapters.memory.tables import Rows
from service.errors import NotFoundError
from service.policy.access import DocumentId, KeyId
from service.ports import LiftReason, Refusal, RefusalTable


class InMemoryRefusalTable(RefusalTable):
    """The refusals."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    @override
    def add(self, refusal: Refusal) -> None:
        self._rows.admit(refusal.tenant_id)
        self._rows.refusals.setdefault(refusal.document_id, refusal)

    @override
    def get(self, document_id: DocumentId) -> Refusal | None:
        return self._rows.refusals.get(document_id)

    @override
    def page(self, *, limit: int, after: DocumentId | None = None) -> tuple[Refusal, ...]:
        newest_first = list(reversed(self._oldest_first()))
        if after is None:
            return tuple(newest_first[:limit])
        if after not in self._rows.refusals:
            raise NotFoundError
        place = newest_first.index(self._rows.refusals[after])
        return tuple(newest_first[place + 1 :][:limit])

    @override
    def against(self, *, content: str, external: str | None) -> tuple[Refusal, ...]:
        return tuple(
            one
            for one in self._in_force()
            if one.content_fingerprint == content or (external is not None and one.external_fingerprint == external)
        )

    @override
    def sharing(self, sketch: Sequence[int]) -> tuple[Refusal, ...]:
        return tuple(one for one in self._in_force() if not {*one.sketch}.isdisjoint(sketch))

    @override
    def lift(self, document_id: DocumentId, *, at: datetime, by: KeyId, reason: LiftReason) -> bool:
        found = self.get(document_id)
        if found is None or found.lifted_at is not None:
            return False
        self._rows.refusals[document_id] = replace(found, lifted_at=at, lifted_by=by, lift_reason=reason)
        return True

    def _in_force(self) -> list[Refusal]:
        return [one for one in self._oldest_first() if one.lifted_at is None]

    def _oldest_first(self) -> list[Refusal]:
        return sorted(self._rows.refusals.values(), key=lambda one: (one.refused_at, one.document_id))
