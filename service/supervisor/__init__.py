"""`ringfence up`: every part of a knowledge base on one machine, started, watched and stopped together.

Parts are not told to die with the supervisor: one that is killed leaves them serving, and the next one ends them.
"""

import resource
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress

from service.adapters import provider_template
from service.adapters.erasure_ledger import FileErasureLedger, HeadNote
from service.adapters.keystore import SqliteKeyStore, create_master_key, load_master_key
from service.adapters.provider_file import TomlProviderRegister
from service.adapters.sentence_transformers import model_folder
from service.adapters.signing import Ed25519Signer, create_signing_key
from service.errors import ConflictError, RestorePendingError, RingfenceError, SettingsError
from service.folder import DataFolder
from service.settings import Settings
from service.supervisor import lock, parts, postgres
from service.supervisor.migrating import migrate
from service.supervisor.part import Part, StopRequestedError
from service.supervisor.progress import Progress
from service.supervisor.running import Supervisor

__all__ = ["initialise", "up"]


Programs = Callable[[Settings, DataFolder], Sequence[Part]]
"""What runs on the stores."""


def up(settings: Settings, *, programs: Programs = parts.programs) -> int:
    """Run until asked to stop; return the exit code. What goes wrong is one line on the console."""
    progress = Progress()
    folder = DataFolder(settings.data_dir)
    try:
        _check(settings, folder)
        folder.create()
        with lock.held(folder, where=parts.url(settings)):
            _run(settings, folder, progress, programs)
    except RingfenceError as error:
        progress.say(error.detail)
        return 1
    progress.say("stopped")
    return 0


def initialise(settings: Settings) -> None:
    """Make folder, master key, audit signing key and schema where they are missing. Doing it twice does no harm.

    While the knowledge base runs, nothing is missing. Raises RingfenceError with one clear line.
    """
    folder = DataFolder(settings.data_dir)
    folder.create()
    try:
        with lock.held(folder, where="no address: it is being initialised"):
            _initialise(settings, folder)
    except ConflictError:
        if not (folder.master_key.exists() and folder.audit_key.exists()):
            raise


def _initialise(settings: Settings, folder: DataFolder) -> None:
    if not folder.master_key.exists():
        create_master_key(folder.master_key)
    if not folder.audit_key.exists():
        create_signing_key(folder.audit_key)
    FileErasureLedger(
        settings.ledger or folder.ledger, note=HeadNote(folder.ledger_note), signer=Ed25519Signer(folder.audit_key)
    ).begin()
    if settings.providers is None:
        provider_template.create(folder.providers, settings.cloud_model)
    supervisor = Supervisor(folder, Progress.silent())
    with supervisor.obeying_signals():
        try:
            if settings.database_url is None:
                postgres.prepare(folder)
                part = postgres.part(folder)
                supervisor.end_survivors([part])
                supervisor.start([part])
            migrate(settings, folder)
        finally:
            supervisor.stop()


def _run(settings: Settings, folder: DataFolder, progress: Progress, programs: Programs) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash dump would hold people's text (R54)
    supervisor = Supervisor(folder, progress)
    with supervisor.obeying_signals():
        try:
            with suppress(StopRequestedError):
                _start_all(settings, folder, supervisor, programs(settings, folder))
                address = parts.url(settings)
                lock.announce(folder, address)
                progress.say(f"Ringfence answers at {address} (API: {address}/docs). Stop it with Ctrl-C.")
                supervisor.watch()
        finally:
            progress.say("stopping …")
            supervisor.stop()
            lock.retract(folder)


def _start_all(settings: Settings, folder: DataFolder, supervisor: Supervisor, programs: Sequence[Part]) -> None:
    if settings.database_url is None:
        postgres.prepare(folder)
    stores = parts.stores(settings, folder)
    supervisor.end_survivors([*stores, *programs])
    _check_port(settings)
    for sign in folder.run.glob("*.alive"):
        sign.unlink()
    supervisor.start(stores)
    migrate(settings, folder)
    supervisor.start(programs)


def _check(settings: Settings, folder: DataFolder) -> None:
    """Find out now, in one line, what a part would only tell its log. Raises SettingsError."""
    if folder.restore_pending.exists():
        raise RestorePendingError
    if not (folder.master_key.exists() and folder.audit_key.exists()):
        message = f"{folder.path} is not initialised: run `ringfence init` first"
        raise SettingsError(message)
    SqliteKeyStore(folder.keys, load_master_key(folder.master_key))
    _ = Ed25519Signer(folder.audit_key).public_key
    model_folder(settings.embedder)
    TomlProviderRegister(settings.providers or folder.providers).read()


def _check_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((settings.host, settings.port))
    except OSError as error:
        message = f"the API cannot listen on {settings.host} port {settings.port}: {error.strerror}"
        raise SettingsError(message) from error
