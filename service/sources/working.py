"""One run under way: what it has met, what it has counted, and the fence under which it writes."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from service.errors import LeaseLostError
from service.policy.access import Principal, Role
from service.ports import Database, RunRecord, SourceItem, SourceRecord, SourceSettings, Transaction
from service.sources.marking import Marked
from service.sources.sealed import Fingerprints


@dataclass(slots=True, kw_only=True)
class Work:
    """A run in the hands of one worker. Nothing of it is shared."""

    database: Database
    run: RunRecord
    source: SourceRecord
    settings: SourceSettings
    prints: Fingerprints
    lease: timedelta
    counts: Counter[str] = field(default_factory=Counter)
    seen: Marked = field(default_factory=Marked)
    matched: Marked = field(default_factory=Marked)

    @property
    def principal(self) -> Principal:
        """As whom a run hands in and erases: the key that set the source up, with an owner's sight."""
        return Principal(tenant_id=self.source.tenant_id, key_id=self.source.created_by, role=Role.DATA_OWNER)

    @property
    def dry(self) -> bool:
        """Whether nothing may be changed."""
        return self.run.dry

    def count(self, what: str, number: int = 1) -> None:
        """Count things that became something."""
        self.counts[what] += number

    def meet(self, item: SourceItem | None) -> None:
        """Mark a known thing as there."""
        if item is not None:
            self.seen.add(item.number)

    def hold(self, transaction: Transaction) -> None:
        """Keep everybody else from this run until the transaction ends. Raises LeaseLostError."""
        if not transaction.source_runs.holds(self.run, lock=True):
            raise LeaseLostError

    def next_number(self, transaction: Transaction) -> int:
        """Return the number of a new thing; the run is held, so nobody else takes it."""
        return transaction.source_items.last(self.source.id) + 1

    def kept(self, now: datetime, **changed: object) -> None:
        """Write how far the run has come, and hold it for longer. Raises LeaseLostError."""
        self.run = replace(
            self.run,
            counts=dict(self.counts),
            seen=self.seen.packed(),
            matched=self.matched.packed(),
            lease_until=now + self.lease,
            updated_at=now,
            **changed,  # type: ignore[arg-type] # fields of the record, by name
        )
        with self.database.transaction(self.run.tenant_id) as transaction:
            if not transaction.source_runs.update(self.run):
                raise LeaseLostError
