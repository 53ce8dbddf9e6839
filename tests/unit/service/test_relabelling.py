"""Labels of another version are renewed in the background, under everything that can happen to it (R6)."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from typing_extensions import override

from ingestion.sensitivity import Category
from service.adapters.memory.index import InMemoryChunkIndex
from service.documents import DocumentView
from service.errors import LeaseLostError, NotPermittedError, PartUnavailableError
from service.policy.access import DocumentId, Principal, Role, TenantId
from service.ports import DocumentState, JobKind, JobRecord, JobState, Point
from service.sealing import Sealed
from tests.assembled import LearningLabeller, World, a_world

TEXT = "Visitors park in the garage."


def a_learning_world(index: InMemoryChunkIndex | None = None) -> tuple[World, LearningLabeller, Principal]:
    labeller = LearningLabeller()
    world = a_world(labeller=labeller, index=index)
    return world, labeller, world.person("acme")[0]


def swept(world: World) -> None:
    """Let the sweep find what is to be done, and do it."""
    world.product.jobs.sweep()
    world.work()


def progress_of(world: World, who: Principal) -> tuple[int, int, int, int]:
    """Return how many documents are current, stale and failed, and the open jobs."""
    found = world.product.relabelling.progress(who)
    return found.documents.current, found.documents.stale, found.documents.failed, found.open_jobs


def relabel_jobs(world: World, who: Principal) -> list[JobRecord]:
    return [job for job in world.product.jobs.page(who, limit=200) if job.kind is JobKind.RELABEL]


def damage(world: World, who: Principal, document: DocumentView) -> Sealed:
    """Change a byte of the stored text; return what it was."""
    with world.database.transaction(who.tenant_id) as transaction:
        (chunk,) = transaction.chunks.of(document.id)
        transaction.chunks.replace(
            document.id, [replace(chunk, text=Sealed(bytes([chunk.text[0] ^ 1]) + chunk.text[1:]))]
        )
    return chunk.text


def mend(world: World, who: Principal, document: DocumentView, text: Sealed) -> None:
    with world.database.transaction(who.tenant_id) as transaction:
        (chunk,) = transaction.chunks.of(document.id)
        transaction.chunks.replace(document.id, [replace(chunk, text=text)])


def test_a_sweep_renews_the_labels_that_another_version_made() -> None:
    world, labeller, who = a_learning_world()
    document = world.uploaded(who, TEXT)
    labeller.learn("garage", Category.TRADE_SECRET)
    assert progress_of(world, who) == (0, 1, 0, 0)
    swept(world)
    (chunk,) = world.product.reviewing.chunks(who, document.id, limit=5)
    assert (chunk.label.labeller_version, chunk.label.categories) == (
        labeller.version,
        frozenset({Category.TRADE_SECRET}),
    )
    assert world.product.documents.get(who, document.id).labels == {"sensitive": 1, "TRADE_SECRET": 1}
    assert progress_of(world, who) == (1, 0, 0, 0)


def test_the_index_learns_the_new_labels() -> None:
    world, labeller, who = a_learning_world()
    world.uploaded(who, TEXT)
    labeller.learn("garage")
    swept(world)
    (points,) = world.index.points.values()
    assert [(point.harmless, point.categories) for point in points] == [(False, frozenset({Category.PII}))]


def test_the_declared_floor_stays_a_floor() -> None:
    world, labeller, who = a_learning_world()
    document = world.uploaded(who, TEXT, declared=frozenset({Category.PHI}))
    labeller.learn()
    swept(world)
    (chunk,) = world.product.reviewing.chunks(who, document.id, limit=5)
    assert (chunk.label.categories, chunk.machine.harmless) == (frozenset({Category.PHI}), True)


def test_labels_of_the_version_in_force_are_left_alone() -> None:
    world, _, who = a_learning_world()
    world.uploaded(who, TEXT)
    swept(world)
    assert relabel_jobs(world, who) == []


def test_only_a_bounded_number_of_jobs_is_open_and_all_get_done_oldest_first() -> None:
    world, labeller, who = a_learning_world()
    documents = []
    for number in range(20):
        world.clock.advance(1)
        documents.append(world.uploaded(who, f"{TEXT} {number}").id)
    labeller.learn()
    world.product.jobs.sweep()
    world.product.jobs.sweep()
    opened = relabel_jobs(world, who)
    assert {job.document_id for job in opened} == set(documents[:16])
    world.work()
    assert progress_of(world, who) == (20, 0, 0, 0)
    assert len(relabel_jobs(world, who)) == 20


def test_each_tenant_has_a_bound_of_its_own() -> None:
    world, labeller, who = a_learning_world()
    other, _ = world.person("lakeside")
    for one in (who, other):
        for number in range(17):
            world.uploaded(one, f"{TEXT} {number}")
    labeller.learn()
    world.product.jobs.sweep()
    assert [len(relabel_jobs(world, one)) for one in (who, other)] == [16, 16]


def test_a_relabelling_whose_worker_died_is_done_by_the_next() -> None:
    """R60: kill -9 at any moment; the ledger resumes it."""
    world, labeller, who = a_learning_world()
    world.uploaded(who, TEXT)
    labeller.learn()
    world.product.jobs.sweep()
    world.queue.rings.clear()
    (job,) = relabel_jobs(world, who)
    now = world.clock.now()
    with world.database.transaction(who.tenant_id) as transaction:
        transaction.jobs.claim(job.id, kind=JobKind.RELABEL, now=now, lease_until=now)
    world.clock.advance(1)
    swept(world)
    assert world.product.jobs.get(who, job.id).attempts == 2
    assert progress_of(world, who) == (1, 0, 0, 0)


def test_a_worker_that_lost_its_lease_writes_nothing() -> None:
    """R43: the fence decides."""
    world, labeller, who = a_learning_world()
    document = world.uploaded(who, TEXT)
    labeller.learn()
    world.product.jobs.sweep()
    (job,) = relabel_jobs(world, who)
    relabelling, now = world.product.relabelling, world.clock.now()
    with world.database.transaction(who.tenant_id) as transaction:
        late = transaction.jobs.claim(job.id, kind=JobKind.RELABEL, now=now, lease_until=now)
        holder = transaction.jobs.claim(job.id, kind=JobKind.RELABEL, now=now, lease_until=now)
    assert late
    relabelling._relabel(late)  # noqa: SLF001 - the slow worker, at last
    (chunk,) = world.product.reviewing.chunks(who, document.id, limit=5)
    assert chunk.stale
    assert world.product.jobs.get(who, job.id) == holder


def test_a_worker_that_loses_its_lease_while_it_labels_writes_nothing() -> None:
    """R43, R60: the fence is looked at once more, under the lock."""
    world, labeller, who = a_learning_world()
    document = world.uploaded(who, TEXT)
    labeller.learn()
    world.product.jobs.sweep()
    (job,) = relabel_jobs(world, who)
    relabelling, now = world.product.relabelling, world.clock.now()
    with world.database.transaction(who.tenant_id) as transaction:
        slow = transaction.jobs.claim(job.id, kind=JobKind.RELABEL, now=now, lease_until=now)
    assert slow
    done = relabelling._labelled(slow)  # noqa: SLF001 - between two steps of one call
    with world.database.transaction(who.tenant_id) as transaction:
        transaction.jobs.claim(job.id, kind=JobKind.RELABEL, now=now, lease_until=now)
    with pytest.raises(LeaseLostError):
        relabelling._write(slow, done)  # noqa: SLF001 - the second of them
    assert world.product.reviewing.chunks(who, document.id, limit=5)[0].stale


def test_a_store_that_is_down_gives_the_job_back_and_leaves_everything_stale() -> None:
    class DownOnce(InMemoryChunkIndex):
        down = False

        @override
        def replace(self, *, tenant_id: TenantId, document_id: DocumentId, points: Sequence[Point]) -> None:
            if self.down:
                raise PartUnavailableError
            super().replace(tenant_id=tenant_id, document_id=document_id, points=points)

    world, labeller, who = a_learning_world(index := DownOnce())
    document = world.uploaded(who, TEXT)
    labeller.learn("garage")
    index.down = True
    world.product.jobs.sweep()
    with pytest.raises(PartUnavailableError):
        world.work()
    (job,) = relabel_jobs(world, who)
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)
    assert world.product.documents.get(who, document.id).labels == {"harmless": 1}
    index.down = False
    world.clock.advance(60)
    swept(world)
    assert progress_of(world, who) == (1, 0, 0, 0)


def test_a_damaged_document_fails_with_a_reason_stays_stale_and_holds_up_nobody() -> None:
    world, labeller, who = a_learning_world()
    damaged, _ = world.uploaded(who, TEXT), world.uploaded(who, f"{TEXT} Another.")
    text = damage(world, who, damaged)
    labeller.learn()
    swept(world)
    swept(world)
    assert progress_of(world, who) == (1, 0, 1, 0)
    (failed,) = [job for job in relabel_jobs(world, who) if job.document_id == damaged.id]
    assert (failed.state, failed.failure) == (JobState.FAILED, "text_damaged")
    assert world.product.documents.get(who, damaged.id).state is DocumentState.READY
    assert world.audited(who.tenant_id, "relabelling_failed")[0]["reason"] == "text_damaged"
    mend(world, who, damaged, text)
    world.product.relabelling.ask(who)
    world.work()
    assert progress_of(world, who) == (2, 0, 0, 0)


def test_the_next_version_tries_again_what_one_could_not_label() -> None:
    world, labeller, who = a_learning_world()
    document = world.uploaded(who, TEXT)
    text = damage(world, who, document)
    labeller.learn()
    swept(world)
    mend(world, who, document, text)
    labeller.learn()
    swept(world)
    assert progress_of(world, who) == (1, 0, 0, 0)


def test_a_document_whose_key_is_gone_fails_with_a_reason() -> None:
    world, labeller, who = a_learning_world()
    document = world.uploaded(who, TEXT)
    world.keys.destroy_document_key(tenant_id=who.tenant_id, document_id=document.id)
    labeller.learn()
    swept(world)
    (job,) = relabel_jobs(world, who)
    assert (job.state, job.failure) == (JobState.FAILED, "key_destroyed")
    assert progress_of(world, who) == (0, 0, 1, 0)


def test_a_relabelling_that_never_ends_well_is_given_up_with_a_reason() -> None:
    world, labeller, who = a_learning_world()
    world.uploaded(who, TEXT)
    labeller.learn()
    world.product.jobs.sweep()
    (job,) = relabel_jobs(world, who)
    for _ in range(3):
        now = world.clock.now()
        with world.database.transaction(who.tenant_id) as transaction:
            transaction.jobs.claim(job.id, kind=JobKind.RELABEL, now=now, lease_until=now)
        world.clock.advance(1)
    world.work()
    assert world.product.jobs.get(who, job.id).failure == "attempts_exhausted"
    assert progress_of(world, who) == (0, 0, 1, 0)


def test_chunks_that_were_read_in_anew_meanwhile_do_not_get_the_labels_of_others() -> None:
    world, labeller, who = a_learning_world()
    document = world.uploaded(who, TEXT)
    labeller.learn()
    world.product.jobs.sweep()
    (job,) = relabel_jobs(world, who)
    relabelling, now = world.product.relabelling, world.clock.now()
    with world.database.transaction(who.tenant_id) as transaction:
        claimed = transaction.jobs.claim(job.id, kind=JobKind.RELABEL, now=now, lease_until=now)
    assert claimed
    done = relabelling._labelled(claimed)  # noqa: SLF001 - between two steps of one call
    damage(world, who, document)
    with pytest.raises(LeaseLostError):
        relabelling._write(claimed, done)  # noqa: SLF001 - the second of them


def test_a_document_that_is_not_ready_is_not_relabelled() -> None:
    world, labeller, who = a_learning_world()
    world.uploaded(who, "MZ\x00\x01", file_name="program.exe")
    labeller.learn()
    swept(world)
    assert relabel_jobs(world, who) == []
    assert progress_of(world, who) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("role", "sees", "asks"),
    [
        (Role.READER, False, False),
        (Role.CONTRIBUTOR, False, False),
        (Role.AUDITOR, True, False),
        (Role.OPERATOR, True, True),
        (Role.DATA_OWNER, True, True),
        (Role.ADMIN, True, True),
    ],
)
def test_who_may_see_the_progress_and_who_may_ask_for_more(role: Role, *, sees: bool, asks: bool) -> None:
    world, _, _ = a_learning_world()
    who, _ = world.person("acme", role)
    for call, may in [(world.product.relabelling.progress, sees), (world.product.relabelling.ask, asks)]:
        if may:
            assert call(who).open_jobs == 0
        else:
            with pytest.raises(NotPermittedError):
                call(who)


def test_asking_begins_at_once() -> None:
    world, labeller, who = a_learning_world()
    world.uploaded(who, TEXT)
    labeller.learn()
    assert world.product.relabelling.ask(who).open_jobs == 1
    world.work()
    assert progress_of(world, who) == (1, 0, 0, 0)


def test_the_audit_tells_both_versions() -> None:
    """R50."""
    world, labeller, who = a_learning_world()
    world.uploaded(who, TEXT)
    before = labeller.version
    labeller.learn()
    swept(world)
    (facts,) = world.audited(who.tenant_id, "document_relabelled")
    assert (facts["before"], facts["labeller"], facts["labels"]) == (before, labeller.version, {"harmless": 1})
