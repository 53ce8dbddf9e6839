"""The data folder: where everything of an embedded knowledge base lies, and the URLs of its own servers."""

import hashlib
import os
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from service.errors import SettingsError

PRIVATE = 0o700
PASSAGE = 0o711
"""Mode of a folder that PostgreSQL's own user must walk through when Ringfence runs as root."""

_ALIVE_SECONDS = 30.0
"""Several times longer than a worker lets pass between two signs of life."""
_SOCKET_PATH_BYTES = 100
"""The kernel takes 107 bytes for the path of a socket; a few are left for temporary names."""
_LONGEST_SOCKET = "postgres/.s.PGSQL.5432"
_SHORT_FOLDER = Path("/tmp")  # noqa: S108 - every process must find the same short path; `_check_private` guards it


@dataclass(frozen=True, slots=True)
class DataFolder:
    """One embedded knowledge base on disk. Every process derives the same paths from the same folder."""

    path: Path

    @property
    def keys(self) -> Path:
        """The key store and the master key: backed up apart from everything else."""
        return self.path / "keys"

    @property
    def master_key(self) -> Path:
        """The key that wraps every other key."""
        return self.keys / "master.key"

    @property
    def audit_key(self) -> Path:
        """The key that signs audit checkpoints."""
        return self.keys / "audit.key"

    @property
    def ledger(self) -> Path:
        """The erasure ledger, unless a setting puts it elsewhere."""
        return self.path / "ledger"

    @property
    def ledger_note(self) -> Path:
        """How far the erasure ledger had got: beside the keys, because who cuts the one seldom reaches the other."""
        return self.keys / "ledger.head"

    @property
    def restore_pending(self) -> Path:
        """A mark that is there while a restored backup is not held to the erasure ledger yet."""
        return self.path / "restore.pending"

    @property
    def model_pins(self) -> Path:
        """What each local model said when it was pinned; no secret."""
        return self.path / "model-pins.json"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's own folder."""
        return self.path / "postgres"

    @property
    def valkey(self) -> Path:
        """The broker's append-only file."""
        return self.path / "valkey"

    @property
    def edge(self) -> Path:
        """The vectors of the embedded index."""
        return self.path / "edge"

    @property
    def vault(self) -> Path:
        """The sealed originals."""
        return self.path / "vault"

    @property
    def source_register(self) -> Path:
        """What sources may read: folders and connections, by tenant."""
        return self.path / "sources.toml"

    @property
    def providers(self) -> Path:
        """The operator's policy and register of providers."""
        return self.path / "providers.toml"

    @property
    def logs(self) -> Path:
        """One log per part."""
        return self.path / "logs"

    @property
    def run(self) -> Path:
        """What is true only while it runs: lock, address, schedule, signs of life."""
        return self.path / "run"

    @property
    def api_file(self) -> Path:
        """Address and pid of the running server, for the command line."""
        return self.run / "api.json"

    @property
    def sockets(self) -> Path:
        """The folder of the unix sockets: `run`, or a private one elsewhere where that path is too long.

        Raises SettingsError where somebody else made that folder.
        """
        if len(os.fsencode(self.run / _LONGEST_SOCKET)) <= _SOCKET_PATH_BYTES:
            return self.run
        name = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]
        short = _SHORT_FOLDER / f"ringfence-{name}"
        self._check_private(short)
        return short

    @property
    def postgres_sockets(self) -> Path:
        """The folder of PostgreSQL's socket. Who may enter it may read everything PostgreSQL holds."""
        return self.sockets / "postgres"

    @property
    def valkey_socket(self) -> Path:
        """The socket of the embedded broker."""
        return self.sockets / "valkey.sock"

    @property
    def edge_socket(self) -> Path:
        """The socket of the process that owns the embedded index."""
        return self.sockets / "edge.sock"

    @property
    def database_url(self) -> str:
        """The embedded PostgreSQL as the application sees it."""
        return self._postgres_url("ringfence_app")

    @property
    def database_owner_url(self) -> str:
        """The embedded PostgreSQL as migrations see it."""
        return self._postgres_url("ringfence_owner")

    @property
    def broker_url(self) -> str:
        """The embedded Valkey."""
        return f"redis+socket://{quote(str(self.valkey_socket))}"

    def live_workers(self) -> int | None:
        """Count the workers that showed their sign of life lately; None where none ever did: they run elsewhere."""
        signs = list(self.run.glob("*.alive"))
        since = time.time() - _ALIVE_SECONDS
        return sum(_touched(sign) >= since for sign in signs) if signs else None

    def create(self) -> None:
        """Make what is missing, closed to everybody else. Doing it twice does no harm.

        Raises SettingsError where the folder holds something else or cannot be written.
        """
        if self.path.exists() and not self.path.is_dir():
            message = f"{self.path} is a file; name a folder for the data"
            raise SettingsError(message)
        if self.path.exists() and not self.keys.exists() and any(self.path.iterdir()):
            message = f"{self.path} is neither empty nor a Ringfence data folder"
            raise SettingsError(message)
        passage = PASSAGE if os.geteuid() == 0 else PRIVATE
        try:
            for folder in (self.path, self.run, self.sockets):
                _make(folder, passage)
            for folder in (self.keys, self.postgres, self.valkey, self.edge, self.vault, self.logs):
                _make(folder, PRIVATE)
            _make(self.postgres_sockets, PRIVATE)
        except OSError as error:
            message = f"the data folder {self.path} cannot be made: {error.strerror}"
            raise SettingsError(message) from error

    def _postgres_url(self, role: str) -> str:
        return f"postgresql+psycopg://{role}@/ringfence?host={quote(str(self.postgres_sockets), safe='')}"

    def _check_private(self, folder: Path) -> None:
        """Refuse a folder in a public place that another user made, or can write to."""
        try:
            found = folder.lstat()
        except FileNotFoundError:
            return
        owner = self.path.stat().st_uid if self.path.exists() else os.geteuid()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or stat.S_IMODE(found.st_mode) & 0o066:
            message = f"{folder} was made by somebody else or is open to others; remove it"
            raise SettingsError(message)


def _touched(sign: Path) -> float:
    try:
        return sign.stat().st_mtime
    except FileNotFoundError:  # its worker ended at this moment
        return 0.0


def _make(folder: Path, mode: int) -> None:
    folder.mkdir(mode=mode, parents=True, exist_ok=True)
    if stat.S_IMODE(folder.stat().st_mode) != mode:
        folder.chmod(mode)
