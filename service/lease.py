"""Holding a job: taken under a lease, renewed while the work lasts, given back when a part is down."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Event, Thread

import structlog

from service.errors import PartUnavailableError
from service.policy.access import JobId, TenantId
from service.ports import Clock, Database, JobKind, JobRecord, JobState, Priority
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
        When a part of the system is down the jobs go back to the queue and the attempt does not count.
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
            self._give_back(handed.left)

    def _ends(self, job: JobRecord) -> bool:
        return self.stopping() or (job.priority is Priority.BULK and self.turns.hurried())

    @contextmanager
    def _held(self, jobs: Sequence[JobRecord]) -> Iterator[None]:
        """Renew the leases meanwhile, and give the jobs back when a part of the system is down."""
        stop = Event()
        renewal = Thread(target=self._keep, args=(jobs, stop), daemon=True)
        if jobs:
            renewal.start()
        try:
            yield
        except PartUnavailableError:
            self._give_back(jobs)
            raise
        finally:
            stop.set()
            if jobs:
                renewal.join()

    def _claim(self, kind: JobKind, tenant_id: TenantId, job_id: JobId, limit: int) -> tuple[JobRecord, ...]:
        now = self.clock.now()
        until = now + timedelta(seconds=self.seconds)
        with self.database.transaction(tenant_id) as transaction:
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
                self._give_back(jobs)
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

    def _give_back(self, jobs: Sequence[JobRecord]) -> None:
        if not jobs:
            return
        try:
            with self.database.transaction(jobs[0].tenant_id) as transaction:
                for job in jobs:
                    if transaction.jobs.holds(job, lock=True):
                        waiting = replace(job, state=JobState.QUEUED, lease_until=None, attempts=job.attempts - 1)
                        transaction.jobs.update(replace(waiting, stage="waiting", updated_at=self.clock.now()))
        except PartUnavailableError:
            _log.warning("jobs_not_given_back", jobs=len(jobs))  # the lease runs out and the sweep finds them
