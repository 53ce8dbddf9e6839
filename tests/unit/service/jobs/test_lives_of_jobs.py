"""R43, R60: whatever happens to jobs in whatever order, nothing is lost, done twice, or comes back from an erasure."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test
from typing_extensions import override

from ingestion.document import Document
from service.adapters.memory.embedding import InMemoryParser
from service.adapters.memory.index import InMemoryChunkIndex
from service.documents import Upload
from service.errors import ConflictError, NotFoundError, PartUnavailableError
from service.policy.access import DocumentId, JobId
from service.ports import DocumentState, JobKind, JobRecord, JobState
from service.product import Adapters
from tests.assembled import a_world

_READABLE, _UNREADABLE = b"Visitors park in the garage.", b"%PDF-1.7 and no more"
_ENDED = {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED}
_SETTLED = {DocumentState.READY, DocumentState.FAILED}


class _Index(InMemoryChunkIndex):
    """The twin, which may be down."""

    down = False

    @override
    def replace(self, **arguments: Any) -> None:
        if self.down:
            raise PartUnavailableError
        super().replace(**arguments)


class _Parser(InMemoryParser):
    """The twin; something may happen once, while it parses."""

    meanwhile: Callable[[], None] | None = None

    @override
    def parse(self, content: bytes, *, name: str, media_type: str | None = None) -> Document:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return super().parse(content, name=name, media_type=media_type)


class LivesOfJobs(RuleBasedStateMachine):
    """One tenant, its workers, its operators and everything that goes wrong."""

    handed_in = Bundle("handed_in")
    held = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self.index, self.parser = _Index(), _Parser()
        self.world = a_world(index=self.index, adapted=self._adapted)
        self.who, _ = self.world.person("acme")
        self.documents: dict[JobId, DocumentId] = {}
        self.erased: set[DocumentId] = set()
        self.fences: dict[JobId, int] = {}

    def _adapted(self, adapters: Adapters) -> Adapters:
        return replace(adapters, parser=self.parser)

    def _jobs(self) -> list[JobRecord]:
        with self.world.database.transaction(self.who.tenant_id) as transaction:
            return list(transaction.jobs.page(limit=10_000))

    def _ingest(self, job: JobId) -> None:
        try:
            self.world.product.ingestion.run(self.who.tenant_id, job)
        except PartUnavailableError:
            assert self.index.down

    @rule(target=handed_in, readable=st.booleans())
    def hand_in(self, readable: bool) -> JobId:  # noqa: FBT001 - Hypothesis calls it by name
        content, name = (_READABLE, "note.txt") if readable else (_UNREADABLE, "note.pdf")
        content += b" %d" % len(self.documents)  # the same bytes as something erased would be refused
        view, job = self.world.product.documents.register(self.who, Upload(content=content, file_name=name))
        self.documents[job.id] = view.id
        return job.id

    @rule(job=handed_in)
    def work(self, job: JobId) -> None:
        self._ingest(job)

    @rule(job=handed_in, what=st.sampled_from(["cancel", "erase", "expire", "pause"]))
    def work_while_something_happens(self, job: JobId, what: str) -> None:
        happens = {
            "cancel": lambda: self.cancel(job),
            "erase": lambda: self.erase(job),
            "expire": self.let_time_pass_and_sweep,
            "pause": self.pause,
        }
        self.parser.meanwhile = happens[what]
        self._ingest(job)
        self.parser.meanwhile = None

    @rule(target=held, job=handed_in)
    def a_worker_takes_it_and_stalls(self, job: JobId) -> JobRecord | None:
        now = self.world.clock.now()
        with self.world.database.transaction(self.who.tenant_id) as transaction:
            until = now + timedelta(seconds=30)
            return transaction.jobs.claim(job, kind=JobKind.INGEST, now=now, lease_until=until)

    @rule(stalled=consumes(held))
    def the_stalled_worker_wakes_and_writes(self, stalled: JobRecord | None) -> None:
        """Let it change its row if it still holds the job, and nothing otherwise."""
        if stalled is None:
            return
        now = next(job for job in self._jobs() if job.id == stalled.id)
        with self.world.database.transaction(self.who.tenant_id) as transaction:
            wrote = transaction.jobs.update(replace(stalled, stage="late"))
        assert wrote is (now.fence == stalled.fence)
        assert not wrote or now.state is JobState.RUNNING

    @rule()
    def let_time_pass_and_sweep(self) -> None:
        self.world.clock.advance(61)
        self.world.product.jobs.sweep()

    @rule(job=handed_in)
    def cancel(self, job: JobId) -> None:
        try:
            self.world.product.steering.cancel(self.who, job)
        except ConflictError:
            assert next(one.state for one in self._jobs() if one.id == job) in _ENDED
        except PartUnavailableError:
            assert self.index.down

    @rule(job=handed_in)
    def retry(self, job: JobId) -> None:
        try:
            self.world.product.steering.retry(self.who, job)
        except ConflictError:
            return
        assert self.documents[job] not in self.erased

    @rule(reason=st.sampled_from(["damaged", "cancelled", "attempts_exhausted"]))
    def retry_all(self, reason: str) -> None:
        with self.world.database.transaction(self.who.tenant_id) as transaction:
            expected = transaction.jobs.reasons().get(reason, 0)
        assert self.world.product.steering.retry_all(self.who, reason) == expected

    @rule()
    def pause(self) -> None:
        self.world.product.steering.pause(self.who)

    @rule()
    def resume(self) -> None:
        self.world.product.steering.resume(self.who)

    @rule(down=st.booleans())
    def break_or_mend_the_index(self, down: bool) -> None:  # noqa: FBT001 - Hypothesis calls it by name
        self.index.down = down

    @rule(job=handed_in)
    def erase(self, job: JobId) -> None:
        try:
            self.world.product.erasure.request(self.who, self.documents[job])
        except NotFoundError:
            assert self.documents[job] in self.erased
        self.erased.add(self.documents[job])

    @invariant()
    def a_fence_only_grows(self) -> None:
        for job in self._jobs():
            assert job.fence >= self.fences.get(job.id, 0)
            self.fences[job.id] = job.fence

    @invariant()
    def what_is_erased_has_no_row(self) -> None:
        with self.world.database.transaction(self.who.tenant_id) as transaction:
            assert not self.erased & set(transaction.documents.ids())

    @invariant()
    def documents_jobs_and_points_agree(self) -> None:
        jobs = {job.id: job for job in self._jobs()}
        with self.world.database.transaction(self.who.tenant_id) as transaction:
            for job_id, document_id in self.documents.items():
                record = transaction.documents.get(document_id)
                if record is None:
                    continue
                ready = record.state is DocumentState.READY
                assert ready is (jobs[job_id].state is JobState.SUCCEEDED)
                assert (record.state is DocumentState.FAILED) is (jobs[job_id].state in _ENDED - {JobState.SUCCEEDED})
                assert transaction.chunks.count(document_id) == int(ready)
                if not self.index.down:
                    assert self.index.count(tenant_id=self.who.tenant_id, document_id=document_id) == int(ready)

    def teardown(self) -> None:
        """In the end, with every part up, everything comes to its end and what is erased is gone."""
        self.index.down = False
        self.world.product.steering.resume(self.who)
        for _ in range(40):
            if {job.state for job in self._jobs()} <= _ENDED:
                break
            self.world.clock.advance(700)
            self.world.product.jobs.sweep()
            self.world.work()
        assert {job.state for job in self._jobs()} <= _ENDED
        with self.world.database.transaction(self.who.tenant_id) as transaction:
            left = [transaction.documents.get(one) for one in transaction.documents.ids()]
        assert {record.state for record in left if record is not None} <= _SETTLED
        assert {record.id for record in left if record is not None} == set(self.documents.values()) - self.erased
        for document_id in self.erased:
            assert self.index.count(tenant_id=self.who.tenant_id, document_id=document_id) == 0


def test_whatever_happens_nothing_is_lost_or_done_twice() -> None:
    limits = settings(max_examples=60, stateful_step_count=30, deadline=None, derandomize=True)
    run_state_machine_as_test(LivesOfJobs, settings=limits)
