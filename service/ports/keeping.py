"""Keys and sealed originals."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from service.policy.access import DocumentId, ErasureId, ExportId, KeyId, TenantId, TurnId
from service.sealing import Key, Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsettledKeys:
    """Whose keys were made although nobody has seen yet that a row was written for them."""

    documents: tuple[DocumentId, ...] = ()
    turns: tuple[TurnId, ...] = ()


class KeyStore(Protocol):
    """One key per document, per turn, per erasure request and per actor, apart from everything else.

    Destroying a key erases every copy of what it protects.
    """

    def document_key(self, *, tenant_id: TenantId, document_id: DocumentId) -> Key:
        """Return the key. Raises KeyDestroyedError where there is none."""
        ...

    def create_document_key(self, *, tenant_id: TenantId, document_id: DocumentId) -> Key:
        """Return the document's key, made now if it never had one. Raises KeyDestroyedError after destroy."""
        ...

    def destroy_document_key(self, *, tenant_id: TenantId, document_id: DocumentId) -> None:
        """Make the key unrecoverable. Doing it twice does no harm."""
        ...

    def has_document_key(self, *, tenant_id: TenantId, document_id: DocumentId) -> bool:
        """Whether a usable key exists."""
        ...

    def turn_key(self, *, tenant_id: TenantId, turn_id: TurnId) -> Key:
        """Return the key of one turn of a conversation. Raises KeyDestroyedError where there is none."""
        ...

    def create_turn_key(self, *, tenant_id: TenantId, turn_id: TurnId) -> Key:
        """Return the turn's key, made now if it never had one. Raises KeyDestroyedError after destroy."""
        ...

    def destroy_turn_keys(self, *, tenant_id: TenantId, turn_ids: Iterable[TurnId]) -> None:
        """Make the keys unrecoverable, all or none. Doing it twice does no harm."""
        ...

    def has_turn_key(self, *, tenant_id: TenantId, turn_id: TurnId) -> bool:
        """Whether a usable key exists."""
        ...

    def unsettled(self, tenant_id: TenantId, *, made_before: datetime) -> UnsettledKeys:
        """Return whose keys were made before then and neither settled nor destroyed since."""
        ...

    def settle(self, tenant_id: TenantId, keys: UnsettledKeys) -> None:
        """Note that these have their rows. Doing it twice does no harm."""
        ...

    def request_key(self, *, tenant_id: TenantId, request_id: ErasureId) -> Key:
        """Return the key of what a person wrote in an erasure request. Raises KeyDestroyedError where there is none."""
        ...

    def create_request_key(self, *, tenant_id: TenantId, request_id: ErasureId) -> Key:
        """Return the request's key, made now if it never had one. Raises KeyDestroyedError after destroy."""
        ...

    def destroy_request_key(self, *, tenant_id: TenantId, request_id: ErasureId) -> None:
        """Make the key unrecoverable. Doing it twice does no harm."""
        ...

    def export_key(self, *, tenant_id: TenantId, export_id: ExportId) -> Key:
        """Return the key of an export of a person's data. Raises KeyDestroyedError where there is none."""
        ...

    def create_export_key(self, *, tenant_id: TenantId, export_id: ExportId) -> Key:
        """Return the export's key, made now if it never had one. Raises KeyDestroyedError after destroy."""
        ...

    def destroy_export_key(self, *, tenant_id: TenantId, export_id: ExportId) -> None:
        """Make the key unrecoverable. Doing it twice does no harm."""
        ...

    def tenant_key(self, tenant_id: TenantId) -> Key:
        """Return the tenant's key for fingerprints, made now if it never had one. KeyDestroyedError after destroy."""
        ...

    def destroy_tenant_key(self, tenant_id: TenantId) -> None:
        """Make the tenant's key and every key under it unrecoverable; none is ever made again. Twice does no harm."""
        ...

    def tenant_erased(self, tenant_id: TenantId) -> bool:
        """Whether the tenant's key was destroyed."""
        ...

    def actor_key(self, *, tenant_id: TenantId, actor: KeyId) -> Key:
        """Return the key of the actor's pseudonym, made now if it never had one. KeyDestroyedError after destroy."""
        ...

    def destroy_actor_key(self, *, tenant_id: TenantId, actor: KeyId) -> None:
        """Make the key unrecoverable, so that nobody can tell whose the pseudonym was. Twice does no harm."""
        ...


class Vault(Protocol):
    """The originals, sealed."""

    def put(self, *, tenant_id: TenantId, document_id: DocumentId, sealed: Sealed) -> None:
        """Store durably, replacing what was there."""
        ...

    def get(self, *, tenant_id: TenantId, document_id: DocumentId) -> Sealed:
        """Return what was stored. Raises NotFoundError."""
        ...

    def delete(self, *, tenant_id: TenantId, document_id: DocumentId) -> None:
        """Remove it. Doing it twice does no harm."""
        ...

    def exists(self, *, tenant_id: TenantId, document_id: DocumentId) -> bool:
        """Whether an original is stored."""
        ...

    def stored(self) -> Iterator[tuple[TenantId, DocumentId]]:
        """Yield where there are originals, of every tenant, in no order; what comes and goes meanwhile may be missed.

        Raises PartUnavailableError.
        """
        ...
