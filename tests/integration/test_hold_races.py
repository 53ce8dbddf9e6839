"""On a real PostgreSQL, placing a hold and erasing never both win, whichever of them is first (R45, R43)."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from service.adapters.database import SqlDatabase
from service.adapters.memory.keeping import InMemoryKeyStore
from service.documents import DocumentView
from service.erasure.requests import Asked
from service.errors import HeldError, NotFoundError
from service.holding import Cover
from service.policy.access import Principal
from service.policy.erasures import ErasureKind, ErasureReason, ErasureState
from tests.assembled import World, a_world
from tests.servers.postgres import PostgresDatabase, migrated_database, postgres

__all__ = ["migrated_database", "postgres"]

TEXT = "Visitors park in the garage."
PATIENCE = 60
COVERS: dict[str, Callable[[DocumentView], Cover]] = {
    "listed": lambda document: Cover(documents=frozenset({document.id})),
    "group": lambda document: Cover(groups=frozenset(document.groups)),
    "tenant": lambda _: Cover(whole_tenant=True),
}


@pytest.fixture
def world(migrated_database: PostgresDatabase) -> Iterator[World]:
    keys = InMemoryKeyStore()
    database = SqlDatabase(migrated_database.app_url, keys=keys)
    yield a_world(database=database, keys=keys)
    database.close()


def a_person(world: World, request: pytest.FixtureRequest) -> Principal:
    """Return a person of a tenant of this test's own."""
    return world.person(f"t-{abs(hash(request.node.nodeid))}")[0]


@contextmanager
def in_thread(call: Callable[[], object]) -> Iterator[Future[object]]:
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(call)


def waits_for_a_lock(world: World, who: Principal, call: Future[object]) -> None:
    """Return when the other transaction stands before a lock of PostgreSQL, or is done."""
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit and not call.done():
        with world.database.transaction(who.tenant_id) as transaction:
            waiting = transaction.holds._session.connection.exec_driver_sql(  # type: ignore[attr-defined] # noqa: SLF001 - asks the server itself
                "select count(*) from pg_locks where not granted"
            ).scalar_one()
        if waiting:
            return
        time.sleep(0.01)


@pytest.mark.parametrize("cover", sorted(COVERS))
def test_a_hold_that_is_being_placed_makes_an_erasure_wait_and_lose(
    world: World, request: pytest.FixtureRequest, cover: str
) -> None:
    who = a_person(world, request)
    document = world.uploaded(who, TEXT, groups=frozenset({"hr"}))
    reached, go_on = threading.Event(), threading.Event()

    def place() -> object:
        with world.database.transaction(who.tenant_id) as transaction:
            transaction.holds.lock()
            reached.set()
            assert go_on.wait(PATIENCE)
            matter = world.product.holds._sealed(who, "Doe", None, COVERS[cover](document))  # noqa: SLF001 - stopped half-way
            transaction.holds.add(matter)
            transaction.holds.cover(matter.id, COVERS[cover](document).documents, at=world.clock.now(), by=who.key_id)
            return matter.id

    with in_thread(place) as placing:
        assert reached.wait(PATIENCE)
        with in_thread(lambda: world.product.erasure.request(who, document.id)) as erasing:
            waits_for_a_lock(world, who, erasing)
            assert not erasing.done()
            go_on.set()
            with pytest.raises(HeldError) as refused:
                erasing.result(PATIENCE)
        assert refused.value.matters == (placing.result(PATIENCE),)
    assert world.product.documents.get(who, document.id).id == document.id


def test_an_erasure_that_is_under_way_makes_a_hold_wait_and_find_nothing(
    world: World, request: pytest.FixtureRequest
) -> None:
    who = a_person(world, request)
    document = world.uploaded(who, TEXT)
    reached, go_on = threading.Event(), threading.Event()

    def erase() -> object:
        with world.database.transaction(who.tenant_id) as transaction:
            record = transaction.documents.get(document.id, lock=True)
            assert record is not None
            job = world.product.erasure.entomb(transaction, record, by=who.key_id, refuse=True)
            reached.set()
            assert go_on.wait(PATIENCE)
            return job

    def place() -> object:
        cover = Cover(documents=frozenset({document.id}))
        return world.product.holds.place(who, name="Doe", cover=cover)

    with in_thread(erase) as erasing:
        assert reached.wait(PATIENCE)
        with in_thread(place) as placing:
            waits_for_a_lock(world, who, placing)
            assert not placing.done()
            go_on.set()
            with pytest.raises(NotFoundError):
                placing.result(PATIENCE)
        erasing.result(PATIENCE)
    assert world.product.holds.all(who) == ()


@pytest.mark.parametrize("cover", sorted(COVERS))
def test_of_many_that_race_exactly_one_side_wins(world: World, request: pytest.FixtureRequest, cover: str) -> None:
    """Nobody steers these: whichever order the server finds, a document that a standing hold covers is there."""
    who = a_person(world, request)
    documents = [world.uploaded(who, f"{TEXT} {number}", groups=frozenset({"hr"})) for number in range(6)]
    start = threading.Barrier(2 * len(documents))

    def erase(document: DocumentView) -> bool:
        start.wait(PATIENCE)
        try:
            world.product.erasure.request(who, document.id)
        except HeldError:
            return False
        return True

    def place(document: DocumentView) -> bool:
        start.wait(PATIENCE)
        try:
            world.product.holds.place(who, name="Doe", cover=COVERS[cover](document))
        except NotFoundError:
            return False
        return True

    with ThreadPoolExecutor(2 * len(documents)) as pool:
        erasing = [pool.submit(erase, document) for document in documents]
        placing = [pool.submit(place, document) for document in documents]
        erased = [one.result(PATIENCE) for one in erasing]
        placed = [one.result(PATIENCE) for one in placing]
    left = {view.id for view in world.product.documents.page(who, limit=50)}
    assert [document.id not in left for document in documents] == erased
    if cover == "listed":
        assert [one != other for one, other in zip(erased, placed, strict=True)] == [True] * len(documents)
    assert all(view.held_by for view in world.product.documents.page(who, limit=50))


def test_a_hold_that_is_being_placed_makes_the_end_of_its_tenant_wait_and_lose(
    world: World, request: pytest.FixtureRequest
) -> None:
    """Otherwise the keys that could release the hold would be gone, and what it holds would stay for ever."""
    who = a_person(world, request)
    document = world.uploaded(who, TEXT)
    other, _ = world.person(next(one.slug for one in world.database.tenants() if one.id == who.tenant_id))
    erasures = world.product.erasures
    asked = Asked(kind=ErasureKind.TENANT, reason=ErasureReason.OWNER_DECISION)
    erasure_id = erasures.receiving.receive(who, asked).record.id
    erasures.previewing.preview(who, erasure_id)
    for one in (who, other):
        erasures.deciding.approve(one, erasure_id)
    with world.database.transaction(who.tenant_id) as transaction:
        transaction.holds.lock()
        matter = world.product.holds._sealed(who, "Doe", None, Cover(documents=frozenset({document.id})))  # noqa: SLF001 - stopped half-way
        transaction.holds.add(matter)
        transaction.holds.cover(matter.id, [document.id], at=world.clock.now(), by=who.key_id)
        pool = ThreadPoolExecutor(1)
        ending: Future[object] = pool.submit(erasures.executing.advance, who.tenant_id, erasure_id)
        waits_for_a_lock(world, who, ending)
    ending.result(PATIENCE)
    pool.shutdown()
    assert erasures.reading.get(who, erasure_id).record.state is ErasureState.ON_HOLD
    with world.database.transaction(who.tenant_id) as transaction:
        assert all(key.revoked_at is None for key in transaction.api_keys.all())
