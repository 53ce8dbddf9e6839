"""A real owner process of the embedded index, on a private socket."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from service.adapters.qdrant_edge import QdrantEdgeChunkIndex

DIMENSIONS = 4
_START_SECONDS = 30
_STOP_SECONDS = 30
_ROOT = Path(__file__).parents[2]


@dataclass(slots=True, kw_only=True)
class EdgeOwner:
    """An owner of one folder that can be stopped, killed and started again."""

    folder: Path
    socket: Path
    dimensions: int = DIMENSIONS
    rewritten_beside: int | None = None
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = self.launch()
        index = self.index()
        deadline = time.monotonic() + _START_SECONDS
        while not index.ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the owner of the index did not start, see {self.log}")
            time.sleep(0.02)
        index.close()

    def launch(self) -> subprocess.Popen[bytes]:
        """Start a process that tries to own the folder, with an empty environment."""
        arguments = ["--folder", str(self.folder), "--socket", str(self.socket)]
        if self.rewritten_beside is not None:
            arguments += ["--rewritten-beside", str(self.rewritten_beside)]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "service.adapters.qdrant_edge.owner", *arguments],
                cwd=_ROOT,
                env={"OMP_NUM_THREADS": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    @property
    def log(self) -> Path:
        """What it wrote."""
        return self.folder.parent / "owner.log"

    def index(self, *, collection: str = "tests") -> QdrantEdgeChunkIndex:
        """Return a client."""
        return QdrantEdgeChunkIndex(self.socket, collection=collection, dimensions=self.dimensions, timeout_seconds=60)

    def stop(self) -> int:
        """Ask it to end and return its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(_STOP_SECONDS)

    def kill(self) -> None:
        """End it without a chance to clean up."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(_STOP_SECONDS)

    def end(self) -> None:
        """End it if it still runs."""
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def restart(self) -> None:
        """Stop it well and start it again."""
        assert self.stop() == os.EX_OK
        self.start()


@pytest.fixture
def edge_owner() -> Iterator[EdgeOwner]:
    """Return a running owner of an empty folder, for one test."""
    yield from _running()


@pytest.fixture(scope="session")
def shared_edge_owner() -> Iterator[EdgeOwner]:
    """Return a running owner for all tests that keep to their own tenants."""
    yield from _running()


def _running() -> Iterator[EdgeOwner]:
    home = Path(tempfile.mkdtemp(prefix="edge-"))  # short: a socket's path has at most 107 bytes
    owner = EdgeOwner(folder=home / "index", socket=home / "socket")
    try:
        owner.start()
        yield owner
    finally:
        owner.end()
        shutil.rmtree(home)
