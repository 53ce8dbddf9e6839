"""A run is taken forward in slices by whichever worker is free: it survives each of them (R60)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Self

import pytest

from service.policy.access import Principal
from service.policy.quotas import Quota
from service.ports import RunState
from service.product import assemble
from service.sources import Asked
from tests.assembled import LIMITS, World, a_world, adapters_of
from tests.syncing import Synced, a_synced

MANY = 250


@pytest.fixture
def world() -> World:
    """Return a world whose slices end after one batch."""
    world = a_world()
    world.product = assemble(adapters_of(world), replace(LIMITS, sync_seconds=0.0))
    return world


@pytest.fixture
def who(world: World) -> Principal:
    return world.person("acme")[0]


@pytest.fixture
def share(world: World, who: Principal) -> Synced:
    synced = a_synced(world, who)
    for number in range(MANY):
        synced.source.put(f"{number:04}", f"Plan number {number}.".encode())
    return synced


def asked(share: Synced, **how: bool) -> Any:  # noqa: ANN401 - a view
    """Ask for a run and begin nothing."""
    return share.world.product.sources.run(share.who, share.id, Asked(**how))


def ticks(share: Synced, run: Any) -> int:  # noqa: ANN401 - a view
    """Let one slice after the other be taken until the run has ended; return how many."""
    for number in range(1, 20):
        share.world.product.syncing.tick()
        if share.last(run).state not in {RunState.QUEUED, RunState.RUNNING}:
            return number
    pytest.fail("the run never ended")


def test_every_slice_goes_on_where_the_last_one_stopped(share: Synced) -> None:
    run = asked(share)
    assert ticks(share, run) > MANY // 100
    assert share.last(run).counts == {"met": MANY, "new": MANY}
    assert share.source.reads == sorted(share.source.reads)
    assert len(share.source.reads) == MANY


def test_a_slice_that_dies_is_repeated_by_another_worker_once_its_lease_is_over(share: Synced) -> None:
    run = asked(share)
    share.world.product.syncing.tick()
    now = share.world.clock.now()
    with share.world.database.transaction(share.who.tenant_id) as transaction:
        assert transaction.source_runs.claim(run.id, now=now, lease_until=now + timedelta(minutes=2)) is not None
    share.world.product.syncing.tick()  # nobody gets it: the dead worker holds it
    assert share.last(run).counts == {"met": 100, "new": 100}
    share.world.clock.advance(121)
    ticks(share, run)
    assert share.last(run).counts == {"met": MANY, "new": MANY}
    assert len(share.documents()) == MANY


def test_a_worker_that_lost_its_run_writes_nothing_any_more(share: Synced) -> None:
    """R43: the fence decides, whoever comes late."""
    run = asked(share)

    def stolen() -> bytes:
        now = share.world.clock.now()
        with share.world.database.transaction(share.who.tenant_id) as transaction:
            held = transaction.source_runs.get(run.id)
            assert held is not None
            transaction.source_runs.update(replace(held, lease_until=now))
            transaction.source_runs.claim(run.id, now=now, lease_until=now + timedelta(minutes=2))
        return b"Read by a worker that is late."

    share.source.contents = dict.fromkeys(share.source.contents, b"")
    share.source.contents["0000"] = _Stolen(stolen)
    share.world.product.syncing.tick()
    assert share.documents() == ()


class _Stolen(bytes):
    """A content that takes the run away when somebody looks at how long it is."""

    def __new__(cls, _: object) -> Self:
        return super().__new__(cls, b"Read by a worker that is late.")

    def __init__(self, stolen: Any) -> None:  # noqa: ANN401 - what takes it away
        self._stolen = [stolen]

    def __len__(self) -> int:
        while self._stolen:
            self._stolen.pop()()
        return super().__len__()


def test_a_paused_source_stops_after_its_slice_and_goes_on_later(share: Synced) -> None:
    run = asked(share)
    share.world.product.syncing.tick()
    share.world.product.sources.pause(share.who, share.id, paused=True)
    share.world.product.syncing.tick()
    share.world.product.syncing.tick()
    assert share.last(run).counts == {"met": 100, "new": 100}
    share.world.product.sources.pause(share.who, share.id, paused=False)
    ticks(share, run)
    assert share.last(run).counts == {"met": MANY, "new": MANY}


def test_a_source_that_is_removed_meanwhile_ends_its_run(share: Synced) -> None:
    asked(share)
    share.world.product.syncing.tick()
    share.world.product.sources.remove(share.who, share.id)
    share.world.product.syncing.tick()
    with share.world.database.transaction(share.who.tenant_id) as transaction:
        assert transaction.sources.all() == ()
        assert transaction.source_items.page(share.id, after=0, limit=9) == ()
    assert len(share.documents()) == 100


def test_the_end_of_a_tenant_ends_its_sources(share: Synced) -> None:
    """R40."""
    asked(share)
    share.world.product.syncing.tick()
    with share.world.database.transaction(share.who.tenant_id) as transaction:
        transaction.sources.clear()
    share.world.product.syncing.tick()
    assert len(share.documents()) == 100


def test_a_source_runs_by_itself_when_it_is_due(world: World, who: Principal) -> None:
    share = a_synced(world, who, every_seconds=3_600)
    share.source.put("a", b"The first plan.")
    world.product.syncing.tick()
    world.product.syncing.tick()
    assert len(share.documents()) == 1
    share.source.put("b", b"The second plan.")
    world.clock.advance(3_599)
    world.product.syncing.tick()
    assert len(share.documents()) == 1
    world.clock.advance(1)
    for _ in range(3):
        world.product.syncing.tick()
    assert len(share.documents()) == 2
    assert len(world.product.sources.runs(who, share.id, limit=9)) == 2


def test_one_tenant_never_waits_for_the_end_of_anothers_run(world: World, share: Synced) -> None:
    other, _ = world.person("lakeside")
    small = a_synced(world, other, location="small")
    small.source.put("a", b"The only plan.")
    asked(share)
    world.product.syncing.tick()
    world.clock.advance(1)
    run = asked(small)
    world.clock.advance(1)
    for _ in range(4):
        world.product.syncing.tick()
        world.clock.advance(1)
    assert small.last(run).state is RunState.DONE


def test_a_run_waits_while_too_much_of_the_tenant_waits_for_workers_and_loses_nothing(
    world: World, share: Synced
) -> None:
    quota = Quota(waiting_jobs=30)
    world.product = assemble(adapters_of(world), replace(LIMITS, quota=quota))
    run = asked(share)
    world.product.syncing.tick()
    assert share.last(run).state is RunState.RUNNING
    assert share.last(run).counts == {"met": 30, "new": 30}
    for _ in range(12):
        world.work()
        world.product.syncing.tick()
    assert share.last(run).state is RunState.DONE
    assert share.last(run).counts == {"met": MANY, "new": MANY}


def test_what_a_tenant_has_no_room_for_is_told_and_what_is_gone_still_goes(world: World, share: Synced) -> None:
    share.source.things = {place: share.source.things[place] for place in ("0000", "0001", "0002")}
    world.product = assemble(adapters_of(world), replace(LIMITS, quota=Quota(documents=2)))
    assert share.run().counts == {"met": 3, "new": 2, "over_quota": 1}
    share.source.remove("0000")
    assert share.run().counts == {"erased": 1, "lost": 1, "met": 2, "over_quota": 1, "unchanged": 1}
    assert share.run().counts == {"met": 2, "new": 1, "unchanged": 1}
