"""The erasure requests of a tenant, in memory."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from typing_extensions import override

from service.adapters.memory.tables import Rows
from service.errors import ConflictError, NotFoundError
from service.policy.access import ErasureId
from service.policy.erasures import ENDED, ErasureState
from service.ports import ErasureItem, ErasureRecord, ErasureTable


@dataclass(frozen=True, slots=True)
class InMemoryErasureTable(ErasureTable):
    """The requests and their items."""

    rows: Rows

    @override
    def add(self, record: ErasureRecord) -> None:
        self.rows.admit(record.tenant_id)
        if record.id in self.rows.erasures:
            raise ConflictError
        self.rows.erasures[record.id] = record

    @override
    def get(self, erasure_id: ErasureId, *, lock: bool = False) -> ErasureRecord | None:
        return self.rows.erasures.get(erasure_id)

    @override
    def page(
        self, *, limit: int, after: ErasureId | None = None, target: UUID | None = None
    ) -> tuple[ErasureRecord, ...]:
        about = {item.erasure_id for item in self.rows.erasure_items.values() if item.target == target}
        newest = [one for one in reversed(self._oldest_first()) if target is None or one.id in about]
        if after is None:
            return tuple(newest[:limit])
        places = [place for place, one in enumerate(newest) if one.id == after]
        if not places:
            raise NotFoundError
        return tuple(newest[places[0] + 1 :][:limit])

    @override
    def in_state(self, states: Iterable[ErasureState]) -> tuple[ErasureRecord, ...]:
        wanted = frozenset(states)
        return tuple(one for one in self._oldest_first() if one.state in wanted)

    @override
    def unclosed(self) -> tuple[ErasureRecord, ...]:
        return tuple(one for one in self._oldest_first() if one.state in ENDED and one.closed_at is None)

    @override
    def update(self, record: ErasureRecord) -> None:
        if record.id not in self.rows.erasures:
            raise NotFoundError
        self.rows.admit(record.tenant_id)
        self.rows.erasures[record.id] = record

    @override
    def put_items(self, items: Iterable[ErasureItem]) -> None:
        for item in items:
            self.rows.admit(item.tenant_id)
            if item.erasure_id not in self.rows.erasures:
                raise NotFoundError
            self.rows.erasure_items[item.erasure_id, item.target] = item

    @override
    def items(self, erasure_id: ErasureId) -> tuple[ErasureItem, ...]:
        found = (item for item in self.rows.erasure_items.values() if item.erasure_id == erasure_id)
        return tuple(sorted(found, key=lambda item: (item.kind, item.target)))

    @override
    def remove_items(self, items: Iterable[ErasureItem]) -> None:
        for item in items:
            self.rows.erasure_items.pop((item.erasure_id, item.target), None)

    def _oldest_first(self) -> list[ErasureRecord]:
        return sorted(self.rows.erasures.values(), key=lambda one: (one.received_at, one.id))
