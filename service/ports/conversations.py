"""Conversations and their turns, as the use cases need them stored."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Protocol

from service.policy.access import ConversationId, DocumentId, KeyId, TurnId
from service.ports.records import ConversationRecord, TurnRecord


class ConversationTable(Protocol):
    """The conversations of one tenant; one that is being erased is not there for any reader."""

    def add(self, record: ConversationRecord) -> None:
        """Insert."""
        ...

    def get(self, conversation_id: ConversationId, *, lock: bool = False) -> ConversationRecord | None:
        """Return the row; with `lock` nobody else locks or changes it until the transaction ends."""
        ...

    def page(self, *, owner: KeyId, limit: int, after: ConversationId | None = None) -> tuple[ConversationRecord, ...]:
        """Return the owner's conversations, newest first. Raises NotFoundError where `after` is not among them."""
        ...

    def update(self, record: ConversationRecord) -> None:
        """Write every column of an existing row. Raises NotFoundError where it is gone."""
        ...

    def erase(self, conversation_id: ConversationId, at: datetime) -> None:
        """Hide it and every turn of it from every reader."""
        ...


class TurnTable(Protocol):
    """The turns of one tenant; one that is being erased is not there for any reader, but its id is kept.

    So the order of an erasure is `erase` (or `erase_of`), destroy the keys of `erased`, then `remove`: whoever
    dies between two of these leaves what the next one needs.
    """

    def add(self, record: TurnRecord) -> None:
        """Insert, holding every document of its lineage until the transaction ends: none is erased meanwhile.

        Raises NotFoundError where one of them is gone, or the conversation; ConflictError where the ordinal or
        the fingerprint of the request is taken.
        """
        ...

    def of(self, conversation_id: ConversationId) -> tuple[TurnRecord, ...]:
        """Return the turns of a conversation in order."""
        ...

    def get(self, turn_id: TurnId) -> TurnRecord | None:
        """Return one turn."""
        ...

    def by_request(self, fingerprint: str) -> TurnRecord | None:
        """Return the turn that this request made."""
        ...

    def erase(self, turn_id: TurnId, at: datetime) -> None:
        """Hide one turn from every reader."""
        ...

    def erase_of(self, document_id: DocumentId, at: datetime) -> tuple[TurnId, ...]:
        """Hide every turn whose lineage holds the document from every reader; return all of them."""
        ...

    def erased(self, *, limit: int) -> tuple[TurnId, ...]:
        """Return turns that are hidden and not removed yet."""
        ...

    def remove(self, turn_ids: Collection[TurnId]) -> None:
        """Delete hidden turns with their lineage, and hidden conversations that have no turn left."""
        ...

    def alive(self, turn_ids: Iterable[TurnId]) -> frozenset[TurnId]:
        """Return which of these every reader may still see."""
        ...

    def count(self, document_id: DocumentId) -> int:
        """Return how many turns rest on the document, hidden ones too."""
        ...
