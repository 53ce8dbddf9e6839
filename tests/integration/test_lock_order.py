"""On a real PostgreSQL, whoever locks several documents locks them by id: no two wait for each other (R43)."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from service.adapters.database import SqlDatabase
from service.adapters.memory.keeping import InMemoryKeyStore
from service.policy.access import DocumentId, Principal
from service.policy.retention import RetentionRule
from tests.assembled import World, a_world
from tests.records import a_document
from tests.servers.postgres import PostgresDatabase, migrated_database, postgres

__all__ = ["migrated_database", "postgres"]

PATIENCE = 60


@pytest.fixture
def world(migrated_database: PostgresDatabase) -> Iterator[World]:
    keys = InMemoryKeyStore()
    database = SqlDatabase(migrated_database.app_url, keys=keys)
    yield a_world(database=database, keys=keys)
    database.close()


def expire(world: World, who: Principal) -> object:
    return world.product.expiry.run_for(who.tenant_id)


def sweep(world: World, _: Principal) -> object:
    return world.product.jobs.sweep()


def wait_for_a_lock(world: World, who: Principal, call: Future[object]) -> None:
    """Return when the call stands before a lock of PostgreSQL."""
    limit = time.monotonic() + PATIENCE
    while True:
        assert not call.done()
        assert time.monotonic() < limit
        with world.database.transaction(who.tenant_id) as transaction:
            waiting = transaction.holds._session.number(  # type: ignore[attr-defined] # noqa: SLF001 - asks the server itself
                text("select count(*) from pg_locks where not granted")
            )
        if waiting:
            return
        time.sleep(0.01)


@pytest.mark.parametrize(("work", "lower"), [(expire, 1), (sweep, 3)], ids=["expire", "sweep"])
def test_what_destroys_many_waits_for_the_lowest_id_and_holds_no_other(
    world: World, work: Callable[[World, Principal], object], lower: int
) -> None:
    """An export, and a turn that is kept, lock by id: the older document has the higher one here."""
    who, _ = world.person(work.__name__)
    low, high = DocumentId(UUID(int=lower)), DocumentId(UUID(int=lower + 1))
    with world.database.transaction(who.tenant_id) as transaction:
        for age, document_id in enumerate((low, high), start=10):
            handed_in = world.clock.now() - timedelta(days=age)
            record = a_document(who.tenant_id)
            transaction.documents.add(replace(record, id=document_id, created_at=handed_in, external_fingerprint=None))
    world.product.retention.set(who, [RetentionRule(category=None, keep_days=1)])
    world.product.retention.preview(who, limit=10)
    world.product.retention.approve(who, 1)
    with ThreadPoolExecutor(1) as pool:
        with world.database.transaction(who.tenant_id) as transaction:
            transaction.documents.get(low, lock=True)
            working: Future[object] = pool.submit(work, world, who)
            wait_for_a_lock(world, who, working)
            # Where the work held this one, both would wait for ever, and the server would end one of them.
            assert transaction.documents.get(high, lock=True) is not None
        working.result(PATIENCE)
    with world.database.transaction(who.tenant_id) as transaction:
        assert {one.document_id for one in transaction.tombstones.all()} == {low, high}
