"""Vectors and ids by tenant: a projection that can be rebuilt from the records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID, uuid5

from ingestion.sensitivity import Category
from service.policy.access import DocumentId, Scope, TenantId
from service.ports.models import Vector


def chunk_id(document_id: DocumentId, ordinal: int) -> UUID:
    """Return the id of a chunk's point. Derived, so that SQL need not store it and a rerun repeats it."""
    return uuid5(document_id, str(ordinal))


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A chunk as the index knows it: a vector and ids. No text."""

    document_id: DocumentId
    ordinal: int
    vector: Vector
    harmless: bool
    categories: frozenset[Category]
    groups: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A chunk found, with its cosine similarity. Not yet allowed to be shown: SQL has the last word."""

    document_id: DocumentId
    ordinal: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorSpace:
    """What vectors can be compared in: the name of the embedder that made them, and their length."""

    name: str
    dimensions: int


class ChunkIndex(Protocol):
    """Vectors by tenant, in one vector space of an engine. Whatever a method reports as done survives a kill -9."""

    def in_space(self, space: VectorSpace) -> "ChunkIndex":
        """Return the same engine's index of this vector space. It comes into being with its first point."""
        ...

    def replace(self, *, tenant_id: TenantId, document_id: DocumentId, points: Sequence[Point]) -> None:
        """Make these the document's only points in this space. Those in other spaces stay as they are."""
        ...

    def replace_all(self, *, tenant_id: TenantId, points: Mapping[DocumentId, Sequence[Point]]) -> None:
        """Make these the only points of each of the documents in this space, and all of them durable at once."""
        ...

    def search(self, *, vector: Vector, scope: Scope, limit: int) -> tuple[Hit, ...]:
        """Return the nearest points inside the scope, best first; ties by (document, ordinal)."""
        ...

    def erase(self, *, tenant_id: TenantId, document_ids: Sequence[DocumentId]) -> None:
        """Remove every point of the documents in every space; where the engine allows it, no byte of them is left."""
        ...

    def count(self, *, tenant_id: TenantId, document_id: DocumentId) -> int:
        """Return how many points the engine holds for the document in all spaces together, counted now."""
        ...

    def held(self, *, tenant_id: TenantId, document_id: DocumentId) -> int:
        """Return how many points the document has in this space, counted now."""
        ...

    def drop(self, *, tenant_id: TenantId) -> None:
        """Remove every point of the tenant from this space, as `erase` does. Dropping twice does no harm.

        Where nobody else has points in the space, nothing of it is left.
        """
        ...

    def ready(self) -> bool:
        """Whether the engine answers. Never raises."""
        ...
