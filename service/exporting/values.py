"""What an export tells, as it is written to JSON."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ingestion.sensitivity import Category, Verdict
from service.policy.access import DocumentId, TurnId
from service.policy.retention import RetentionRule
from service.ports import DocumentState

SCHEMA = "ringfence.access-export/1"


class Withheld(StrEnum):
    """Why a passage is named and not shown."""

    NOT_EXAMINED = "not_examined"
    """Nobody knows what of it is about other people: a detector failed, or found more than is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text without what is of other people, as far as labels tell; `masked` places are hidden in it."""

    text: str | None = field(repr=False)
    masked: int = 0
    withheld: Withheld | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A passage that names the person, with what the labeller found in it, and why."""

    ordinal: int
    pages: tuple[int, int]
    content: Text
    verdict: Verdict
    categories: tuple[Category, ...]
    kinds: tuple[str, ...]
    reasons: tuple[str, ...]
    labeller_version: str
    reviewed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """That an answer was made with parts of the document: to whom the text went, and when."""

    at: datetime
    outcome: str
    left_the_building: bool
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptUntil:
    """How long: by which rule, until when; without a rule nobody has set a time."""

    rule: RetentionRule | None
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedDocument:
    """A document with the passages that name the person. `uncertain` more may be about somebody else, and are not told.

    `fields` names what people wrote about the document that names the person.
    """

    id: DocumentId
    title: Text
    media_type: str
    state: DocumentState
    handed_in_at: datetime
    declared: tuple[Category, ...]
    passages: tuple[Passage, ...]
    fields: tuple[str, ...]
    uncertain: int
    kept: KeptUntil
    shown: tuple[Shown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedTurn:
    """A question and its answer that name the person."""

    id: TurnId
    asked_at: datetime
    route: str
    question: Text
    answer: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Everything. `not_searched` counts documents and turns that could not be read, by the reason."""

    schema: str
    made_at: datetime
    identifiers: tuple[str, ...] = field(repr=False)
    names: tuple[str, ...] = field(repr=False)
    documents: tuple[ExportedDocument, ...]
    turns: tuple[ExportedTurn, ...]
    uncertain_documents: int
    uncertain_turns: int
    not_searched: dict[str, int]
    searched_documents: int
    searched_turns: int
    rights: tuple[str, ...]
