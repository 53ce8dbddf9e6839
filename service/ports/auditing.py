"""The audit log as stores keep it: entries, leaves of the hash tree, signed checkpoints, and who signs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NewType, Protocol
from uuid import UUID

from service.policy.access import TenantId
from service.ports.records import AuditEntry
from service.sealing import Sealed

Pseudonym = NewType("Pseudonym", str)
"""Who acted, as a keyed hash (hex) of the API key's id: without the actor's key nobody can tell whose it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """An entry as it is kept. `number` is its place in the order of insertion; a rollback leaves a gap there.

    `leaf_hash` was computed over all the rest when the entry was written.
    """

    number: int
    id: UUID
    tenant_id: TenantId
    at: datetime
    actor: Pseudonym | None
    action: str
    subject: UUID | None
    facts: Mapping[str, object]
    personal: Sealed | None = None
    leaf_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLeaf:
    """Which entry is leaf `leaf_index` (from 0, without gaps) of the tenant's tree."""

    tenant_id: TenantId
    leaf_index: int
    entry_number: int
    leaf_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditCheckpoint:
    """A signed statement: at this time the tenant's tree had this many leaves and this root.

    `peaks` are the roots of its perfect subtrees, one after the other: the root follows from them.
    """

    tenant_id: TenantId
    size: int
    root: bytes
    at: datetime
    signature: bytes
    key_id: str
    peaks: bytes


class AuditTable(Protocol):
    """Append only: the database itself refuses updates and deletions of entries, leaves and checkpoints."""

    def append(self, entry: AuditEntry) -> None:
        """Add an entry, its actor as a pseudonym. Holds no lock that another append waits for."""
        ...

    def page(
        self, *, limit: int, action: str | None = None, subject: UUID | None = None, after: UUID | None = None
    ) -> tuple[AuditRecord, ...]:
        """Return entries, newest first, after the one with this id. Raises NotFoundError where that is absent."""
        ...

    def between(self, *, since: datetime, until: datetime, actions: Collection[str]) -> tuple[AuditRecord, ...]:
        """Return entries of these actions with `since` <= at < `until`, oldest first."""
        ...

    def lock(self) -> None:
        """Be the only one who sequences this tenant's entries until the transaction ends; wait for that."""
        ...

    def unsequenced(self, *, limit: int) -> tuple[tuple[int, bytes], ...]:
        """Return number and leaf hash of committed entries that are no leaf yet, in the order of their numbers."""
        ...

    def unsequenced_since(self) -> datetime | None:
        """Return when the oldest committed entry that is no leaf yet was written, None where every entry is one."""
        ...

    def seal(self, leaves: Sequence[AuditLeaf], checkpoint: AuditCheckpoint) -> None:
        """Add leaves and the checkpoint over them. Raises ConflictError where one is there already."""
        ...

    def checkpoint(self, *, size: int | None = None) -> AuditCheckpoint | None:
        """Return the checkpoint over this many leaves, or the newest."""
        ...

    def leaf_hashes(self, *, size: int) -> tuple[bytes, ...]:
        """Return the hashes of the first `size` leaves, in order."""
        ...

    def sequenced(self, *, start: int, stop: int) -> tuple[tuple[AuditLeaf, AuditRecord | None], ...]:
        """Return leaves from `start` up to `stop` (left out) with their entries, None where one is not there."""
        ...

    def leaf_of(self, entry_id: UUID) -> AuditLeaf | None:
        """Return the leaf of an entry, None where it has none yet."""
        ...


class Signer(Protocol):
    """Signs checkpoints (Ed25519, RFC 8032)."""

    @property
    def public_key(self) -> bytes:
        """The 32 bytes with which anybody can check a signature."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the signature, 64 bytes."""
        ...
