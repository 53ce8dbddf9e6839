"""A loopback stand-in of the few S3 calls that the vault makes; it can refuse to delete."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

_BUCKET = "/originals/"


@dataclass(slots=True, kw_only=True)
class S3StandIn:
    """One bucket named `originals`: what it holds by key, and whether it lets go of anything."""

    url: str = "s3://originals/ringfence"
    objects: dict[str, bytes] = field(default_factory=dict)
    refuses_deletion: bool = False
    refuses: bool = False

    def answer(self, method: str, path: str, body: bytes, query: str = "") -> tuple[int, bytes]:
        """Return status and body of the answer to one request."""
        if self.refuses:
            return 403, b""
        if method == "GET" and path == _BUCKET.rstrip("/"):
            return 200, self._list(parse_qs(query))
        if method == "POST" and path == _BUCKET.rstrip("/"):
            return 200, self._delete(re.findall(r"<Key>(.*?)</Key>", body.decode()))
        if not path.startswith(_BUCKET):
            return 404, b""
        key = path.removeprefix(_BUCKET)
        if method == "PUT":
            self.objects[key] = body
            return 200, b""
        return (200, self.objects[key]) if key in self.objects else (404, b"")

    def _list(self, asked: dict[str, list[str]]) -> bytes:
        prefix, after = asked.get("prefix", [""])[0], asked.get("start-after", [""])[0]
        names = sorted(key for key in self.objects if key.startswith(prefix) and key > after)
        told = "".join(
            f"<Contents><Key>{name}</Key><LastModified>2026-11-23T12:00:00.000Z</LastModified>"
            f"<ETag>{_etag(self.objects[name])}</ETag><Size>{len(self.objects[name])}</Size></Contents>"
            for name in names
        )
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{told}</ListBucketResult>".encode()

    def _delete(self, keys: list[str]) -> bytes:
        if self.refuses_deletion:
            told = "".join(f"<Error><Key>{key}</Key><Code>AccessDenied</Code></Error>" for key in keys)
        else:
            told = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
            for key in keys:
                self.objects.pop(key, None)
        return f"<DeleteResult>{told}</DeleteResult>".encode()


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3StandIn]:
    """Serve the stand-in, and point the credential chain of S3 clients at it."""
    stand_in = S3StandIn()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(stand_in))
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "for-tests")
    yield stand_in
    server.shutdown()
    serving.join()
    server.server_close()


def _etag(content: bytes) -> str:
    return f'"{sha256(content).hexdigest()[:32]}"'


def _handler(stand_in: S3StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            address = urlsplit(self.path)
            status, answer = stand_in.answer(self.command, address.path, body, address.query)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.send_header("Last-Modified", "Mon, 23 Nov 2026 12:00:00 GMT")
            self.send_header("ETag", _etag(answer))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer)

        do_GET = do_PUT = do_HEAD = do_POST = _serve  # noqa: N815 - the names that http.server calls

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as http.server names it
            """Say nothing."""

    return Handler
