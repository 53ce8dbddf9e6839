"""Keeps documents back that read like instructions to a model, until somebody releases them (R20)."""

from dataclasses import dataclass, replace
from datetime import datetime

from ingestion.injection import Injection
from service.auditing import entry
from service.places import release_note_place
from service.policy.access import KeyId
from service.ports import DocumentRecord, DocumentState, ReleaseReason, Transaction
from service.sealing import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseView:
    """Who released a document from quarantine, when and why."""

    at: datetime
    by: KeyId
    reason: ReleaseReason
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """Documents with a score from `score` on are kept back; above 1 none is."""

    score: float

    def judged(self, record: DocumentRecord, injection: Injection) -> DocumentRecord:
        """Return the document with its score, ready or quarantined.

        What was released stays released, and what a person keeps back stays back.
        """
        suspicious = record.released_at is None and injection.score >= self.score
        kept_back = suspicious or record.withheld_at is not None
        state = DocumentState.QUARANTINED if kept_back else DocumentState.READY
        return replace(record, injection=injection, state=state)


def record_quarantine(transaction: Transaction, record: DocumentRecord, *, at: datetime) -> None:
    """Write to the audit that the document is kept back, where it is: the score and the cues, none of its words."""
    if record.state is not DocumentState.QUARANTINED or record.injection is None:
        return
    facts = {"score": record.injection.score, "cues": list(record.injection.cues)}
    transaction.audit.append(entry(record.tenant_id, "document_quarantined", at=at, subject=record.id, facts=facts))


def released(key: Key, record: DocumentRecord) -> ReleaseView | None:
    """Return the document's release, its note opened, or None where there was none. Raises DamagedError."""
    if record.released_at is None or record.released_by is None or record.release_reason is None:
        return None
    note = None
    if record.release_note is not None:
        note = key.open(record.release_note, place=release_note_place(record.tenant_id, record.id)).decode()
    return ReleaseView(at=record.released_at, by=record.released_by, reason=record.release_reason, note=note)
