"""Whether more may be handed in: a tenant's quota, and the bound of what waits for the workers (R60)."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from service.errors import OverloadedError, QuotaReachedError, TooManyWaitingError
from service.policy.access import TenantId
from service.policy.quotas import Excess, Limited, Quota, Usage, excess
from service.ports import Clock, Database, Transaction

_COUNTED_SECONDS = 5.0
_WORDS = {
    Limited.DOCUMENTS: "documents",
    Limited.STORED_BYTES: "bytes of originals",
    Limited.WAITING_JOBS: "documents that wait to be ingested",
}


@dataclass(slots=True, kw_only=True)
class Backlog:
    """How many documents of all tenants wait, counted every few seconds.

    Beyond `bound` a tenant still gets in with its fair share of it, so that one tenant's thousands, which fill the
    backlog, keep nobody else out. So no more than twice the bound ever waits.
    """

    database: Database
    clock: Clock
    bound: int
    _waiting: dict[TenantId, int] = field(default_factory=dict, init=False)
    _counted: datetime | None = field(default=None, init=False)

    def check(self, tenant_id: TenantId) -> None:
        """Raise OverloadedError where the workers have more than enough, and this tenant its share of it."""
        now = self.clock.now()
        if self._counted is None or (now - self._counted).total_seconds() >= _COUNTED_SECONDS:
            self._waiting, self._counted = self._count(now), now
        if sum(self._waiting.values()) < self.bound:
            return
        sharing = sum(1 for one, waiting in self._waiting.items() if waiting or one == tenant_id)
        if self._waiting.get(tenant_id, 0) >= self.bound / max(1, sharing):
            raise OverloadedError

    def _count(self, now: datetime) -> dict[TenantId, int]:
        found = {}
        for tenant in self.database.tenants():
            with self.database.transaction(tenant.id) as transaction:
                found[tenant.id] = transaction.usage.read(now=now, stored=False).waiting_jobs
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Lets documents in. `operator` holds for every tenant; a tenant's policy may only tighten it."""

    clock: Clock
    backlog: Backlog
    operator: Quota = field(default_factory=Quota)

    def quota(self, transaction: Transaction) -> Quota:
        """Return what the transaction's tenant may have."""
        record = transaction.policies.latest()
        return self.operator.tightened(record.policy.quota) if record is not None else self.operator

    def usage(self, transaction: Transaction) -> Usage:
        """Return what it has now."""
        return transaction.usage.read(now=self.clock.now())

    def expect(self, transaction: Transaction, *, size: int, replaces: bool) -> None:
        """Refuse early, before anything is stored, what `settle` would refuse. Raises QuotaReachedError."""
        quota = self.quota(transaction)
        if not quota.admits_everything:
            usage = transaction.usage.read(now=self.clock.now(), stored=quota.limits_storage)
            _refuse(excess(quota, usage, **_more(size, replaces=replaces)))

    def settle(self, transaction: Transaction, *, size: int, replaces: bool) -> None:
        """Make sure that one more document, written in this transaction, fits. Call it last of all.

        Nobody is kept waiting by a lock while others count: who finds at the end that somebody else added something
        since the count counts again, with what they added. Raises QuotaReachedError: nothing may be committed.
        """
        quota = self.quota(transaction)
        if quota.admits_everything:
            return
        while True:
            usage = transaction.usage.read(now=self.clock.now(), stored=quota.limits_storage)
            before = replace(
                usage,
                documents=usage.documents - 1,
                stored_bytes=usage.stored_bytes - size,
                waiting_jobs=usage.waiting_jobs - 1,
            )
            _refuse(excess(quota, before, **_more(size, replaces=replaces)))
            if transaction.usage.advance(usage.version):
                return


def _more(size: int, *, replaces: bool) -> dict[str, int]:
    return {"documents": 0 if replaces else 1, "stored_bytes": size, "jobs": 1}


def _refuse(found: Excess | None) -> None:
    if found is None:
        return
    message = f"This tenant may have {found.limit:,} {_WORDS[found.limited]} and has {found.current:,}."
    if found.limited is Limited.WAITING_JOBS:
        raise _raised(TooManyWaitingError, f"{message} Try again when some of them are done.", found)
    raise _raised(QuotaReachedError, f"{message} Erase what is not needed, or have the limit raised.", found)


def _raised(kind: type[QuotaReachedError], detail: str, found: Excess) -> QuotaReachedError:
    return kind(detail, limited=found.limited.value, limit=found.limit, current=found.current)
