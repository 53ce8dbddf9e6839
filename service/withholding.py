"""Keeps a document back because a person says so: an incident does not wait until a score finds it (R20, R64)."""

from dataclasses import dataclass, replace

from service.auditing import entry
from service.errors import ConflictError, NotPermittedError
from service.policy.access import DocumentId, Permission, Principal
from service.ports import Clock, Database, DocumentRecord, DocumentState
from service.spaces import Spaces
from service.visibility import visible


@dataclass(frozen=True, slots=True, kw_only=True)
class Withholding:
    """Puts documents into quarantine by hand. They come out of it as every other does: by a release."""

    database: Database
    spaces: Spaces
    clock: Clock

    def withhold(self, principal: Principal, document_id: DocumentId) -> None:
        """Take the document out of every answer from this commit on, whatever its score is now or later.

        One that is still being ingested gets no further than into quarantine. Raises NotPermittedError,
        NotFoundError, and ConflictError where it is kept back already or has failed.
        """
        if not principal.may(Permission.QUARANTINE):
            raise NotPermittedError
        with self.database.transaction(principal.tenant_id) as transaction:
            record = visible(transaction, principal, document_id, lock=True)
            if record.withheld_at is not None or record.state in {DocumentState.QUARANTINED, DocumentState.FAILED}:
                message = "The document is not retrieved as it is."
                raise ConflictError(message)
            now = self.clock.now()
            transaction.documents.update(_withheld(replace(record, withheld_at=now, withheld_by=principal.key_id)))
            transaction.audit.append(
                entry(
                    record.tenant_id,
                    "document_withheld",
                    at=now,
                    actor=principal.key_id,
                    subject=record.id,
                    facts={"state": record.state.value},
                )
            )
            self.spaces.emptied(transaction, record)


def _withheld(record: DocumentRecord) -> DocumentRecord:
    """Return a document that was ready as a quarantined one. One under way is judged when it is done."""
    if record.state is not DocumentState.READY:
        return record
    return replace(record, state=DocumentState.QUARANTINED)
