"""What a disk that takes nothing means: full, or only to be read. As errors and as warnings that say what to do."""

import errno
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import uuid4

import structlog

from service.errors import PartUnavailableError, StorageFullError, StorageReadOnlyError

_log = structlog.get_logger()
RESERVE = 64 * 1024 * 1024
"""Bytes that are left free: an engine that maps its files into memory is killed where the disk has no page for it."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_READ_ONLY = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_PROBE = b"\0" * 4096
_MEGABYTE = 1024 * 1024


def refused(error: OSError, *, store: str) -> PartUnavailableError:
    """Return what this error of a file system means for a store; its path is nobody's business."""
    if error.errno in _FULL:
        return full(store=store)
    if error.errno in _READ_ONLY:
        return read_only(store=store)
    return PartUnavailableError(f"The {TITLES[store]} does not answer. Nothing was lost; try again shortly.")


def full(*, store: str) -> StorageFullError:
    """Return the error of a store without room, and tell the log."""
    _log.error("storage_refused", store=store, error=StorageFullError.code)
    return StorageFullError(
        f"The disk of the {TITLES[store]} is full: make room on it. Nothing was lost; it then goes on by itself."
    )


def read_only(*, store: str) -> StorageReadOnlyError:
    """Return the error of a store that may only be read, and tell the log."""
    _log.error("storage_refused", store=store, error=StorageReadOnlyError.code)
    return StorageReadOnlyError(
        f"Nothing can be written to the {TITLES[store]}: make its folder and disk writable for this user. "
        "Nothing was lost; it then goes on by itself."
    )


def check_room(folder: Path, *, store: str, needed: int = RESERVE) -> None:
    """Raise StorageFullError or StorageReadOnlyError where fewer bytes are free, or none can be written."""
    disk = os.statvfs(folder)
    if disk.f_flag & os.ST_RDONLY or not os.access(folder, os.W_OK):
        raise read_only(store=store)
    if disk.f_bavail * disk.f_frsize < needed:
        raise full(store=store)


def disks(folders: Mapping[str, Path]) -> Callable[[], tuple[str, ...]]:
    """Return how to ask what an operator should do about the disks under these stores: one sentence each."""
    return lambda: tuple(told for store, folder in folders.items() if (told := _told(store, folder)) is not None)


def _told(store: str, folder: Path) -> str | None:
    """Return what is to be done, None where the store can be written."""
    probe = folder / f"{_PREFIX}{uuid4().hex}"
    try:
        free = _free(folder)
        try:
            probe.write_bytes(_PROBE)
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        if error.errno in _FULL:
            return f"the disk of the {TITLES[store]} is full: make room on it, what waits then goes on by itself"
        return f"nothing can be written to the {TITLES[store]}: make its folder and disk writable for this user"
    if free < RESERVE:
        return f"the disk of the {TITLES[store]} has {free // _MEGABYTE} MB left: make room on it"
    return None


def _free(folder: Path) -> int:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


_PREFIX = ".probe-"
TITLES = {"database": "database", "index": "index", "keys": "key store", "ledger": "erasure ledger", "vault": "vault"}
"""What people call the stores."""
