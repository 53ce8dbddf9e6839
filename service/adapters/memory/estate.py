"""Everything of a tenant, in memory, for its end."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from typing_extensions import override

from service.adapters.memory.tables import Rows
from service.policy.access import DocumentId, TurnId
from service.ports import EstateCounts, EstateTable


@dataclass(frozen=True, slots=True)
class InMemoryEstateTable(EstateTable):
    """What these rows hold. `renamed` takes the tenant's new name when the transaction commits."""

    rows: Rows
    renamed: Callable[[str], None]

    @override
    def counts(self) -> EstateCounts:
        rows = self.rows
        return EstateCounts(
            documents=len(rows.documents),
            conversations=len(rows.conversations),
            turns=len(rows.turns),
            canaries=len(rows.canaries),
            policies=len(rows.policies),
            api_keys=sum(bool(one.name) or one.revoked_at is None for one in rows.api_keys.values()),
        )

    @override
    def documents(self, *, limit: int) -> tuple[DocumentId, ...]:
        oldest = sorted(self.rows.documents.values(), key=lambda one: (one.created_at, one.id))
        return tuple(one.id for one in oldest[:limit])

    @override
    def turns(self, *, limit: int) -> tuple[TurnId, ...]:
        return tuple(sorted(turn_id for turn_id in self.rows.turns if turn_id not in self.rows.hidden))[:limit]

    @override
    def hide_conversations(self, at: datetime) -> None:
        self.rows.hidden.update((*self.rows.conversations, *self.rows.turns))

    @override
    def end_api_keys(self, at: datetime) -> None:
        for key_id, record in self.rows.api_keys.items():
            self.rows.api_keys[key_id] = replace(record, name="", revoked_at=record.revoked_at or at)

    @override
    def clear(self) -> None:
        self.rows.canaries.clear()
        self.rows.policies.clear()
        self.rows.refusals.clear()
        self.rows.intake.clear()
        self.rows.usage_versions.clear()
        self.rows.tallies.clear()

    @override
    def rename(self, slug: str) -> None:
        self.renamed(slug)
