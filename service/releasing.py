"""Releases documents from quarantine: a data owner says why, is on record, and the document is searchable again."""

from dataclasses import dataclass, replace

from service.auditing import entry
from service.doorbell import ring
from service.errors import ConflictError, InvalidRequestError, NotPermittedError
from service.places import release_note_place
from service.policy.access import DocumentId, Permission, Principal
from service.ports import (
    Clock,
    Database,
    DocumentRecord,
    DocumentState,
    JobQueue,
    JobRecord,
    KeyStore,
    ReleaseReason,
    Transaction,
)
from service.relabelling import Relabelling
from service.sealing import Sealed
from service.visibility import visible

_LONGEST_NOTE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Releasing:
    """Takes documents out of quarantine."""

    database: Database
    keys: KeyStore
    queue: JobQueue
    clock: Clock
    relabelling: Relabelling

    def release(
        self, principal: Principal, document_id: DocumentId, *, reason: ReleaseReason, note: str | None = None
    ) -> JobRecord:
        """Release the document for good; return the job that labels it anew and tells the index.

        Raises NotPermittedError, NotFoundError, and ConflictError where it is not quarantined.
        """
        _check(principal, note)
        with self.database.transaction(principal.tenant_id) as transaction:
            record = visible(transaction, principal, document_id, lock=True)
            if record.state is not DocumentState.QUARANTINED:
                message = "The document is not in quarantine."
                raise ConflictError(message)
            released = replace(
                record,
                state=DocumentState.READY,
                withheld_at=None,
                withheld_by=None,
                released_at=self.clock.now(),
                released_by=principal.key_id,
                release_reason=reason,
                release_note=self._sealed(record, note),
            )
            transaction.documents.update(released)
            self._note(transaction, principal, released)
            job = self.relabelling.requested(transaction, released)
        ring(self.queue, job)
        return job

    def _sealed(self, record: DocumentRecord, note: str | None) -> Sealed | None:
        if not note:
            return None
        key = self.keys.document_key(tenant_id=record.tenant_id, document_id=record.id)
        return key.seal(note.encode(), place=release_note_place(record.tenant_id, record.id))

    def _note(self, transaction: Transaction, principal: Principal, record: DocumentRecord) -> None:
        """Write who released it and why. What they wrote about it is the document's, not the audit's."""
        facts = {
            "reason": record.release_reason,
            "score": record.injection.score if record.injection else None,
            "cues": list(record.injection.cues) if record.injection else [],
        }
        transaction.audit.append(
            entry(
                record.tenant_id,
                "document_released",
                at=self.clock.now(),
                actor=principal.key_id,
                subject=record.id,
                facts=facts,
            )
        )


def _check(principal: Principal, note: str | None) -> None:
    if not principal.may(Permission.RELEASE):
        raise NotPermittedError
    if note and (len(note) > _LONGEST_NOTE or "\x00" in note):
        message = f"a note has at most {_LONGEST_NOTE:,} characters"
        raise InvalidRequestError(message)
