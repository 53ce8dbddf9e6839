"""The stand-in's HTTP server, in this process or as `python -m tests.standin`."""

import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from tests.standin import messages
from tests.standin.faults import STATUSES, Fault

_MESSAGES_PATH = "/v1/messages"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request, every byte: `head` is the request line and the headers as they came, `body` the rest."""

    head: bytes
    body: bytes

    @property
    def whole(self) -> bytes:
        """All of it."""
        return self.head + self.body


class StandIn:
    """A running stand-in: `url` to speak to, `received` to see what came, `fault` to make it misbehave.

    `cut` matches one piece of a streamed answer; `fault_count` is how many requests meet the fault; None is every one.
    """

    def __init__(self, *, port: int = 0, record: Path | None = None, slow_seconds: float = 3) -> None:
        self.received: list[Received] = []
        self.fault: Fault | None = None
        self.fault_count: int | None = None
        self.slow_seconds = slow_seconds
        self.cut = messages.WORDS
        self.stopping = threading.Event()
        self._record = record
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.stand_in = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        """The base URL of the API."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve_forever(self) -> None:
        """Serve in this thread until interrupted."""
        try:
            self._server.serve_forever(poll_interval=0.2)
        finally:
            self._server.server_close()

    def keep(self, received: Received) -> None:
        """Record a request, in memory and at the end of the file."""
        with self._lock:
            self.received.append(received)
            if self._record is not None:
                with self._record.open("ab") as file:
                    file.write(received.whole + b"\n\n")

    def next_fault(self) -> Fault | None:
        """Return how this request is to be treated."""
        with self._lock:
            if self.fault is None or self.fault_count == 0:
                return None
            if self.fault_count is not None:
                self.fault_count -= 1
            return self.fault


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    stand_in: StandIn

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing where the other side hung up: that is what some tests are about."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # whatever socketserver gave us


class _Recording:
    """Reads through to the socket and remembers what was read."""

    def __init__(self, source: BufferedIOBase) -> None:
        self._source = source
        self.seen = b""

    def readline(self, limit: int = -1) -> bytes:
        line = self._source.readline(limit)
        self.seen += line
        return line

    def read(self, count: int) -> bytes:
        return self._source.read(count)

    def close(self) -> None:
        self._source.close()

    @property
    def closed(self) -> bool:
        return self._source.closed


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self._reader = _Recording(self.rfile)
        self.rfile = cast("BufferedIOBase", self._reader)

    def handle_one_request(self) -> None:
        self._reader.seen = b""
        super().handle_one_request()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own name
        """Say nothing: a log would hold what was asked."""

    def do_POST(self) -> None:
        head = self._reader.seen
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        stand_in = cast("_Server", self.server).stand_in
        stand_in.keep(Received(head=head, body=body))
        problem = self._problem(body)
        if problem is not None:
            self._refuse(*problem)
        else:
            self._answer(json.loads(body), stand_in)

    # Nothing arrives unrecorded.
    do_GET = do_HEAD = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_POST  # noqa: N815 - http.server's own names

    def _problem(self, body: bytes) -> tuple[int, str] | None:
        if self.path != _MESSAGES_PATH or self.command != "POST":
            return 404, "not_found_error"
        if not (self.headers.get("authorization") or self.headers.get("x-api-key")):
            return 401, "authentication_error"
        if not self.headers.get("anthropic-version") or not messages.valid(body):
            return 400, "invalid_request_error"
        return None

    def _answer(self, request: messages.Request, stand_in: StandIn) -> None:
        fault = stand_in.next_fault()
        if fault in STATUSES:
            self._refuse(*STATUSES[fault])
        elif fault is Fault.REDIRECTS:
            self._send(307, "text/plain", b"", {"location": f"{stand_in.url}/elsewhere"})
        elif request.get("stream"):
            self._send_events(messages.events(request, fault, cut=stand_in.cut), fault, stand_in)
        else:
            if fault is Fault.SLOW:
                stand_in.stopping.wait(stand_in.slow_seconds)
            body = messages.whole(request, fault)
            cut = fault is Fault.CUT
            self._send(200, "application/json", body[: len(body) // 2] if cut else body, length=len(body))

    def _refuse(self, status: int, kind: str) -> None:
        error = {"type": "error", "error": {"type": kind, "message": "the stand-in says no"}}
        headers = {"retry-after": "30"} if kind == STATUSES[Fault.RATE_LIMITED][1] else {}
        self._send(status, "application/json", json.dumps(error).encode(), headers)

    def _send(
        self, status: int, kind: str, body: bytes, headers: dict[str, str] | None = None, length: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"content-type": kind, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = length is not None and length != len(body)

    def _send_events(self, events: Iterator[bytes], fault: Fault | None, stand_in: StandIn) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for number, event in enumerate(events):
            if fault is Fault.CUT and number == messages.MIDDLE:
                self.close_connection = True
                return
            if fault is Fault.SLOW and number == messages.MIDDLE:
                stand_in.stopping.wait(stand_in.slow_seconds)
            self._chunk(event)
        self._chunk(b"")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()
