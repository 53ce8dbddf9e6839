"""The ledger as people see it, and the sweep that rings again for what stands still."""

from dataclasses import dataclass
from datetime import timedelta

from service.conversations import Forgetting
from service.discarding import Discarding
from service.doorbell import ring
from service.erasure import Erasure
from service.errors import NotFoundError, NotPermittedError
from service.policy.access import JobId, Permission, Principal, TenantId
from service.ports import Clock, Database, JobQueue, JobRecord
from service.relabelling import Relabelling
from service.settling import Settling
from service.tracing import traced

_RING_AGAIN_AFTER = timedelta(seconds=20)
_RINGS = 32
"""Rings per tenant and sweep: each wakes a worker that takes several waiting jobs at once."""
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

    def get(self, principal: Principal, job_id: JobId) -> JobRecord:
        """Return one job of the principal's tenant. Raises NotFoundError."""
        self._check(principal)
        with self.database.transaction(principal.tenant_id) as transaction:
            job = transaction.jobs.get(job_id)
        if job is None:
            raise NotFoundError
        return job

    def page(self, principal: Principal, *, limit: int, after: JobId | None = None) -> tuple[JobRecord, ...]:
        """Return the tenant's jobs, newest first."""
        self._check(principal)
        with self.database.transaction(principal.tenant_id) as transaction:
            return transaction.jobs.page(limit=limit, after=after)

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
            waiting = transaction.jobs.waiting(now=now, queued_before=now - _RING_AGAIN_AFTER, limit=_RINGS)
        self.forgetting.finish(tenant_id)
        self.settling.finish(tenant_id)
        self.discarding.finish(tenant_id)
        return sum(ring(self.queue, job) for job in waiting) + self.relabelling.enqueue(tenant_id)

    @staticmethod
    def _check(principal: Principal) -> None:
        if not principal.may(Permission.SEE_JOBS):
            raise NotPermittedError
