"""Retention rules, as the use cases need them stored (R47)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from service.policy.access import KeyId, TenantId
from service.policy.retention import RetentionRule


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRecord:
    """One version of a tenant's rules. It erases nothing before somebody previewed and somebody approved it."""

    tenant_id: TenantId
    version: int
    rules: tuple[RetentionRule, ...]
    set_at: datetime
    set_by: KeyId
    previewed_at: datetime | None = None
    previewed_by: KeyId | None = None
    approved_at: datetime | None = None
    approved_by: KeyId | None = None


class RetentionTable(Protocol):
    """The versions of one tenant's rules."""

    def latest(self, *, lock: bool = False) -> RetentionRecord | None:
        """Return the highest version; with `lock` nobody else locks or changes it until the transaction ends."""
        ...

    def in_force(self) -> RetentionRecord | None:
        """Return the highest version that was approved."""
        ...

    def add(self, record: RetentionRecord) -> None:
        """Insert. Raises ConflictError where the version is taken."""
        ...

    def update(self, record: RetentionRecord) -> None:
        """Write who previewed and who approved the version; its rules never change. Raises NotFoundError."""
        ...
