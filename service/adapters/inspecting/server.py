"""A Qdrant server, asked through a client of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from qdrant_client import QdrantClient
from qdrant_client.models import FieldCondition, Filter, MatchValue

from service.adapters.inspecting.points import ids_of, sighted
from service.policy.access import TenantId
from service.ports.inspecting import Inspection, Inspector, Sighting, Target, Unchecked

_AT_ONCE = 1_000
_FILES = Unchecked(
    store="index",
    thing="files_log_and_snapshots",
    reason="files_of_another_machine",
    covered_by=("ids_and_vectors_only", "segments_rewritten_by_the_server"),
)


@dataclass(frozen=True, slots=True)
class QdrantServerInspector(Inspector):
    """Counts, scrolls and retrieves in every collection that the server has, of whichever tenant.

    Its files are not to be seen from here: until the server rewrites a segment, a deleted vector is in them.
    """

    client: Callable[[], QdrantClient]
    store: str = "index"

    @classmethod
    def at(cls, url: str, *, api_key: str | None) -> "QdrantServerInspector":
        """Return the inspector of the server at this URL. Connects when it inspects."""
        return cls(lambda: QdrantClient(url=url, api_key=api_key, check_compatibility=False))

    def inspect(self, tenant_id: TenantId, targets: Sequence[Target]) -> Inspection:
        """Ask for each target. Raises what the client raises."""
        client = self.client()
        names = [collection.name for collection in client.get_collections().collections]
        sightings: list[Sighting] = []
        for target in targets:
            condition = FieldCondition(key="document", match=MatchValue(value=str(target.document_id)))
            document = Filter(must=[condition])
            sightings += sighted(
                target,
                counted=sum(client.count(name, count_filter=document, exact=True).count for name in names),
                listed=sum(_listed(client, name, document) for name in names),
                held=sum(_held(client, name, ids_of(target)) for name in names),
            )
        return Inspection(sightings=tuple(sightings), unchecked=(_FILES,))


def _listed(client: QdrantClient, name: str, document: Filter) -> int:
    number, offset = 0, None
    while True:
        records, offset = client.scroll(
            name, scroll_filter=document, limit=_AT_ONCE, offset=offset, with_payload=False, with_vectors=False
        )
        number += len(records)
        if offset is None:
            return number


def _held(client: QdrantClient, name: str, ids: Sequence[UUID]) -> int:
    return sum(
        len(client.retrieve(name, [*ids[start : start + _AT_ONCE]], with_payload=False, with_vectors=False))
        for start in range(0, len(ids), _AT_ONCE)
    )
