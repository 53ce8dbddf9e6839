"""Appends to the ledger's file under a lock, and never trusts a line that it has not checked."""

import fcntl
import os
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from typing_extensions import override

from service.adapters.erasure_ledger.head import HeadNote
from service.adapters.erasure_ledger.lines import NOTHING_BEFORE, Line, check_signature, read, spelled
from service.adapters.storage import refused
from service.errors import LedgerDamagedError
from service.ports import ErasureLedger, LedgerEntry, LedgerHead, Signer

FILE = "erasures.jsonl"


@dataclass(slots=True)
class _Known:
    """What was read and checked so far; `size` bytes of the file."""

    size: int = 0
    hashes: list[str] = field(default_factory=list)
    entries: list[LedgerEntry] = field(default_factory=list)
    subjects: set[UUID] = field(default_factory=set)
    signed: Line | None = None

    @property
    def last(self) -> str:
        """The hash of the newest line."""
        return self.hashes[-1] if self.hashes else NOTHING_BEFORE

    def add(self, line: Line, size: int) -> None:
        """Go on by one line."""
        self.size += size
        self.hashes.append(line.hash)
        self.signed = line
        if line.entry is not None:
            self.entries.append(line.entry)
            self.subjects.add(line.entry.subject)


class FileErasureLedger(ErasureLedger):
    """One file for every process; a lock on it lets them take turns. `note` lies elsewhere and finds a cut end.

    Each process reads a line once. The file being read again from its start is what `entries` does.
    """

    def __init__(self, folder: Path, *, note: HeadNote, signer: Signer) -> None:
        self._folder = folder
        self._path = folder / FILE
        self._note = note
        self._signer = signer
        self._known = _Known()
        self._turn = threading.Lock()

    @override
    def begin(self) -> None:
        self.append(())

    @override
    def append(self, entries: Sequence[LedgerEntry]) -> None:
        with self._held() as file:
            self._catch_up(file)
            fresh = {entry.subject: entry for entry in reversed(entries) if entry.subject not in self._known.subjects}
            new: list[LedgerEntry | None] = [] if self._known.hashes else [None]
            new += reversed(fresh.values())
            if new:
                self._write(file, new)

    @override
    def missing(self, subjects: Collection[UUID]) -> frozenset[UUID]:
        with self._held() as file:
            self._catch_up(file)
            return frozenset(subjects) - self._known.subjects

    @override
    def entries(self) -> tuple[LedgerEntry, ...]:
        with self._held() as file:
            self._known = _Known()
            self._catch_up(file, every=True)
            return tuple(self._known.entries)

    @override
    def head(self) -> LedgerHead:
        self.begin()
        with self._held() as file:
            self._catch_up(file)
            return LedgerHead(number=len(self._known.hashes), hash=self._known.last)

    @override
    def reaches(self, head: LedgerHead) -> bool:
        with self._held() as file:
            self._catch_up(file)
            hashes = self._known.hashes
            return 0 < head.number <= len(hashes) and hashes[head.number - 1] == head.hash

    def _catch_up(self, file: BinaryIO, *, every: bool = False) -> None:
        """Read and check what others appended; a last line without its end was never reported as done.

        The last signature covers all lines; `every` checks the others, too, which takes a while.
        """
        known = self._known
        if os.fstat(file.fileno()).st_size < known.size:
            raise LedgerDamagedError
        file.seek(known.size)
        for line in file:
            if not line.endswith(b"\n"):
                break
            known.add(read(line, number=len(known.hashes) + 1, before=known.last), len(line))
            if every and known.signed is not None:
                check_signature(known.signed, self._signer.public_key)
        if known.signed is not None:
            check_signature(known.signed, self._signer.public_key)
        noted = self._note.read()
        if noted is not None and known.hashes[noted.number - 1 : noted.number] != [noted.hash]:
            message = "The erasure ledger was cut: its note beside the keys knows of a line that is gone."
            raise LedgerDamagedError(message)

    def _write(self, file: BinaryIO, entries: Sequence[LedgerEntry | None]) -> None:
        known, lines = self._known, []
        number, before = len(known.hashes), known.last
        for entry in entries:
            number += 1
            line, before = spelled(entry, number=number, before=before, signer=self._signer)
            lines.append(line)
        file.truncate(known.size)  # an end that was torn off while it was written
        file.seek(known.size)
        file.write(b"".join(lines))
        file.flush()
        os.fsync(file.fileno())
        self._note.write(LedgerHead(number=number, hash=before))
        file.seek(known.size)
        for line in lines:
            known.add(read(line, number=len(known.hashes) + 1, before=known.last), len(line))

    @contextmanager
    def _held(self) -> Iterator[BinaryIO]:
        """Open the file and keep every other process and thread out of it."""
        with self._turn:
            try:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
                with os.fdopen(descriptor, "r+b") as file:
                    fcntl.flock(file, fcntl.LOCK_EX)
                    yield file
            except OSError as error:
                raise refused(error, store="ledger") from None
