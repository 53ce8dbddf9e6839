"""On a real PostgreSQL, workers, operators, erasures and sweeps that meet leave every job with one end (R43, R60)."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest

from service.adapters.database import SqlDatabase
from service.adapters.memory.keeping import InMemoryKeyStore
from service.documents import Upload
from service.errors import ConflictError, NotFoundError
from service.policy.access import DocumentId, Principal
from service.ports import DocumentState, JobRecord, JobState, Stage
from tests.assembled import World, a_world
from tests.servers.postgres import PostgresDatabase, migrated_database, postgres

__all__ = ["migrated_database", "postgres"]

PATIENCE = 60
DOCUMENTS = 8
_READABLE, _UNREADABLE = b"Visitors park in garage %d.", b"%%PDF-1.7 and no more %d"
_ENDED = {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED}


@pytest.fixture
def world(migrated_database: PostgresDatabase) -> Iterator[World]:
    keys = InMemoryKeyStore()
    database = SqlDatabase(migrated_database.app_url, keys=keys, pool_size=20)
    yield a_world(database=database, keys=keys)
    database.close()


def _a_person(world: World, request: pytest.FixtureRequest) -> Principal:
    return world.person(f"t-{abs(hash(request.node.nodeid))}")[0]


def _handed_in(world: World, who: Principal) -> dict[DocumentId, JobRecord]:
    found = {}
    for number in range(DOCUMENTS):
        content = (_UNREADABLE if number % 4 == 3 else _READABLE) % number
        name = "note.pdf" if number % 4 == 3 else "note.txt"
        view, job = world.product.documents.register(who, Upload(content=content, file_name=name))
        found[view.id] = job
    return found


def test_whoever_meets_whom_every_job_ends_once(world: World, request: pytest.FixtureRequest) -> None:
    """Workers, retries, cancellings, erasures, progress and sweeps at once: no deadlock, nothing lost or revived."""
    who = _a_person(world, request)
    jobs = _handed_in(world, who)
    erased = list(jobs)[::3]
    start = threading.Barrier(6)

    def each(act: Callable[[DocumentId, JobRecord], object], documents: list[DocumentId]) -> None:
        start.wait(PATIENCE)
        for document in documents:
            with suppress(ConflictError, NotFoundError):
                act(document, jobs[document])

    product, tenant = world.product, who.tenant_id
    acts: list[tuple[Callable[[DocumentId, JobRecord], object], list[DocumentId]]] = [
        (lambda _, job: product.ingestion.run(tenant, job.id), list(jobs)),
        (lambda _, job: product.ingestion.run(tenant, job.id), list(reversed(jobs))),
        (lambda _, job: product.steering.cancel(who, job.id), list(jobs)),
        (lambda *_: product.steering.retry_all(who, "cancelled"), list(jobs)),
        (lambda document, _: product.erasure.request(who, document), erased),
        (lambda *_: product.jobs.sweep(), list(jobs)),
    ]
    with ThreadPoolExecutor(len(acts)) as pool:
        for done in [pool.submit(each, act, documents) for act, documents in acts]:
            done.result(PATIENCE)
    _settle(world, who)
    _agree(world, who, jobs, erased)


def _settle(world: World, who: Principal) -> None:
    for _ in range(30):
        world.clock.advance(700)
        world.product.jobs.sweep()
        world.work()
        if world.product.overview.glance(who).open_jobs == 0:
            return
    pytest.fail("a job never came to its end")


def _agree(world: World, who: Principal, jobs: dict[DocumentId, JobRecord], erased: list[DocumentId]) -> None:
    """Documents, jobs, rows and points say the same, and what was erased is nowhere."""
    with world.database.transaction(who.tenant_id) as transaction:
        for document, job in jobs.items():
            record, now = transaction.documents.get(document), transaction.jobs.get(job.id)
            assert now is not None
            assert now.state in _ENDED
            points = world.index.count(tenant_id=who.tenant_id, document_id=document)
            ready = record is not None and record.state is DocumentState.READY
            assert (record is None) is (document in erased)
            assert transaction.chunks.count(document) == points == int(ready)
            if record is not None:
                assert ready is (now.state is JobState.SUCCEEDED)


def test_a_job_that_is_being_written_is_cancelled_by_nobody_before_that(
    world: World, request: pytest.FixtureRequest
) -> None:
    """The writer holds the document; who cancels waits for it, and then comes too late."""
    who = _a_person(world, request)
    view, job = world.product.documents.register(who, Upload(content=b"Visitors park here.", file_name="note.txt"))
    reached, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with world.database.transaction(who.tenant_id) as transaction:
            record = transaction.documents.get(view.id, lock=True)
            assert record is not None
            assert transaction.jobs.holds(taken, lock=True)
            reached.set()
            assert go_on.wait(PATIENCE)
            transaction.jobs.update(_succeeded(taken))

    taken = _taken(world, who, job)
    with ThreadPoolExecutor(2) as pool:
        writing = pool.submit(write)
        assert reached.wait(PATIENCE)
        cancelling = pool.submit(world.product.steering.cancel, who, job.id)
        # Telling progress and renewing leases must not wait for the writer: they would hold up other jobs.
        with world.database.transaction(who.tenant_id) as transaction:
            held = [(taken.id, taken.fence)]
            transaction.jobs.progress(held, stage=Stage.WRITING, done=1, total=2, at=world.clock.now())
        assert not cancelling.done()
        go_on.set()
        writing.result(PATIENCE)
        with pytest.raises(ConflictError):
            cancelling.result(PATIENCE)
    assert world.product.jobs.get(who, job.id).state is JobState.SUCCEEDED


def _taken(world: World, who: Principal, job: JobRecord) -> JobRecord:
    now = world.clock.now()
    with world.database.transaction(who.tenant_id) as transaction:
        taken = transaction.jobs.claim(job.id, kind=job.kind, now=now, lease_until=now.replace(year=2027))
    assert taken is not None
    return taken


def _succeeded(job: JobRecord) -> JobRecord:
    return replace(job, state=JobState.SUCCEEDED, lease_until=None)
