"""What was found of a person, and what could not be searched."""

from dataclasses import dataclass, field
from enum import StrEnum

from service.policy.access import ConversationId, DocumentId, TurnId
from service.ports import DocumentState
from service.subjects import Form


class FoundBy(StrEnum):
    """What led to a place."""

    INDEX = "index"
    EXACT = "exact"
    SEMANTIC = "semantic"


class Obstacle(StrEnum):
    """Why a text could not be searched."""

    PROCESSING = "processing"
    FAILED = "failed"
    KEY_DESTROYED = "key_destroyed"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedChunk:
    """A chunk that names the person; where `certain` is false it may be somebody else. The snippet is masked."""

    ordinal: int
    found_by: frozenset[FoundBy]
    forms: frozenset[Form]
    certain: bool
    snippet: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedField:
    """What people wrote about a document and names the person: `title`, `file_name`, `external_id` or `note`."""

    name: str
    forms: frozenset[Form]
    certain: bool
    snippet: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedDocument:
    """A document that names the person, its title masked. `hits` are its chunks, in order."""

    id: DocumentId
    title: str = field(repr=False)
    state: DocumentState
    chunk_count: int
    hits: tuple[LocatedChunk, ...]
    fields: tuple[LocatedField, ...] = ()

    @property
    def certain(self) -> bool:
        """Whether one place at least is surely the person's."""
        return any(one.certain for one in self.hits) or any(one.certain for one in self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedTurn:
    """A turn of a conversation that names the person in its question or its answer."""

    id: TurnId
    conversation: ConversationId
    found_by: frozenset[FoundBy]
    forms: frozenset[Form]
    certain: bool
    snippet: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSearched:
    """A document, or a turn, of which some text could not be read: nobody knows whom it names."""

    reason: Obstacle
    document_id: DocumentId | None = None
    turn_id: TurnId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """Everything that was found. `not_indexed` were searched word by word, but have no marks of today's kind yet."""

    documents: tuple[LocatedDocument, ...]
    turns: tuple[LocatedTurn, ...]
    not_searched: tuple[NotSearched, ...]
    not_indexed: tuple[DocumentId, ...]
    searched_documents: int
    searched_chunks: int
    searched_turns: int
