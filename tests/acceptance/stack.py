"""A whole embedded knowledge base: `ringfence up` on a folder of its own, to use, kill and restart."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx
import psutil
import pytest

from service import bootstrap
from service.adapters.database import SqlDatabase
from service.adapters.qdrant_edge import QdrantEdgeChunkIndex
from service.cli.client import Client, token_file
from service.folder import DataFolder
from service.policy.access import DocumentId
from service.product import Adapters, assemble
from service.settings import Settings, load
from service.supervisor import survivors
from service.verifying import Verification
from tests.servers.ports import free_port

PARTS = ("postgres", "valkey", "edge", "api", "worker", "beat")
_START_SECONDS = 120.0
_POLL_SECONDS = 0.2


class Stack:
    """`start` it, talk to it with `client`, `kill` parts of it, `stop` it."""

    def __init__(self, path: Path, **settings: str) -> None:
        self.folder = DataFolder(path)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {
            "RINGFENCE_DATA_DIR": str(path),
            "RINGFENCE_PORT": str(self.port),
            "RINGFENCE_LEASE_SECONDS": "4",
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def command(self, *arguments: str) -> str:
        """Run `ringfence …` to its end and return what it printed."""
        return subprocess.run(
            _ringfence(*arguments), env=self._whole(), check=True, stdout=subprocess.PIPE, text=True, timeout=120
        ).stdout

    def start(self) -> None:
        """Run `ringfence up` and wait until every part answers."""
        log = (self.folder.path.parent / "up.log").open("ab")
        self._process = subprocess.Popen(
            _ringfence("up"), env=self._whole(), stdout=log, stderr=log, start_new_session=True
        )
        log.close()
        self.wait_until(self._announced, seconds=_START_SECONDS)

    def change(self, **settings: str) -> None:
        """Set these settings as well from the next start on."""
        self._environment |= settings

    def _announced(self) -> bool:
        """Whether this very `ringfence up` has said that it serves: parts of an earlier one may still answer."""
        assert self._process is not None
        assert self._process.poll() is None, "`ringfence up` has ended; see up.log"
        try:
            return bool(json.loads(self.folder.api_file.read_bytes())["pid"] == self._process.pid)
        except (OSError, ValueError):
            return False

    def ready(self) -> bool:
        """Whether the API and every part that it needs answer."""
        assert self._process is None or self._process.poll() is None, "`ringfence up` has ended"
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/readyz", timeout=5, trust_env=False).is_success
        return False

    def stop(self) -> int:
        """Ask it to stop and return its exit code."""
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(90)
        self._process = None
        return code

    def kill(self, part: str) -> None:
        """Kill every process of one part, without a chance to tidy up."""
        survivors.end(self.folder, part)

    def kill_supervisor(self) -> None:
        """Kill `ringfence up` itself; its parts live on."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def kill_all(self) -> None:
        """Kill everything at once."""
        self.kill_supervisor()
        survivors.end(self.folder)

    def children(self) -> list[psutil.Process]:
        """Return the live processes under `ringfence up`."""
        return psutil.Process(self._process.pid).children(recursive=True) if self._process else []

    def settings(self) -> Settings:
        """Return the settings with which the stores are opened here."""
        return load(data_dir=self.folder.path)

    @contextmanager
    def client(self, tenant: str) -> Iterator[Client]:
        """Connect with the admin key that `tenants add` saved."""
        token = token_file(self.folder, tenant).read_text()
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False) as http:
            yield Client(http)

    @contextmanager
    def adapters(self) -> Iterator[Adapters]:
        """Open the stores themselves, beside the running product."""
        opened = bootstrap.adapters(self.settings())
        try:
            yield opened
        finally:
            cast("SqlDatabase", opened.database).close()
            cast("QdrantEdgeChunkIndex", opened.index).close()

    def remains(self, tenant: str, document: str) -> Verification:
        """Ask every store what it still holds of a document."""
        with self.adapters() as adapters:
            owner = next(one for one in adapters.database.tenants() if one.slug == tenant)
            product = assemble(adapters, bootstrap.limits(self.settings()))
            return product.erasure.remains(owner.id, DocumentId(UUID(document)))

    def wait_until(self, done: Callable[[], bool], *, seconds: float) -> None:
        """Poll until done; fail after so many seconds."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if done():
                return
            time.sleep(_POLL_SECONDS)
        pytest.fail(f"not done within {seconds:.0f} s: {done}")

    def _whole(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if not name.startswith("RINGFENCE_")} | (
            self._environment
        )


def hand_in(client: Client, text: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - form fields
    """Hand in a text and return the answer."""
    answer: dict[str, Any] = client.call("POST", "/v1/documents", json={"text": text, **fields})
    return answer


def finished(client: Client, job: str) -> dict[str, Any] | None:
    """Return the job if it has ended."""
    found: dict[str, Any] = client.call("GET", f"/v1/jobs/{job}")
    return found if found["state"] in {"succeeded", "failed"} else None


def _ringfence(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from service.cli import main; main()", *arguments]
