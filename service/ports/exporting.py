"""Exports of a person's data, as the use cases need them stored (R47)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from service.policy.access import DocumentId, ExportId, KeyId, TenantId, TurnId
from service.sealing import Sealed


class Discarded(StrEnum):
    """Why an export is destroyed."""

    REMOVED = "removed"
    SOURCE_ERASED = "source_erased"
    EXPIRED = "expired"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRecord:
    """A sealed zip in the vault, under a key of its own; `subject` says under that key whose data it holds.

    It is there from `ready_at` until `expires_at`, unless something that it holds is erased, or it is removed.
    """

    id: ExportId
    tenant_id: TenantId
    subject: Sealed
    made_at: datetime
    made_by: KeyId
    expires_at: datetime
    size: int = 0
    fetches: int = 0
    ready_at: datetime | None = None
    removed_at: datetime | None = None

    def discarded(self, *, whole: bool, now: datetime, begun_before: datetime) -> Discarded | None:
        """Return why it is to go, None where it may stay; `whole` says whether everything that it holds exists."""
        if self.removed_at is not None:
            return Discarded.REMOVED
        if not whole:
            return Discarded.SOURCE_ERASED
        if self.expires_at <= now:
            return Discarded.EXPIRED
        return Discarded.UNFINISHED if self.ready_at is None and self.made_at < begun_before else None


class ExportTable(Protocol):
    """The exports of one tenant, and which documents and turns each of them holds."""

    def add(self, record: ExportRecord, *, documents: Collection[DocumentId], turns: Collection[TurnId]) -> None:
        """Insert with what it holds."""
        ...

    def get(self, export_id: ExportId) -> ExportRecord | None:
        """Return one."""
        ...

    def all(self) -> tuple[ExportRecord, ...]:
        """Return every export, oldest first."""
        ...

    def update(self, record: ExportRecord) -> None:
        """Write every column of an existing row but those of its making. Raises NotFoundError where it is gone."""
        ...

    def broken(self) -> frozenset[ExportId]:
        """Return the exports of which a document or a turn is erased: that is what makes them unreadable."""
        ...

    def discardable(self, *, now: datetime, begun_before: datetime) -> Mapping[ExportId, Discarded]:
        """Return the exports that are to be destroyed, and why."""
        ...

    def remove(self, export_ids: Collection[ExportId]) -> None:
        """Delete the rows, with what they say of documents and turns."""
        ...
