"""Takes jobs in turns: a ring wakes a worker, and the worker chooses whose job it takes (R60)."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from service.pacing import Pace
from service.policy.access import JobId, TenantId
from service.policy.quotas import Quota
from service.policy.turns import Standing, Turn, turns
from service.ports import Clock, Database, JobKind, JobRecord, Priority, Tallied

_TRIES = 8
"""How often a claim is tried again that met another one of a tenant whose running jobs are limited."""
_LOOK_SECONDS = 1.0
_LOST = 16
"""More jobs than a worker that died held: the oldest of them is counted when it is taken."""


class _OvertakenError(Exception):
    """Somebody else took jobs of this tenant at the same moment."""


@dataclass(slots=True, kw_only=True)
class Turns:
    """Claims the jobs whose turn it is. It remembers, for this process, whom it served when.

    `pace` says how many jobs at most while a part of the system is slow, `operator` the limits that hold for every
    tenant. `shared`: this process is the only one, so a bulk batch ends early when an interactive job waits.
    """

    database: Database
    clock: Clock
    pace: Pace
    operator: Quota = field(default_factory=Quota)
    shared: bool = False
    _served: dict[TenantId, int] = field(default_factory=dict, init=False)
    _number: int = field(default=0, init=False)
    _looked: datetime | None = field(default=None, init=False)

    def claim(self, tenant_id: TenantId, job_id: JobId, *, limit: int, lease_seconds: float) -> tuple[JobRecord, ...]:
        """Take up to `limit` jobs of the tenant whose turn it is, told by the ring for this job that some wait.

        A ring for an interactive job finds interactive ones only, so that a worker which is kept for those begins no
        long batch. While the stores are to be left alone nothing is taken: the sweep rings again.
        """
        limit = min(limit, self.pace.batch())
        if limit == 0:
            return ()
        bulk = self._rung_for_bulk(tenant_id, job_id)
        self._number += 1
        for turn in turns(self._standings(), served=self._served, number=self._number, bulk=bulk):
            taken = self._taken(turn, limit=limit, lease_seconds=lease_seconds)
            if taken:
                self._served[turn.tenant_id] = self._number
                return taken
        return ()

    def hurried(self) -> bool:
        """Whether a batch of bulk should end here, because somebody waits for this process. It looks once a second."""
        now = self.clock.now()
        if not self.shared or (self._looked is not None and (now - self._looked).total_seconds() < _LOOK_SECONDS):
            return False
        self._looked = now
        return any(one.interactive and one.has_room for one in self._standings())

    def _standings(self) -> list[Standing]:
        most = self.operator.running_jobs
        return [
            replace(one, most=Quota(running_jobs=one.most).tightened(Quota(running_jobs=most)).running_jobs)
            for one in self.database.standings(JobKind.INGEST, now=self.clock.now())
        ]

    def _rung_for_bulk(self, tenant_id: TenantId, job_id: JobId) -> bool:
        with self.database.transaction(tenant_id) as transaction:
            job = transaction.jobs.get(job_id)
        return job is None or job.priority is Priority.BULK

    def _taken(self, turn: Turn, *, limit: int, lease_seconds: float) -> tuple[JobRecord, ...]:
        for _ in range(_TRIES):
            try:
                return self._claimed(turn, limit=limit, lease_seconds=lease_seconds)
            except _OvertakenError:
                continue
        return ()

    def _claimed(self, turn: Turn, *, limit: int, lease_seconds: float) -> tuple[JobRecord, ...]:
        """Take them in one transaction; where their number is limited, nobody else does so at that moment.

        Raises _OvertakenError where somebody did: then nothing was taken.
        """
        now = self.clock.now()
        with self.database.transaction(turn.tenant_id) as transaction:
            usage = None
            if turn.most is not None:
                usage = transaction.usage.read(now=now, stored=False)
                limit = min(limit, turn.most - usage.running_jobs)
            if limit < 1:
                return ()
            lost = {job.id for job in transaction.jobs.expired(now=now, limit=_LOST)}
            taken = transaction.jobs.claim_next(
                JobKind.INGEST,
                priority=Priority.BULK if turn.bulk else Priority.INTERACTIVE,
                now=now,
                lease_until=now + timedelta(seconds=lease_seconds),
                limit=limit,
            )
            if taken and taken[0].id in lost:
                transaction.tallies.add({(Tallied.LEASE_EXPIRIES, JobKind.INGEST.value): 1})
            if taken and usage is not None and not transaction.usage.advance(usage.version):
                raise _OvertakenError
        return taken
