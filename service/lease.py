"""Holding a job: taken under a lease, renewed while the work lasts, given back when a part is down."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Event, Thread

import structlog

from service.errors import PartUnavailableError
from service.policy.access import JobId, TenantId
from service.ports import Clock, Database, JobKind, JobRecord, JobState

_log = structlog.get_logger()
_RENEWALS_PER_LEASE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Takes jobs from the ledger so that no two workers work on one."""

    database: Database
    clock: Clock
    seconds: float

    @contextmanager
    def taken(
        self, kind: JobKind, tenant_id: TenantId, job_id: JobId, *, limit: int
    ) -> Iterator[tuple[JobRecord, ...]]:
        """Hold the named job and, if it is on its first attempt, waiting ones beside it, at most `limit`.

        Jobs that were tried before are held alone, so that what kills a worker takes nobody along.
        When a part of the system is down the jobs go back to the queue and the attempt does not count.
        """
        jobs = list(self._claim(kind, tenant_id, job_id, limit))
        with self._held(tenant_id, jobs):
            yield tuple(jobs)

    @contextmanager
    def flowing(
        self, kind: JobKind, tenant_id: TenantId, job_id: JobId, *, limit: int, seconds: float
    ) -> Iterator[Iterator[JobRecord]]:
        """Hold jobs as `taken` does, and whenever these were iterated over take the next ones that wait.

        At most `limit` are taken at once, and none any more when `seconds` have passed: others want a worker, too.
        """
        jobs = list(self._claim(kind, tenant_id, job_id, limit))
        with self._held(tenant_id, jobs):
            yield self._flow(kind, tenant_id, jobs, limit=limit, until=self.clock.now() + timedelta(seconds=seconds))

    def _flow(
        self, kind: JobKind, tenant_id: TenantId, jobs: list[JobRecord], *, limit: int, until: datetime
    ) -> Iterator[JobRecord]:
        more: Sequence[JobRecord] = tuple(jobs)
        alone = not jobs or jobs[0].attempts > 1
        while more:
            yield from more
            now = self.clock.now()
            if alone or now >= until:
                return
            lease_until = now + timedelta(seconds=self.seconds)
            with self.database.transaction(tenant_id) as transaction:
                more = transaction.jobs.claim_fresh(kind, now=now, lease_until=lease_until, limit=limit)
            jobs.extend(more)

    @contextmanager
    def _held(self, tenant_id: TenantId, jobs: Sequence[JobRecord]) -> Iterator[None]:
        """Renew the lease of these jobs, also of those that come to them, and give them back when a part is down."""
        stop = Event()
        renewal = Thread(target=self._renew, args=(tenant_id, jobs, stop), daemon=True)
        renewal.start()
        try:
            yield
        except PartUnavailableError:
            self._give_back(tenant_id, jobs)
            raise
        finally:
            stop.set()
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

    def _renew(self, tenant_id: TenantId, jobs: Sequence[JobRecord], stop: Event) -> None:
        while not stop.wait(self.seconds / _RENEWALS_PER_LEASE):
            until = self.clock.now() + timedelta(seconds=self.seconds)
            try:
                with self.database.transaction(tenant_id) as transaction:
                    transaction.jobs.renew([(job.id, job.fence) for job in tuple(jobs)], lease_until=until)
            except PartUnavailableError:
                _log.warning("lease_not_renewed", jobs=len(jobs))

    def _give_back(self, tenant_id: TenantId, jobs: Sequence[JobRecord]) -> None:
        try:
            with self.database.transaction(tenant_id) as transaction:
                for job in jobs:
                    if transaction.jobs.holds(job, lock=True):
                        waiting = replace(job, state=JobState.QUEUED, lease_until=None, attempts=job.attempts - 1)
                        transaction.jobs.update(replace(waiting, stage="waiting", updated_at=self.clock.now()))
        except PartUnavailableError:
            _log.warning("jobs_not_given_back", jobs=len(jobs))  # the lease runs out and the sweep finds them
