"""How far jobs are is told stage by stage, to people who watch, at no price for the work (R60)."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from typing_extensions import override

from service.adapters.memory.embedding import InMemoryEmbedder
from service.documents import Upload
from service.errors import PartUnavailableError
from service.policy.access import TenantId
from service.ports import Database, JobRecord, JobState, Stage, Transaction, Vectors
from service.stages import Stages
from tests.assembled import StoppedClock, World, a_world
from tests.records import MINUTE, NOON, a_job


def _running(world: World) -> tuple[TenantId, JobRecord]:
    who, _ = world.person("acme")
    job = replace(a_job(who.tenant_id, state=JobState.RUNNING, lease_until=NOON + MINUTE), fence=1)
    with world.database.transaction(who.tenant_id) as transaction:
        transaction.jobs.add(job)
    return who.tenant_id, job


def _told(world: World, job: JobRecord) -> tuple[str, int, int]:
    with world.database.transaction(job.tenant_id) as transaction:
        found = transaction.jobs.get(job.id)
    assert found is not None
    return found.stage, found.done, found.total


def test_steps_are_told_once_a_second() -> None:
    world = a_world()
    _, job = _running(world)
    steps = Stages(database=world.database, clock=world.clock).reached([job], Stage.EMBEDDING, total=500)
    assert _told(world, job) == ("embedding", 0, 500)
    steps.done(100)
    assert _told(world, job) == ("embedding", 0, 500)
    world.clock.advance(1)
    steps.done(150)
    assert _told(world, job) == ("embedding", 250, 500)


def test_who_lost_the_job_tells_nothing() -> None:
    world = a_world()
    _, job = _running(world)
    Stages(database=world.database, clock=world.clock).reached([replace(job, fence=0)], Stage.WRITING)
    assert _told(world, job) == ("", 0, 0)


def test_a_database_that_does_not_answer_stops_no_work() -> None:
    world = a_world()
    _, job = _running(world)

    class Down:
        def transaction(self, _: TenantId) -> Transaction:
            raise PartUnavailableError

    down: Database = Down()  # type: ignore[assignment]
    Stages(database=down, clock=StoppedClock()).reached([job], Stage.WRITING).done(1)
    assert _told(world, job) == ("", 0, 0)


class _LookingOn(InMemoryEmbedder):
    """The twin of the embedder, which looks how far the job is while it embeds."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[JobRecord] = []
        self.look: Callable[[], JobRecord] | None = None

    @override
    def embed(self, texts: Sequence[str]) -> Vectors:
        if self.look is not None:
            self.seen.append(self.look())
        return super().embed(texts)


def test_whoever_looks_on_sees_the_stage_of_a_job_that_runs() -> None:
    embedder = _LookingOn()
    world = a_world(adapted=lambda adapters: replace(adapters, embedder=embedder))
    who, _ = world.person("acme")
    _, job = world.product.documents.register(who, Upload(content=b"Visitors park here.", file_name="note.txt"))
    embedder.look = lambda: world.product.jobs.get(who, job.id)
    world.work()
    (during,) = embedder.seen
    assert (during.state, during.stage, during.done, during.total) == (JobState.RUNNING, "embedding", 0, 1)
    after = world.product.jobs.get(who, job.id)
    assert (after.state, after.stage, after.total) == (JobState.SUCCEEDED, "ready", 0)
