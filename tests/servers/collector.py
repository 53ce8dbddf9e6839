"""A stand-in of an OpenTelemetry collector: keeps every trace request that arrives, byte by byte, in files."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """Where it listens, and where it keeps what came."""

    url: str
    folder: Path

    def names(self) -> list[str]:
        """Return the names of all spans that came."""
        requests = [ExportTraceServiceRequest.FromString(path.read_bytes()) for path in sorted(self.folder.iterdir())]
        return [
            span.name
            for request in requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@contextmanager
def collecting(folder: Path, *, location: str | None = None) -> Iterator[Collector]:
    """Run a collector; with `location` it sends everybody on to that address."""
    folder.mkdir(parents=True, exist_ok=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(folder, location))
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    try:
        yield Collector(url=f"http://127.0.0.1:{server.server_port}/v1/traces", folder=folder)
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def _handler(folder: Path, location: str | None) -> type[BaseHTTPRequestHandler]:
    numbers = count()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            (folder / f"request-{next(numbers)}").write_bytes(body)
            self.send_response(307 if location else 200)
            if location:
                self.send_header("location", location)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
