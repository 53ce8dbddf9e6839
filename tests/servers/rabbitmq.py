"""A real RabbitMQ on private ports in a private folder; it can be killed and started again."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

# Debian's own command insists on the user `rabbitmq`; the program under it runs as anybody.
_PROGRAMS = (Path("/usr/lib/rabbitmq/bin/rabbitmq-server"), Path("/usr/local/sbin/rabbitmq-server"))
_RUNNING = pytest.StashKey["RabbitServer"]()


@dataclass(slots=True)
class RabbitServer:
    """A broker of its own: ports, node name, cookie and Erlang port mapper are shared with nobody."""

    program: Path
    folder: Path
    port: int
    _mapper_port: int
    _distribution_port: int
    _mapper: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def processes(self) -> list[psutil.Process]:
        """The broker's own processes, where it runs."""
        if self._process is None:
            return []
        first = psutil.Process(self._process.pid)
        return [first, *first.children(recursive=True)]

    @property
    def url(self) -> str:
        """The address as Celery wants it."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        environment = self._environment()
        with (self.folder / "log").open("ab") as log:
            if self._mapper is None:
                mapper = shutil.which("epmd") or "epmd"
                words = (mapper, "-port", str(self._mapper_port), "-address", "127.0.0.1")
                self._mapper = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
            self._process = subprocess.Popen(
                [self.program], env=environment, cwd=self.folder, stdout=log, stderr=log, process_group=0
            )
        deadline = time.monotonic() + 90
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                message = f"RabbitMQ did not start: {(self.folder / 'log').read_text()[-1500:]}"
                raise RuntimeError(message)
            time.sleep(0.2)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def stop(self) -> None:
        """End it and its port mapper, and remove the folder."""
        self.kill()
        if self._mapper is not None:
            self._mapper.kill()
            self._mapper.wait()
        shutil.rmtree(self.folder)

    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "HOME": str(self.folder),
            "RABBITMQ_NODENAME": f"test{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "ERL_EPMD_PORT": str(self._mapper_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "logs"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
        }

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as client:
                client.sendall(b"AMQP\x00\x00\x09\x01")
                return client.recv(1) == b"\x01"  # a method frame: connection.start
        except OSError:
            return False


@pytest.fixture(scope="session")
def rabbitmq(pytestconfig: pytest.Config) -> RabbitServer:
    """Return the one broker of this test run, whichever modules import this fixture."""
    if _RUNNING not in pytestconfig.stash:
        server = a_rabbit()
        pytestconfig.add_cleanup(server.stop)
        pytestconfig.stash[_RUNNING] = server
    return pytestconfig.stash[_RUNNING]


def a_rabbit() -> RabbitServer:
    """Return a broker that runs."""
    program = next((path for path in _PROGRAMS if path.exists()), None)
    if program is None:
        pytest.skip("rabbitmq-server is not installed: apt-get install rabbitmq-server")
    server = RabbitServer(program, Path(tempfile.mkdtemp(prefix="rabbit-")), *_free_ports())
    try:
        server.start()
    except BaseException:
        server.stop()
        raise
    return server


def _free_ports() -> tuple[int, int, int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    first, second, third = (int(opened.getsockname()[1]) for opened in sockets)
    for opened in sockets:
        opened.close()
    return first, second, third
