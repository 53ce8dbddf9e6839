"""The ledger of jobs: what is to be done, by whom, until when, and how far it is (R60)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import uuid4

from service.policy.access import DocumentId, JobId, KeyId, TenantId


class JobState(StrEnum):
    """The life of a job. A running one whose lease ran out is taken over by the next worker."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobKind(StrEnum):
    """What a job does; the value is the Celery task's name."""

    INGEST = "documents.ingest"
    ERASE = "documents.erase"
    RELABEL = "documents.relabel"


class Priority(StrEnum):
    """Who waits for an ingestion: a person who handed something in, or a source that is taken in as a whole."""

    INTERACTIVE = "interactive"
    BULK = "bulk"


class Stage(StrEnum):
    """How far a job is. One that ended says instead what came of it."""

    WAITING = "waiting"
    READING = "reading"
    SPLITTING = "splitting"
    EMBEDDING = "embedding"
    LABELLING = "labelling"
    WRITING = "writing"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """One launching of a task. `fence` grows with every attempt; only the highest may write.

    Nobody takes the job before `not_before`. `done` of `total` is the progress within the stage, 0 of 0 where it has no
    parts. `setback` is the code of why the last attempt ended without a result; `deferrals` counts the attempts in a
    row that a part of the system which did not answer ended, and which count for nothing else.
    """

    id: JobId
    tenant_id: TenantId
    kind: JobKind
    document_id: DocumentId
    state: JobState
    created_at: datetime
    updated_at: datetime
    attempts: int = 0
    fence: int = 0
    lease_until: datetime | None = None
    stage: str = ""
    failure: str | None = None
    failure_detail: str | None = None
    priority: Priority = Priority.INTERACTIVE
    not_before: datetime | None = None
    done: int = 0
    total: int = 0
    deferrals: int = 0
    setback: str | None = None

    @classmethod
    def queued(
        cls,
        kind: JobKind,
        tenant_id: TenantId,
        document_id: DocumentId,
        *,
        at: datetime,
        priority: Priority = Priority.INTERACTIVE,
    ) -> "JobRecord":
        """Return a new job that nobody works on yet."""
        return cls(
            id=JobId(uuid4()),
            tenant_id=tenant_id,
            kind=kind,
            document_id=document_id,
            state=JobState.QUEUED,
            created_at=at,
            updated_at=at,
            stage=Stage.WAITING,
            priority=priority,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs are meant; what is None rules nothing out."""

    state: JobState | None = None
    kind: JobKind | None = None
    priority: Priority | None = None
    reason: str | None = None
    document_id: DocumentId | None = None

    def admits(self, job: JobRecord) -> bool:
        """Whether the job is meant."""
        return (
            self.state in {None, job.state}
            and self.kind in {None, job.kind}
            and self.priority in {None, job.priority}
            and self.reason in {None, job.failure}
            and self.document_id in {None, job.document_id}
        )


EVERY_JOB = JobFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCount:
    """How many jobs of one kind and priority are in one state and stage."""

    kind: JobKind
    priority: Priority
    state: JobState
    stage: str
    jobs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeRecord:
    """Whether a tenant's background work goes on, but for erasures, which always do.

    `swept_at` is when a worker last looked after the tenant's jobs: a sign that workers and their schedule live.
    """

    tenant_id: TenantId
    paused_at: datetime | None = None
    paused_by: KeyId | None = None
    swept_at: datetime | None = None


class IntakeTable(Protocol):
    """One row per tenant, or none."""

    def get(self) -> IntakeRecord | None:
        """Return the row."""
        ...

    def pause(self, at: datetime, by: KeyId) -> bool:
        """Hold the tenant's jobs back from now on; say whether they went on until now."""
        ...

    def resume(self) -> bool:
        """Let them go on; say whether they were held back."""
        ...

    def swept(self, at: datetime, *, unless_since: datetime) -> None:
        """Note that a worker looked after the jobs, unless that was noted since then."""
        ...


class JobTable(Protocol):
    """The ledger: what is to be done, by whom, until when."""

    def add(self, record: JobRecord) -> None:
        """Insert."""
        ...

    def get(self, job_id: JobId, *, lock: bool = False) -> JobRecord | None:
        """Return the row; with `lock` nobody else changes it until the transaction ends."""
        ...

    def page(self, *, limit: int, after: JobId | None = None, only: JobFilter = EVERY_JOB) -> tuple[JobRecord, ...]:
        """Return such jobs, newest first, after the given one, which need not be such a one (any more).

        Raises NotFoundError where there is no such job at all.
        """
        ...

    def claim(self, job_id: JobId, *, kind: JobKind, now: datetime, lease_until: datetime) -> JobRecord | None:
        """Take this job if it is queued and its time has come, or running with a lease that ran out.

        Two callers never both get it. It comes back RUNNING with `attempts` and `fence` one higher.
        """
        ...

    def claim_fresh(self, kind: JobKind, *, now: datetime, lease_until: datetime, limit: int) -> tuple[JobRecord, ...]:
        """Take the oldest queued jobs of this kind that were never tried and may be; skip what others are taking."""
        ...

    def claim_next(
        self, kind: JobKind, *, priority: Priority, now: datetime, lease_until: datetime, limit: int
    ) -> tuple[JobRecord, ...]:
        """Take the oldest job of this kind and priority that is due, as `claim` does.

        If it was never tried, up to `limit` others that were not either come with it; a tried one comes alone. What
        others are taking is passed over, and what a worker held that is gone: the sweep says when that is due again.
        """
        ...

    def renew(self, held: Iterable[tuple[JobId, int]], *, lease_until: datetime) -> None:
        """Extend the leases of running jobs that still have these fences."""
        ...

    def progress(self, held: Iterable[tuple[JobId, int]], *, stage: Stage, done: int, total: int, at: datetime) -> None:
        """Say how far running jobs are that still have these fences; pass over those that somebody else locks."""
        ...

    def holds(self, job: JobRecord, *, lock: bool = False) -> bool:
        """Whether the row still has this job's fence and is RUNNING; with `lock`, until the transaction ends."""
        ...

    def update(self, record: JobRecord) -> bool:
        """Write every column if the row still has the record's fence; say whether it had."""
        ...

    def revoke(self, record: JobRecord) -> JobRecord | None:
        """Write every column, with a higher fence, if the row still has the record's; return what is written.

        Whoever held the job may not write any more.
        """
        ...

    def waiting(
        self, *, now: datetime, queued_before: datetime, limit: int, kinds: Collection[JobKind] = frozenset(JobKind)
    ) -> tuple[JobRecord, ...]:
        """Return the oldest jobs to ring for again: running with an expired lease, or queued since before then.

        Those whose time has not come are not among them.
        """
        ...

    def expired(self, *, now: datetime, limit: int) -> tuple[JobRecord, ...]:
        """Return, and lock, the oldest running jobs whose lease ran out; skip what others are taking."""
        ...

    def open(self, kind: JobKind, *, document_id: DocumentId | None = None) -> tuple[JobRecord, ...]:
        """Return the jobs of this kind that are queued or running, oldest first."""
        ...

    def dead(
        self, *, limit: int, reason: str | None = None, after: tuple[DocumentId, JobId] | None = None
    ) -> tuple[JobRecord, ...]:
        """Return ingestions that failed or were cancelled and whose document still waits for a new start.

        They come by document and job, after the given pair.
        """
        ...

    def reasons(self) -> Mapping[str, int]:
        """Return how many jobs `dead` would return for each reason."""
        ...

    def counts(self) -> Mapping[JobState, int]:
        """Return how many jobs are in each state."""
        ...

    def tally(self) -> tuple[JobCount, ...]:
        """Return how many jobs there are of each kind, priority, state and stage."""
        ...
