"""Holding a job: taken under a lease, renewed while the work lasts, given back when it breaks off."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Event, Thread

import structlog

from service.errors import PartUnavailableError
from service.policy.access import JobId, TenantId
from service.policy.failing import Setback
from service.policy.retrying import BROKE_OFF, PART_DOWN
from service.ports import Clock, Database, JobKind, JobRecord, JobState, Priority, Stage, Transaction
from service.turns import Turns

_log = structlog.get_logger()
_RENEWALS_PER_LEASE = 3
_LOOK_SECONDS = 1.0
"""How often a worker that holds jobs looks whether it is asked to stop."""


class HandedOut:
    """Jobs that are handed out one by one, until it ends early; what was not handed out is left."""

    def __init__(self, jobs: Sequence[JobRecord], ends: Callable[[JobRecord], bool]) -> None:
        self.left = tuple(jobs)
        self._ends = ends

    def __iter__(self) -> Iterator[JobRecord]:
        """Yield each job once."""
        while self.left and not self._ends(self.left[0]):
            job, *left = self.left
            self.left = tuple(left)
            yield job


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Takes jobs from the ledger so that no two workers work on one.

    `stopping` says whether this worker is asked to stop; what it still holds `grace_seconds` later it gives back.
    """

    database: Database
    clock: Clock
    seconds: float
    turns: Turns
    stopping: Callable[[], bool] = lambda: False
    grace_seconds: float = 15.0

    @contextmanager
    def taken(
        self, kind: JobKind, tenant_id: TenantId, job_id: JobId, *, limit: int
    ) -> Iterator[tuple[JobRecord, ...]]:
        """Hold the named job and, if it is on its first attempt, waiting ones beside it, at most `limit`.

        Jobs that were tried before are held alone, so that what kills a worker takes nobody along.
        Whatever goes wrong, the jobs go back to the queue and wait: when a part of the system is down the attempt does
        not count, otherwise it does. Nothing but erasures is taken while the tenant is paused.
        """
        jobs = () if self.stopping() else self._claim(kind, tenant_id, job_id, limit)
        with self._held(jobs):
            yield jobs

    @contextmanager
    def taken_in_turn(self, tenant_id: TenantId, job_id: JobId, *, limit: int) -> Iterator[Iterable[JobRecord]]:
        """Hold waiting ingestions of the tenant whose turn it is, rung for by this job, and hand them out one by one.

        Handing out ends when the worker is asked to stop, and with bulk when a person waits for this process. What was
        not handed out goes back and its attempt does not count; as everything does when a part of the system is down.
        """
        jobs = () if self.stopping() else self.turns.claim(tenant_id, job_id, limit=limit, lease_seconds=self.seconds)
        handed = HandedOut(jobs, self._ends)
        with self._held(jobs):
            try:
                yield handed
            except PartUnavailableError:
                self.turns.pace.failed()
                raise
            self._give_back(handed.left, _untouched)

    def _ends(self, job: JobRecord) -> bool:
        return self.stopping() or (job.priority is Priority.BULK and self.turns.hurried())

    @contextmanager
    def _held(self, jobs: Sequence[JobRecord]) -> Iterator[None]:
        """Renew the leases meanwhile, and give the jobs back when something goes wrong."""
        stop = Event()
        renewal = Thread(target=self._keep, args=(jobs, stop), daemon=True)
        if jobs:
            renewal.start()
        try:
            yield
        except PartUnavailableError:
            self._give_back(jobs, _deferred)
            raise
        except Exception:
            self._give_back(jobs, _broken_off)
            raise
        finally:
            stop.set()
            if jobs:
                renewal.join()

    def _claim(self, kind: JobKind, tenant_id: TenantId, job_id: JobId, limit: int) -> tuple[JobRecord, ...]:
        now = self.clock.now()
        until = now + timedelta(seconds=self.seconds)
        with self.database.transaction(tenant_id) as transaction:
            if kind is not JobKind.ERASE and paused(transaction):
                return ()
            first = transaction.jobs.claim(job_id, kind=kind, now=now, lease_until=until)
            if first is None:
                return ()
            if first.attempts > 1 or limit == 1:
                return (first,)
            return (first, *transaction.jobs.claim_fresh(kind, now=now, lease_until=until, limit=limit - 1))

    def _keep(self, jobs: Sequence[JobRecord], stop: Event) -> None:
        """Renew the leases until the work is done, or until the worker has been asked to stop for too long."""
        period = self.seconds / _RENEWALS_PER_LEASE
        tick, since, asked = min(period, _LOOK_SECONDS), 0.0, 0.0
        while not stop.wait(tick):
            since, asked = since + tick, asked + tick if self.stopping() else 0.0
            if asked > self.grace_seconds:
                _log.warning("jobs_given_back_unfinished", jobs=len(jobs))
                self._give_back(jobs, _untouched)
                return
            if since >= period:
                since = 0.0
                self._renew(jobs)

    def _renew(self, jobs: Sequence[JobRecord]) -> None:
        until = self.clock.now() + timedelta(seconds=self.seconds)
        try:
            with self.database.transaction(jobs[0].tenant_id) as transaction:
                transaction.jobs.renew([(job.id, job.fence) for job in jobs], lease_until=until)
        except PartUnavailableError:
            _log.warning("lease_not_renewed", jobs=len(jobs))

    def _give_back(self, jobs: Sequence[JobRecord], how: Callable[[JobRecord, datetime], JobRecord]) -> None:
        if not jobs:
            return
        now = self.clock.now()
        try:
            with self.database.transaction(jobs[0].tenant_id) as transaction:
                # As their documents are locked where several are written together.
                for job in sorted(jobs, key=lambda one: one.document_id):
                    if transaction.jobs.holds(job, lock=True):
                        transaction.jobs.update(how(job, now))
        except PartUnavailableError:
            _log.warning("jobs_not_given_back", jobs=len(jobs))  # the lease runs out and the sweep finds them


def paused(transaction: Transaction) -> bool:
    """Whether the tenant's background work is held back, but for erasures."""
    found = transaction.intake.get()
    return found is not None and found.paused_at is not None


def queued_again(job: JobRecord, *, at: datetime, wait: timedelta, setback: Setback | None) -> JobRecord:
    """Return the job as it waits for its next attempt."""
    return replace(
        job,
        state=JobState.QUEUED,
        stage=Stage.WAITING.value,
        done=0,
        total=0,
        lease_until=None,
        not_before=at + wait if wait else None,
        setback=setback.value if setback is not None else None,
        updated_at=at,
    )


def _untouched(job: JobRecord, at: datetime) -> JobRecord:
    return queued_again(replace(job, attempts=job.attempts - 1), at=at, wait=timedelta(), setback=None)


def _deferred(job: JobRecord, at: datetime) -> JobRecord:
    uncounted = replace(job, attempts=job.attempts - 1, deferrals=job.deferrals + 1)
    wait = PART_DOWN.after(uncounted.deferrals)
    return queued_again(uncounted, at=at, wait=wait, setback=Setback.PART_UNAVAILABLE)


def _broken_off(job: JobRecord, at: datetime) -> JobRecord:
    counted = replace(job, deferrals=0)
    return queued_again(counted, at=at, wait=BROKE_OFF.after(job.attempts), setback=Setback.UNEXPECTED)
