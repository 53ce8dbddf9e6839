"""The sealed originals: one object per document, in a folder or in an object store."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, from_url
from typing_extensions import override

from service.adapters.storage import refused
from service.errors import NotFoundError, PartUnavailableError, SettingsError
from service.policy.access import DocumentId, TenantId
from service.ports import Vault
from service.sealing import Sealed


def vault_at(url: str | None, folder: Path) -> Vault:
    """Return the vault at the address, or in the folder where there is none. Raises SettingsError."""
    return DirectoryVault(folder) if url is None else ObstoreVault.at(url)


class DirectoryVault(Vault):
    """A folder per tenant, a file per document; what `put` reported survives a power cut.

    obstore's own local store does not sync, so it is not used here.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @override
    def put(self, *, tenant_id: TenantId, document_id: DocumentId, sealed: Sealed) -> None:
        path = self._path(tenant_id, document_id)
        unfinished = path.with_name(f"{path.name}.{uuid4().hex}")
        with _available():
            _make(path.parent)
            try:
                _write(unfinished, sealed)
                unfinished.rename(path)
            except BaseException:
                unfinished.unlink(missing_ok=True)
                raise
            _sync(path.parent)

    @override
    def get(self, *, tenant_id: TenantId, document_id: DocumentId) -> Sealed:
        with _available(), _found():
            return Sealed(self._path(tenant_id, document_id).read_bytes())

    @override
    def delete(self, *, tenant_id: TenantId, document_id: DocumentId) -> None:
        path = self._path(tenant_id, document_id)
        with _available():
            # Also what a put that was killed half-way left behind.
            for found in (path, *path.parent.glob(f"{path.name}.*")):
                found.unlink(missing_ok=True)
            if path.parent.exists():
                _sync(path.parent)

    @override
    def exists(self, *, tenant_id: TenantId, document_id: DocumentId) -> bool:
        return self._path(tenant_id, document_id).exists()

    @override
    def stored(self) -> Iterator[tuple[TenantId, DocumentId]]:
        with _available():
            names = [f"{path.parent.name}/{path.name}" for path in self._folder.glob("*/*")]
        yield from _places(names)

    def _path(self, tenant_id: TenantId, document_id: DocumentId) -> Path:
        return self._folder / str(tenant_id) / str(document_id)


class ObstoreVault(Vault):
    """Any store that obstore knows; `tenant/document` below the prefix of its address."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @classmethod
    def at(cls, url: str) -> "ObstoreVault":
        """Return the vault at an address such as `s3://bucket/prefix`; credentials come from the store's own chain."""
        try:
            store = from_url(url, retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=30)})
        except (BaseError, ValueError):
            message = "RINGFENCE_VAULT_URL is not an address like s3://bucket/prefix"
            raise SettingsError(message) from None
        return cls(store)

    @override
    def put(self, *, tenant_id: TenantId, document_id: DocumentId, sealed: Sealed) -> None:
        with _available():
            obstore.put(self._store, _name(tenant_id, document_id), sealed)

    @override
    def get(self, *, tenant_id: TenantId, document_id: DocumentId) -> Sealed:
        with _available(), _found():
            return Sealed(obstore.get(self._store, _name(tenant_id, document_id)).bytes().to_bytes())

    @override
    def delete(self, *, tenant_id: TenantId, document_id: DocumentId) -> None:
        # A store says nothing of an object that is not there: "not found" is the bucket, so it is not suppressed.
        with _available():
            obstore.delete(self._store, _name(tenant_id, document_id))

    @override
    def exists(self, *, tenant_id: TenantId, document_id: DocumentId) -> bool:
        with _available(), suppress(FileNotFoundError):
            obstore.head(self._store, _name(tenant_id, document_id))
            return True
        return False

    @override
    def stored(self) -> Iterator[tuple[TenantId, DocumentId]]:
        pages = obstore.list(self._store)
        while True:
            with _available():
                page = next(pages, None)
            if page is None:
                return
            yield from _places(str(one["path"]) for one in page)


@contextmanager
def _available() -> Iterator[None]:
    """Raise what a file system or a store says as one of our errors, without paths and addresses."""
    try:
        yield
    except OSError as error:
        raise refused(error, store="vault") from None
    except BaseError:
        message = "The vault does not answer. Nothing was lost; try again shortly."
        raise PartUnavailableError(message) from None


@contextmanager
def _found() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise NotFoundError from None


def _places(names: Iterable[str]) -> Iterator[tuple[TenantId, DocumentId]]:
    """Yield what names say; one that is no place of an original, such as a file half written, is left out."""
    for name in names:
        tenant, _, document = name.rpartition("/")
        with suppress(ValueError):
            yield TenantId(UUID(tenant)), DocumentId(UUID(document))


def _name(tenant_id: TenantId, document_id: DocumentId) -> str:
    return f"{tenant_id}/{document_id}"


def _make(folder: Path) -> None:
    """Make a tenant's folder, and the vault around it, closed to others and there after a power cut."""
    for missing in (folder.parent, folder):
        if not missing.exists():
            missing.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sync(missing.parent)


def _write(path: Path, sealed: Sealed) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(sealed)
        file.flush()
        os.fsync(descriptor)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
