"""What retention makes of stored documents: their categories as labelled, the holds on them, the day."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ingestion.sensitivity import Category, Verdict
from service.policy.access import DocumentId, MatterId
from service.policy.retention import Decision, RetentionRule, Standing, decision
from service.ports import DocumentRecord, DocumentState

_LABELLED = {DocumentState.READY, DocumentState.QUARANTINED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A document with what becomes of it; a held one says for which matters, and by which rule it would be due."""

    record: DocumentRecord
    decision: Decision
    matters: frozenset[MatterId] = frozenset()

    @property
    def standing(self) -> Standing:
        """What becomes of it: a hold stands above a rule, but only a due document needs one to be kept."""
        if self.matters and self.decision.standing is Standing.DUE:
            return Standing.HELD
        return self.decision.standing


def judged(
    records: Sequence[DocumentRecord],
    rules: Collection[RetentionRule],
    held: Mapping[DocumentId, frozenset[MatterId]],
    *,
    now: datetime,
) -> tuple[Judged, ...]:
    """Return the documents with what becomes of them, in their order."""
    return tuple(
        Judged(record=record, decision=decided(record, rules, now=now), matters=held.get(record.id, frozenset()))
        for record in records
    )


def decided(record: DocumentRecord, rules: Collection[RetentionRule], *, now: datetime) -> Decision:
    """Return what the rules make of one document: the categories of every chunk, and those declared for it."""
    found = {category for category in Category if record.label_counts.get(category.value)}
    certain = record.state in _LABELLED and not record.label_counts.get(Verdict.UNKNOWN.value)
    return decision(rules, categories=found | record.declared, certain=certain, handed_in=record.created_at, now=now)
