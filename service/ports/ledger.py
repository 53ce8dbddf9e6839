"""The erasure ledger: what was erased, kept outside every dump, so that a restored dump can be held to it (R44)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from service.policy.access import DocumentId, ErasureId, KeyId, TenantId, TurnId
from service.ports.refusing import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedDocument:
    """A document that is erased; with a refusal where it is not to be taken in again."""

    tenant_id: TenantId
    document_id: DocumentId
    chunk_count: int
    erased_at: datetime
    erased_by: KeyId | None
    refusal: Refusal | None

    @property
    def subject(self) -> UUID:
        """The id of what was erased."""
        return self.document_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedTurn:
    """A turn of a conversation that is erased: forgotten by a person, or made from an erased document."""

    tenant_id: TenantId
    turn_id: TurnId
    erased_at: datetime

    @property
    def subject(self) -> UUID:
        """The id of what was erased."""
        return self.turn_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedActor:
    """An API key whose pseudonym in the audit nobody can resolve any more."""

    tenant_id: TenantId
    actor: KeyId
    erased_at: datetime

    @property
    def subject(self) -> UUID:
        """The id of what was erased."""
        return self.actor


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedTenant:
    """A tenant whose key is destroyed, and with it every other of its keys."""

    tenant_id: TenantId
    erased_at: datetime

    @property
    def subject(self) -> UUID:
        """The id of what was erased."""
        return self.tenant_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedRequest:
    """An erasure request that has ended: what a person wrote in it, and about whom, is unreadable."""

    tenant_id: TenantId
    request_id: ErasureId
    erased_at: datetime

    @property
    def subject(self) -> UUID:
        """The id of what was erased."""
        return self.request_id


LedgerEntry = ErasedDocument | ErasedTurn | ErasedActor | ErasedRequest | ErasedTenant


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerHead:
    """How far the ledger had got: the number of its newest line and the hash that covers it and all before it."""

    number: int
    hash: str


class ErasureLedger(Protocol):
    """Append-only lines of ids, times and keyed hashes. Whatever a method reports as done survives a power cut."""

    def begin(self) -> None:
        """Make an empty ledger where there never was one. Raises LedgerDamagedError where there was and it is gone."""
        ...

    def append(self, entries: Sequence[LedgerEntry]) -> None:
        """Add what is not in it yet, in this order; twice does no harm.

        Raises PartUnavailableError where it cannot be written, LedgerDamagedError where it was cut or changed.
        """
        ...

    def missing(self, subjects: Collection[UUID]) -> frozenset[UUID]:
        """Return which of these ids have no line. Raises as `append` does."""
        ...

    def entries(self) -> tuple[LedgerEntry, ...]:
        """Return everything, oldest first, all of it checked. Raises LedgerDamagedError."""
        ...

    def head(self) -> LedgerHead:
        """Return how far it has got. Raises LedgerDamagedError."""
        ...

    def reaches(self, head: LedgerHead) -> bool:
        """Whether it goes on from there: it holds that very line. Raises LedgerDamagedError."""
        ...
