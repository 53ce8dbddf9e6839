"""Jobs that broke off are tried again later each time, and what nobody works on is taken back (R60)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from typing_extensions import override

from ingestion.document import Document
from service.adapters.memory.embedding import InMemoryParser
from service.adapters.memory.index import InMemoryChunkIndex
from service.documents import Upload
from service.errors import PartUnavailableError
from service.policy.access import Principal
from service.ports import JobKind, JobRecord, JobState
from service.product import Adapters
from tests.assembled import World, a_world


def _job(world: World, who: Principal) -> JobRecord:
    upload = Upload(content=b"Visitors park here.", file_name="note.txt")
    return world.product.documents.register(who, upload)[1]


def _now(world: World, who: Principal, job: JobRecord) -> JobRecord:
    return world.product.jobs.get(who, job.id)


def _wait(world: World, job: JobRecord) -> timedelta:
    return (job.not_before or world.clock.now()) - world.clock.now()


def _killed(world: World, who: Principal, job: JobRecord) -> bool:
    """Let a worker take the job and die; say whether it got it."""
    now = world.clock.now()
    with world.database.transaction(who.tenant_id) as transaction:
        taken = transaction.jobs.claim(job.id, kind=JobKind.INGEST, now=now, lease_until=now + timedelta(seconds=30))
    world.clock.advance(31)
    return taken is not None


class _DownIndex(InMemoryChunkIndex):
    down = True

    @override
    def replace(self, **_: object) -> None:
        if self.down:
            raise PartUnavailableError


class _BreakingParser(InMemoryParser):
    @override
    def parse(self, content: bytes, *, name: str, media_type: str | None = None) -> Document:
        message = "a defect"
        raise RuntimeError(message)


def test_while_a_part_is_down_a_job_waits_longer_each_time_and_no_attempt_counts() -> None:
    world = a_world(index=_DownIndex())
    who, _ = world.person("acme")
    job, waits = _job(world, who), []
    for _ in range(7):
        with pytest.raises(PartUnavailableError):
            world.product.ingestion.run(who.tenant_id, job.id)
        now = _now(world, who, job)
        waits.append(_wait(world, now).total_seconds())
        world.product.ingestion.run(who.tenant_id, job.id)  # too early: nobody takes it
        assert _now(world, who, job) == now
        world.clock.advance(waits[-1])
    assert waits == [2, 4, 8, 16, 32, 60, 60]
    assert (now.state, now.attempts, now.deferrals, now.setback) == (JobState.QUEUED, 0, 7, "part_unavailable")


def test_what_breaks_unexpectedly_is_tried_again_and_in_the_end_given_up() -> None:
    world = a_world(adapted=_breaking)
    who, _ = world.person("acme")
    job, waits = _job(world, who), []
    for _ in range(3):
        with pytest.raises(RuntimeError):
            world.product.ingestion.run(who.tenant_id, job.id)
        waits.append(_wait(world, _now(world, who, job)).total_seconds())
        world.clock.advance(waits[-1])
    assert waits == [10, 20, 40]
    world.product.ingestion.run(who.tenant_id, job.id)
    ended = _now(world, who, job)
    assert (ended.state, ended.failure, ended.setback) == (JobState.FAILED, "attempts_exhausted", "unexpected")


def _breaking(adapters: Adapters) -> Adapters:
    return replace(adapters, parser=_BreakingParser())


def test_an_encrypted_or_damaged_file_is_not_tried_again() -> None:
    world = a_world()
    who, _ = world.person("acme")
    _, job = world.product.documents.register(who, Upload(content=b"%PDF-1.7 and no more", file_name="note.pdf"))
    world.work()
    ended = _now(world, who, job)
    assert (ended.state, ended.attempts) == (JobState.FAILED, 1)
    world.clock.advance(86_400)
    world.product.jobs.sweep()
    assert not world.queue.rings


def test_a_killed_worker_loses_its_job_at_once_and_the_next_ones_later() -> None:
    world = a_world()
    who, _ = world.person("acme")
    job = _job(world, who)
    waits = []
    for _ in range(3):
        assert _killed(world, who, job)
        held = _now(world, who, job)
        world.queue.rings.clear()
        world.product.jobs.sweep()
        taken_back = _now(world, who, job)
        assert (taken_back.state, taken_back.setback) == (JobState.QUEUED, "worker_lost")
        with world.database.transaction(who.tenant_id) as transaction:
            assert not transaction.jobs.update(held)  # should the worker live after all
        waits.append(_wait(world, taken_back).total_seconds())
        assert bool(world.queue.rings) is (waits[-1] == 0)
        world.clock.advance(waits[-1])
    # The lease was the first wait; who has no attempt left waits for nothing but to be told so.
    assert waits == [0, 10, 0]
    world.work()
    assert _now(world, who, job).failure == "attempts_exhausted"


def test_an_erasure_whose_worker_died_never_waits() -> None:
    """R43."""
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, "To be erased.")
    job = world.product.erasure.request(who, document.id)
    for _ in range(9):
        now = world.clock.now()
        with world.database.transaction(who.tenant_id) as transaction:
            assert transaction.jobs.claim(job.id, kind=job.kind, now=now, lease_until=now)
        world.product.jobs.sweep()
        assert _now(world, who, job).not_before is None


def test_an_original_that_is_gone_fails_with_its_reason() -> None:
    world = a_world()
    who, _ = world.person("acme")
    job = _job(world, who)
    world.vault.delete(tenant_id=who.tenant_id, document_id=job.document_id)
    world.work()
    assert _now(world, who, job).failure == "original_missing"


def test_a_sweep_leaves_a_sign_of_life() -> None:
    world = a_world()
    who, _ = world.person("acme")
    assert world.product.overview.glance(who).swept_at is None
    world.product.jobs.sweep()
    assert world.product.overview.glance(who).swept_at == world.clock.now()
