"""A knowledge base on real servers, every part a process of its own: to stop at a stage, kill, freeze and start."""

import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import psutil
from typing_extensions import override

from service.settings import Settings, load
from service.supervisor import parts, survivors
from service.supervisor.part import Part
from tests.acceptance import stages
from tests.acceptance.stack import Stack
from tests.servers.postgres import PostgresServer

PROGRAMS = ("edge", "api", "worker", "beat")
_START_SECONDS = 240.0
_STOP_SECONDS = 60.0
_PRODUCT = "RINGFENCE_"


class Broker(Protocol):
    """A real broker."""

    folder: Path

    @property
    def url(self) -> str:
        """The address as Celery wants it."""
        ...

    @property
    def processes(self) -> list[psutil.Process]:
        """Its processes."""
        ...

    def start(self) -> None:
        """Start it and wait until it answers."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...

    def stop(self) -> None:
        """End it and remove its folder."""
        ...


class Services(Stack):
    """PostgreSQL, a broker, the index' owner, the API, a worker with children and beat. What ends is started again."""

    def __init__(self, path: Path, *, server: PostgresServer, database: str, broker: Broker, **settings: str) -> None:
        """Take an empty folder, and the owner's address of an empty database of the server."""
        self.server = server
        self.broker = broker
        self.owner_url = database.replace("postgresql+psycopg", "postgresql")
        self.points = path.parent / "stages"
        self.points.mkdir(parents=True)
        application = database.replace("postgres@", "ringfence_app@")
        urls = {
            "RINGFENCE_DATABASE_URL": application,
            "RINGFENCE_DATABASE_OWNER_URL": database,
            "RINGFENCE_BROKER_URL": broker.url,
            "RINGFENCE_WORKER_PROCESSES": "2",
        }
        super().__init__(path, **urls, **settings)
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @override
    def settings(self) -> Settings:
        return load(**{name.removeprefix(_PRODUCT).lower(): value for name, value in self._environment.items()})

    @override
    def start(self) -> None:
        """Start every part that does not run, and wait until all are ready."""
        for part in PROGRAMS:
            if part not in self._running:
                self.launch(part)
        for part in PROGRAMS:
            self.await_ready(part)

    @override
    def stop(self) -> int:
        """Ask every part to stop, the last one started first; return the worst exit code, 1 where one had to be killed.

        Celery's beat ends with 0 or -15, as the signal meets it.
        """
        codes = [self.end(part) for part in reversed(PROGRAMS) if part in self._running]
        return max((abs(code) for code in codes), default=0)

    def launch(self, name: str) -> None:
        """Start a part; `await_ready` waits for it."""
        part = self._part(name)
        part.clear()
        with part.log.open("ab") as log:
            self._running[name] = subprocess.Popen(
                part.command,
                env={**part.environment, **survivors.mark(self.folder, name), stages.FOLDER: str(self.points)},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )

    def await_ready(self, name: str) -> None:
        """Wait until a part is ready; one that ends meanwhile is started again."""
        part = self._part(name)
        self.wait_until(lambda: part.ready(self._running[name].pid), seconds=_START_SECONDS)

    def end(self, name: str) -> int:
        """Ask a part to stop and return its exit code, 1 where it had to be killed."""
        process = self._running.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            code = 1
        survivors.end(self.folder, name)
        process.wait()
        return 0 if code == -signal.SIGTERM else code

    @override
    def kill(self, part: str) -> None:
        """Kill a part with all its processes; a server is started again, a program is by whoever waits next."""
        match part:
            case "postgres":
                self.server.kill()
                self.server.start()
            case "broker":
                self.broker.kill()
                self.broker.start()
            case _:
                survivors.end(self.folder, part)

    def kill_parent(self) -> None:
        """Kill the worker's first process alone: its children are orphans, and may be in the middle of something."""
        self._running["worker"].kill()

    @override
    def kill_all(self) -> None:
        for part in PROGRAMS:
            survivors.end(self.folder, part)
        self.server.kill()
        self.broker.kill()
        self.server.start()
        self.broker.start()

    def revive(self) -> None:
        """Start again what has ended, as whoever supervises it does."""
        for name, process in list(self._running.items()):
            if process.poll() is not None:
                self.launch(name)
        if not self.server.runs():
            with suppress(RuntimeError):  # such as on a full disk
                self.server.start()

    def children(self) -> list[psutil.Process]:
        """Return the worker's children."""
        return psutil.Process(self._running["worker"].pid).children()

    @override
    def wait_until(self, done: Callable[[], bool], *, seconds: float) -> None:
        def revived() -> bool:
            self.revive()
            return done()

        super().wait_until(revived, seconds=seconds)

    def with_broker(self, broker: Broker) -> None:
        """Go over to another broker."""
        for part in ("beat", "worker", "api"):
            if part in self._running:
                self.end(part)
        self.broker = broker
        self.change(RINGFENCE_BROKER_URL=broker.url)

    def _part(self, name: str) -> Part:
        settings = self.settings()
        every = [*parts.stores(settings, self.folder), *parts.programs(settings, self.folder)]
        part = next(one for one in every if one.name == name)
        ours = {"service.app:create_app": "tests.acceptance.stages:create_app"}
        if name == "worker":
            ours["workers.app"] = "tests.acceptance.stages"
        return replace(part, command=tuple(ours.get(word, word) for word in part.command))
