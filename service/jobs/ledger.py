"""The ledger as people see it, and the sweep that rings again for what stands still."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from service.conversations import Forgetting
from service.discarding import Discarding
from service.doorbell import ring
from service.erasure import Erasure
from service.errors import NotFoundError, NotPermittedError
from service.lease import paused, queued_again
from service.policy.access import JobId, Permission, Principal, TenantId
from service.policy.failing import Setback
from service.policy.retrying import BROKE_OFF
from service.ports import Clock, Database, JobFilter, JobKind, JobQueue, JobRecord, Tallied, Transaction
from service.ports.jobs import EVERY_JOB
from service.relabelling import Relabelling
from service.settling import Settling
from service.tracing import traced

_log = structlog.get_logger()
_RING_AGAIN_AFTER = timedelta(seconds=20)
_RINGS = 32
"""Rings per tenant and sweep: each wakes a worker that takes several waiting jobs at once."""
_NOTED_EVERY = timedelta(seconds=15)
_ABANDONED_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """Shows jobs and keeps them moving."""

    database: Database
    queue: JobQueue
    clock: Clock
    erasure: Erasure
    relabelling: Relabelling
    forgetting: Forgetting
    settling: Settling
    discarding: Discarding
    max_attempts: int

    def get(self, principal: Principal, job_id: JobId) -> JobRecord:
        """Return one job of the principal's tenant. Raises NotFoundError."""
        self._check(principal)
        with self.database.transaction(principal.tenant_id) as transaction:
            job = transaction.jobs.get(job_id)
        if job is None:
            raise NotFoundError
        return job

    def page(
        self, principal: Principal, *, limit: int, after: JobId | None = None, only: JobFilter = EVERY_JOB
    ) -> tuple[JobRecord, ...]:
        """Return the tenant's jobs, newest first. Raises NotFoundError where `after` is none of them."""
        self._check(principal)
        with self.database.transaction(principal.tenant_id) as transaction:
            return transaction.jobs.page(limit=limit, after=after, only=only)

    @traced("sweep")
    def sweep(self) -> int:
        """Ring for every job that nobody works on, and for stale labels; return how many. Runs every few seconds."""
        return sum(self._sweep(tenant.id) for tenant in self.database.tenants())

    def oldest(self) -> float:
        """Return for how many seconds the oldest job has waited that nobody works on; 0 where there is none."""
        now = self.clock.now()
        ages = [0.0]
        for tenant in self.database.tenants():
            with self.database.transaction(tenant.id) as transaction:
                waiting = transaction.jobs.waiting(now=now, queued_before=now, limit=1)
            ages += ((now - job.created_at).total_seconds() for job in waiting)
        return max(ages)

    def _sweep(self, tenant_id: TenantId) -> int:
        now = self.clock.now()
        with self.database.transaction(tenant_id) as transaction:
            # By id, as everybody locks several documents.
            abandoned = sorted(transaction.documents.abandoned(before=now - _ABANDONED_AFTER), key=lambda one: one.id)
            held = transaction.holds.on((record.id for record in abandoned), lock=True) if abandoned else {}
            for record in abandoned:
                # A legal hold keeps it until its release, when a sweep finds it again. Another one may have been first.
                if record.id not in held and transaction.documents.get(record.id, lock=True) is not None:
                    self.erasure.entomb(transaction, record, by=None, refuse=False)
            due = self._taken_back(transaction, now)
            transaction.intake.swept(now, unless_since=now - _NOTED_EVERY)
            waiting = transaction.jobs.waiting(
                now=now, queued_before=now - _RING_AGAIN_AFTER, limit=_RINGS, kinds=_goes_on(transaction)
            )
        self.forgetting.finish(tenant_id)
        self.settling.finish(tenant_id)
        self.discarding.finish(tenant_id)
        return sum(ring(self.queue, job) for job in (*due, *waiting)) + self.relabelling.enqueue(tenant_id)

    def _taken_back(self, transaction: Transaction, now: datetime) -> tuple[JobRecord, ...]:
        """Queue what a worker held that is gone, with a higher fence: should it live after all, it writes no more.

        Return those to ring for at once. The lease was the first wait; who lost several workers waits longer, unless
        it has no attempt left and only waits for somebody to say so.
        """
        taken_back = []
        for job in transaction.jobs.expired(now=now, limit=_RINGS):
            counts = job.kind is not JobKind.ERASE and job.attempts < self.max_attempts
            wait = BROKE_OFF.after(job.attempts - 1) if counts else timedelta()
            again = transaction.jobs.revoke(queued_again(job, at=now, wait=wait, setback=Setback.WORKER_LOST))
            _log.warning("lease_expired", job=str(job.id), kind=job.kind.value)
            taken_back += [again] if again is not None else []
        transaction.tallies.add(Counter((Tallied.LEASE_EXPIRIES, job.kind.value) for job in taken_back))
        kinds = _goes_on(transaction)
        return tuple(job for job in taken_back if job.not_before is None and job.kind in kinds)

    @staticmethod
    def _check(principal: Principal) -> None:
        if not principal.may(Permission.SEE_JOBS):
            raise NotPermittedError


def _goes_on(transaction: Transaction) -> frozenset[JobKind]:
    """Return the kinds of jobs that the tenant's workers may take now."""
    return frozenset({JobKind.ERASE}) if paused(transaction) else frozenset(JobKind)
