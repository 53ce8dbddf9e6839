"""The erasure requests of a tenant, in PostgreSQL."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Executable, delete, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from typing_extensions import override

from service.adapters.database.rows import record_of, row_of
from service.adapters.database.session import Session
from service.adapters.database.tables import erasure_items, erasures
from service.errors import NotFoundError
from service.policy.access import ErasureId
from service.policy.erasures import ENDED, ErasureState
from service.ports import Approval, ErasureItem, ErasureRecord, ErasureTable

_OLDEST_FIRST = (erasures.c.received_at, erasures.c.id)


class SqlErasureTable(ErasureTable):
    """The requests of the session's tenant, and their items."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    def add(self, record: ErasureRecord) -> None:
        self._session.run(insert(erasures).values(_row(record)))

    @override
    def get(self, erasure_id: ErasureId, *, lock: bool = False) -> ErasureRecord | None:
        found = select(erasures).where(erasures.c.id == erasure_id)
        return next(iter(self._read(found.with_for_update() if lock else found)), None)

    @override
    def page(
        self, *, limit: int, after: ErasureId | None = None, target: UUID | None = None
    ) -> tuple[ErasureRecord, ...]:
        page = select(erasures)
        if target is not None:
            about = select(erasure_items.c.erasure_id).where(erasure_items.c.target == target)
            page = page.where(erasures.c.id.in_(about))
        if after is not None:
            anchor = next(iter(self._read(page.where(erasures.c.id == after))), None)
            if anchor is None:
                raise NotFoundError
            page = page.where(tuple_(*_OLDEST_FIRST) < (anchor.received_at, anchor.id))
        newest_first = page.order_by(*(column.desc() for column in _OLDEST_FIRST)).limit(limit)
        return self._read(newest_first)

    @override
    def in_state(self, states: Iterable[ErasureState]) -> tuple[ErasureRecord, ...]:
        wanted = erasures.c.state.in_([state.value for state in states])
        return self._read(select(erasures).where(wanted).order_by(*_OLDEST_FIRST))

    @override
    def unclosed(self) -> tuple[ErasureRecord, ...]:
        ended = erasures.c.state.in_([state.value for state in ENDED])
        waiting = select(erasures).where(ended, erasures.c.closed_at.is_(None))
        return self._read(waiting.order_by(*_OLDEST_FIRST))

    @override
    def update(self, record: ErasureRecord) -> None:
        if self._session.run(update(erasures).where(erasures.c.id == record.id).values(_row(record))).rowcount == 0:
            raise NotFoundError

    @override
    def put_items(self, items: Iterable[ErasureItem]) -> None:
        for item in items:
            row = row_of(item)
            added = upsert(erasure_items).values(row)
            self._session.run(added.on_conflict_do_update(index_elements=["erasure_id", "target"], set_=row))

    @override
    def items(self, erasure_id: ErasureId) -> tuple[ErasureItem, ...]:
        of_it = select(erasure_items).where(erasure_items.c.erasure_id == erasure_id)
        return self._session.many(of_it.order_by(erasure_items.c.kind, erasure_items.c.target), ErasureItem)

    @override
    def remove_items(self, items: Iterable[ErasureItem]) -> None:
        for item in items:
            this = (erasure_items.c.erasure_id == item.erasure_id, erasure_items.c.target == item.target)
            self._session.run(delete(erasure_items).where(*this))

    def _read(self, statement: Executable) -> tuple[ErasureRecord, ...]:
        rows = self._session.run(statement).mappings()
        return tuple(record_of({**row, "approvals": _approvals(row["approvals"])}, ErasureRecord) for row in rows)


def _approvals(stored: object) -> Any:  # noqa: ANN401 - plain values
    read = msgspec.convert(stored, tuple[Approval, ...])
    return msgspec.to_builtins(read, builtin_types=(UUID, datetime))


def _row(record: ErasureRecord) -> dict[str, Any]:
    # Ids and times inside of JSON are text.
    return row_of(record) | {"approvals": msgspec.to_builtins(record.approvals)}
