"""The promises of ports.KeyStore, kept by the twin and by SQLite alike."""

import multiprocessing
import sqlite3
import stat
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

import pytest

from service.adapters.keystore import SqliteKeyStore, create_master_key, load_master_key
from service.adapters.memory.keeping import InMemoryKeyStore
from service.errors import DamagedError, KeyDestroyedError, PartUnavailableError, SettingsError
from service.policy.access import DocumentId, ErasureId, ExportId, KeyId, TenantId, TurnId
from service.ports import KeyStore, UnsettledKeys
from service.sealing import KEY_BYTES, Key
from tests.assembled import StoppedClock

TENANT, DOCUMENT = TenantId(uuid4()), DocumentId(uuid4())
MASTER = Key(b"m" * KEY_BYTES)


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture(params=["memory", "sqlite"])
def keys(request: pytest.FixtureRequest, tmp_path: Path, clock: StoppedClock) -> KeyStore:
    if request.param == "memory":
        return InMemoryKeyStore(now=clock.now)
    return SqliteKeyStore(tmp_path / "keys", MASTER, now=clock.now)


def test_a_document_keeps_the_key_it_was_given(keys: KeyStore) -> None:
    made = keys.create_document_key(tenant_id=TENANT, document_id=DOCUMENT)
    assert keys.create_document_key(tenant_id=TENANT, document_id=DOCUMENT) == made
    assert keys.document_key(tenant_id=TENANT, document_id=DOCUMENT) == made
    assert keys.has_document_key(tenant_id=TENANT, document_id=DOCUMENT)


def test_every_document_of_every_tenant_has_a_key_of_its_own(keys: KeyStore) -> None:
    other = TenantId(uuid4())
    made = [
        keys.create_document_key(tenant_id=TENANT, document_id=DOCUMENT).secret,
        keys.create_document_key(tenant_id=TENANT, document_id=DocumentId(uuid4())).secret,
        keys.create_document_key(tenant_id=other, document_id=DOCUMENT).secret,
        keys.tenant_key(TENANT).secret,
        keys.tenant_key(other).secret,
    ]
    assert len(set(made)) == len(made)


def test_a_document_without_a_key_has_none(keys: KeyStore) -> None:
    assert not keys.has_document_key(tenant_id=TENANT, document_id=DOCUMENT)
    with pytest.raises(KeyDestroyedError):
        keys.document_key(tenant_id=TENANT, document_id=DOCUMENT)


def test_a_key_is_unsettled_until_somebody_says_that_its_row_is_there(keys: KeyStore, clock: StoppedClock) -> None:
    """R43: whoever dies between the two leaves a key that the sweep must be able to find."""
    turn = TurnId(uuid4())
    for _ in range(2):
        keys.create_document_key(tenant_id=TENANT, document_id=DOCUMENT)
        keys.create_turn_key(tenant_id=TENANT, turn_id=turn)
    made = UnsettledKeys(documents=(DOCUMENT,), turns=(turn,))
    assert keys.unsettled(TENANT, made_before=clock.now()) == UnsettledKeys()
    clock.advance(1)
    assert keys.unsettled(TENANT, made_before=clock.now()) == made
    assert keys.unsettled(TenantId(uuid4()), made_before=clock.now()) == UnsettledKeys()
    for _ in range(2):
        keys.settle(TENANT, UnsettledKeys(turns=(turn,)))
        assert keys.unsettled(TENANT, made_before=clock.now()) == UnsettledKeys(documents=(DOCUMENT,))
    keys.create_turn_key(tenant_id=TENANT, turn_id=turn)
    clock.advance(1)
    assert keys.unsettled(TENANT, made_before=clock.now()).turns == ()


def test_a_destroyed_key_is_settled(keys: KeyStore, clock: StoppedClock) -> None:
    turn = TurnId(uuid4())
    keys.create_document_key(tenant_id=TENANT, document_id=DOCUMENT)
    keys.create_turn_key(tenant_id=TENANT, turn_id=turn)
    keys.destroy_document_key(tenant_id=TENANT, document_id=DOCUMENT)
    keys.destroy_turn_keys(tenant_id=TENANT, turn_ids=[turn])
    clock.advance(1)
    assert keys.unsettled(TENANT, made_before=clock.now()) == UnsettledKeys()


def test_a_destroyed_key_is_never_made_again(keys: KeyStore) -> None:
    """R43: a late ingestion cannot bring an erased document back."""
    keys.create_document_key(tenant_id=TENANT, document_id=DOCUMENT)
    for _ in range(2):
        keys.destroy_document_key(tenant_id=TENANT, document_id=DOCUMENT)
        assert not keys.has_document_key(tenant_id=TENANT, document_id=DOCUMENT)
        with pytest.raises(KeyDestroyedError):
            keys.document_key(tenant_id=TENANT, document_id=DOCUMENT)
        with pytest.raises(KeyDestroyedError):
            keys.create_document_key(tenant_id=TENANT, document_id=DOCUMENT)


def test_a_key_destroyed_before_it_was_made_is_never_made(keys: KeyStore) -> None:
    keys.destroy_document_key(tenant_id=TENANT, document_id=DOCUMENT)
    with pytest.raises(KeyDestroyedError):
        keys.create_document_key(tenant_id=TENANT, document_id=DOCUMENT)


def test_destroying_one_key_leaves_the_others(keys: KeyStore) -> None:
    other = DocumentId(uuid4())
    kept = keys.create_document_key(tenant_id=TENANT, document_id=other)
    tenant = keys.tenant_key(TENANT)
    keys.destroy_document_key(tenant_id=TENANT, document_id=DOCUMENT)
    assert keys.document_key(tenant_id=TENANT, document_id=other) == kept
    assert keys.tenant_key(TENANT) == tenant


def test_threads_that_ask_at_once_get_the_same_key(keys: KeyStore) -> None:
    start = threading.Barrier(8)

    def ask(document_id: DocumentId) -> bytes:
        start.wait(timeout=30)
        return keys.create_document_key(tenant_id=TENANT, document_id=document_id).secret

    with ThreadPoolExecutor(8) as pool:
        for document_id in [DocumentId(uuid4()) for _ in range(10)]:
            assert len(set(pool.map(ask, [document_id] * 8))) == 1


def test_an_actor_keeps_the_key_of_their_pseudonym_until_it_is_destroyed(keys: KeyStore) -> None:
    """R50: afterwards nobody can tell whose the pseudonym was, and no new key is made in silence."""
    actor, other = KeyId(uuid4()), KeyId(uuid4())
    made = keys.actor_key(tenant_id=TENANT, actor=actor)
    assert keys.actor_key(tenant_id=TENANT, actor=actor) == made
    kept = keys.actor_key(tenant_id=TENANT, actor=other)
    elsewhere = keys.actor_key(tenant_id=TenantId(uuid4()), actor=actor)
    assert len({made.secret, kept.secret, elsewhere.secret, keys.tenant_key(TENANT).secret}) == 4
    for _ in range(2):
        keys.destroy_actor_key(tenant_id=TENANT, actor=actor)
        with pytest.raises(KeyDestroyedError):
            keys.actor_key(tenant_id=TENANT, actor=actor)
    assert keys.actor_key(tenant_id=TENANT, actor=other) == kept


def test_threads_that_act_at_once_get_one_pseudonym(keys: KeyStore) -> None:
    start = threading.Barrier(8)

    def ask(actor: KeyId) -> bytes:
        start.wait(timeout=30)
        return keys.actor_key(tenant_id=TENANT, actor=actor).secret

    with ThreadPoolExecutor(8) as pool:
        for actor in [KeyId(uuid4()) for _ in range(10)]:
            assert len(set(pool.map(ask, [actor] * 8))) == 1


# SQLite


def _create_and_destroy(folder: Path, tenant_id: TenantId, seed: int, documents: list[UUID]) -> list[bytes]:
    """Make every document's key in an order of one's own; make and destroy one more."""
    store = SqliteKeyStore(folder, MASTER)
    order = documents[:]
    Random(seed).shuffle(order)
    made = {}
    for document in order:
        made[document] = store.create_document_key(tenant_id=tenant_id, document_id=DocumentId(document)).secret
    doomed = DocumentId(UUID(int=seed))
    store.create_document_key(tenant_id=tenant_id, document_id=doomed)
    store.destroy_document_key(tenant_id=tenant_id, document_id=doomed)
    return [made[document] for document in documents]


def test_processes_that_write_at_once_agree(tmp_path: Path) -> None:
    documents = [uuid4() for _ in range(20)]
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = [pool.submit(_create_and_destroy, tmp_path, TENANT, seed, documents) for seed in range(4)]
        results = [future.result(timeout=120) for future in futures]
    store = SqliteKeyStore(tmp_path, MASTER)
    stored = [store.document_key(tenant_id=TENANT, document_id=DocumentId(document)).secret for document in documents]
    assert results == [stored] * 4
    assert not any(
        store.has_document_key(tenant_id=TENANT, document_id=DocumentId(UUID(int=seed))) for seed in range(4)
    )


def test_keys_outlive_the_process(tmp_path: Path) -> None:
    made = SqliteKeyStore(tmp_path, MASTER).create_document_key(tenant_id=TENANT, document_id=DOCUMENT)
    assert SqliteKeyStore(tmp_path, MASTER).document_key(tenant_id=TENANT, document_id=DOCUMENT) == made


def _bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def _wrapped(folder: Path, document_id: DocumentId) -> bytes:
    with closing(sqlite3.connect(folder / "keys.sqlite")) as connection:
        row = connection.execute("select wrapped from document_keys where document_id = ?", (str(document_id),))
        return bytes(row.fetchone()[0])


def test_a_destroyed_key_leaves_no_byte_in_the_folder(tmp_path: Path) -> None:
    """R41: with enough keys that pages split and merge; the scan finds each one before its destruction."""
    store = SqliteKeyStore(tmp_path, MASTER)
    documents = [DocumentId(uuid4()) for _ in range(400)]
    for document_id in documents:
        store.create_document_key(tenant_id=TENANT, document_id=document_id)
    wrapped = {document_id: _wrapped(tmp_path, document_id) for document_id in documents}
    before = _bytes_in(tmp_path)
    assert all(value in before for value in wrapped.values())
    doomed = set(Random(7).sample(documents, 250))
    for document_id in doomed:
        store.destroy_document_key(tenant_id=TENANT, document_id=document_id)
    after = _bytes_in(tmp_path)
    # The last 16 bytes are the tag: a remainder of a value would still show.
    assert [document_id for document_id in doomed if wrapped[document_id][-16:] in after] == []
    assert [document_id for document_id in doomed if wrapped[document_id][:16] in after] == []
    kept = set(documents) - doomed
    assert all(wrapped[document_id] in after for document_id in kept)
    assert all(store.has_document_key(tenant_id=TENANT, document_id=document_id) for document_id in kept)


def test_a_destroyed_actor_key_leaves_no_byte_in_the_folder(tmp_path: Path) -> None:
    """R41, R50."""
    store, actors = SqliteKeyStore(tmp_path, MASTER), [KeyId(uuid4()) for _ in range(50)]
    for actor in actors:
        store.actor_key(tenant_id=TENANT, actor=actor)
    with closing(sqlite3.connect(tmp_path / "keys.sqlite")) as connection:
        wrapped = [bytes(row[0]) for row in connection.execute("select wrapped from actor_keys")]
    assert all(value in _bytes_in(tmp_path) for value in wrapped)
    for actor in actors:
        store.destroy_actor_key(tenant_id=TENANT, actor=actor)
    after = _bytes_in(tmp_path)
    assert [value for value in wrapped if value[:16] in after or value[-16:] in after] == []


def test_no_key_lies_in_the_folder_unwrapped(tmp_path: Path) -> None:
    """R32."""
    store = SqliteKeyStore(tmp_path, MASTER)
    made = [store.create_document_key(tenant_id=TENANT, document_id=DOCUMENT), store.tenant_key(TENANT), MASTER]
    stored = _bytes_in(tmp_path)
    assert not any(key.secret in stored for key in made)


def test_a_key_moved_to_another_document_does_not_open(tmp_path: Path) -> None:
    store = SqliteKeyStore(tmp_path, MASTER)
    store.create_document_key(tenant_id=TENANT, document_id=DOCUMENT)
    other = DocumentId(uuid4())
    with closing(sqlite3.connect(tmp_path / "keys.sqlite")) as connection:
        connection.execute("update document_keys set document_id = ?", (str(other),))
        connection.commit()
    with pytest.raises(DamagedError):
        store.document_key(tenant_id=TENANT, document_id=other)


def test_the_store_is_closed_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    SqliteKeyStore(folder, MASTER).tenant_key(TENANT)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert set(modes.values()) == {0o600}


def test_a_wrong_master_key_is_refused_in_one_line(tmp_path: Path) -> None:
    SqliteKeyStore(tmp_path, MASTER)
    with pytest.raises(SettingsError, match="master key is not the one") as raised:
        SqliteKeyStore(tmp_path, Key.fresh())
    assert "\n" not in str(raised.value)


def test_a_file_that_is_no_key_store_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "keys.sqlite").write_bytes(b"something else " * 100)
    with pytest.raises(SettingsError, match="no key store"):
        SqliteKeyStore(tmp_path, MASTER)


def test_a_store_that_is_gone_is_unavailable_not_empty(tmp_path: Path) -> None:
    """A key store made anew in silence would look as if every key had been destroyed."""
    store = SqliteKeyStore(tmp_path, MASTER)
    (tmp_path / "keys.sqlite").unlink()
    with pytest.raises(PartUnavailableError):
        store.has_document_key(tenant_id=TENANT, document_id=DOCUMENT)
    assert not (tmp_path / "keys.sqlite").exists()


# The master key


def test_a_master_key_comes_back_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    made = create_master_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_master_key(path) == made


def test_a_master_key_is_never_replaced(tmp_path: Path) -> None:
    made = create_master_key(tmp_path / "master.key")
    with pytest.raises(SettingsError, match="exists already"):
        create_master_key(tmp_path / "master.key")
    assert load_master_key(tmp_path / "master.key") == made


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_master_key_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    """R32."""
    create_master_key(tmp_path / "master.key")
    (tmp_path / "master.key").chmod(mode)
    with pytest.raises(SettingsError, match="open to others"):
        load_master_key(tmp_path / "master.key")


@pytest.mark.parametrize("length", [0, KEY_BYTES - 1, KEY_BYTES + 1])
def test_a_master_key_of_the_wrong_length_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(b"k" * length)
    path.chmod(0o600)
    with pytest.raises(SettingsError, match="32 bytes"):
        load_master_key(path)


def test_a_missing_master_key_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read") as raised:
        load_master_key(tmp_path / "absent")
    assert "\n" not in str(raised.value)


# Turns of conversations


def test_a_turn_has_a_key_of_its_own_that_is_destroyed_for_ever(keys: KeyStore) -> None:
    """R41: one turn can be destroyed, and no other, and no document."""
    turns = [TurnId(uuid4()), TurnId(uuid4()), TurnId(DOCUMENT)]
    made = [keys.create_turn_key(tenant_id=TENANT, turn_id=turn) for turn in turns]
    document = keys.create_document_key(tenant_id=TENANT, document_id=DOCUMENT)
    assert len({document.secret, *(key.secret for key in made)}) == 4
    assert keys.create_turn_key(tenant_id=TENANT, turn_id=turns[0]) == made[0]
    for _ in range(2):
        keys.destroy_turn_keys(tenant_id=TENANT, turn_ids=[turns[0], turns[2]])
    assert [keys.has_turn_key(tenant_id=TENANT, turn_id=turn) for turn in turns] == [False, True, False]
    assert keys.turn_key(tenant_id=TENANT, turn_id=turns[1]) == made[1]
    assert keys.document_key(tenant_id=TENANT, document_id=DOCUMENT) == document
    for ask in (keys.turn_key, keys.create_turn_key):
        with pytest.raises(KeyDestroyedError):
            ask(tenant_id=TENANT, turn_id=turns[0])


def test_a_turn_key_is_bound_to_its_tenant(keys: KeyStore) -> None:
    """R30."""
    turn = TurnId(uuid4())
    keys.create_turn_key(tenant_id=TENANT, turn_id=turn)
    assert not keys.has_turn_key(tenant_id=TenantId(uuid4()), turn_id=turn)


def test_a_destroyed_turn_key_leaves_no_byte_in_the_folder(tmp_path: Path) -> None:
    """R41."""
    store = SqliteKeyStore(tmp_path, MASTER)
    turns = [TurnId(uuid4()) for _ in range(50)]
    for turn in turns:
        store.create_turn_key(tenant_id=TENANT, turn_id=turn)
    with closing(sqlite3.connect(tmp_path / "keys.sqlite")) as connection:
        wrapped = [bytes(row[0]) for row in connection.execute("select wrapped from turn_keys")]
    assert all(value in _bytes_in(tmp_path) for value in wrapped)
    store.destroy_turn_keys(tenant_id=TENANT, turn_ids=turns)
    after = _bytes_in(tmp_path)
    assert not [value for value in wrapped if value[-16:] in after or value[:16] in after]


def test_a_request_keeps_its_key_until_it_ends_and_never_gets_another(keys: KeyStore) -> None:
    """R40: what a person wrote in a request can be read while it runs, and by nobody afterwards."""
    request, other = ErasureId(uuid4()), ErasureId(uuid4())
    made = keys.create_request_key(tenant_id=TENANT, request_id=request)
    kept = keys.create_request_key(tenant_id=TENANT, request_id=other)
    assert keys.create_request_key(tenant_id=TENANT, request_id=request) == made
    assert keys.request_key(tenant_id=TENANT, request_id=request) == made != kept
    for _ in range(2):
        keys.destroy_request_key(tenant_id=TENANT, request_id=request)
        with pytest.raises(KeyDestroyedError):
            keys.request_key(tenant_id=TENANT, request_id=request)
        with pytest.raises(KeyDestroyedError):
            keys.create_request_key(tenant_id=TENANT, request_id=request)
    assert keys.request_key(tenant_id=TENANT, request_id=other) == kept


def test_an_export_keeps_its_key_until_it_ends_and_never_gets_another(keys: KeyStore) -> None:
    """R47: what was exported can be read until it expires, and by nobody afterwards, wherever its bytes lie."""
    export, other = ExportId(uuid4()), ExportId(uuid4())
    made = keys.create_export_key(tenant_id=TENANT, export_id=export)
    kept = keys.create_export_key(tenant_id=TENANT, export_id=other)
    assert keys.create_export_key(tenant_id=TENANT, export_id=export) == made
    assert keys.export_key(tenant_id=TENANT, export_id=export) == made != kept
    for _ in range(2):
        keys.destroy_export_key(tenant_id=TENANT, export_id=export)
        with pytest.raises(KeyDestroyedError):
            keys.export_key(tenant_id=TENANT, export_id=export)
        with pytest.raises(KeyDestroyedError):
            keys.create_export_key(tenant_id=TENANT, export_id=export)
    assert keys.export_key(tenant_id=TENANT, export_id=other) == kept


def test_a_tenants_key_goes_with_every_key_under_it_and_none_is_made_again(keys: KeyStore) -> None:
    """R40: the end of a tenant leaves another one's keys alone."""
    tenant, other = TenantId(uuid4()), TenantId(uuid4())
    document, turn, actor, request = DocumentId(uuid4()), TurnId(uuid4()), KeyId(uuid4()), ErasureId(uuid4())
    for one in (tenant, other):
        keys.create_document_key(tenant_id=one, document_id=document)
        keys.create_turn_key(tenant_id=one, turn_id=turn)
        keys.create_request_key(tenant_id=one, request_id=request)
        keys.create_export_key(tenant_id=one, export_id=ExportId(request))
        keys.actor_key(tenant_id=one, actor=actor)
    kept = keys.tenant_key(other), keys.document_key(tenant_id=other, document_id=document)
    assert not keys.tenant_erased(tenant)
    for _ in range(2):
        keys.destroy_tenant_key(tenant)
        assert keys.tenant_erased(tenant)
        assert not keys.has_document_key(tenant_id=tenant, document_id=document)
        assert not keys.has_turn_key(tenant_id=tenant, turn_id=turn)
        asks: tuple[Callable[[], Key], ...] = (
            lambda: keys.tenant_key(tenant),
            lambda: keys.actor_key(tenant_id=tenant, actor=actor),
            lambda: keys.actor_key(tenant_id=tenant, actor=KeyId(uuid4())),
            lambda: keys.request_key(tenant_id=tenant, request_id=request),
            lambda: keys.export_key(tenant_id=tenant, export_id=ExportId(request)),
            lambda: keys.create_document_key(tenant_id=tenant, document_id=DocumentId(uuid4())),
            lambda: keys.create_turn_key(tenant_id=tenant, turn_id=TurnId(uuid4())),
        )
        for ask in asks:
            with pytest.raises(KeyDestroyedError):
                ask()
    assert kept == (keys.tenant_key(other), keys.document_key(tenant_id=other, document_id=document))
    assert not keys.tenant_erased(other)
