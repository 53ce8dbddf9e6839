"""One collection on the disk: points of one vector space, and the only door to Qdrant Edge."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import UUID, uuid5

import numpy as np
import structlog
from qdrant_edge import (
    CountRequest,
    Distance,
    EdgeConfig,
    EdgeOptimizersConfig,
    EdgeShard,
    EdgeVectorParams,
    FieldCondition,
    Filter,
    KeywordIndexParams,
    MatchAny,
    MatchValue,
    Point,
    Query,
    QueryRequest,
    UpdateOperation,
)

from service.adapters.points import nearest
from service.adapters.qdrant_edge import rewriting
from service.adapters.qdrant_edge.protocol import Search, WirePoint
from service.policy.access import DocumentId
from service.ports import Hit, chunk_id

_log = structlog.get_logger()
_NOBODY = UUID(int=0)
_UPSERTS_AT_ONCE = 500
_BLOCK_BYTES = 512
REWRITTEN_BESIDE = 2_000
"""Points from which a collection is rewritten in another process: below, the pause is shorter than that takes."""


class RemainsError(Exception):
    """Points were still there after their erasure."""


class Shard:
    """Points of one vector space. One thread may write while others read; whoever calls sees to that.

    The engine holds the interpreter's lock in every call, so the lock here costs readers nothing.
    """

    def __init__(self, engine: EdgeShard, folder: Path, *, dimensions: int) -> None:
        self.dimensions = dimensions
        self._engine = engine
        self._folder = folder
        self._using = Lock()
        self._removed = False

    @classmethod
    def create(cls, folder: Path, *, dimensions: int) -> "Shard":
        """Make an empty collection. The folder appears whole or not at all."""
        unfinished = folder.with_name(folder.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        engine = EdgeShard.create(str(unfinished), _config(dimensions))
        for field, index in _payload_indexes().items():
            engine.update(UpdateOperation.create_field_index(field, index))
        engine.flush()
        engine.close()
        unfinished.rename(folder)
        return cls.load(folder, dimensions=dimensions)

    @classmethod
    def load(cls, folder: Path, *, dimensions: int) -> "Shard":
        """Open what an earlier owner left.

        A kill during a rewrite leaves copies of segments behind that the engine never looks at again.
        """
        shutil.rmtree(folder / "temp_segments", ignore_errors=True)
        return cls(EdgeShard.load(str(folder), _config(dimensions)), folder, dimensions=dimensions)

    @property
    def engine(self) -> EdgeShard:
        """The engine itself."""
        return self._engine

    @property
    def size(self) -> int:
        """How many bytes of the disk it takes."""
        return sum(path.stat().st_blocks * _BLOCK_BYTES for path in self._folder.rglob("*") if path.is_file())

    def replace(self, *, tenant: UUID, documents: Sequence[tuple[UUID, Sequence[WirePoint]]]) -> None:
        """Make these the documents' only points. Durable only after `flush`."""
        self.delete(tenant=tenant, documents=[document for document, _ in documents])
        points = [(document, point) for document, own in documents for point in own]
        for start in range(0, len(points), _UPSERTS_AT_ONCE):
            batch = [_stored(tenant, document, point) for document, point in points[start : start + _UPSERTS_AT_ONCE]]
            self._engine.update(UpdateOperation.upsert_points(batch))

    def delete(self, *, tenant: UUID, documents: Sequence[UUID]) -> None:
        """Make the documents' points unreachable. Their bytes stay until `rewrite`."""
        self._engine.update(UpdateOperation.delete_points_by_filter(_of_documents(tenant, documents)))

    def rewrite(self, *, beside: int = REWRITTEN_BESIDE) -> None:
        """Write every segment that holds a deleted point anew, without it, and make that durable.

        With at least `beside` points a copy is rewritten in another process and takes the place of this one: readers
        wait a moment for the change. Where that fails, and with fewer points, this process does it by itself.
        """
        if self._engine.count(CountRequest(exact=False)) < beside:
            self.rewrite_alone()
            return
        self._engine.flush()
        try:
            rewriting.copied_and_rewritten(self._folder, dimensions=self.dimensions)
        except rewriting.NotRewrittenError:
            _log.warning("rewritten_in_place")
            self.rewrite_alone()
            return
        with self._using:
            self._engine.close()
            rewriting.exchanged(self._folder)
            self._engine = EdgeShard.load(str(self._folder), _config(self.dimensions))
        rewriting.cleared(self._folder.parent)

    def rewrite_alone(self) -> None:
        """Rewrite in this process. All its threads stand still: the engine holds the interpreter's lock meanwhile."""
        self._engine.flush()
        self._engine.optimize()
        self._engine.flush()

    def drop_remains(self) -> None:
        """Rewrite also bytes that belong to no point: what a kill left of an upsert that was never flushed.

        The engine rewrites only a segment with a deleted point, so one is put there.
        """
        throwaway = uuid5(_NOBODY, "throwaway")
        point = Point(throwaway, [1.0] * self.dimensions, {"tenant": str(_NOBODY)})
        self._engine.update(UpdateOperation.upsert_points([point]))
        self._engine.update(UpdateOperation.delete_points([throwaway]))
        self.rewrite_alone()

    def search(self, request: Search) -> tuple[Hit, ...]:
        """Return the nearest points inside the request's scope."""
        within = _scope(request)
        question = Query.Nearest(_floats(request.vector))

        def fetch(page: int) -> list[Hit]:
            query = QueryRequest(query=question, filter=within, limit=page, with_payload=["document", "ordinal"])
            with self._using:
                points = [] if self._removed else self._engine.query(query)
            return [_hit(point.payload or {}, point.score) for point in points]

        return nearest(fetch, limit=request.limit)

    def count(self, *, tenant: UUID, documents: Sequence[UUID]) -> int:
        """Return how many points the documents have, counted now."""
        return self._counted(_of_documents(tenant, documents))

    def shared(self, *, beside: UUID) -> bool:
        """Whether another tenant has points here, too."""
        return self._counted(Filter(must_not=[_is("tenant", str(beside))])) > 0

    def drop(self, *, tenant: UUID, beside: int) -> None:
        """Leave no point and no byte of the tenant. Raises RemainsError."""
        of_tenant = Filter(must=[_is("tenant", str(tenant))])
        self._engine.update(UpdateOperation.delete_points_by_filter(of_tenant))
        self.rewrite(beside=beside)
        if self._counted(of_tenant):
            raise RemainsError

    def remove(self) -> None:
        """Remove the collection from the disk. Whoever still asks it finds nothing; a kill leaves all of it or none."""
        with self._using:
            self._removed = True
            self._engine.close()
            rewriting.removed(self._folder)

    def _counted(self, which: Filter) -> int:
        with self._using:
            return 0 if self._removed else int(self._engine.count(CountRequest(exact=True, filter=which)))

    def flush(self) -> None:
        """Make everything before this survive a kill -9."""
        self._engine.flush()

    def close(self) -> None:
        """Flush and let go."""
        self._engine.flush()
        self._engine.close()


def _config(dimensions: int) -> EdgeConfig:
    """Return the settings under which an erasure leaves no byte.

    No write-ahead log, as it keeps what it logged; thresholds that let one deleted point cause a rewrite;
    no HNSW graph, as every rewrite would build it again while all threads stand still.
    """
    return EdgeConfig(
        vectors=EdgeVectorParams(size=dimensions, distance=Distance.Cosine),
        optimizers=EdgeOptimizersConfig(deleted_threshold=1e-9, vacuum_min_vector_number=1, indexing_threshold=0),
        wal_enabled=False,
    )


def _payload_indexes() -> dict[str, KeywordIndexParams]:
    plain = {name: KeywordIndexParams() for name in ("document", "groups", "harmless")}
    return {"tenant": KeywordIndexParams(is_tenant=True), **plain}


def _stored(tenant: UUID, document: UUID, point: WirePoint) -> Point:
    payload = {
        "tenant": str(tenant),
        "document": str(document),
        "ordinal": point.ordinal,
        "groups": point.groups,
        "categories": point.categories,
        "harmless": _word(harmless=point.harmless),
    }
    return Point(chunk_id(DocumentId(document), point.ordinal), _floats(point.vector), payload)


def _floats(vector: bytes) -> list[float]:
    floats: list[float] = np.frombuffer(vector, dtype="<f4").tolist()
    return floats


def _hit(payload: dict[str, Any], score: float) -> Hit:
    return Hit(document_id=DocumentId(UUID(payload["document"])), ordinal=payload["ordinal"], score=score)


def _of_documents(tenant: UUID, documents: Sequence[UUID]) -> Filter:
    names = [str(document) for document in documents]
    return Filter(must=[_is("tenant", str(tenant)), FieldCondition("document", match=MatchAny(names))])


def _scope(request: Search) -> Filter:
    """Return the filter of everything that the request may see: every condition must hold."""
    must = [_is("tenant", str(request.tenant))]
    if request.groups is not None:
        must.append(FieldCondition("groups", match=MatchAny(request.groups)))
    if request.harmless_only:
        must.append(_is("harmless", _word(harmless=True)))
    return Filter(must=[*must])


def _is(key: str, value: str) -> FieldCondition:
    return FieldCondition(key, match=MatchValue(value))


def _word(*, harmless: bool) -> str:
    """Return a keyword for the flag: this engine takes a boolean to match for an integer and finds nothing."""
    return "yes" if harmless else "no"
