"""Every collection of one folder: one write at a time, flushed before it counts as done."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from uuid import UUID

import structlog
from qdrant_edge import EdgeShard

from service.adapters.points import collection_name
from service.adapters.qdrant_edge.protocol import Drop, Erase, Held, Replace, Search
from service.adapters.qdrant_edge.rewriting import cleared
from service.adapters.qdrant_edge.shard import REWRITTEN_BESIDE, RemainsError, Shard
from service.adapters.qdrant_edge.sharing import Shared
from service.adapters.storage import RESERVE, check_room
from service.ports import Hit

_UNCLEAN = "unclean"
_VECTOR_BYTES = 4
_log = structlog.get_logger()


class MismatchError(ValueError):
    """The vectors do not have the dimensions of their collection."""


class Store:
    """The collections below one folder. Whoever opens it owns the folder: the engine takes no lock."""

    def __init__(self, folder: Path, *, rewritten_beside: int = REWRITTEN_BESIDE) -> None:
        self._folder = folder
        self._rewritten_beside = rewritten_beside
        self._writing = Lock()
        self._erasures = Shared(self._erase, lock=self._writing)
        cleared(folder)
        self._shards = {
            path.name: Shard.load(path, dimensions=int(path.name.rpartition("-")[2]))
            for path in sorted(folder.iterdir())
            if path.is_dir()
        }
        self._begin()

    def replace(self, request: Replace) -> None:
        """Make these the documents' only points in the collection. Raises StorageFullError."""
        _check(request.dimensions, *(point.vector for _, points in request.documents for point in points))
        with self._writing:
            check_room(self._folder, store="index")
            current = self._collection(request)
            current.replace(tenant=request.tenant, documents=request.documents)
            current.flush()

    def search(self, request: Search) -> tuple[Hit, ...]:
        """Return the nearest points inside the request's scope."""
        _check(request.dimensions, request.vector)
        shard = self._shards.get(_folder(request))
        return () if shard is None else shard.search(request)

    def erase(self, request: Erase) -> None:
        """Leave no point and no byte of the documents.

        A rewrite takes its time, so erasures that wait for one share the next. Raises RemainsError, and
        StorageFullError where the disk has no room for it.
        """
        self._erasures.do(request)

    def count(self, *, tenant: UUID, document: UUID) -> int:
        """Return how many points the document has in all collections together."""
        return sum(shard.count(tenant=tenant, documents=[document]) for shard in tuple(self._shards.values()))

    def held(self, request: Held) -> int:
        """Return how many points the document has in the collection."""
        shard = self._shards.get(_folder(request))
        return 0 if shard is None else shard.count(tenant=request.tenant, documents=[request.document])

    def drop(self, request: Drop) -> None:
        """Leave no point and no byte of the tenant in the collection, nor an empty collection. Raises RemainsError."""
        with self._writing:
            shard = self._shards.get(_folder(request))
            if shard is None:
                return
            if shard.shared(beside=request.tenant):
                check_room(self._folder, store="index", needed=RESERVE + shard.size)
                shard.drop(tenant=request.tenant, beside=self._rewritten_beside)
            else:
                # Out of sight first: who finds it now waits for a moment and finds it removed.
                del self._shards[_folder(request)]
                shard.remove()
        _log.info("collection_dropped")

    def engines(self) -> tuple[EdgeShard, ...]:
        """Return the engine under every collection, for whoever inspects: these methods' word is not theirs."""
        return tuple(shard.engine for shard in tuple(self._shards.values()))

    def close(self) -> None:
        """Wait for the write under way, flush, and note that nothing was left half done."""
        with self._writing:
            for shard in self._shards.values():
                shard.close()
            (self._folder / _UNCLEAN).unlink()

    def _begin(self) -> None:
        """Clean up after an owner that was killed, and leave a note for the case that this one is."""
        note = self._folder / _UNCLEAN
        if note.exists():
            for shard in self._shards.values():
                shard.drop_remains()
        note.touch()

    def _erase(self, requests: Sequence[Erase]) -> None:
        documents: defaultdict[UUID, list[UUID]] = defaultdict(list)
        for request in requests:
            documents[request.tenant] += request.documents
        for shard in self._shards.values():
            # What is rewritten is there twice for a while.
            check_room(self._folder, store="index", needed=RESERVE + shard.size)
            for tenant, names in documents.items():
                shard.delete(tenant=tenant, documents=names)
            shard.rewrite(beside=self._rewritten_beside)
            if any(shard.count(tenant=tenant, documents=names) for tenant, names in documents.items()):
                raise RemainsError
        _log.info("documents_erased", requests=len(requests), documents=sum(map(len, documents.values())))

    def _collection(self, request: Replace) -> Shard:
        folder = _folder(request)
        if folder not in self._shards:
            self._shards[folder] = Shard.create(self._folder / folder, dimensions=request.dimensions)
        return self._shards[folder]


def _folder(request: Replace | Search | Held | Drop) -> str:
    return collection_name(request.collection, dimensions=request.dimensions)


def _check(dimensions: int, *vectors: bytes) -> None:
    if dimensions < 1 or any(len(vector) != dimensions * _VECTOR_BYTES for vector in vectors):
        raise MismatchError
