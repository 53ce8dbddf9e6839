"""What the engine itself shows of a document, asked in three ways and without the code that writes or deletes."""

from collections.abc import Sequence
from uuid import UUID

from qdrant_edge import CountRequest, EdgeShard, FieldCondition, Filter, MatchValue, ScrollRequest

from service.adapters.qdrant_edge.protocol import Inspect, Inspected

_AT_ONCE = 1_000


def inspected(request: Inspect, engines: Sequence[EdgeShard]) -> Inspected:
    """Count, list and fetch in every collection; the filter names the document and no tenant."""
    document = Filter(must=[FieldCondition("document", match=MatchValue(str(request.document)))])
    return Inspected(
        collections=len(engines),
        counted=sum(int(engine.count(CountRequest(exact=True, filter=document))) for engine in engines),
        listed=sum(_listed(engine, document) for engine in engines),
        held=sum(_held(engine, request.points) for engine in engines),
    )


def _listed(engine: EdgeShard, document: Filter) -> int:
    number, offset = 0, None
    while True:
        request = ScrollRequest(offset=offset, limit=_AT_ONCE, filter=document, with_payload=False, with_vector=False)
        records, offset = engine.scroll(request)
        number += len(records)
        if offset is None:
            return number


def _held(engine: EdgeShard, points: Sequence[UUID]) -> int:
    number = 0
    for start in range(0, len(points), _AT_ONCE):
        some = list[int | UUID | str](points[start : start + _AT_ONCE])
        number += len(engine.retrieve(some, with_payload=False, with_vector=False))
    return number
