"""A chunk index in memory that finds the nearest points by comparing with all of them."""

from collections.abc import Mapping, Sequence

import numpy as np

from service.adapters.points import checked_limit, checked_points, checked_vector, nearest
from service.policy.access import DocumentId, Scope, TenantId
from service.ports import Hit, Point, Vector, VectorSpace

_Points = dict[tuple[TenantId, DocumentId], tuple[Point, ...]]


class InMemoryChunkIndex:
    """Keeps points by tenant and document; what it forgets is gone. It is in the space of the twin's embedder."""

    def __init__(self, *, dimensions: int | None = None, name: str = "words-hashed/64") -> None:
        self._dimensions = dimensions
        self.points: _Points = {}
        self.spaces: dict[str, InMemoryChunkIndex] = {name: self}

    def in_space(self, space: VectorSpace) -> "InMemoryChunkIndex":
        """Return the index of this space, made now if it is new."""
        if space.name not in self.spaces:
            made = InMemoryChunkIndex(dimensions=space.dimensions, name=space.name)
            made.spaces = self.spaces
            self.spaces[space.name] = made
        return self.spaces[space.name]

    def replace(self, *, tenant_id: TenantId, document_id: DocumentId, points: Sequence[Point]) -> None:
        """Make these the document's only points here. Raises ValueError for points that cannot be stored."""
        checked_points(points, document_id=document_id)
        for point in points:
            checked_vector(point.vector, dimensions=self._dimensions)
        self.points[tenant_id, document_id] = tuple(points)

    def replace_all(self, *, tenant_id: TenantId, points: Mapping[DocumentId, Sequence[Point]]) -> None:
        """Make these the documents' only points here."""
        for document_id, own in points.items():
            self.replace(tenant_id=tenant_id, document_id=document_id, points=own)

    def search(self, *, vector: Vector, scope: Scope, limit: int) -> tuple[Hit, ...]:
        """Return the nearest points inside the scope."""
        question = _unit(checked_vector(vector, dimensions=self._dimensions))
        hits = [
            Hit(
                document_id=point.document_id,
                ordinal=point.ordinal,
                score=float((_unit(point.vector) * question).sum()),
            )
            for (tenant_id, _), points in tuple(self.points.items())
            for point in points
            if scope.sees(tenant_id=tenant_id, groups=point.groups) and (point.harmless or not scope.harmless_only)
        ]
        hits.sort(key=lambda hit: -hit.score)
        return nearest(lambda page: hits[:page], limit=checked_limit(limit))

    def erase(self, *, tenant_id: TenantId, document_ids: Sequence[DocumentId]) -> None:
        """Remove the documents' points from every space."""
        for index in tuple(self.spaces.values()):
            for document_id in document_ids:
                index.points.pop((tenant_id, document_id), None)

    def count(self, *, tenant_id: TenantId, document_id: DocumentId) -> int:
        """Return how many points the document has in all spaces."""
        return sum(len(index.points.get((tenant_id, document_id), ())) for index in tuple(self.spaces.values()))

    def held(self, *, tenant_id: TenantId, document_id: DocumentId) -> int:
        """Return how many points the document has here."""
        return len(self.points.get((tenant_id, document_id), ()))

    def drop(self, *, tenant_id: TenantId) -> None:
        """Remove the tenant's points from this space."""
        for place in [place for place in self.points if place[0] == tenant_id]:
            del self.points[place]

    def kept(self) -> Mapping[tuple[str, DocumentId], tuple[Point, ...]]:
        """Return everything in every space, for whoever inspects the twin."""
        return {
            (f"{name} {tenant_id}", document_id): points
            for name, index in tuple(self.spaces.items())
            for (tenant_id, document_id), points in tuple(index.points.items())
        }

    def ready(self) -> bool:
        """Memory always answers."""
        return True


def _unit(vector: Vector) -> Vector:
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)
