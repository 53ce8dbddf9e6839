"""What an inspector of one store says of documents that are to be gone. Nobody who deletes may use this port."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from service.policy.access import DocumentId, TenantId, TurnId

MAY_STAY: Mapping[str, str] = MappingProxyType(
    {
        "tombstones": "the mark of the erasure itself",
        "jobs": "history without names; jobs of the document that are still open are counted, but for its erasure",
        "erasures": "the request that it was erased by",
        "erasure_items": "what the request was about, by id alone",
        "refusals": "keyed hashes by which the same is not taken in again",
        "receipts": "the receipt of the erasure, by id alone",
        "matter_documents": "which documents a matter held, by id alone",
    }
)
"""Table → why its rows may name a document after it is gone. Every other table that can name one is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A document that is to be gone, with all that is needed to look for it once its row is no more.

    `chunk_count` is how many chunks it had, so that the ids of its points can be derived; 0 where nobody knows.
    `turn_ids` are turns that rested on it, as far as they were noted: their keys and rows are to be gone, too.
    """

    document_id: DocumentId
    chunk_count: int
    turn_ids: tuple[TurnId, ...] = ()

    @classmethod
    def of_turn(cls, turn_id: TurnId) -> "Target":
        """Return the target that is one turn by itself, counted under its own id."""
        return cls(document_id=DocumentId(turn_id), chunk_count=0, turn_ids=(turn_id,))

    @property
    def is_turn(self) -> bool:
        """Whether this is a turn and no document."""
        return [turn.bytes for turn in self.turn_ids] == [self.document_id.bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """How many of one thing an inspector found of one document, and by what means (codes); 0 is a count like any."""

    document_id: DocumentId
    thing: str
    method: str
    found: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchecked:
    """What could not be looked at, why, and what covers it instead (codes)."""

    store: str
    thing: str
    reason: str
    covered_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What one inspector saw: for every target a sighting of each thing it looked for."""

    sightings: tuple[Sighting, ...]
    unchecked: tuple[Unchecked, ...] = ()


class Inspector(Protocol):
    """Looks into one store, by means of its own: it shares no code with what writes to that store or deletes there."""

    @property
    def store(self) -> str:
        """The store's name, a code."""
        ...

    def inspect(self, tenant_id: TenantId, targets: Sequence[Target]) -> Inspection:
        """Count what the store holds of each target. Raises whatever it likes where the store does not answer."""
        ...
