"""The twins of the key store, the vault and the signer."""

import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typing_extensions import override

from service.errors import KeyDestroyedError, NotFoundError
from service.policy.access import DocumentId, ErasureId, ExportId, KeyId, TenantId, TurnId
from service.ports import KeyStore, Signer, UnsettledKeys, Vault
from service.sealing import Key, Sealed

_Place = tuple[TenantId, DocumentId]


class InMemoryKeyStore(KeyStore):
    """Keys in a dictionary; a destroyed one is None, so that it is never made again."""

    def __init__(self, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._unsettled: dict[tuple[TenantId, UUID], tuple[datetime, bool]] = {}
        self._tenants: dict[TenantId, Key] = {}
        self.documents: dict[_Place, Key | None] = {}
        self.turns: dict[tuple[TenantId, TurnId], Key | None] = {}
        self._actors: dict[tuple[TenantId, KeyId], Key | None] = {}
        self._requests: dict[tuple[TenantId, ErasureId], Key | None] = {}
        self._exports: dict[tuple[TenantId, ExportId], Key | None] = {}
        self._erased: set[TenantId] = set()
        self._lock = threading.Lock()

    @override
    def document_key(self, *, tenant_id: TenantId, document_id: DocumentId) -> Key:
        found = self.documents.get((tenant_id, document_id))
        if found is None:
            raise KeyDestroyedError
        return found

    @override
    def create_document_key(self, *, tenant_id: TenantId, document_id: DocumentId) -> Key:
        with self._lock:
            self._refuse_erased(tenant_id)
            if (tenant_id, document_id) not in self.documents:
                self._unsettled[tenant_id, document_id] = (self._now(), True)
            key = self.documents.setdefault((tenant_id, document_id), Key.fresh())
        if key is None:
            raise KeyDestroyedError
        return key

    @override
    def destroy_document_key(self, *, tenant_id: TenantId, document_id: DocumentId) -> None:
        with self._lock:
            self.documents[tenant_id, document_id] = None
            self._unsettled.pop((tenant_id, document_id), None)

    @override
    def has_document_key(self, *, tenant_id: TenantId, document_id: DocumentId) -> bool:
        return self.documents.get((tenant_id, document_id)) is not None

    @override
    def turn_key(self, *, tenant_id: TenantId, turn_id: TurnId) -> Key:
        found = self.turns.get((tenant_id, turn_id))
        if found is None:
            raise KeyDestroyedError
        return found

    @override
    def create_turn_key(self, *, tenant_id: TenantId, turn_id: TurnId) -> Key:
        with self._lock:
            self._refuse_erased(tenant_id)
            if (tenant_id, turn_id) not in self.turns:
                self._unsettled[tenant_id, turn_id] = (self._now(), False)
            key = self.turns.setdefault((tenant_id, turn_id), Key.fresh())
        if key is None:
            raise KeyDestroyedError
        return key

    @override
    def destroy_turn_keys(self, *, tenant_id: TenantId, turn_ids: Iterable[TurnId]) -> None:
        with self._lock:
            for turn_id in turn_ids:
                self.turns[tenant_id, turn_id] = None
                self._unsettled.pop((tenant_id, turn_id), None)

    @override
    def has_turn_key(self, *, tenant_id: TenantId, turn_id: TurnId) -> bool:
        return self.turns.get((tenant_id, turn_id)) is not None

    @override
    def unsettled(self, tenant_id: TenantId, *, made_before: datetime) -> UnsettledKeys:
        with self._lock:
            found = [
                (owner, of_document)
                for (tenant, owner), (made_at, of_document) in self._unsettled.items()
                if tenant == tenant_id and made_at < made_before
            ]
        return UnsettledKeys(
            documents=tuple(DocumentId(owner) for owner, of_document in found if of_document),
            turns=tuple(TurnId(owner) for owner, of_document in found if not of_document),
        )

    @override
    def settle(self, tenant_id: TenantId, keys: UnsettledKeys) -> None:
        with self._lock:
            for owner in (*keys.documents, *keys.turns):
                self._unsettled.pop((tenant_id, owner), None)

    @override
    def request_key(self, *, tenant_id: TenantId, request_id: ErasureId) -> Key:
        found = self._requests.get((tenant_id, request_id))
        if found is None:
            raise KeyDestroyedError
        return found

    @override
    def create_request_key(self, *, tenant_id: TenantId, request_id: ErasureId) -> Key:
        with self._lock:
            self._refuse_erased(tenant_id)
            key = self._requests.setdefault((tenant_id, request_id), Key.fresh())
        if key is None:
            raise KeyDestroyedError
        return key

    @override
    def destroy_request_key(self, *, tenant_id: TenantId, request_id: ErasureId) -> None:
        with self._lock:
            self._requests[tenant_id, request_id] = None

    @override
    def export_key(self, *, tenant_id: TenantId, export_id: ExportId) -> Key:
        found = self._exports.get((tenant_id, export_id))
        if found is None:
            raise KeyDestroyedError
        return found

    @override
    def create_export_key(self, *, tenant_id: TenantId, export_id: ExportId) -> Key:
        with self._lock:
            self._refuse_erased(tenant_id)
            key = self._exports.setdefault((tenant_id, export_id), Key.fresh())
        if key is None:
            raise KeyDestroyedError
        return key

    @override
    def destroy_export_key(self, *, tenant_id: TenantId, export_id: ExportId) -> None:
        with self._lock:
            self._exports[tenant_id, export_id] = None

    @override
    def destroy_tenant_key(self, tenant_id: TenantId) -> None:
        with self._lock:
            self._erased.add(tenant_id)
            self._tenants.pop(tenant_id, None)
            for place in [place for place in self.documents if place[0] == tenant_id]:
                self.documents[place] = None
            for turn in [place for place in self.turns if place[0] == tenant_id]:
                self.turns[turn] = None
            for actor in [place for place in self._actors if place[0] == tenant_id]:
                self._actors[actor] = None
            for export in [place for place in self._exports if place[0] == tenant_id]:
                self._exports[export] = None
            for request in [place for place in self._requests if place[0] == tenant_id]:
                self._requests[request] = None
            for unsettled in [place for place in self._unsettled if place[0] == tenant_id]:
                del self._unsettled[unsettled]

    @override
    def tenant_erased(self, tenant_id: TenantId) -> bool:
        return tenant_id in self._erased

    def _refuse_erased(self, tenant_id: TenantId) -> None:
        if tenant_id in self._erased:
            raise KeyDestroyedError

    @override
    def tenant_key(self, tenant_id: TenantId) -> Key:
        with self._lock:
            self._refuse_erased(tenant_id)
            return self._tenants.setdefault(tenant_id, Key.fresh())

    @override
    def actor_key(self, *, tenant_id: TenantId, actor: KeyId) -> Key:
        with self._lock:
            self._refuse_erased(tenant_id)
            key = self._actors.setdefault((tenant_id, actor), Key.fresh())
        if key is None:
            raise KeyDestroyedError
        return key

    @override
    def destroy_actor_key(self, *, tenant_id: TenantId, actor: KeyId) -> None:
        with self._lock:
            self._actors[tenant_id, actor] = None


class InMemoryVault(Vault):
    """Originals in a dictionary."""

    def __init__(self) -> None:
        self.originals: dict[_Place, Sealed] = {}

    @override
    def put(self, *, tenant_id: TenantId, document_id: DocumentId, sealed: Sealed) -> None:
        self.originals[tenant_id, document_id] = sealed

    @override
    def get(self, *, tenant_id: TenantId, document_id: DocumentId) -> Sealed:
        found = self.originals.get((tenant_id, document_id))
        if found is None:
            raise NotFoundError
        return found

    @override
    def delete(self, *, tenant_id: TenantId, document_id: DocumentId) -> None:
        self.originals.pop((tenant_id, document_id), None)

    @override
    def exists(self, *, tenant_id: TenantId, document_id: DocumentId) -> bool:
        return (tenant_id, document_id) in self.originals

    @override
    def stored(self) -> Iterator[tuple[TenantId, DocumentId]]:
        return iter(tuple(self.originals))


class InMemorySigner(Signer):
    """A signing key that ends with the process."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()

    @property
    @override
    def public_key(self) -> bytes:
        return self._key.public_key().public_bytes_raw()

    @override
    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)
