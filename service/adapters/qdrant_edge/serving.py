"""Answers requests on a local socket, one thread per connection, until told to stop."""

import os
import socket
import struct
import time
from pathlib import Path
from threading import Lock, Thread

import msgspec
import structlog

from service.adapters.points import checked_limit
from service.adapters.qdrant_edge.inspecting import inspected
from service.adapters.qdrant_edge.protocol import (
    Count,
    Counted,
    Done,
    Drop,
    Erase,
    Failed,
    Found,
    FrameTooLargeError,
    Health,
    Held,
    Inspect,
    Refused,
    Replace,
    Reply,
    Request,
    Search,
    decode_request,
    encode,
    receive,
    send,
)
from service.adapters.qdrant_edge.store import Store
from service.errors import PartUnavailableError

_SEND_SECONDS = 30
_BACKLOG = 128
_PAUSE_SECONDS = 0.1
_log = structlog.get_logger()


class Listener:
    """A Unix socket that only its owner's user can reach, and the connections made through it."""

    def __init__(self, path: Path, store: Store) -> None:
        """Take the socket's place over: whoever may open the store is the only one who may listen for it."""
        self._path = path
        self._store = store
        self._guard = Lock()
        self._connections: dict[socket.socket, Thread] = {}
        self._stopping = False
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            self._socket.bind(str(path))
        finally:
            os.umask(before)
        self._socket.listen(_BACKLOG)
        self._accepting = Thread(target=self._accept, name="accept")
        self._accepting.start()

    def stop(self) -> None:
        """Take no more requests, finish those under way and send their replies."""
        with self._guard:
            self._stopping = True
        self._path.unlink(missing_ok=True)
        self._socket.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._socket.close()
        with self._guard:
            running = dict(self._connections)
        for connection in running:
            _hang_up(connection)
        for thread in running.values():
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError as error:
                if self._stopping:
                    return
                _log.warning("connection_not_accepted", error=type(error).__name__)
                time.sleep(_PAUSE_SECONDS)
                continue
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", _SEND_SECONDS, 0))
            thread = Thread(target=self._converse, args=(connection,), name="connection")
            with self._guard:
                if self._stopping:
                    connection.close()
                    return
                self._connections[connection] = thread
                thread.start()

    def _converse(self, connection: socket.socket) -> None:
        try:
            while (message := receive(connection)) is not None:
                send(connection, encode(_answer(message, self._store)))
        except FrameTooLargeError:
            _log.warning("frame_refused")
        except (OSError, EOFError):
            _log.info("connection_lost")
        finally:
            with self._guard:
                del self._connections[connection]
            connection.close()


def _hang_up(connection: socket.socket) -> None:
    """End the connection's next read; a reply under way still goes out."""
    try:
        connection.shutdown(socket.SHUT_RD)
    except OSError:
        _log.info("connection_lost")


def _answer(message: bytes, store: Store) -> Reply:
    try:
        request = decode_request(message)
    except msgspec.DecodeError:
        return Refused("the message cannot be understood")
    try:
        return _done(request, store)
    except ValueError as error:
        return Refused(type(error).__doc__ or str(error))
    except PartUnavailableError as error:
        return Failed(error.detail, error.code)
    except Exception as error:  # noqa: BLE001 - the engine raises what it likes; the owner must live on
        _log.error("request_failed", request=type(request).__name__, error=type(error).__name__)
        return Failed(f"the index failed: {type(error).__name__}")


def _done(request: Request, store: Store) -> Reply:
    match request:
        case Replace():
            store.replace(request)
        case Erase():
            store.erase(request)
        case Search():
            checked_limit(request.limit)
            hits = store.search(request)
            return Found([(hit.document_id, hit.ordinal, hit.score) for hit in hits])
        case Count(tenant=tenant, document=document):
            return Counted(store.count(tenant=tenant, document=document))
        case Held():
            return Counted(store.held(request))
        case Drop():
            store.drop(request)
        case Inspect():
            return inspected(request, store.engines())
        case Health():
            pass
    return Done()
