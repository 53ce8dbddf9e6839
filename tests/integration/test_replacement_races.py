"""On a real PostgreSQL: who replaces a document at the moment of its erasure does not bring it back (R43, R44)."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from service.adapters.database import SqlDatabase
from service.adapters.memory.keeping import InMemoryKeyStore
from service.documents import Upload
from service.errors import RefusedError
from service.policy.access import Principal
from tests.assembled import World, a_world
from tests.servers.postgres import PostgresDatabase, migrated_database, postgres

__all__ = ["migrated_database", "postgres"]

PATIENCE = 60
REPLACEMENT = Upload(content=b"Visitors park in the yard.", file_name="note.txt", external_id="crm/7")


@pytest.fixture
def world(migrated_database: PostgresDatabase) -> Iterator[World]:
    keys = InMemoryKeyStore()
    database = SqlDatabase(migrated_database.app_url, keys=keys)
    yield a_world(database=database, keys=keys)
    database.close()


def wait_for_a_lock(world: World, who: Principal, call: Future[object]) -> None:
    """Return when the call stands before a lock of PostgreSQL; what it would wait for is ours to let go."""
    limit = time.monotonic() + PATIENCE
    while not call.done():
        assert time.monotonic() < limit
        with world.database.transaction(who.tenant_id) as transaction:
            waiting = transaction.holds._session.connection.exec_driver_sql(  # type: ignore[attr-defined] # noqa: SLF001 - asks the server itself
                "select count(*) from pg_locks where not granted"
            ).scalar_one()
        if waiting:
            return
        time.sleep(0.01)


@pytest.mark.parametrize("refuse", [True, False], ids=["erased", "swept"])
def test_a_replacement_that_read_the_document_just_before_its_erasure_is_no_replacement(
    world: World, *, refuse: bool
) -> None:
    who, _ = world.person("acme" + ("-erased" if refuse else "-swept"))
    document = world.uploaded(who, "Visitors park in the garage.", external_id="crm/7")
    with ThreadPoolExecutor(1) as pool:
        with world.database.transaction(who.tenant_id) as transaction:
            record = transaction.documents.get(document.id, lock=True)
            assert record is not None
            uploading: Future[object] = pool.submit(world.product.documents.register, who, REPLACEMENT)
            wait_for_a_lock(world, who, uploading)
            world.product.erasure.entomb(transaction, record, by=who.key_id, refuse=refuse)
        if refuse:
            with pytest.raises(RefusedError) as refused:
                uploading.result(PATIENCE)
            assert refused.value.erased == document.id
        else:
            uploading.result(PATIENCE)  # nobody asked for an erasure: it is a new document
    with world.database.transaction(who.tenant_id) as transaction:
        erased = transaction.audit.page(limit=10, action="document_erased")
        live = transaction.documents.handed_in_until(world.clock.now(), limit=10)
    assert [one.subject for one in erased] == [document.id]
    assert len(live) == (0 if refuse else 1)
