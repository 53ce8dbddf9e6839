"""An ingest job under everything that can happen to it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from service.adapters.memory.index import InMemoryChunkIndex
from service.documents import Upload
from service.errors import PartUnavailableError
from service.policy.access import DocumentId, JobId, Principal, TenantId
from service.ports import DocumentState, JobKind, JobRecord, JobState, Point
from tests.assembled import World, a_world

TEXT = "Visitors park in the garage."


def registered(world: World, who: Principal, text: str = TEXT, **fields: object) -> tuple[DocumentId, JobRecord]:
    upload = replace(Upload(content=text.encode(), file_name="note.txt"), **fields)  # type: ignore[arg-type]
    view, job = world.product.documents.register(who, upload)
    return view.id, job


def job_of(world: World, who: Principal, job: JobRecord) -> JobRecord:
    return world.product.jobs.get(who, job.id)


def test_a_document_becomes_ready_with_points_and_rows_that_agree() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document, job = registered(world, who)
    world.work()
    view = world.product.documents.get(who, document)
    assert (view.state, view.chunk_count, view.labels) == (DocumentState.READY, 1, {"harmless": 1})
    assert world.index.count(tenant_id=who.tenant_id, document_id=document) == 1
    assert job_of(world, who, job).state is JobState.SUCCEEDED


def test_an_unreadable_document_fails_alone_with_a_reason() -> None:
    """R61."""
    world = a_world()
    who, _ = world.person("acme")
    bad, job = registered(world, who, "MZ\x00\x01\x02", file_name="program.exe")
    good, _ = registered(world, who)
    world.work()
    assert job_of(world, who, job).failure == "unsupported_type"
    assert world.product.documents.get(who, bad).state is DocumentState.FAILED
    assert world.product.documents.get(who, good).state is DocumentState.READY


def test_the_same_ring_twice_ingests_once() -> None:
    """R60: nothing done twice."""
    world = a_world()
    who, _ = world.person("acme")
    document, job = registered(world, who)
    world.work()
    world.product.ingestion.run(who.tenant_id, job.id)
    assert world.index.count(tenant_id=who.tenant_id, document_id=document) == 1
    assert job_of(world, who, job).attempts == 1


def test_a_job_whose_worker_died_is_taken_over_when_its_lease_ran_out() -> None:
    """R60: nothing lost."""
    world = a_world()
    who, _ = world.person("acme")
    document, job = registered(world, who)
    now = world.clock.now()
    with world.database.transaction(who.tenant_id) as transaction:
        transaction.jobs.claim(job.id, kind=JobKind.INGEST, now=now, lease_until=now)
    world.queue.rings.clear()
    world.clock.advance(1)
    assert world.product.jobs.sweep() == 1
    world.work()
    assert world.product.documents.get(who, document).state is DocumentState.READY
    assert job_of(world, who, job).attempts == 2


def test_a_job_held_by_a_living_worker_is_left_alone() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document, job = registered(world, who)
    now = world.clock.now()
    with world.database.transaction(who.tenant_id) as transaction:
        transaction.jobs.claim(job.id, kind=JobKind.INGEST, now=now, lease_until=now.replace(year=2027))
    world.work()
    assert world.product.documents.get(who, document).state is DocumentState.REGISTERED


def test_a_broken_bell_loses_nothing() -> None:
    """R60."""
    world = a_world()
    who, _ = world.person("acme")
    world.queue.broken = True
    document, _ = registered(world, who)
    world.queue.broken = False
    world.clock.advance(60)
    world.product.jobs.sweep()
    world.work()
    assert world.product.documents.get(who, document).state is DocumentState.READY


def test_a_store_that_is_down_gives_the_job_back_without_counting_the_attempt() -> None:
    class DownOnce(InMemoryChunkIndex):
        down = True

        def replace(self, *, tenant_id: TenantId, document_id: DocumentId, points: Sequence[Point]) -> None:
            if self.down:
                raise PartUnavailableError
            super().replace(tenant_id=tenant_id, document_id=document_id, points=points)

    index = DownOnce()
    world = a_world(index=index)
    who, _ = world.person("acme")
    document, job = registered(world, who)
    with pytest.raises(PartUnavailableError):
        world.work()
    waiting = job_of(world, who, job)
    assert (waiting.state, waiting.attempts) == (JobState.QUEUED, 0)
    index.down = False
    world.clock.advance(60)
    world.product.jobs.sweep()
    world.work()
    assert world.product.documents.get(who, document).state is DocumentState.READY


def test_a_job_that_never_ends_well_is_given_up_with_a_reason() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document, job = registered(world, who)
    for _ in range(3):
        now = world.clock.now()
        with world.database.transaction(who.tenant_id) as transaction:
            transaction.jobs.claim(job.id, kind=JobKind.INGEST, now=now, lease_until=now)
        world.clock.advance(1)
    world.product.jobs.sweep()
    world.work()
    assert job_of(world, who, job).failure == "attempts_exhausted"
    assert world.product.documents.get(who, document).state is DocumentState.FAILED


def test_what_waits_is_ingested_in_the_same_run() -> None:
    world = a_world()
    who, _ = world.person("acme")
    documents = [registered(world, who, f"{TEXT} {number}")[0] for number in range(5)]
    first = world.queue.rings[0]
    world.product.ingestion.run(first.tenant_id, first.job_id)
    assert {world.product.documents.get(who, one).state for one in documents} == {DocumentState.READY}


def test_an_unknown_job_does_nothing() -> None:
    world = a_world()
    who, _ = world.person("acme")
    world.product.ingestion.run(who.tenant_id, JobId(who.key_id))


def test_many_documents_become_ready_while_reading_embedding_and_writing_overlap() -> None:
    """R60: nothing lost, nothing done twice."""
    world = a_world(overlapping=True)
    who, _ = world.person("acme")
    jobs = [registered(world, who, f"{TEXT} {number}", external_id=str(number))[1] for number in range(50)]
    bad, _ = registered(world, who, "MZ\x00\x01\x02", file_name="program.exe")
    world.work()
    done = [job_of(world, who, job) for job in jobs]
    assert {(job.state, job.attempts) for job in done} == {(JobState.SUCCEEDED, 1)}
    assert {world.index.count(tenant_id=who.tenant_id, document_id=job.document_id) for job in jobs} == {1}
    assert world.product.documents.get(who, bad).state is DocumentState.FAILED


def test_a_store_that_goes_down_while_stages_overlap_gives_every_job_back() -> None:
    class Down(InMemoryChunkIndex):
        down = True

        def replace(self, *, tenant_id: TenantId, document_id: DocumentId, points: Sequence[Point]) -> None:
            if self.down:
                raise PartUnavailableError
            super().replace(tenant_id=tenant_id, document_id=document_id, points=points)

    index = Down()
    world = a_world(index=index, overlapping=True)
    who, _ = world.person("acme")
    jobs = [registered(world, who, f"{TEXT} {number}", external_id=str(number))[1] for number in range(20)]
    with pytest.raises(PartUnavailableError):
        world.work()
    assert {job_of(world, who, job).attempts for job in jobs} == {0}
    index.down = False
    world.clock.advance(130)
    world.product.jobs.sweep()
    world.work()
    assert {job_of(world, who, job).state for job in jobs} == {JobState.SUCCEEDED}
