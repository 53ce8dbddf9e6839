"""The operator's `sources.toml`: which tenant may read which folders, and by which connections. Read each time."""

import stat
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from service.errors import SettingsError

_LARGEST = 1_000_000
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,62}\Z")]
_Text = Annotated[str, Meta(min_length=1, max_length=1_000)]


class ConnectionKind(StrEnum):
    """What a connection leads to."""

    S3 = "s3"
    IMAP = "imap"


class Root(Struct, kw_only=True, forbid_unknown_fields=True, frozen=True):
    """A folder that these tenants may have read, with all that lies in it."""

    path: _Text
    tenants: Annotated[list[_Name], Meta(min_length=1)]


class Connection(Struct, kw_only=True, forbid_unknown_fields=True, frozen=True):
    """A bucket or a mail account that these tenants may have read; the secret lies in a file of its own."""

    name: _Name
    kind: ConnectionKind
    tenants: Annotated[list[_Name], Meta(min_length=1)]
    url: _Text | None = None
    region: _Text | None = None
    access_key: _Text | None = None
    host: _Text | None = None
    port: Annotated[int, Meta(ge=1, le=65_535)] | None = None
    user: _Text | None = None
    secret_file: _Text | None = None
    bucket: _Text | None = None
    prefix: str = ""
    ca_file: _Text | None = None


class SourcesFile(Struct, kw_only=True, forbid_unknown_fields=True, frozen=True):
    """What may be read, and by whom. Without an entry nothing may."""

    root: list[Root] = []
    connection: list[Connection] = []

    def roots(self, tenant: str) -> tuple[Path, ...]:
        """Return the folders of a tenant."""
        return tuple(Path(one.path) for one in self.root if tenant in one.tenants)

    def connected(self, tenant: str, name: str, kind: ConnectionKind) -> Connection | None:
        """Return a tenant's connection of this name and kind, None where there is none."""
        found = (one for one in self.connection if one.name == name and one.kind is kind and tenant in one.tenants)
        return next(found, None)


class TomlSourceRegister:
    """The file. Where there is none, no source may be read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> SourcesFile:
        """Return what the file says. Raises SettingsError in one line."""
        try:
            if self._path.stat().st_size > _LARGEST:
                message = f"{self._path}: is too large"
                raise SettingsError(message)
            content = self._path.read_bytes()
        except FileNotFoundError:
            return SourcesFile()
        except OSError as error:
            message = f"{self._path}: cannot be read: {error.strerror}"
            raise SettingsError(message) from None
        return _parsed(content, place=str(self._path))


def secret(connection: Connection) -> str:
    """Return a connection's secret. Raises SettingsError where its file is missing or open to others."""
    if connection.secret_file is None:
        message = f"connection {connection.name}: secret_file is missing"
        raise SettingsError(message)
    path = Path(connection.secret_file)
    try:
        mode, found = stat.S_IMODE(path.stat().st_mode), path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        message = f"connection {connection.name}: its secret_file cannot be read"
        raise SettingsError(message) from None
    if mode & _OTHERS:
        message = f"connection {connection.name}: its secret_file is open to others: run chmod 600 {path}"
        raise SettingsError(message)
    return found


def _parsed(content: bytes, *, place: str) -> SourcesFile:
    try:
        file = msgspec.convert(tomllib.loads(content.decode()), SourcesFile)
    except tomllib.TOMLDecodeError as error:
        wrong = f"is no TOML: {error}"
    except UnicodeDecodeError:
        wrong = "is no text in UTF-8"
    except msgspec.ValidationError as error:
        wrong = str(error)
    else:
        wrong = _wrong(file)
        if not wrong:
            return file
    message = f"{place}: {wrong}. Until it is right, no source is read."
    raise SettingsError(message)


def _wrong(file: SourcesFile) -> str:
    """Return what no source could be read with, empty where everything is as it should be."""
    names = [one.name for one in file.connection]
    if len(set(names)) < len(names):
        return "two connections have the same name; give each its own"
    for root in file.root:
        if not Path(root.path).is_absolute() or Path(root.path) == Path("/"):
            return f"root {root.path}: name a folder from / on, but not / itself"
    for one in file.connection:
        needed = ("host", "user") if one.kind is ConnectionKind.IMAP else ("bucket", "access_key")
        missing = [name for name in (*needed, "secret_file") if getattr(one, name) is None]
        if missing:
            return f"connection {one.name}: {missing[0]} is missing"
    return ""
