"""What is counted of queues and tenants, for quotas and for operators: numbers and codes, never what a text says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from service.policy.quotas import Usage
from service.ports.jobs import JobKind, JobState, Priority


class Tallied(StrEnum):
    """What is added up while work is done; each has its own words (stages, kinds of jobs, reasons)."""

    STAGE_DOCUMENTS = "stage_documents"
    STAGE_CHUNKS = "stage_chunks"
    FAILURES = "failures"
    LEASE_EXPIRIES = "lease_expiries"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobNumber:
    """How many jobs of a kind and priority are in a state; `later` of them wait for their time (backoff).

    `oldest` is when the oldest was written that could be worked on now.
    """

    kind: JobKind
    priority: Priority
    state: JobState
    jobs: int
    later: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What one tenant has: documents by state, jobs that have not succeeded, failed ones by kind and reason."""

    documents: Mapping[str, int] = field(default_factory=dict)
    jobs: tuple[JobNumber, ...] = ()
    failed: Mapping[tuple[JobKind, str], int] = field(default_factory=dict)
    tallies: Mapping[tuple[Tallied, str], int] = field(default_factory=dict)


class UsageTable(Protocol):
    """What a tenant has, counted where it is, so that nothing that is erased or restored makes it wrong."""

    def read(self, *, now: datetime, stored: bool = True) -> Usage:
        """Count documents, bytes of originals and jobs that ingest, with the version, all at one moment.

        Without `stored` only the jobs are counted: that is quick however much there is.

        A job whose lease ran out waits for another worker; it does not run.
        """
        ...

    def advance(self, version: int) -> bool:
        """Raise the version if it is still this one; say whether it was.

        Make it the transaction's last statement. Where it was not, somebody else added something since `read`: what
        they added is committed now, so read and decide again.
        """
        ...


class TallyTable(Protocol):
    """Numbers that only grow. They are added in short transactions of their own: concurrent workers share the rows."""

    def add(self, counted: Mapping[tuple[Tallied, str], int]) -> None:
        """Add to each total."""
        ...

    def numbers(self, *, now: datetime) -> Numbers:
        """Return the tenant's numbers at this moment."""
        ...
