"""Workers take jobs in turns: no tenant's thousands of rings keep another tenant's single job waiting (R60)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from service.adapters.memory.index import InMemoryChunkIndex
from service.documents import Upload
from service.errors import PartUnavailableError
from service.policy.access import DocumentId, Principal, TenantId
from service.policy.quotas import Quota
from service.policy.tightening import TenantPolicy
from service.ports import DocumentState, JobRecord, JobState, Point, Priority
from service.product import assemble
from tests.assembled import LIMITS, World, a_world, adapters_of
from tests.records import a_policy


class _Unreachable(InMemoryChunkIndex):
    """An index that takes nothing while it is down."""

    down = True

    @override
    def replace(self, *, tenant_id: TenantId, document_id: DocumentId, points: Sequence[Point]) -> None:
        if self.down:
            raise PartUnavailableError
        super().replace(tenant_id=tenant_id, document_id=document_id, points=points)


def _handed_in(world: World, who: Principal, count: int, priority: Priority = Priority.BULK) -> list[JobRecord]:
    uploads = [
        Upload(content=f"Note {number}.".encode(), file_name=f"{number}.txt", priority=priority)
        for number in range(count)
    ]
    return [world.product.documents.register(who, upload)[1] for upload in uploads]


def _state(world: World, who: Principal, job: JobRecord) -> JobState:
    return world.product.jobs.get(who, job.id).state


def _attempts(world: World, who: Principal, jobs: list[JobRecord]) -> Counter[tuple[JobState, int]]:
    now = [world.product.jobs.get(who, job.id) for job in jobs]
    return Counter((job.state, job.attempts) for job in now)


def _ring(world: World, job: JobRecord) -> None:
    """Do what a worker does at one ring."""
    world.product.ingestion.run(job.tenant_id, job.id)


def _another_process(world: World, **limits: object) -> None:
    """Let the next work be done by a fresh worker process with these limits."""
    world.product = assemble(adapters_of(world), replace(LIMITS, **limits))  # type: ignore[arg-type]


def test_an_upload_waits_for_no_bulk_of_another_tenant_although_all_the_rings_are_that_ones() -> None:
    world = a_world()
    crowd, single = world.person("crowd")[0], world.person("single")[0]
    thousands = _handed_in(world, crowd, 200)
    (upload,) = _handed_in(world, single, 1, Priority.INTERACTIVE)
    _ring(world, thousands[0])
    assert _state(world, single, upload) is JobState.SUCCEEDED


def test_bulk_of_one_tenant_waits_for_one_batch_of_another_at_most() -> None:
    world = a_world()
    crowd, single = world.person("crowd")[0], world.person("single")[0]
    thousands = _handed_in(world, crowd, 200)
    (later,) = _handed_in(world, single, 1)
    for ring in thousands[:2]:
        _ring(world, ring)
    assert _state(world, single, later) is JobState.SUCCEEDED


@settings(max_examples=25, deadline=None)
@given(
    first=st.integers(min_value=17, max_value=60),
    others=st.lists(st.sampled_from(list(Priority)), min_size=1, max_size=4),
)
def test_everybody_is_served_within_as_many_rings_as_there_are_tenants(first: int, others: list[Priority]) -> None:
    """Whatever the first tenant has waiting, and whosever the rings are; every fourth turn is for bulk first."""
    world = a_world()
    crowd = world.person("crowd")[0]
    rings = _handed_in(world, crowd, first)
    waiting = []
    for number, priority in enumerate(others):
        who = world.person(f"tenant-{number}")[0]
        waiting.append((who, _handed_in(world, who, 1, priority)[0]))
    for ring in rings[: len(others) + 2]:
        _ring(world, ring)
    assert {_state(world, who, job) for who, job in waiting} == {JobState.SUCCEEDED}


def test_every_job_is_done_once_whoever_it_was_rung_for() -> None:
    world = a_world()
    people = [world.person(name)[0] for name in ("acme", "globex", "initech")]
    jobs = [(who, job) for who in people for job in _handed_in(world, who, 20)]
    world.work()
    done = [world.product.jobs.get(who, job.id) for who, job in jobs]
    assert {(job.state, job.attempts) for job in done} == {(JobState.SUCCEEDED, 1)}


def test_a_ring_for_an_interactive_job_begins_no_bulk() -> None:
    """The process that is kept for uploads stays free for them."""
    world = a_world()
    who = world.person("acme")[0]
    (upload,) = _handed_in(world, who, 1, Priority.INTERACTIVE)
    (bulk,) = _handed_in(world, who, 1)
    _ring(world, upload)
    _ring(world, upload)
    assert [_state(world, who, job) for job in (upload, bulk)] == [JobState.SUCCEEDED, JobState.QUEUED]


def test_a_tenant_at_its_limit_of_running_jobs_waits_and_the_others_do_not() -> None:
    world = a_world()
    limited, other = world.person("limited")[0], world.person("other")[0]
    with world.database.transaction(limited.tenant_id) as transaction:
        transaction.policies.add(a_policy(limited.tenant_id, policy=TenantPolicy(quota=Quota(running_jobs=3))))
    jobs = _handed_in(world, limited, 10)
    with world.product.ingestion.lease.taken_in_turn(limited.tenant_id, jobs[0].id, limit=16) as first:
        assert len(list(first)) == 3
        (others,) = _handed_in(world, other, 1)
        _ring(world, jobs[1])
        _ring(world, jobs[2])
        assert _state(world, other, others) is JobState.SUCCEEDED
        assert sum(_state(world, limited, job) is JobState.RUNNING for job in jobs) == 3


def test_the_operators_limit_of_running_jobs_holds_for_every_tenant() -> None:
    world = a_world()
    _another_process(world, quota=Quota(running_jobs=2))
    who = world.person("acme")[0]
    jobs = _handed_in(world, who, 5)
    with world.product.ingestion.lease.taken_in_turn(who.tenant_id, jobs[0].id, limit=16) as first:
        assert len(list(first)) == 2


def test_a_bulk_batch_of_the_only_worker_ends_when_a_person_waits_and_the_rest_goes_back_uncounted() -> None:
    world = a_world()
    _another_process(world, shared_worker=True)
    who = world.person("acme")[0]
    bulk = _handed_in(world, who, 10)
    with world.product.ingestion.lease.taken_in_turn(who.tenant_id, bulk[0].id, limit=16) as jobs:
        handed: Iterator[JobRecord] = iter(jobs)
        next(handed)
        (upload,) = _handed_in(world, who, 1, Priority.INTERACTIVE)
        world.clock.advance(2)
        assert list(handed) == []
    assert _attempts(world, who, bulk) == {(JobState.RUNNING, 1): 1, (JobState.QUEUED, 0): 9}
    _ring(world, bulk[1])
    assert _state(world, who, upload) is JobState.SUCCEEDED


def test_a_worker_with_others_beside_it_goes_on_with_its_batch() -> None:
    world = a_world()
    who = world.person("acme")[0]
    bulk = _handed_in(world, who, 10)
    with world.product.ingestion.lease.taken_in_turn(who.tenant_id, bulk[0].id, limit=16) as jobs:
        handed = iter(jobs)
        next(handed)
        _handed_in(world, who, 1, Priority.INTERACTIVE)
        world.clock.advance(2)
        assert len(list(handed)) == 9


def test_a_worker_that_is_asked_to_stop_finishes_one_document_gives_back_the_rest_and_takes_no_more() -> None:
    world = a_world()
    asked: list[bool] = []
    world.product = assemble(replace(adapters_of(world), stopping=lambda: bool(asked)), LIMITS)
    who = world.person("acme")[0]
    bulk = _handed_in(world, who, 5)
    with world.product.ingestion.lease.taken_in_turn(who.tenant_id, bulk[0].id, limit=16) as jobs:
        for number, _ in enumerate(jobs):
            assert number == 0
            asked.append(True)
    _ring(world, bulk[1])
    assert _attempts(world, who, bulk) == {(JobState.RUNNING, 1): 1, (JobState.QUEUED, 0): 4}


@pytest.mark.parametrize("priority", Priority)
def test_what_was_given_back_is_rung_for_again(priority: Priority) -> None:
    index = _Unreachable()
    world = a_world(index=index)
    who = world.person("acme")[0]
    (job,) = _handed_in(world, who, 1, priority)
    with pytest.raises(PartUnavailableError):
        _ring(world, job)
    index.down = False
    world.queue.rings.clear()
    world.clock.advance(130)
    world.product.jobs.sweep()
    assert {ring.priority for ring in world.queue.rings} == {priority}
    world.work()
    assert world.product.documents.get(who, job.document_id).state is DocumentState.READY


def test_while_the_index_is_away_nothing_is_taken_and_no_attempt_is_counted() -> None:
    index = _Unreachable()
    world = a_world(index=index)
    who = world.person("acme")[0]
    bulk = _handed_in(world, who, 20)
    with pytest.raises(PartUnavailableError):
        _ring(world, bulk[0])
    for ring in bulk:
        _ring(world, ring)
    assert _attempts(world, who, bulk) == {(JobState.QUEUED, 0): 20}


def test_a_tenant_is_not_served_for_another_ones_database() -> None:
    """Whose turn it is changes nothing about whose rows a transaction sees."""
    world = a_world()
    first, second = world.person("first")[0], world.person("second")[0]
    (mine,) = _handed_in(world, first, 1)
    (theirs,) = _handed_in(world, second, 1)
    _ring(world, mine)
    _ring(world, mine)
    owners: set[tuple[TenantId, DocumentState]] = set()
    for who, job in ((first, mine), (second, theirs)):
        with world.database.transaction(who.tenant_id) as transaction:
            record = transaction.documents.get(job.document_id)
            assert record is not None
            owners.add((record.tenant_id, record.state))
    assert owners == {(first.tenant_id, DocumentState.READY), (second.tenant_id, DocumentState.READY)}


def test_what_a_stopping_worker_holds_for_too_long_goes_back_uncounted_and_it_may_write_no_more() -> None:
    world = a_world()
    adapters = replace(adapters_of(world), stopping=lambda: bool(asked))
    asked: list[bool] = []
    world.product = assemble(adapters, replace(LIMITS, lease_seconds=0.03, grace_seconds=0.0))
    who = world.person("acme")[0]
    (bulk,) = _handed_in(world, who, 1)
    given_back = Event()
    with world.product.ingestion.lease.taken_in_turn(who.tenant_id, bulk.id, limit=16) as jobs:
        held = next(iter(jobs))
        asked.append(True)
        for _ in range(3_000):
            if _attempts(world, who, [bulk]) == {(JobState.QUEUED, 0): 1} or given_back.wait(0.01):
                break
        with world.database.transaction(who.tenant_id) as transaction:
            assert not transaction.jobs.holds(held)
    assert _attempts(world, who, [bulk]) == {(JobState.QUEUED, 0): 1}
