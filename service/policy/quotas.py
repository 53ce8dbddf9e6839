"""How much of everything a tenant may have: the operator's limits, which a tenant's policy may only tighten (R60)."""

from dataclasses import dataclass, fields
from enum import StrEnum


class Limited(StrEnum):
    """What a quota limits."""

    DOCUMENTS = "documents"
    STORED_BYTES = "stored_bytes"
    WAITING_JOBS = "waiting_jobs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """The most of each thing; None: no limit.

    `documents` that are stored, in any state; `stored_bytes` of their originals; `waiting_jobs` that ingest and that
    nobody works on yet; `running_jobs` that workers hold at once, which delays jobs and refuses none.
    """

    documents: int | None = None
    stored_bytes: int | None = None
    waiting_jobs: int | None = None
    running_jobs: int | None = None

    def tightened(self, other: "Quota") -> "Quota":
        """Return the quota that keeps to both."""
        both = {one.name: _lower(getattr(self, one.name), getattr(other, one.name)) for one in fields(self)}
        return Quota(**both)

    @property
    def limits_storage(self) -> bool:
        """Whether documents have to be counted."""
        return self.documents is not None or self.stored_bytes is not None

    @property
    def admits_everything(self) -> bool:
        """Whether there is nothing to count when something is handed in."""
        return not self.limits_storage and self.waiting_jobs is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a tenant has at a moment. `version` is raised by whoever adds something under a quota."""

    documents: int = 0
    stored_bytes: int = 0
    waiting_jobs: int = 0
    running_jobs: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """The limit that more would break, and what there is already."""

    limited: Limited
    limit: int
    current: int


def excess(quota: Quota, usage: Usage, *, documents: int = 0, stored_bytes: int = 0, jobs: int = 0) -> Excess | None:
    """Return the first limit that so much more would break, None where all of it fits."""
    asked = (
        (Limited.DOCUMENTS, quota.documents, usage.documents, documents),
        (Limited.STORED_BYTES, quota.stored_bytes, usage.stored_bytes, stored_bytes),
        (Limited.WAITING_JOBS, quota.waiting_jobs, usage.waiting_jobs, jobs),
    )
    for limited, limit, current, more in asked:
        if limit is not None and more > 0 and current + more > limit:
            return Excess(limited=limited, limit=limit, current=current)
    return None


def _lower(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)
