"""What every chunk index checks before it stores or searches, and how it breaks ties, whatever the engine."""

import hashlib
import re
from collections.abc import Callable, Sequence

import numpy as np

from service.policy.access import DocumentId
from service.ports import Hit, Point, Vector

LARGEST_LIMIT = 1_000
_GROWTH = 4
_UNFIT = re.compile(r"[^a-z0-9]+")
_READABLE = 64


def collection_name(space: str, *, dimensions: int) -> str:
    """Return the name of the collection for an embedder's vector space: safe as a folder, one per space."""
    readable = _UNFIT.sub("-", space.lower()).strip("-")[:_READABLE]
    digest = hashlib.sha256(space.encode()).hexdigest()[:8]
    return f"{readable}-{digest}-{dimensions}"


def checked_vector(vector: Vector, *, dimensions: int | None = None) -> Vector:
    """Return the vector as contiguous float32. Raises ValueError unless it has a direction in this space."""
    checked = np.ascontiguousarray(vector, dtype=np.float32)
    if checked.ndim != 1 or not checked.size or dimensions not in {None, checked.size}:
        message = f"a vector of shape {checked.shape} does not belong to a space of {dimensions} dimensions"
        raise ValueError(message)
    if not np.isfinite(checked).all() or not checked.any():
        message = "a vector must be finite and not zero"
        raise ValueError(message)
    return checked


def checked_limit(limit: int) -> int:
    """Return the limit. Raises ValueError outside 1 to LARGEST_LIMIT."""
    if not 1 <= limit <= LARGEST_LIMIT:
        message = f"a limit lies between 1 and {LARGEST_LIMIT}"
        raise ValueError(message)
    return limit


def checked_points(points: Sequence[Point], *, document_id: DocumentId) -> None:
    """Raise ValueError unless these can be the only points of the document: its own, each ordinal once."""
    if any(point.document_id != document_id for point in points):
        message = "a point belongs to another document"
        raise ValueError(message)
    ordinals = [point.ordinal for point in points]
    if len(set(ordinals)) != len(ordinals) or min(ordinals, default=0) < 0:
        message = "ordinals are distinct and not negative"
        raise ValueError(message)


def nearest(fetch: Callable[[int], Sequence[Hit]], *, limit: int) -> tuple[Hit, ...]:
    """Return the best `limit` hits; `fetch(n)` returns the engine's best n, best first.

    An engine cuts a tie at the end of its page as it likes, so pages grow until the last tie is complete.
    """
    page = limit + 1
    found = fetch(page)
    while len(found) >= page and found[-1].score >= found[limit - 1].score:
        page *= _GROWTH
        found = fetch(page)
    return tuple(sorted(found, key=lambda hit: (-hit.score, hit.document_id, hit.ordinal))[:limit])
