"""A loopback HTTP server that says what a test tells it to, also half of it, or nothing for a while."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer. With `cut` the connection ends before the promised length; `pause` comes after the body.

    With `pieces` the body comes in that many chunks, `between` seconds apart, until the other side hangs up.
    """

    body: bytes = b""
    status: int = 200
    kind: str = "application/json"
    location: str | None = None
    cut: bool = False
    pause: float = 0
    pieces: tuple[bytes, ...] = ()
    between: float = 0


@dataclass(slots=True)
class ScriptedServer:
    """`script` maps a path and a request's body to a reply; `bodies` are what was posted.

    `hung_up` is set when a client went away before it had all pieces.
    """

    script: Callable[[str, bytes], Reply]
    url: str = ""
    paths: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    hung_up: threading.Event = field(default_factory=threading.Event)


@contextmanager
def scripted(script: Callable[[str, bytes], Reply]) -> Iterator[ScriptedServer]:
    """Run a server that follows the script."""
    state = ScriptedServer(script)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own name
            """Say nothing."""

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            state.paths.append(self.path)
            if self.command == "POST":
                state.bodies.append(body)
            self._reply(state.script(self.path, body))

        do_POST = do_GET  # noqa: N815 - http.server's own name

        def _reply(self, reply: Reply) -> None:
            self.send_response(reply.status)
            self.send_header("content-type", reply.kind)
            if reply.location is not None:
                self.send_header("location", reply.location)
            if reply.pieces:
                self._stream(reply)
                return
            self.send_header("content-length", str(len(reply.body) + (1 if reply.cut or reply.pause else 0)))
            self.end_headers()
            self.wfile.write(reply.body)
            self.wfile.flush()
            state.stopping.wait(reply.pause)
            self.close_connection = reply.cut or reply.pause > 0

        def _stream(self, reply: Reply) -> None:
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            try:
                for piece in (*reply.pieces, b""):
                    self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                    self.wfile.flush()
                    state.stopping.wait(reply.between)
            except ConnectionError:
                state.hung_up.set()
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()
