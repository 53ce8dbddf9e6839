"""The twin of the doorbell: it remembers who rang."""

from dataclasses import dataclass, field

from service.errors import PartUnavailableError
from service.policy.access import JobId, TenantId
from service.ports import JobKind, Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """One ring of the bell."""

    kind: JobKind
    tenant_id: TenantId
    job_id: JobId
    priority: Priority = Priority.INTERACTIVE


@dataclass(slots=True)
class InMemoryJobQueue:
    """Keeps rings in order until somebody listens; `broken` makes it behave like a broker that is away."""

    broken: bool = False
    rings: list[Ring] = field(default_factory=list)

    def ring(
        self, *, kind: JobKind, tenant_id: TenantId, job_id: JobId, priority: Priority = Priority.INTERACTIVE
    ) -> None:
        """Remember the ring."""
        if self.broken:
            raise PartUnavailableError
        self.rings.append(Ring(kind=kind, tenant_id=tenant_id, job_id=job_id, priority=priority))

    def ready(self) -> bool:
        """Whether the bell works."""
        return not self.broken
