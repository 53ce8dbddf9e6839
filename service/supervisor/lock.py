"""One supervisor per data folder, and the note that tells others where it serves."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

from service.errors import ConflictError
from service.folder import DataFolder


@contextmanager
def held(folder: DataFolder, *, where: str) -> Iterator[None]:
    """Hold the folder. The kernel lets go of it when this process ends, however it ends.

    Raises ConflictError where another process holds it.
    """
    with os.fdopen(os.open(folder.run / "up.lock", os.O_RDWR | os.O_CREAT, 0o600), "r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"{folder.path} is already in use by {lock.read().strip() or 'another process'}"
            raise ConflictError(message) from None
        lock.truncate()
        lock.write(f"pid {os.getpid()} on {where}")
        lock.flush()
        try:
            yield
        finally:
            lock.truncate(0)


def announce(folder: DataFolder, url: str) -> None:
    """Write the address for the command line."""
    folder.api_file.write_text(json.dumps({"url": url, "pid": os.getpid()}))
    folder.api_file.chmod(0o600)


def retract(folder: DataFolder) -> None:
    """Remove the address."""
    folder.api_file.unlink(missing_ok=True)
