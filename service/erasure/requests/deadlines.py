"""Warns of requests that are due soon or overdue (R46)."""

from collections.abc import Iterator
from dataclasses import dataclass

import structlog

from service import metrics
from service.policy.erasures import OPEN, WARNING_DAYS, days_left
from service.ports import Clock, Database, ErasureRecord

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """Counts and tells; a warning begins seven days before a request is due and ends with the request."""

    database: Database
    clock: Clock

    def warn(self) -> None:
        """Log every open request that is due within seven days, or overdue."""
        for record, days in self._pressing():
            if days < 0:
                _log.error("erasure_overdue", erasure=str(record.id), tenant=str(record.tenant_id), days=days)
            else:
                _log.warning("erasure_due_soon", erasure=str(record.id), tenant=str(record.tenant_id), days=days)

    def measure(self) -> None:
        """Set the gauges to how many open requests are due within seven days, and how many are overdue."""
        days = [left for _, left in self._pressing()]
        overdue = sum(left < 0 for left in days)
        metrics.ERASURES_OVERDUE.set(overdue)
        metrics.ERASURES_DUE_SOON.set(len(days) - overdue)

    def warnings(self) -> tuple[str, ...]:
        """Say how many requests are overdue, for whoever looks whether everything is well."""
        overdue = sum(left < 0 for _, left in self._pressing())
        return (f"{overdue} erasure requests are overdue: see `ringfence erasures list`",) if overdue else ()

    def _pressing(self) -> Iterator[tuple[ErasureRecord, int]]:
        now = self.clock.now()
        for tenant in self.database.tenants():
            with self.database.transaction(tenant.id) as transaction:
                records = transaction.erasures.in_state(OPEN)
            for record in records:
                left = days_left(record.due_at, now=now)
                if left < WARNING_DAYS:
                    yield record, left
