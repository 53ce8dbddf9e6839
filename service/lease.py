"""Holding a job: taken under a lease, renewed while the work lasts, given back when it breaks off."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Event, Thread

import structlog

from service.errors import PartUnavailableError
from service.policy.access import JobId, TenantId
from service.policy.failing import Setback
from service.policy.retrying import BROKE_OFF, PART_DOWN
from service.ports import Clock, Database, JobKind, JobRecord, JobState, Stage, Transaction

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
        Whatever goes wrong, the jobs go back to the queue and wait: when a part of the system is down the attempt does
        not count, otherwise it does. Nothing but erasures is taken while the tenant is paused.
        """
        jobs = self._claim(kind, tenant_id, job_id, limit)
        stop = Event()
        renewal = Thread(target=self._renew, args=(tenant_id, jobs, stop), daemon=True)
        renewal.start()
        try:
            yield jobs
        except PartUnavailableError:
            self._give_back(tenant_id, jobs, _deferred)
            raise
        except Exception:
            self._give_back(tenant_id, jobs, _broken_off)
            raise
        finally:
            stop.set()
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

    def _renew(self, tenant_id: TenantId, jobs: Sequence[JobRecord], stop: Event) -> None:
        while not stop.wait(self.seconds / _RENEWALS_PER_LEASE):
            until = self.clock.now() + timedelta(seconds=self.seconds)
            try:
                with self.database.transaction(tenant_id) as transaction:
                    transaction.jobs.renew([(job.id, job.fence) for job in jobs], lease_until=until)
            except PartUnavailableError:
                _log.warning("lease_not_renewed", jobs=len(jobs))

    def _give_back(
        self, tenant_id: TenantId, jobs: Sequence[JobRecord], how: Callable[[JobRecord, datetime], JobRecord]
    ) -> None:
        now = self.clock.now()
        try:
            with self.database.transaction(tenant_id) as transaction:
                for job in jobs:
                    if transaction.jobs.holds(job, lock=True):
                        transaction.jobs.update(how(job, now))
        except PartUnavailableError:
            _log.warning("jobs_not_given_back", jobs=len(jobs))  # the lease runs out and the sweep finds them


def paused(transaction: Transaction) -> bool:
    """Whether the tenant's background work is held back, but for erasures."""
    found = transaction.intake.get()
    return found is not None and found.paused_at is not None


def queued_again(job: JobRecord, *, at: datetime, wait: timedelta, setback: Setback) -> JobRecord:
    """Return the job as it waits for its next attempt."""
    return replace(
        job,
        state=JobState.QUEUED,
        stage=Stage.WAITING.value,
        done=0,
        total=0,
        lease_until=None,
        not_before=at + wait if wait else None,
        setback=setback.value,
        updated_at=at,
    )


def _deferred(job: JobRecord, at: datetime) -> JobRecord:
    uncounted = replace(job, attempts=job.attempts - 1, deferrals=job.deferrals + 1)
    wait = PART_DOWN.after(uncounted.deferrals)
    return queued_again(uncounted, at=at, wait=wait, setback=Setback.PART_UNAVAILABLE)


def _broken_off(job: JobRecord, at: datetime) -> JobRecord:
    counted = replace(job, deferrals=0)
    return queued_again(counted, at=at, wait=BROKE_OFF.after(job.attempts), setback=Setback.UNEXPECTED)
