"""A secret in a file of its own, closed to everybody but its owner and never written twice."""

import os
import stat
from pathlib import Path

from service.errors import SettingsError

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def write_secret(path: Path, secret: bytes, *, name: str, loss: str) -> None:
    """Write the secret durably, mode 600. Raises SettingsError where there is a file already: `loss` says why."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        message = f"{path} exists already; a {name} is never replaced, {loss}"
        raise SettingsError(message) from None
    except OSError as error:
        message = f"the {name} {path} cannot be written: {error.strerror}"
        raise SettingsError(message) from None
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o600)
        file.write(secret)
        file.flush()
        os.fsync(descriptor)
    _sync_folder(path.parent)


def read_secret(path: Path, *, size: int, name: str) -> bytes:
    """Return the secret's `size` bytes. Raises SettingsError where it is missing, open, or of another size."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            secret = file.read(size + 1)
    except OSError as error:
        message = f"the {name} {path} cannot be read: {error.strerror}"
        raise SettingsError(message) from None
    if mode & _OTHERS:
        message = f"the {name} {path} is open to others (mode {mode:04o}): run chmod 600 {path}"
        raise SettingsError(message)
    if len(secret) != size:
        message = f"the {name} {path} does not have {size} bytes; restore it from your backup"
        raise SettingsError(message)
    return secret


def _sync_folder(folder: Path) -> None:
    """Make a new name in the folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
