"""A chunk index in memory that finds the nearest points by comparing with all of them."""

from collections.abc import Sequence

import numpy as np

from service.adapters.points import checked_limit, checked_points, checked_vector, nearest
from service.policy.access import DocumentId, Scope, TenantId
from service.ports import Hit, Point, Vector


class InMemoryChunkIndex:
    """Keeps points by tenant and document; what it forgets is gone."""

    def __init__(self, *, dimensions: int | None = None) -> None:
        self._dimensions = dimensions
        self.points: dict[tuple[TenantId, DocumentId], tuple[Point, ...]] = {}

    def replace(self, *, tenant_id: TenantId, document_id: DocumentId, points: Sequence[Point]) -> None:
        """Make these the document's only points. Raises ValueError for points that cannot be stored."""
        checked_points(points, document_id=document_id)
        for point in points:
            checked_vector(point.vector, dimensions=self._dimensions)
        self.points[tenant_id, document_id] = tuple(points)

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
        """Remove the documents' points."""
        for document_id in document_ids:
            self.points.pop((tenant_id, document_id), None)

    def count(self, *, tenant_id: TenantId, document_id: DocumentId) -> int:
        """Return how many points the document has."""
        return len(self.points.get((tenant_id, document_id), ()))

    def ready(self) -> bool:
        """Memory always answers."""
        return True


def _unit(vector: Vector) -> Vector:
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)
