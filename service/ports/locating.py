"""The subject index: which chunk and which turn names whom, as keyed hashes, without the name."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from service.policy.access import ConversationId, DocumentId, TurnId
from service.ports.records import DocumentRecord

IN_NAME = -1
"""Stands for an ordinal where the title, the file name or the external id of the document names somebody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectMark:
    """A keyed hash of 32 bytes at a chunk, or at `IN_NAME`: somebody is named there."""

    document_id: DocumentId
    ordinal: int
    mark: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnMark:
    """A keyed hash of 32 bytes at a turn of a conversation."""

    turn_id: TurnId
    mark: bytes


class SubjectTable(Protocol):
    """The subject index of one tenant. Marks go with their document or turn."""

    def replace(self, document_id: DocumentId, marks: Collection[SubjectMark]) -> None:
        """Make these the document's only marks. Raises NotFoundError where the document is gone."""
        ...

    def keep(self, marks: Collection[TurnMark]) -> None:
        """Add marks of turns. Raises NotFoundError where one of these is gone."""
        ...

    def marked(self, marks: Collection[bytes]) -> tuple[SubjectMark, ...]:
        """Return where documents have one of these marks."""
        ...

    def marked_turns(self, marks: Collection[bytes]) -> tuple[TurnMark, ...]:
        """Return which turns, that are not being erased, have one of these marks."""
        ...

    def count(self, document_id: DocumentId) -> int:
        """Return how many marks the document has."""
        ...

    def count_of_turn(self, turn_id: TurnId) -> int:
        """Return how many marks the turn has."""
        ...

    def documents(self) -> tuple[DocumentId, ...]:
        """Return every document, oldest first: what is to be searched when nothing may be missed."""
        ...

    def turns(self) -> tuple[tuple[TurnId, ConversationId], ...]:
        """Return every turn that is not being erased, in the order of the ids."""
        ...

    def unmarked(self, *, version: str, labeller: str, limit: int) -> tuple[DocumentRecord, ...]:
        """Return the oldest ready documents without marks of this version that no open job relabels.

        Those that this labeller version could not label are left out.
        """
        ...
