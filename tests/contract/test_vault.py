"""The promises of ports.Vault, kept by the twin, a folder and object stores alike."""

import stat
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from obstore.store import MemoryStore

from service.adapters.memory.keeping import InMemoryVault
from service.adapters.vault import DirectoryVault, ObstoreVault, vault_at
from service.errors import NotFoundError, PartUnavailableError, SettingsError
from service.policy.access import DocumentId, TenantId
from service.ports import Vault
from service.sealing import Sealed
from tests.servers.s3 import S3StandIn, s3

__all__ = ["s3"]

TENANT, DOCUMENT = TenantId(uuid4()), DocumentId(uuid4())
SEALED = Sealed(bytes(range(256)) * 5_000)


@pytest.fixture(params=["memory", "folder", "object store", "s3"])
def vault(request: pytest.FixtureRequest, tmp_path: Path) -> Vault:
    made: dict[str, Callable[[], Vault]] = {
        "memory": InMemoryVault,
        "folder": lambda: DirectoryVault(tmp_path / "deep" / "vault"),
        "object store": lambda: ObstoreVault(MemoryStore()),
        "s3": lambda: ObstoreVault.at(request.getfixturevalue("s3").url),
    }
    return made[request.param]()


def test_an_original_comes_back_as_it_was_stored(vault: Vault) -> None:
    vault.put(tenant_id=TENANT, document_id=DOCUMENT, sealed=SEALED)
    assert vault.get(tenant_id=TENANT, document_id=DOCUMENT) == SEALED
    assert vault.exists(tenant_id=TENANT, document_id=DOCUMENT)


def test_an_original_stored_again_replaces_the_first(vault: Vault) -> None:
    vault.put(tenant_id=TENANT, document_id=DOCUMENT, sealed=SEALED)
    vault.put(tenant_id=TENANT, document_id=DOCUMENT, sealed=Sealed(b"second"))
    assert vault.get(tenant_id=TENANT, document_id=DOCUMENT) == b"second"


def test_it_tells_where_there_are_originals(vault: Vault) -> None:
    """R44: a backup takes them all, of every tenant."""
    places = {(TENANT, DOCUMENT), (TENANT, DocumentId(uuid4())), (TenantId(uuid4()), DocumentId(uuid4()))}
    before = set(vault.stored())
    for tenant, document in places:
        vault.put(tenant_id=tenant, document_id=document, sealed=Sealed(b"sealed"))
    assert set(vault.stored()) == before | places
    vault.delete(tenant_id=TENANT, document_id=DOCUMENT)
    assert set(vault.stored()) == (before | places) - {(TENANT, DOCUMENT)}


def test_an_original_belongs_to_its_tenant_and_document(vault: Vault) -> None:
    """R30."""
    vault.put(tenant_id=TENANT, document_id=DOCUMENT, sealed=SEALED)
    for tenant_id, document_id in ((TenantId(uuid4()), DOCUMENT), (TENANT, DocumentId(uuid4()))):
        assert not vault.exists(tenant_id=tenant_id, document_id=document_id)
        with pytest.raises(NotFoundError):
            vault.get(tenant_id=tenant_id, document_id=document_id)
        vault.delete(tenant_id=tenant_id, document_id=document_id)
    assert vault.exists(tenant_id=TENANT, document_id=DOCUMENT)


def test_a_deleted_original_is_gone_and_deleting_twice_does_no_harm(vault: Vault) -> None:
    """R41."""
    vault.put(tenant_id=TENANT, document_id=DOCUMENT, sealed=SEALED)
    for _ in range(2):
        vault.delete(tenant_id=TENANT, document_id=DOCUMENT)
        assert not vault.exists(tenant_id=TENANT, document_id=DOCUMENT)
        with pytest.raises(NotFoundError):
            vault.get(tenant_id=TENANT, document_id=DOCUMENT)


def test_an_original_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "vault"
    DirectoryVault(folder).put(tenant_id=TENANT, document_id=DOCUMENT, sealed=SEALED)
    modes = {path.is_dir(): stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
    assert modes == {True: 0o700, False: 0o600}


def test_deleting_takes_what_an_interrupted_put_left_behind(tmp_path: Path) -> None:
    """R41: a killed process may leave the sealed bytes under an unfinished name."""
    vault = DirectoryVault(tmp_path)
    vault.put(tenant_id=TENANT, document_id=DOCUMENT, sealed=SEALED)
    (tmp_path / str(TENANT) / f"{DOCUMENT}.unfinished").write_bytes(SEALED)
    vault.delete(tenant_id=TENANT, document_id=DOCUMENT)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_folder_that_cannot_be_written_is_unavailable_and_not_named(tmp_path: Path) -> None:
    (tmp_path / "vault").write_text("a file where the folder should be")
    with pytest.raises(PartUnavailableError) as raised:
        DirectoryVault(tmp_path / "vault").put(tenant_id=TENANT, document_id=DOCUMENT, sealed=SEALED)
    assert str(tmp_path) not in str(raised.value)


def test_a_store_that_keeps_what_it_should_delete_is_not_believed(s3: S3StandIn) -> None:
    """R42: an S3 bucket answers 200 and refuses inside; that is no deletion."""
    vault = ObstoreVault.at(s3.url)
    vault.put(tenant_id=TENANT, document_id=DOCUMENT, sealed=SEALED)
    s3.refuses_deletion = True
    with pytest.raises(PartUnavailableError):
        vault.delete(tenant_id=TENANT, document_id=DOCUMENT)
    assert vault.exists(tenant_id=TENANT, document_id=DOCUMENT)


def test_originals_lie_below_the_prefix_of_the_address(s3: S3StandIn) -> None:
    ObstoreVault.at(s3.url).put(tenant_id=TENANT, document_id=DOCUMENT, sealed=SEALED)
    assert s3.objects == {f"ringfence/{TENANT}/{DOCUMENT}": SEALED}


@pytest.mark.usefixtures("s3")
def test_a_bucket_that_is_not_there_is_unavailable() -> None:
    vault = ObstoreVault.at("s3://elsewhere/ringfence")
    with pytest.raises(PartUnavailableError):
        vault.put(tenant_id=TENANT, document_id=DOCUMENT, sealed=SEALED)
    with pytest.raises(PartUnavailableError):
        vault.delete(tenant_id=TENANT, document_id=DOCUMENT)


def test_the_address_chooses_the_vault(tmp_path: Path) -> None:
    assert isinstance(vault_at(None, tmp_path), DirectoryVault)
    assert isinstance(vault_at("s3://bucket/prefix", tmp_path), ObstoreVault)
    with pytest.raises(SettingsError, match="RINGFENCE_VAULT_URL"):
        vault_at("no address", tmp_path)
