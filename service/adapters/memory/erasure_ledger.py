"""The twin of the erasure ledger."""

import hashlib
from collections.abc import Collection, Sequence
from uuid import UUID

from typing_extensions import override

from service.ports import ErasureLedger, LedgerEntry, LedgerHead


class InMemoryErasureLedger(ErasureLedger):
    """Lines in a list, each with the hash of itself and all before it."""

    def __init__(self) -> None:
        self._lines: list[tuple[LedgerEntry | None, str]] = []

    @override
    def begin(self) -> None:
        if not self._lines:
            self._add(None)

    @override
    def append(self, entries: Sequence[LedgerEntry]) -> None:
        self.begin()
        for entry in entries:
            if entry.subject not in self._subjects():
                self._add(entry)

    @override
    def missing(self, subjects: Collection[UUID]) -> frozenset[UUID]:
        return frozenset(subjects) - self._subjects()

    @override
    def entries(self) -> tuple[LedgerEntry, ...]:
        return tuple(entry for entry, _ in self._lines if entry is not None)

    @override
    def head(self) -> LedgerHead:
        self.begin()
        return LedgerHead(number=len(self._lines), hash=self._lines[-1][1])

    @override
    def reaches(self, head: LedgerHead) -> bool:
        return 0 < head.number <= len(self._lines) and self._lines[head.number - 1][1] == head.hash

    def _subjects(self) -> frozenset[UUID]:
        return frozenset(entry.subject for entry in self.entries())

    def _add(self, entry: LedgerEntry | None) -> None:
        before = self._lines[-1][1] if self._lines else ""
        self._lines.append((entry, hashlib.sha256(f"{before}{entry}".encode()).hexdigest()))
