"""Relabelling and reviews on a real PostgreSQL: deaths, lost leases, erasures at the worst moment (R6, R43, R60)."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from uuid import uuid4

import pytest
from typing_extensions import override

import migrations
from ingestion.reviewing import Change
from ingestion.sensitivity import Category, Verdict
from service.adapters.database import SqlDatabase
from service.adapters.memory.index import InMemoryChunkIndex
from service.adapters.memory.keeping import InMemoryKeyStore
from service.answering import Question
from service.documents import DocumentView
from service.errors import LeaseLostError
from service.policy.access import DocumentId, Principal, TenantId
from service.policy.routing import Route
from service.ports import JobKind, JobRecord, JobState, LabellingCounts, Point, ReviewReason
from service.reviewing import ReviewRequest
from tests.assembled import LearningLabeller, World, a_world
from tests.contract.databases import tenant_in
from tests.records import a_chunk, a_document, a_review
from tests.servers.postgres import PostgresDatabase, empty_database, migrated_database, postgres

__all__ = ["empty_database", "migrated_database", "postgres"]

TEXT = "Visitors SECRET-PII park in the garage."
DISMISSED = ReviewRequest(
    ordinals=None, change=Change(dismissed=frozenset({Category.PII})), reason=ReviewReason.CONSENT_GIVEN, note="n"
)
_BEFORE_THE_OTHER_WAITS = 0.3


class KilledError(BaseException):
    """What ends a process ends it everywhere: nothing after it runs."""


class EventfulIndex(InMemoryChunkIndex):
    """An index at whose next write something happens: all of SQL is written by then, and nothing committed."""

    happens: Callable[[], object] | None = None

    @override
    def replace(self, *, tenant_id: TenantId, document_id: DocumentId, points: Sequence[Point]) -> None:
        super().replace(tenant_id=tenant_id, document_id=document_id, points=points)
        happens, self.happens = self.happens, None
        if happens is not None:
            happens()


@pytest.fixture
def index() -> EventfulIndex:
    return EventfulIndex()


@pytest.fixture
def labeller() -> LearningLabeller:
    return LearningLabeller()


@pytest.fixture
def world(migrated_database: PostgresDatabase, index: EventfulIndex, labeller: LearningLabeller) -> Iterator[World]:
    database = SqlDatabase(migrated_database.app_url, keys=InMemoryKeyStore())
    yield a_world(database=database, index=index, labeller=labeller)
    database.close()


@pytest.fixture
def who(world: World) -> Principal:
    return world.person(f"tenant-{uuid4()}")[0]


def enqueued(world: World, who: Principal) -> JobRecord:
    """Return the relabel job that is asked for now; nobody has heard of it yet."""
    world.product.relabelling.ask(who)
    world.queue.rings.clear()
    with world.database.transaction(who.tenant_id) as transaction:
        (job,) = transaction.jobs.open(JobKind.RELABEL)
    return job


def claimed(world: World, job: JobRecord) -> JobRecord:
    """Take the job with a lease that has run out already."""
    now = world.clock.now()
    with world.database.transaction(job.tenant_id) as transaction:
        taken = transaction.jobs.claim(job.id, kind=job.kind, now=now, lease_until=now)
    assert taken
    return taken


def verdict_of(world: World, who: Principal, document: DocumentView) -> tuple[Verdict, bool]:
    (chunk,) = world.product.reviewing.chunks(who, document.id, limit=5)
    return chunk.label.verdict, chunk.stale


def test_from_a_new_version_until_the_renewal_answers_are_local(
    world: World, who: Principal, labeller: LearningLabeller
) -> None:
    """R6: with a review, a stale label, and the renewal in between, on the tables of the real schema."""
    document, asked = world.uploaded(who, TEXT), Question(text="Where do visitors park?")

    def route() -> Route:
        return world.product.answering.ask(who, asked).route

    routes = [route()]
    world.product.reviewing.review(who, document.id, DISMISSED)
    world.work()
    routes.append(route())
    labeller.learn()
    routes.append(route())
    world.product.relabelling.ask(who)
    world.work()
    routes.append(route())
    assert routes == [Route.LOCAL, Route.CLOUD, Route.LOCAL, Route.CLOUD]
    (chunk,) = world.product.reviewing.chunks(who, document.id, limit=5)
    assert chunk.label.dismissed == chunk.machine.categories == {Category.PII}
    assert chunk.review
    assert chunk.review.note == "n"


def test_a_worker_killed_before_its_commit_leaves_no_trace_and_the_next_resumes(
    world: World, who: Principal, labeller: LearningLabeller, index: EventfulIndex
) -> None:
    """R60: the points are written and nothing in SQL is; the ledger knows what is to be done again."""
    document = world.uploaded(who, TEXT)
    labeller.learn("garage", Category.PHI)
    job = enqueued(world, who)

    def killed() -> None:
        raise KilledError

    index.happens = killed
    with pytest.raises(KilledError):
        world.product.relabelling.run(who.tenant_id, job.id)
    assert verdict_of(world, who, document) == (Verdict.SENSITIVE, True)
    assert world.product.jobs.get(who, job.id).state is JobState.RUNNING
    world.product.relabelling.run(who.tenant_id, job.id)
    assert verdict_of(world, who, document)[1], "the dead worker's lease still lasts"
    world.clock.advance(60)
    world.product.jobs.sweep()
    world.work()
    assert verdict_of(world, who, document) == (Verdict.SENSITIVE, False)
    ended = world.product.jobs.get(who, job.id)
    assert (ended.state, ended.attempts) == (JobState.SUCCEEDED, 2)


def test_a_worker_that_lost_its_lease_writes_nothing(world: World, who: Principal, labeller: LearningLabeller) -> None:
    """R43, R60: the slow one comes after the one that took over, or before it; its fence is too low either way."""
    document = world.uploaded(who, TEXT)
    labeller.learn()
    job = enqueued(world, who)
    late = claimed(world, job)
    world.clock.advance(1)
    holder = claimed(world, job)
    world.product.relabelling._relabel(late)  # noqa: SLF001 - the slow worker
    assert verdict_of(world, who, document)[1]
    world.product.relabelling._relabel(holder)  # noqa: SLF001 - the one that holds it
    assert not verdict_of(world, who, document)[1]
    world.product.relabelling._relabel(late)  # noqa: SLF001 - once more
    assert len(world.audited(who.tenant_id, "document_relabelled")) == 1


def test_an_erasure_between_reading_and_writing_wins(world: World, who: Principal, labeller: LearningLabeller) -> None:
    """R43."""
    document = world.uploaded(who, TEXT)
    labeller.learn()
    job = claimed(world, enqueued(world, who))
    done = world.product.relabelling._labelled(job)  # noqa: SLF001 - between two steps of one call
    world.product.erasure.request(who, document.id)
    world.work()
    with pytest.raises(LeaseLostError):
        world.product.relabelling._write(job, done)  # noqa: SLF001 - the second of them
    left = world.product.erasure.remains(who.tenant_id, document.id)
    assert {one.thing for one in left.counts if one.found} == {"jobs"}, "the worker that lost has not ended its job"
    world.product.relabelling._relabel(job)  # noqa: SLF001 - a second delivery
    assert world.product.jobs.get(who, job.id).failure == "erased"


def test_an_erasure_that_comes_while_points_are_written_waits_and_wins(
    world: World, who: Principal, labeller: LearningLabeller, index: EventfulIndex
) -> None:
    """R43: the row lock is held until the commit; what was written is then destroyed and counted."""
    document = world.uploaded(who, TEXT)
    world.product.reviewing.review(who, document.id, DISMISSED)
    world.work()
    labeller.learn()
    job = enqueued(world, who)
    with ThreadPoolExecutor(1) as other:
        erasing = []

        def erase() -> None:
            erasing.append(other.submit(world.product.erasure.request, who, document.id))
            Event().wait(_BEFORE_THE_OTHER_WAITS)
            assert not erasing[0].done(), "the erasure did not wait for the row"

        index.happens = erase
        world.product.relabelling.run(who.tenant_id, job.id)
        erasing[0].result(timeout=30)
    assert world.product.jobs.get(who, job.id).state is JobState.SUCCEEDED
    world.work()
    assert world.product.erasure.remains(who.tenant_id, document.id).nothing


def test_a_review_that_comes_while_a_document_is_relabelled_is_not_lost(
    world: World, who: Principal, labeller: LearningLabeller
) -> None:
    """The job that is open will do: it reads the reviews under the row lock."""
    document = world.uploaded(who, TEXT)
    labeller.learn()
    job = claimed(world, enqueued(world, who))
    done = world.product.relabelling._labelled(job)  # noqa: SLF001 - between two steps of one call
    reviewed = world.product.reviewing.review(who, document.id, DISMISSED)
    assert reviewed.job
    assert reviewed.job.id == job.id
    world.product.relabelling._write(job, done)  # noqa: SLF001 - the second of them
    assert verdict_of(world, who, document) == (Verdict.HARMLESS, False)
    with world.database.transaction(who.tenant_id) as transaction:
        (chunk,) = transaction.chunks.of(document.id)
    assert chunk.label.dismissed == {Category.PII}


def test_a_review_that_is_about_to_commit_is_waited_for(world: World, who: Principal) -> None:
    """Labels computed from the reviews before it would overwrite what it said."""
    document = world.uploaded(who, TEXT)
    with world.database.transaction(who.tenant_id) as transaction:
        record = transaction.documents.get(document.id)
        assert record
        job = world.product.relabelling.requested(transaction, record)
    job, locked = claimed(world, job), Event()
    done = world.product.relabelling._labelled(job)  # noqa: SLF001 - between two steps of one call

    def review() -> None:
        with world.database.transaction(who.tenant_id) as transaction:
            transaction.documents.get(document.id, lock=True)
            transaction.reviews.put(a_review(who.tenant_id, document.id))
            locked.set()
            Event().wait(_BEFORE_THE_OTHER_WAITS)

    with ThreadPoolExecutor(1) as other:
        reviewing = other.submit(review)
        locked.wait(10)
        world.product.relabelling._write(job, done)  # noqa: SLF001 - the second of them
        reviewing.result(timeout=30)
    with world.database.transaction(who.tenant_id) as transaction:
        (chunk,) = transaction.chunks.of(document.id)
    assert (chunk.label.categories, chunk.label.dismissed) == (
        frozenset({Category.PHI}),
        frozenset({Category.PII, Category.PCI}),
    )


def test_a_review_that_comes_while_points_are_written_gets_a_job_of_its_own(
    world: World, who: Principal, labeller: LearningLabeller, index: EventfulIndex
) -> None:
    document = world.uploaded(who, TEXT)
    labeller.learn()
    job = enqueued(world, who)
    with ThreadPoolExecutor(1) as other:
        reviewing = []

        def review() -> None:
            reviewing.append(other.submit(world.product.reviewing.review, who, document.id, DISMISSED))
            Event().wait(_BEFORE_THE_OTHER_WAITS)

        index.happens = review
        world.product.relabelling.run(who.tenant_id, job.id)
        later = reviewing[0].result(timeout=30).job
    assert later
    assert later.id != job.id
    world.work()
    (points,) = index.points.values()
    assert [point.harmless for point in points] == [True]


def test_rows_of_the_first_schema_are_stale_and_kept(empty_database: str) -> None:
    """R6: nobody noted which version labelled them, so they are labelled anew; nothing is lost on the way."""
    migrations.upgrade(empty_database)
    database = SqlDatabase(
        empty_database.replace("postgres@", f"{migrations.APPLICATION_ROLE}@"), keys=InMemoryKeyStore()
    )
    record = a_document(tenant_in(database))
    chunk = a_chunk(record.id, 0)
    with database.transaction(record.tenant_id) as transaction:
        transaction.documents.add(replace(record, labeller_version="v1"))
        transaction.chunks.replace(record.id, [chunk])
    migrations.downgrade(empty_database, to="0001")
    assert not database.ready()
    migrations.upgrade(empty_database)
    assert database.ready()
    with database.transaction(record.tenant_id) as transaction:
        assert transaction.documents.get(record.id) == record
        assert transaction.chunks.of(record.id) == (chunk,)
        assert transaction.documents.stale(version="v1", limit=5) == (record,)
        assert transaction.documents.labelling(version="v1") == LabellingCounts(current=0, stale=1, failed=0)
    database.close()
