"""The chunk index on a Qdrant server, through qdrant-client.

Tested with qdrant-client's own local mode (`QdrantClient(":memory:")`); it has not been run against a server.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from uuid import UUID

from qdrant_client import QdrantClient
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException, UnexpectedResponse
from qdrant_client.models import (
    Condition,
    Distance,
    FieldCondition,
    Filter,
    FilterSelector,
    HnswConfigDiff,
    KeywordIndexParams,
    KeywordIndexType,
    MatchAny,
    MatchValue,
    PayloadSchemaType,
    PointStruct,
    VectorParams,
    WriteOrdering,
)

from service.adapters.points import checked_limit, checked_points, checked_vector, collection_name, nearest
from service.errors import PartUnavailableError
from service.policy.access import DocumentId, Scope, TenantId
from service.ports import Hit, Point, Vector, VectorSpace, chunk_id

_PREFIX = "ringfence-"
_UPSERTS_AT_ONCE = 500
_PAYLOAD_INDEXES: dict[str, KeywordIndexParams | PayloadSchemaType] = {
    "tenant": KeywordIndexParams(type=KeywordIndexType.KEYWORD, is_tenant=True),
    "document": PayloadSchemaType.KEYWORD,
    "groups": PayloadSchemaType.KEYWORD,
    "harmless": PayloadSchemaType.BOOL,
}


class QdrantServerChunkIndex:
    """Points in one collection per vector space; `collection` is the embedder's name.

    An erasure on a server is soft at first: the points are unreachable when `erase` returns, and their bytes
    leave the disk when the server's optimizer rewrites the segment. Its write-ahead log and its snapshots keep
    them longer; how long is the operator's setting, not ours.
    """

    def __init__(self, client: QdrantClient, *, collection: str, dimensions: int) -> None:
        self._client = client
        self._collection = _PREFIX + collection_name(collection, dimensions=dimensions)
        self._dimensions = dimensions
        self._prepared: set[str] = set()

    @classmethod
    def at(cls, url: str, *, api_key: str | None, collection: str, dimensions: int) -> "QdrantServerChunkIndex":
        """Return the index on the server at this URL. Connects at the first use."""
        client = QdrantClient(url=url, api_key=api_key, check_compatibility=False)
        return cls(client, collection=collection, dimensions=dimensions)

    def in_space(self, space: VectorSpace) -> "QdrantServerChunkIndex":
        """Return the index of another collection of ours on the same server."""
        other = QdrantServerChunkIndex(self._client, collection=space.name, dimensions=space.dimensions)
        other._prepared = self._prepared
        return other

    def replace(self, *, tenant_id: TenantId, document_id: DocumentId, points: Sequence[Point]) -> None:
        """Make these the document's only points. Raises ValueError for points that cannot be stored."""
        self.replace_all(tenant_id=tenant_id, points={document_id: points})

    def replace_all(self, *, tenant_id: TenantId, points: Mapping[DocumentId, Sequence[Point]]) -> None:
        """Make these the documents' only points. Raises ValueError for points that cannot be stored."""
        for document_id, own in points.items():
            checked_points(own, document_id=document_id)
        stored = [self._stored(tenant_id, point) for own in points.values() for point in own]
        if not points:
            return
        with _answering():
            self._prepare()
            self._delete([self._collection], tenant_id, list(points))
            for start in range(0, len(stored), _UPSERTS_AT_ONCE):
                self._client.upsert(
                    self._collection,
                    stored[start : start + _UPSERTS_AT_ONCE],
                    wait=True,
                    ordering=WriteOrdering.STRONG,
                )

    def search(self, *, vector: Vector, scope: Scope, limit: int) -> tuple[Hit, ...]:
        """Return the nearest points inside the scope; the server's filter demands all of it."""
        question = checked_vector(vector, dimensions=self._dimensions).tolist()
        within, most = _within(scope), checked_limit(limit)

        def fetch(page: int) -> list[Hit]:
            found = self._client.query_points(
                self._collection,
                query=question,
                query_filter=within,
                limit=page,
                with_payload=["document", "ordinal"],
            )
            return [_hit(point.payload or {}, point.score) for point in found.points]

        if scope.groups is not None and not scope.groups:
            return ()
        with _answering():
            if not self._client.collection_exists(self._collection):
                return ()
            return nearest(fetch, limit=most)

    def erase(self, *, tenant_id: TenantId, document_ids: Sequence[DocumentId]) -> None:
        """Make every point of the documents unreachable, in every collection of ours."""
        if document_ids:
            with _answering():
                self._delete(self._ours(), tenant_id, document_ids)

    def count(self, *, tenant_id: TenantId, document_id: DocumentId) -> int:
        """Return how many points the document has in all our collections together."""
        mine = _of_documents(tenant_id, [document_id])
        with _answering():
            return sum(self._client.count(name, count_filter=mine, exact=True).count for name in self._ours())

    def held(self, *, tenant_id: TenantId, document_id: DocumentId) -> int:
        """Return how many points the document has in this collection."""
        return self._counted(_of_documents(tenant_id, [document_id]))

    def drop(self, *, tenant_id: TenantId) -> None:
        """Remove the tenant's points from this collection, and a collection that is empty then.

        Nobody may write the first point of another tenant meanwhile: the server deletes what it is told to.
        """
        with _answering():
            if not self._client.collection_exists(self._collection):
                return
            tenant = FilterSelector(filter=Filter(must=[_is("tenant", str(tenant_id))]))
            self._client.delete(self._collection, tenant, wait=True, ordering=WriteOrdering.STRONG)
            if not self._client.count(self._collection, exact=True).count:
                self._client.delete_collection(self._collection)
                self._prepared.discard(self._collection)

    def _counted(self, which: Filter) -> int:
        with _answering():
            if not self._client.collection_exists(self._collection):
                return 0
            return self._client.count(self._collection, count_filter=which, exact=True).count

    def ready(self) -> bool:
        """Whether the server answers."""
        try:
            with _answering():
                self._client.get_collections()
        except PartUnavailableError:
            return False
        return True

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()

    def _delete(self, names: Sequence[str], tenant_id: TenantId, document_ids: Sequence[DocumentId]) -> None:
        selector = FilterSelector(filter=_of_documents(tenant_id, document_ids))
        for name in names:
            self._client.delete(name, selector, wait=True, ordering=WriteOrdering.STRONG)

    def _ours(self) -> list[str]:
        names = (collection.name for collection in self._client.get_collections().collections)
        return [name for name in names if name.startswith(_PREFIX)]

    def _prepare(self) -> None:
        """Make the collection where there is none. Several processes may do so at once."""
        there = self._client.collection_exists(self._collection)
        if there and self._collection in self._prepared:
            return
        if not there:
            self._create()
        for field, schema in _PAYLOAD_INDEXES.items():
            self._client.create_payload_index(self._collection, field, field_schema=schema, wait=True)
        self._prepared.add(self._collection)

    def _create(self) -> None:
        """Make the collection: one graph per tenant and none over all, as nobody searches across tenants."""
        try:
            self._client.create_collection(
                self._collection,
                vectors_config=VectorParams(size=self._dimensions, distance=Distance.COSINE),
                hnsw_config=HnswConfigDiff(m=0, payload_m=16),
            )
        except UnexpectedResponse as error:
            if error.status_code != HTTPStatus.CONFLICT:
                raise

    def _stored(self, tenant_id: TenantId, point: Point) -> PointStruct:
        return PointStruct(
            id=chunk_id(point.document_id, point.ordinal),
            vector=checked_vector(point.vector, dimensions=self._dimensions).tolist(),
            payload={
                "tenant": str(tenant_id),
                "document": str(point.document_id),
                "ordinal": point.ordinal,
                "groups": sorted(point.groups),
                "categories": sorted(point.categories),
                "harmless": point.harmless,
            },
        )


@contextmanager
def _answering() -> Iterator[None]:
    """Turn what the client raises into the one error that callers know."""
    try:
        yield
    except UnexpectedResponse as error:
        message = f"the index refused with status {error.status_code}"
        raise PartUnavailableError(message) from error
    except (ApiException, QdrantException) as error:
        message = f"the index does not answer: {type(error).__name__}"
        raise PartUnavailableError(message) from error


def _within(scope: Scope) -> Filter:
    must: list[Condition] = [_is("tenant", str(scope.tenant_id))]
    if scope.groups is not None:
        must.append(FieldCondition(key="groups", match=MatchAny(any=sorted(scope.groups))))
    if scope.harmless_only:
        must.append(_is("harmless", value=True))
    return Filter(must=must)


def _of_documents(tenant_id: TenantId, document_ids: Sequence[DocumentId]) -> Filter:
    names = [str(document_id) for document_id in document_ids]
    return Filter(must=[_is("tenant", str(tenant_id)), FieldCondition(key="document", match=MatchAny(any=names))])


def _is(key: str, value: str | bool) -> FieldCondition:  # noqa: FBT001 - the engine matches booleans by value
    return FieldCondition(key=key, match=MatchValue(value=value))


def _hit(payload: dict[str, object], score: float) -> Hit:
    document_id, ordinal = DocumentId(UUID(str(payload["document"]))), int(str(payload["ordinal"]))
    return Hit(document_id=document_id, ordinal=ordinal, score=score)
