"""What a backup consists of: every file with its hash, and which state of the erasure ledger it was taken at."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from service.errors import InvalidRequestError
from service.ports import LedgerHead

NAME = "manifest.json"
VERSION = 1
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Both halves of a backup have one, written last; `backup` is the same in both. Files by path inside the half."""

    version: int
    backup: str
    part: str
    made_at: str
    schema: str
    embedder: str
    ledger: LedgerHead
    files: Mapping[str, str]

    def write(self, folder: Path) -> None:
        """Write it beside the files."""
        told = json.dumps(msgspec.to_builtins(self), indent=2, sort_keys=True)
        (folder / NAME).write_text(told + "\n")

    @classmethod
    def read(cls, folder: Path, part: str) -> "Manifest":
        """Return the manifest once every file was found as it says. Raises InvalidRequestError with one clear line."""
        try:
            found = msgspec.json.decode((folder / NAME).read_bytes(), type=cls)
        except OSError:
            message = f"{folder} holds no finished backup: it has no {NAME}"
            raise InvalidRequestError(message) from None
        except msgspec.DecodeError:
            message = f"{folder / NAME} cannot be read: it was changed, or another version made it"
            raise InvalidRequestError(message) from None
        if found.version != VERSION or found.part != part:
            message = f"{folder} is not the {part} half of a backup that this version can read"
            raise InvalidRequestError(message)
        found.check(folder)
        return found

    def check(self, folder: Path) -> None:
        """Raise InvalidRequestError where a file is missing, added or changed."""
        there = hashed(folder)
        for name in sorted({*there, *self.files}):
            if there.get(name) != self.files.get(name):
                how = "was changed" if name in self.files else "was not in it"
                how = how if name in there else "is missing"
                message = f"the backup in {folder} is damaged: {name} {how}"
                raise InvalidRequestError(message)


def hashed(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below the folder but the manifest, by its path there."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / NAME)
    return {path.relative_to(folder).as_posix(): _sha256(path) for path in files}


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
