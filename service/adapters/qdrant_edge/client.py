"""The chunk index as the API and the workers see it: requests to the owner process."""

import os
import socket
import weakref
from collections import deque
from collections.abc import Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import TypeVar

import msgspec

from service.adapters.points import checked_limit, checked_points, checked_vector
from service.adapters.qdrant_edge.protocol import (
    Count,
    Counted,
    Done,
    Drop,
    Erase,
    Failed,
    Found,
    Health,
    Held,
    Refused,
    Replace,
    Reply,
    Request,
    Search,
    WirePoint,
    decode_reply,
    encode,
    receive,
    send,
)
from service.errors import PartUnavailableError, StorageFullError, StorageReadOnlyError
from service.policy.access import DocumentId, Scope, TenantId
from service.ports import Hit, Point, Vector, VectorSpace

_R = TypeVar("_R", bound=Reply)

_CONNECT_SECONDS = 5.0
_HEALTH_SECONDS = 5.0
_IDLE_CONNECTIONS = 8


_FAILURES = {error.code: error for error in (StorageFullError, StorageReadOnlyError)}


class QdrantEdgeChunkIndex:
    """Speaks to the owner process. Threads and forked children may share one; it outlives owners.

    `collection` names the vector space, so it is the embedder's name: vectors of two are never compared. Every
    collection has `dimensions` of its own.
    A rewrite after an erasure takes a while (about a second at 20,000 points), and who writes waits for it, so the
    time-outs are long.
    """

    def __init__(
        self,
        path: Path,
        *,
        collection: str,
        dimensions: int,
        timeout_seconds: float = 30.0,
        erase_timeout_seconds: float = 600.0,
    ) -> None:
        self._path = str(path)
        self._collection = collection
        self._dimensions = dimensions
        self._timeout = timeout_seconds
        self._erase_timeout = erase_timeout_seconds
        self._idle: deque[_Connection] = deque()
        weakref.finalize(self, _close_all, self._idle)

    def in_space(self, space: VectorSpace) -> "QdrantEdgeChunkIndex":
        """Return the index of another collection of the same owner, over the same connections."""
        other = copy(self)  # shares the idle connections
        other._collection, other._dimensions = space.name, space.dimensions  # noqa: SLF001 - one of its own kind
        return other

    def replace(self, *, tenant_id: TenantId, document_id: DocumentId, points: Sequence[Point]) -> None:
        """Make these the document's only points. Raises ValueError for points that cannot be stored."""
        self.replace_all(tenant_id=tenant_id, points={document_id: points})

    def replace_all(self, *, tenant_id: TenantId, points: Mapping[DocumentId, Sequence[Point]]) -> None:
        """Make these the documents' only points. Raises ValueError for points that cannot be stored."""
        for document_id, own in points.items():
            checked_points(own, document_id=document_id)
        if points:
            wire = [(document_id, [_wire(point) for point in own]) for document_id, own in points.items()]
            self._ask(Replace(self._collection, self._dimensions, tenant_id, wire), Done)

    def search(self, *, vector: Vector, scope: Scope, limit: int) -> tuple[Hit, ...]:
        """Return the nearest points inside the scope; the owner's filter demands all of it."""
        request = Search(
            collection=self._collection,
            dimensions=self._dimensions,
            tenant=scope.tenant_id,
            groups=None if scope.groups is None else sorted(scope.groups),
            harmless_only=scope.harmless_only,
            vector=_bytes(vector),
            limit=checked_limit(limit),
        )
        found = self._ask(request, Found)
        return tuple(
            Hit(document_id=DocumentId(document), ordinal=ordinal, score=score)
            for document, ordinal, score in found.hits
        )

    def erase(self, *, tenant_id: TenantId, document_ids: Sequence[DocumentId]) -> None:
        """Remove the points of the documents from every collection, and every byte of them from the disk."""
        if document_ids:
            self._ask(Erase(tenant_id, list(document_ids)), Done, seconds=self._erase_timeout)

    def count(self, *, tenant_id: TenantId, document_id: DocumentId) -> int:
        """Return how many points the document has in all collections together."""
        return self._ask(Count(tenant_id, document_id), Counted).points

    def held(self, *, tenant_id: TenantId, document_id: DocumentId) -> int:
        """Return how many points the document has in this collection."""
        return self._ask(Held(self._collection, self._dimensions, tenant_id, document_id), Counted).points

    def drop(self, *, tenant_id: TenantId) -> None:
        """Remove the tenant's points from this collection, with their bytes; an empty collection goes altogether."""
        self._ask(Drop(self._collection, self._dimensions, tenant_id), Done, seconds=self._erase_timeout)

    def ready(self) -> bool:
        """Whether the owner answers."""
        try:
            self._ask(Health(), Done, seconds=_HEALTH_SECONDS)
        except PartUnavailableError:
            return False
        return True

    def close(self) -> None:
        """Close the idle connections. Using the index again opens new ones."""
        _close_all(self._idle)

    def _ask(self, request: Request, expected: type[_R], *, seconds: float | None = None) -> _R:
        try:
            reply = decode_reply(self._exchanged(encode(request), seconds or self._timeout))
        except (OSError, EOFError, msgspec.DecodeError) as error:
            message = f"the index does not answer: {type(error).__name__}"
            raise PartUnavailableError(message) from error
        match reply:
            case Refused(detail=detail):
                raise ValueError(detail)
            case Failed(detail=detail, code=code):
                raise _FAILURES.get(code, PartUnavailableError)(detail)
            case expected():
                return reply
            case _:
                raise PartUnavailableError

    def _exchanged(self, message: bytes, seconds: float) -> bytes:
        """Send and receive, on an idle connection if one still leads to a living owner.

        Every request may be sent twice without harm, so a connection that broke says nothing yet.
        """
        while (idle := self._take_idle()) is not None:
            try:
                return self._over(idle, message, seconds)
            except TimeoutError:
                raise
            except (OSError, EOFError):
                continue
        return self._over(_Connection(self._path), message, seconds)

    def _over(self, connection: "_Connection", message: bytes, seconds: float) -> bytes:
        try:
            reply = connection.exchange(message, seconds)
        except BaseException:
            connection.close()
            raise
        if len(self._idle) < _IDLE_CONNECTIONS:
            self._idle.append(connection)
        else:
            connection.close()
        return reply

    def _take_idle(self) -> "_Connection | None":
        """Return a connection that this process made. A parent's is only closed here, it stays open there."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            if connection.pid == os.getpid():
                return connection
            connection.close()


class _Connection:
    """One connection to the owner, used by one thread at a time in the process that made it."""

    def __init__(self, path: str) -> None:
        self.pid = os.getpid()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(_CONNECT_SECONDS)
            self._socket.connect(path)
        except BaseException:
            self._socket.close()
            raise

    def exchange(self, message: bytes, seconds: float) -> bytes:
        """Send a request and return its reply. Raises OSError (TimeoutError too) or EOFError."""
        self._socket.settimeout(seconds)
        send(self._socket, message)
        reply = receive(self._socket)
        if reply is None:
            raise EOFError
        return reply

    def close(self) -> None:
        """Close it here; a copy in another process is not disturbed."""
        self._socket.close()


def _close_all(connections: deque[_Connection]) -> None:
    while connections:
        connections.pop().close()


def _wire(point: Point) -> WirePoint:
    return WirePoint(
        ordinal=point.ordinal,
        vector=_bytes(point.vector),
        harmless=point.harmless,
        categories=sorted(point.categories),
        groups=sorted(point.groups),
    )


def _bytes(vector: Vector) -> bytes:
    return checked_vector(vector).astype("<f4", copy=False).tobytes()
