"""The doorbell and the clock."""

from datetime import datetime
from typing import Protocol

from service.policy.access import JobId, TenantId
from service.ports.jobs import JobKind, Priority


class JobQueue(Protocol):
    """A doorbell: it may ring twice, late, or (if the broker dies) not at all. The ledger decides."""

    def ring(
        self, *, kind: JobKind, tenant_id: TenantId, job_id: JobId, priority: Priority = Priority.INTERACTIVE
    ) -> None:
        """Wake a worker, one of those for this priority. Call it after the commit.

        Raises PartUnavailableError where nobody can hear it.
        """
        ...

    def ready(self) -> bool:
        """Whether the broker answers. Never raises."""
        ...


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> datetime:
        """Return the time, in UTC."""
        ...
