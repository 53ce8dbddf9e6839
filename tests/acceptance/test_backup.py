"""Backup, erase, restore with the command line, on a knowledge base of its own: what was erased stays erased (R44)."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import make_url

from service.adapters.keystore import SqliteKeyStore, load_master_key
from service.adapters.vault import DirectoryVault
from service.errors import ConflictError, DamagedError, KeyDestroyedError
from service.places import chunk_place, original_place, title_place
from service.policy.access import DocumentId, TenantId
from service.sealing import Sealed
from tests.acceptance.stack import Stack, finished, hand_in
from tests.servers.postgres import PostgresServer, postgres

__all__ = ["postgres"]

GONE = "The heron pavilion behind the boathouse is let to Marigold Quist until the first of October."
KEPT = "The canteen serves lentil soup on Thursdays and asks nobody for money."
QUESTION = "To whom is the heron pavilion let?"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def stacks() -> Iterator[list[Stack]]:
    """Stop whatever was started."""
    made: list[Stack] = []
    yield made
    for stack in made:
        stack.kill_all()


def test_backup_erase_restore(home: Path, stacks: list[Stack], postgres: PostgresServer) -> None:
    first = _started(stacks, home / "first", home / "ledger")
    first.command("tenants", "add", "acme")
    with first.client("acme") as client:
        gone, kept = hand_in(client, GONE, external_id="crm-heron"), hand_in(client, KEPT)
        for one in (gone, kept):
            first.wait_until(lambda one=one: finished(client, one["job"]["id"]) is not None, seconds=60)  # type: ignore[misc]
        client.call("POST", "/v1/answers", json={"question": QUESTION, "conversation": "new"})
    document = gone["document"]["id"]

    first.command("backup", str(home / "b1"), "--keys", str(home / "k1"))
    assert not (home / "b1" / "ledger").exists()
    with first.client("acme") as client:
        job = client.call("DELETE", f"/v1/documents/{document}")["id"]
        first.wait_until(lambda: finished(client, job) is not None, seconds=60)
    assert first.stop() == 0
    first.command("backup", str(home / "b2"), "--keys", str(home / "k2"))  # with nothing running
    assert len((home / "ledger" / "erasures.jsonl").read_text().splitlines()) == 3  # begun, the document, the turn

    _old_keys_open_the_old_dump_and_present_ones_do_not(home, document, postgres)

    second = Stack(home / "second", RINGFENCE_LEDGER=str(home / "ledger"))
    stacks.append(second)
    told = json.loads(second.command("restore", str(home / "b1"), "--keys", str(home / "k1"), "--json"))
    assert (told["documents"], told["revived"], told["turns"], told["indexed"]) == (1, 1, 1, 1)
    second.start()
    with second.client("acme") as client:
        assert [one["id"] for one in client.call("GET", "/v1/documents")["documents"]] == [kept["document"]["id"]]
        hits = client.call("POST", "/v1/search", json={"question": KEPT})["hits"]
        assert [one["document_id"] for one in hits] == [kept["document"]["id"]]
        assert "Marigold" not in json.dumps(client.call("POST", "/v1/answers", json={"question": QUESTION}))
        (conversation,) = client.call("GET", "/v1/conversations")["conversations"]
        assert client.call("GET", f"/v1/conversations/{conversation['id']}")["turns"] == []
        with pytest.raises(ConflictError, match="erased on request"):
            hand_in(client, GONE)
        with pytest.raises(ConflictError, match="erased on request"):
            hand_in(client, "Something else.", external_id="crm-heron")
    assert second.remains("acme", document).nothing


def _started(stacks: list[Stack], path: Path, ledger: Path) -> Stack:
    stack = Stack(path, RINGFENCE_LEDGER=str(ledger))
    stacks.append(stack)
    stack.command("init")
    stack.start()
    return stack


def _old_keys_open_the_old_dump_and_present_ones_do_not(home: Path, document: str, server: PostgresServer) -> None:
    """Load the old dump beside everything, and try each ciphertext of the erased document with both sets of keys."""
    sealed = list(_sealed(home / "b1", document, server))
    assert len(sealed) >= 4  # title, file name, a chunk, the original
    tenant = TenantId(UUID(next((home / "b1" / "vault").iterdir()).name))
    old, present = _keys(home / "k1"), _keys(home / "first" / "keys")
    key = old.document_key(tenant_id=tenant, document_id=DocumentId(UUID(document)))
    assert any(b"Marigold" in key.open(value, place=place) for place, value in sealed)
    for place, value in sealed:
        assert key.open(value, place=place)
    with pytest.raises(KeyDestroyedError):
        present.document_key(tenant_id=tenant, document_id=DocumentId(UUID(document)))
    for place, value in sealed:
        with pytest.raises(DamagedError):
            present.tenant_key(tenant).open(value, place=place)
    for folder in (home / "first" / "keys", home / "k2"):
        assert not _holds(folder, _wrapped(home / "k1", document)), "the wrapped key of the erased document is left"


def _sealed(backup: Path, document: str, server: PostgresServer) -> Iterator[tuple[str, Sealed]]:
    """Yield every ciphertext of the document that a backup holds, and its place."""
    from service.adapters.database.dumping import PostgresDump  # noqa: PLC0415 - of this step alone

    with psycopg.connect(host=str(server.folder), user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute("create database old_dump")
    url = server.url("old_dump")
    PostgresDump(owner_url=url).load(backup / "database.dump")
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as connection:
        tenant, title, name = connection.execute(  # type: ignore[misc]
            "select tenant_id, title, file_name from documents where id = %s", [document]
        ).fetchone()
        chunks = connection.execute("select ordinal, text from chunks where document_id = %s", [document]).fetchall()
    tenant_id, document_id = TenantId(tenant), DocumentId(UUID(document))
    yield title_place(tenant_id, document_id), Sealed(title)
    yield f"{tenant_id}|{document_id}|file_name", Sealed(name)
    for ordinal, text in chunks:
        yield chunk_place(tenant_id, document_id, ordinal), Sealed(text)
    vault = DirectoryVault(backup / "vault")
    yield original_place(tenant_id, document_id), vault.get(tenant_id=tenant_id, document_id=document_id)


def _keys(folder: Path) -> SqliteKeyStore:
    return SqliteKeyStore(folder, load_master_key(folder / "master.key"))


def _wrapped(folder: Path, document: str) -> bytes:
    import sqlite3  # noqa: PLC0415 - read as a stranger would

    with sqlite3.connect(folder / "keys.sqlite") as connection:
        (wrapped,) = connection.execute(
            "select wrapped from document_keys where document_id = ?", [document]
        ).fetchone()
    return bytes(wrapped)


def _holds(folder: Path, needle: bytes) -> bool:
    return any(needle in path.read_bytes() for path in folder.rglob("*") if path.is_file())
