"""What operators do to jobs: retry, cancel, pause, resume (R43, R60)."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from service.adapters.memory.index import InMemoryChunkIndex
from service.documents import Upload
from service.errors import ConflictError, InvalidRequestError, NotFoundError, NotPermittedError, PartUnavailableError
from service.policy.access import DocumentId, JobId, Principal, Role, TenantId
from service.ports import DocumentState, JobFilter, JobKind, JobRecord, JobState, Point
from tests.assembled import World, a_world
from tests.records import a_job

DAMAGED = b"%PDF-1.7 and nothing more"


def _handed_in(world: World, who: Principal, content: bytes = b"Visitors park here.") -> tuple[DocumentId, JobRecord]:
    view, job = world.product.documents.register(who, Upload(content=content, file_name="note.txt"))
    return view.id, job


def _failed(world: World, who: Principal) -> tuple[DocumentId, JobRecord]:
    """Hand in a file that breaks its parser, and see it fail."""
    document, job = _handed_in(world, who, DAMAGED)
    world.work()
    failed = world.product.jobs.get(who, job.id)
    assert failed.state is JobState.FAILED
    return document, failed


def _state(world: World, who: Principal, document: DocumentId) -> DocumentState:
    return world.product.documents.get(who, document).state


def _taken(world: World, who: Principal, job: JobRecord) -> JobRecord:
    """Let a worker take the job and get no further."""
    now = world.clock.now()
    with world.database.transaction(who.tenant_id) as transaction:
        taken = transaction.jobs.claim(job.id, kind=job.kind, now=now, lease_until=now.replace(year=2027))
    assert taken is not None
    return taken


def test_a_retried_job_starts_anew_with_a_higher_fence() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document, failed = _failed(world, who)
    again = world.product.steering.retry(who, failed.id)
    assert (again.state, again.attempts, again.failure, again.stage) == (JobState.QUEUED, 0, None, "waiting")
    assert again.fence > failed.fence
    assert _state(world, who, document) is DocumentState.REGISTERED
    assert world.queue.rings[-1].job_id == failed.id
    assert world.audited(who.tenant_id, "job_retried") == [
        {"job": str(failed.id), "attempts": 0, "reason": failed.failure}
    ]


def test_a_job_that_waits_or_has_succeeded_is_not_retried() -> None:
    world = a_world()
    who, _ = world.person("acme")
    _, waiting = _handed_in(world, who)
    with pytest.raises(ConflictError):
        world.product.steering.retry(who, waiting.id)
    world.work()
    with pytest.raises(ConflictError):
        world.product.steering.retry(who, waiting.id)


def test_a_job_that_failed_before_another_made_its_document_ready_is_not_retried() -> None:
    world = a_world()
    who, _ = world.person("acme")
    ready = world.uploaded(who, "Visitors park here.")
    old = replace(a_job(who.tenant_id, document_id=ready.id, state=JobState.FAILED), failure="damaged")
    with world.database.transaction(who.tenant_id) as transaction:
        transaction.jobs.add(old)
    with pytest.raises(ConflictError):
        world.product.steering.retry(who, old.id)
    assert world.product.steering.retry_all(who, "damaged") == 0
    assert _state(world, who, ready.id) is DocumentState.READY


def test_what_was_erased_is_not_retried_back_to_life() -> None:
    """R43: neither by itself nor with all of its reason."""
    world = a_world()
    who, _ = world.person("acme")
    document, failed = _failed(world, who)
    world.product.erasure.request(who, document)
    with pytest.raises(ConflictError):
        world.product.steering.retry(who, failed.id)
    assert world.product.steering.retry_all(who, failed.failure or "") == 0
    world.work()
    assert world.product.jobs.get(who, failed.id).state is JobState.FAILED
    assert world.product.overview.glance(who).dead == {}


def test_all_of_a_reason_are_retried_and_no_others() -> None:
    world = a_world()
    who, _ = world.person("acme")
    neighbour, _ = world.person("other")
    failed = [_failed(world, who)[1] for _ in range(70)]
    _, cancelled = _handed_in(world, who)
    world.product.steering.cancel(who, cancelled.id)
    _, theirs = _failed(world, neighbour)
    world.queue.rings.clear()
    assert world.product.overview.glance(who).dead == {failed[0].failure: 70, "cancelled": 1}
    assert world.product.steering.retry_all(who, failed[0].failure or "") == 70
    states = {world.product.jobs.get(who, one.id).state for one in failed}
    assert states == {JobState.QUEUED}
    assert world.product.jobs.get(who, cancelled.id).state is JobState.CANCELLED
    assert world.product.jobs.get(neighbour, theirs.id).state is JobState.FAILED
    assert len(world.queue.rings) == 32


@pytest.mark.parametrize("reason", ["of_tomorrow", "erased"])
def test_a_reason_that_nobody_can_retry_is_refused(reason: str) -> None:
    world = a_world()
    who, _ = world.person("acme")
    with pytest.raises(InvalidRequestError):
        world.product.steering.retry_all(who, reason)


def test_a_waiting_job_is_cancelled_at_once() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document, job = _handed_in(world, who)
    cancelled = world.product.steering.cancel(who, job.id)
    assert (cancelled.state, cancelled.failure) == (JobState.CANCELLED, "cancelled")
    world.work()
    view = world.product.documents.get(who, document)
    assert (view.state, view.failure, view.chunk_count) == (DocumentState.FAILED, "cancelled", 0)
    assert world.product.steering.cancel(who, job.id) == cancelled
    assert len(world.audited(who.tenant_id, "job_cancelled")) == 1


class _Breakable(InMemoryChunkIndex):
    """An index that may be down."""

    def __init__(self) -> None:
        super().__init__()
        self.down = False

    def replace(self, *, tenant_id: TenantId, document_id: DocumentId, points: Sequence[Point]) -> None:
        if self.down:
            raise PartUnavailableError
        super().replace(tenant_id=tenant_id, document_id=document_id, points=points)


def test_the_worker_of_a_cancelled_job_writes_no_more() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document, job = _handed_in(world, who)
    held = _taken(world, who, job)
    world.product.steering.cancel(who, job.id)
    with world.database.transaction(who.tenant_id) as transaction:
        assert not transaction.jobs.holds(held, lock=True)
    world.product.ingestion.failing.abandon(held)
    world.work()
    assert world.product.jobs.get(who, job.id).state is JobState.CANCELLED
    assert _state(world, who, document) is DocumentState.FAILED
    assert world.index.count(tenant_id=who.tenant_id, document_id=document) == 0


def test_points_that_an_attempt_left_go_with_the_cancelling() -> None:
    """Where the database went away under a write, points are there and rows are not."""
    world = a_world()
    who, _ = world.person("acme")
    left = world.uploaded(who, "Somewhere else.")
    document, job = _handed_in(world, who)
    _taken(world, who, job)
    world.index.points[who.tenant_id, document] = world.index.points[who.tenant_id, left.id]
    world.product.steering.cancel(who, job.id)
    assert world.index.count(tenant_id=who.tenant_id, document_id=document) == 0


def test_nothing_is_cancelled_while_the_index_cannot_be_asked() -> None:
    index = _Breakable()
    world = a_world(index=index)
    who, _ = world.person("acme")
    document, job = _handed_in(world, who)
    _taken(world, who, job)
    index.down = True
    with pytest.raises(PartUnavailableError):
        world.product.steering.cancel(who, job.id)
    assert world.product.jobs.get(who, job.id).state is JobState.RUNNING
    assert _state(world, who, document) is DocumentState.REGISTERED


def test_a_cancelled_job_can_be_retried_and_its_document_becomes_ready() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document, job = _handed_in(world, who)
    world.product.steering.cancel(who, job.id)
    world.product.steering.retry(who, job.id)
    world.work()
    assert _state(world, who, document) is DocumentState.READY


def test_what_has_ended_is_not_cancelled() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document, job = _handed_in(world, who)
    world.work()
    with pytest.raises(ConflictError):
        world.product.steering.cancel(who, job.id)
    assert _state(world, who, document) is DocumentState.READY


def test_an_erasure_is_never_cancelled_nor_retried() -> None:
    """R43."""
    world = a_world()
    who, _ = world.person("acme")
    document, _ = _handed_in(world, who)
    erasing = world.product.erasure.request(who, document)
    for change in (world.product.steering.cancel, world.product.steering.retry):
        with pytest.raises(ConflictError):
            change(who, erasing.id)


def test_a_job_of_another_tenant_is_not_there() -> None:
    """R30."""
    world = a_world()
    who, _ = world.person("acme")
    other, _ = world.person("other")
    _, job = _handed_in(world, who)
    for change in (world.product.steering.cancel, world.product.steering.retry):
        with pytest.raises(NotFoundError):
            change(other, job.id)
        with pytest.raises(NotFoundError):
            change(who, JobId(who.key_id))


def test_a_paused_tenant_waits_while_its_erasures_and_its_neighbours_go_on() -> None:
    world = a_world()
    who, _ = world.person("acme")
    other, _ = world.person("other")
    ready = world.uploaded(who, "To be erased.")
    world.product.steering.pause(who)
    held_back, _ = _handed_in(world, who)
    theirs, _ = _handed_in(world, other)
    world.product.erasure.request(who, ready.id)
    world.work()
    world.clock.advance(60)
    world.product.jobs.sweep()
    assert {ring.kind for ring in world.queue.rings if ring.tenant_id == who.tenant_id} <= {JobKind.ERASE}
    world.work()
    assert _state(world, who, held_back) is DocumentState.REGISTERED
    assert _state(world, other, theirs) is DocumentState.READY
    assert world.index.count(tenant_id=who.tenant_id, document_id=ready.id) == 0
    world.clock.advance(60)
    world.product.steering.resume(who)
    world.work()
    assert _state(world, who, held_back) is DocumentState.READY


def test_a_paused_tenant_is_not_relabelled_either() -> None:
    world = a_world()
    who, _ = world.person("acme")
    ready = world.uploaded(who, "Visitors park here.")
    world.product.steering.pause(who)
    with world.database.transaction(who.tenant_id) as transaction:
        record = transaction.documents.get(ready.id)
        assert record is not None
        job = world.product.relabelling.requested(transaction, record)
    world.product.relabelling.run(who.tenant_id, job.id)
    assert world.product.jobs.get(who, job.id).state is JobState.QUEUED
    world.product.steering.resume(who)
    world.product.relabelling.run(who.tenant_id, job.id)
    assert world.product.jobs.get(who, job.id).state is JobState.SUCCEEDED


def test_pausing_twice_is_one_pause() -> None:
    world = a_world()
    who, _ = world.person("acme")
    first = world.product.steering.pause(who)
    world.clock.advance(5)
    assert world.product.steering.pause(who) == first
    assert first.paused_by == who.key_id
    assert world.product.steering.resume(who).paused_at is None
    world.product.steering.resume(who)
    assert len(world.audited(who.tenant_id, "jobs_paused")) == len(world.audited(who.tenant_id, "jobs_resumed")) == 1


@pytest.mark.parametrize("role", [one for one in Role if one not in {Role.OPERATOR, Role.ADMIN}])
def test_only_operators_and_admins_steer_jobs(role: Role) -> None:
    """R31."""
    world = a_world()
    admin, _ = world.person("acme")
    _, job = _handed_in(world, admin)
    who, _ = world.person("acme", role)
    steering = world.product.steering
    for change in (
        lambda: steering.cancel(who, job.id),
        lambda: steering.retry(who, job.id),
        lambda: steering.retry_all(who, "cancelled"),
        lambda: steering.pause(who),
        lambda: steering.resume(who),
    ):
        with pytest.raises(NotPermittedError):
            change()
    operator, _ = world.person("acme", Role.OPERATOR)
    assert steering.cancel(operator, job.id).state is JobState.CANCELLED


def test_jobs_are_listed_by_what_is_asked_for() -> None:
    world = a_world()
    who, _ = world.person("acme")
    _, failed = _failed(world, who)
    _handed_in(world, who)
    only = JobFilter(state=JobState.FAILED, reason=failed.failure)
    assert [job.id for job in world.product.jobs.page(who, limit=9, only=only)] == [failed.id]
