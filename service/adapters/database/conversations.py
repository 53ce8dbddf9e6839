"""Conversations and their turns in PostgreSQL: hidden by a mark, deleted only when their keys are gone."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, Select, delete, func, insert, select, tuple_, update
from typing_extensions import override

from service.adapters.database.rows import record_of, row_of
from service.adapters.database.session import Session
from service.adapters.database.tables import conversations, documents, turn_sources, turns
from service.errors import NotFoundError
from service.policy.access import ConversationId, DocumentId, KeyId, TurnId
from service.ports import ConversationRecord, ConversationTable, TurnRecord, TurnTable


class SqlConversationTable(ConversationTable):
    """The conversations of the session's tenant."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    def add(self, record: ConversationRecord) -> None:
        self._session.run(insert(conversations).values(row_of(record)))

    @override
    def get(self, conversation_id: ConversationId, *, lock: bool = False) -> ConversationRecord | None:
        found = _KEPT.where(conversations.c.id == conversation_id)
        return self._session.one(found.with_for_update() if lock else found, ConversationRecord)

    @override
    def page(self, *, owner: KeyId, limit: int, after: ConversationId | None = None) -> tuple[ConversationRecord, ...]:
        page = _KEPT.where(conversations.c.owner == owner)
        if after is not None:
            anchor = self._session.one(page.where(conversations.c.id == after), ConversationRecord)
            if anchor is None:
                raise NotFoundError
            page = page.where(tuple_(conversations.c.created_at, conversations.c.id) < (anchor.created_at, anchor.id))
        newest_first = page.order_by(conversations.c.created_at.desc(), conversations.c.id.desc()).limit(limit)
        return self._session.many(newest_first, ConversationRecord)

    @override
    def update(self, record: ConversationRecord) -> None:
        kept = update(conversations).where(conversations.c.id == record.id, conversations.c.erased_at.is_(None))
        if self._session.run(kept.values(row_of(record))).rowcount == 0:
            raise NotFoundError

    @override
    def erase(self, conversation_id: ConversationId, at: datetime) -> None:
        self._session.run(update(conversations).where(conversations.c.id == conversation_id).values(erased_at=at))
        _hide(self._session, select(turns.c.id).where(turns.c.conversation_id == conversation_id), at)


class SqlTurnTable(TurnTable):
    """The turns of the session's tenant."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    def add(self, record: TurnRecord) -> None:
        # A shared lock: an erasure of one of them waits for this turn, and then finds it.
        lineage = sorted({source.document_id for source in record.sources})
        held = select(documents.c.id).where(documents.c.id.in_(lineage)).order_by(documents.c.id)
        if len(self._session.run(held.with_for_update(read=True, key_share=True)).all()) < len(lineage):
            raise NotFoundError
        row = row_of(record)
        sources = row.pop("sources")
        self._session.run(insert(turns).values(row))
        if sources:
            owner = {"tenant_id": record.tenant_id, "turn_id": record.id}
            self._session.run(insert(turn_sources), [source | owner for source in sources])

    @override
    def of(self, conversation_id: ConversationId) -> tuple[TurnRecord, ...]:
        return self._read(_ALIVE.where(turns.c.conversation_id == conversation_id).order_by(turns.c.ordinal))

    @override
    def get(self, turn_id: TurnId) -> TurnRecord | None:
        return next(iter(self._read(_ALIVE.where(turns.c.id == turn_id))), None)

    @override
    def by_request(self, fingerprint: str) -> TurnRecord | None:
        return next(iter(self._read(_ALIVE.where(turns.c.request_fingerprint == fingerprint))), None)

    @override
    def erase(self, turn_id: TurnId, at: datetime) -> None:
        _hide(self._session, select(turns.c.id).where(turns.c.id == turn_id), at)

    @override
    def erase_of(self, document_id: DocumentId, at: datetime) -> tuple[TurnId, ...]:
        resting = select(turn_sources.c.turn_id).where(turn_sources.c.document_id == document_id).distinct()
        _hide(self._session, select(turns.c.id).where(turns.c.id.in_(resting)), at)
        return tuple(TurnId(one) for one in self._session.run(resting.order_by(turn_sources.c.turn_id)).scalars())

    @override
    def erased(self, *, limit: int) -> tuple[TurnId, ...]:
        found = select(turns.c.id).where(turns.c.erased_at.is_not(None)).order_by(turns.c.id).limit(limit)
        return tuple(TurnId(one) for one in self._session.run(found).scalars())

    @override
    def remove(self, turn_ids: Collection[TurnId]) -> None:
        hidden = delete(turns).where(turns.c.id.in_(turn_ids), turns.c.erased_at.is_not(None))
        left = select(turns.c.id).where(turns.c.conversation_id == conversations.c.id).exists()
        self._session.run(hidden)
        self._session.run(delete(conversations).where(conversations.c.erased_at.is_not(None), ~left))

    @override
    def alive(self, turn_ids: Iterable[TurnId]) -> frozenset[TurnId]:
        found = select(turns.c.id).where(turns.c.id.in_(list(turn_ids)), turns.c.erased_at.is_(None))
        return frozenset(TurnId(one) for one in self._session.run(found).scalars())

    @override
    def count(self, document_id: DocumentId) -> int:
        resting = select(func.count(turn_sources.c.turn_id.distinct()))
        return self._session.number(resting.where(turn_sources.c.document_id == document_id))

    def _read(self, statement: Executable) -> tuple[TurnRecord, ...]:
        """Return the turns with their lineage, in the statement's order."""
        rows = self._session.run(statement).mappings().all()
        lineage: dict[object, list[dict[str, Any]]] = {row["id"]: [] for row in rows}
        resting = select(turn_sources).where(turn_sources.c.turn_id.in_(lineage))
        ordered = resting.order_by(turn_sources.c.number, turn_sources.c.document_id, turn_sources.c.ordinal)
        for source in self._session.run(ordered).mappings() if rows else ():
            lineage[source["turn_id"]].append({str(name): value for name, value in source.items()})
        return tuple(record_of({**row, "sources": lineage[row["id"]]}, TurnRecord) for row in rows)


_KEPT = select(conversations).where(conversations.c.erased_at.is_(None))
_ALIVE = select(turns).where(turns.c.erased_at.is_(None))


def _hide(session: Session, doomed: Select[Any], at: datetime) -> None:
    """Mark turns, locked in one order everywhere, so that two erasures never wait for each other."""
    locked = doomed.where(turns.c.erased_at.is_(None)).order_by(turns.c.id).with_for_update()
    ids = list(session.run(locked).scalars())
    if ids:
        session.run(update(turns).where(turns.c.id.in_(ids)).values(erased_at=at))
