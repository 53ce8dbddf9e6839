"""Conversations and their turns in memory."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from typing_extensions import override

from service.adapters.memory.tables import Rows, paged
from service.errors import ConflictError, NotFoundError
from service.policy.access import ConversationId, DocumentId, KeyId, TurnId
from service.ports import ConversationRecord, ConversationTable, TurnRecord, TurnTable


@dataclass(frozen=True, slots=True)
class InMemoryConversationTable(ConversationTable):
    """The conversations."""

    rows: Rows

    @override
    def add(self, record: ConversationRecord) -> None:
        self.rows.admit(record.tenant_id)
        if record.id in self.rows.conversations:
            raise ConflictError
        self.rows.conversations[record.id] = record

    @override
    def get(self, conversation_id: ConversationId, *, lock: bool = False) -> ConversationRecord | None:
        return None if conversation_id in self.rows.hidden else self.rows.conversations.get(conversation_id)

    @override
    def page(self, *, owner: KeyId, limit: int, after: ConversationId | None = None) -> tuple[ConversationRecord, ...]:
        kept = (
            one for one in self.rows.conversations.values() if one.owner == owner and one.id not in self.rows.hidden
        )
        return paged(kept, limit=limit, after=after)

    @override
    def update(self, record: ConversationRecord) -> None:
        if self.get(record.id) is None:
            raise NotFoundError
        self.rows.admit(record.tenant_id)
        self.rows.conversations[record.id] = record

    @override
    def erase(self, conversation_id: ConversationId, at: datetime) -> None:
        turns = (one.id for one in self.rows.turns.values() if one.conversation_id == conversation_id)
        self.rows.hidden.update({conversation_id, *turns})


@dataclass(frozen=True, slots=True)
class InMemoryTurnTable(TurnTable):
    """The turns."""

    rows: Rows

    @override
    def add(self, record: TurnRecord) -> None:
        self.rows.admit(record.tenant_id)
        if record.conversation_id not in self.rows.conversations:
            raise NotFoundError
        if any(source.document_id not in self.rows.documents for source in record.sources):
            raise NotFoundError
        if any(_taken(one, record) for one in self.rows.turns.values()):
            raise ConflictError
        numbered = sorted(record.sources, key=lambda source: (source.number is None, source.number or 0))
        self.rows.turns[record.id] = replace(record, sources=tuple(numbered))

    @override
    def of(self, conversation_id: ConversationId) -> tuple[TurnRecord, ...]:
        found = (one for one in self._alive() if one.conversation_id == conversation_id)
        return tuple(sorted(found, key=lambda one: one.ordinal))

    @override
    def get(self, turn_id: TurnId) -> TurnRecord | None:
        return None if turn_id in self.rows.hidden else self.rows.turns.get(turn_id)

    @override
    def by_request(self, fingerprint: str) -> TurnRecord | None:
        return next((one for one in self._alive() if one.request_fingerprint == fingerprint), None)

    @override
    def erase(self, turn_id: TurnId, at: datetime) -> None:
        if turn_id in self.rows.turns:
            self.rows.hidden.add(turn_id)

    @override
    def erase_of(self, document_id: DocumentId, at: datetime) -> tuple[TurnId, ...]:
        resting = tuple(sorted(one.id for one in self.rows.turns.values() if _rests_on(one, document_id)))
        self.rows.hidden.update(resting)
        return resting

    @override
    def erased(self, *, limit: int) -> tuple[TurnId, ...]:
        return tuple(sorted(turn_id for turn_id in self.rows.turns if turn_id in self.rows.hidden))[:limit]

    @override
    def remove(self, turn_ids: Collection[TurnId]) -> None:
        for turn_id in self.rows.hidden.intersection(turn_ids):
            self.rows.turns.pop(TurnId(turn_id), None)
            self.rows.turn_marks.pop(TurnId(turn_id), None)
            self.rows.hidden.discard(turn_id)
        left = {one.conversation_id for one in self.rows.turns.values()}
        for conversation_id in self.rows.hidden.intersection(self.rows.conversations) - left:
            del self.rows.conversations[ConversationId(conversation_id)]
            self.rows.hidden.discard(conversation_id)

    @override
    def alive(self, turn_ids: Iterable[TurnId]) -> frozenset[TurnId]:
        return frozenset(turn_id for turn_id in turn_ids if self.get(turn_id) is not None)

    @override
    def count(self, document_id: DocumentId) -> int:
        return sum(_rests_on(one, document_id) for one in self.rows.turns.values())

    def _alive(self) -> Iterable[TurnRecord]:
        return (one for one in self.rows.turns.values() if one.id not in self.rows.hidden)


def _rests_on(turn: TurnRecord, document_id: DocumentId) -> bool:
    return any(source.document_id == document_id for source in turn.sources)


def _taken(one: TurnRecord, other: TurnRecord) -> bool:
    """Whether the two cannot both be: the same place in a conversation, or the same request."""
    same_place = (one.conversation_id, one.ordinal) == (other.conversation_id, other.ordinal)
    same_request = one.request_fingerprint is not None and one.request_fingerprint == other.request_fingerprint
    return one.id == other.id or same_place or same_request
