"""Copies of the keys folder: the key store as of one moment, and the secrets beside it."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from service.errors import PartUnavailableError

_STORE = "keys.sqlite"
_SECRETS = ("master.key", "audit.key")
_TOKENS = "tokens"


def copy_keys(source: Path, target: Path) -> None:
    """Copy every key that is there now, each file closed to others. Raises PartUnavailableError.

    A key that was destroyed before is in no copy: the store overwrites what it deletes, and its pages are copied.
    """
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(target / _STORE, os.O_CREAT | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(source / _STORE)) as store, closing(sqlite3.connect(target / _STORE)) as copy:
            store.backup(copy)
        for name in _SECRETS:
            _copy(source / name, target / name)
        for token in sorted((source / _TOKENS).glob("*")):
            (target / _TOKENS).mkdir(mode=0o700, exist_ok=True)
            _copy(token, target / _TOKENS / token.name)
    except (OSError, sqlite3.Error):
        message = "the keys cannot be copied"
        raise PartUnavailableError(message) from None


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    target.chmod(0o600)
