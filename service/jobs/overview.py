"""A tenant's jobs at a glance: how many there are of each, what failed why, and what stands still why (R60)."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from service.errors import NotFoundError, NotPermittedError
from service.jobs.explaining import Circumstances, Explanation, Plight, explained
from service.policy.access import JobId, Permission, Principal
from service.ports import (
    Clock,
    Database,
    DocumentState,
    JobCount,
    JobFilter,
    JobQueue,
    JobRecord,
    JobState,
    Transaction,
)

_LOOKED_AT = 200
"""Jobs of a state that are explained for the overview: the oldest that are due, and the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standstill:
    """Jobs that stand still for one reason: how many were found, the longest-waiting one, and what is said of it."""

    explanation: Explanation
    jobs: int
    example: JobId


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What there is to see of a tenant's jobs at one moment."""

    at: datetime
    documents: Mapping[DocumentState, int]
    jobs: tuple[JobCount, ...]
    dead: Mapping[str, int]
    oldest: JobRecord | None
    paused_at: datetime | None
    swept_at: datetime | None
    workers: int | None
    stuck: tuple[Standstill, ...]

    @property
    def open_jobs(self) -> int:
        """How many jobs wait or run."""
        return sum(one.jobs for one in self.jobs if one.state in {JobState.QUEUED, JobState.RUNNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Shows how things stand. `workers` counts the live ones, None where nobody here can tell."""

    database: Database
    queue: JobQueue
    clock: Clock
    workers: Callable[[], int | None]
    max_attempts: int

    def explain(self, principal: Principal, job_id: JobId) -> tuple[JobRecord, Explanation]:
        """Return one job and what becomes of it. Raises NotFoundError."""
        self._check(principal)
        broker, workers = self.queue.ready(), self.workers()
        with self.database.transaction(principal.tenant_id) as transaction:
            job = transaction.jobs.get(job_id)
            if job is None:
                raise NotFoundError
            return job, explained(job, self._circumstances(transaction, broker=broker, workers=workers))

    def glance(self, principal: Principal) -> Glance:
        """Return how the tenant's jobs stand now."""
        self._check(principal)
        broker, workers = self.queue.ready(), self.workers()
        with self.database.transaction(principal.tenant_id) as transaction:
            circumstances = self._circumstances(transaction, broker=broker, workers=workers)
            intake, now = circumstances.intake, circumstances.now
            due = transaction.jobs.waiting(now=now, queued_before=now, limit=_LOOKED_AT)
            return Glance(
                at=now,
                documents=transaction.documents.counts(),
                jobs=transaction.jobs.tally(),
                dead=transaction.jobs.reasons(),
                oldest=due[0] if due else None,
                paused_at=intake.paused_at if intake is not None else None,
                swept_at=intake.swept_at if intake is not None else None,
                workers=workers,
                stuck=_stuck((*due, *_newest(transaction)), circumstances),
            )

    def _circumstances(self, transaction: Transaction, *, broker: bool, workers: int | None) -> Circumstances:
        return Circumstances(
            now=self.clock.now(),
            intake=transaction.intake.get(),
            broker=broker,
            workers=workers,
            max_attempts=self.max_attempts,
        )

    @staticmethod
    def _check(principal: Principal) -> None:
        if not principal.may(Permission.SEE_JOBS):
            raise NotPermittedError


def _newest(transaction: Transaction) -> Iterable[JobRecord]:
    for state in (JobState.RUNNING, JobState.QUEUED):
        yield from transaction.jobs.page(limit=_LOOKED_AT, only=JobFilter(state=state))


def _stuck(jobs: Iterable[JobRecord], circumstances: Circumstances) -> tuple[Standstill, ...]:
    """Return what stands still, by its reason, the most frequent first. A job that comes twice counts once."""
    first: dict[Plight, tuple[JobRecord, Explanation]] = {}
    counted: Counter[Plight] = Counter()
    for job in sorted({job.id: job for job in jobs}.values(), key=lambda one: (one.created_at, one.id)):
        explanation = explained(job, circumstances)
        if explanation.stuck:
            first.setdefault(explanation.plight, (job, explanation))
            counted[explanation.plight] += 1
    return tuple(
        Standstill(explanation=first[plight][1], jobs=jobs_found, example=first[plight][0].id)
        for plight, jobs_found in counted.most_common()
    )
