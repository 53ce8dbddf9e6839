"""Refusals: written by an erasure, asked at every upload and ingestion, lifted by an owner with a reason (R44)."""

from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from service import metrics
from service.auditing import entry
from service.errors import NotFoundError, NotPermittedError, RefusedError
from service.policy.access import DocumentId, Permission, Principal, Scope
from service.ports import Clock, Database, DocumentRecord, LiftReason, Refusal, Transaction
from service.refusing.sketching import THRESHOLD, alike

CONTENT, EXTERNAL_ID = "content_erased", "external_id_erased"
ERASED = "erased"

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """Keeps what was erased from coming back unnoticed."""

    database: Database
    clock: Clock

    def page(self, principal: Principal, *, limit: int, after: DocumentId | None = None) -> tuple[Refusal, ...]:
        """Return the tenant's refusals, newest first, lifted ones too."""
        if not principal.may(Permission.SEE_AUDIT):
            raise NotPermittedError
        with self.database.transaction(principal.tenant_id) as transaction:
            return transaction.refusals.page(limit=limit, after=after)

    def lift(self, principal: Principal, document_id: DocumentId, reason: LiftReason) -> Refusal:
        """Let the erased document's content and external id in again, on record. Raises NotFoundError."""
        if not principal.may(Permission.LIFT_REFUSAL):
            raise NotPermittedError
        now = self.clock.now()
        with self.database.transaction(principal.tenant_id) as transaction:
            lifted = transaction.refusals.lift(document_id, at=now, by=principal.key_id, reason=reason)
            found = transaction.refusals.get(document_id)
            if found is None or not lifted:
                message = "There is no refusal of this document in force."
                raise NotFoundError(message)
            facts = {"reason": reason}
            transaction.audit.append(
                entry(
                    principal.tenant_id,
                    "refusal_lifted",
                    actor=principal.key_id,
                    at=now,
                    subject=document_id,
                    facts=facts,
                )
            )
        return found

    def check(self, transaction: Transaction, principal: Principal, *, content: str, external: str | None) -> None:
        """Raise RefusedError where this content, or what had this external id, was erased and is not to come back.

        An external id counts only where the principal could have seen what had it.
        """
        scope = Scope.of(principal)
        found = transaction.refusals.against(content=content, external=external)
        for refusal in found:
            if refusal.content_fingerprint == content:
                raise _refused(principal, refusal, CONTENT)
        for refusal in found:
            if scope.sees(tenant_id=refusal.tenant_id, groups=refusal.groups):
                raise _refused(principal, refusal, EXTERNAL_ID)

    def record(self, principal: Principal, refused: RefusedError) -> None:
        """Write to the audit that something erased was handed in again."""
        metrics.UPLOADS_REFUSED.labels(reason=refused.reason).inc()
        with self.database.transaction(principal.tenant_id) as transaction:
            transaction.audit.append(
                entry(
                    principal.tenant_id,
                    "upload_refused",
                    actor=principal.key_id,
                    at=self.clock.now(),
                    subject=refused.erased,
                    facts={"reason": refused.reason},
                )
            )


def refuse_again(transaction: Transaction, record: DocumentRecord, *, at: datetime) -> Refusal:
    """Refuse a document from now on, inside the transaction that erases it; return the refusal."""
    refusal = Refusal(
        document_id=record.id,
        tenant_id=record.tenant_id,
        content_fingerprint=record.content_fingerprint,
        external_fingerprint=record.external_fingerprint,
        sketch=record.sketch,
        groups=record.groups,
        refused_at=at,
        reason=ERASED,
    )
    transaction.refusals.add(refusal)
    return refusal


def compared(
    transaction: Transaction, record: DocumentRecord, sketch: tuple[int, ...], *, at: datetime
) -> DocumentRecord:
    """Return the document with its sketch and the erased one that it resembles most, if any; that is on record."""
    found = transaction.refusals.sharing(sketch) if sketch else ()
    likenesses = [(round(alike(sketch, refusal.sketch), 2), refusal.document_id) for refusal in found]
    share, erased = max(likenesses, default=(0.0, None))
    if erased is None or share < THRESHOLD:
        return replace(record, sketch=sketch, resembles=None, resemblance=None)
    facts = {"document": str(erased), "share": share}
    transaction.audit.append(entry(record.tenant_id, "erased_resembled", at=at, subject=record.id, facts=facts))
    metrics.ERASED_RESEMBLED.inc()
    _log.info("erased_resembled", document=str(record.id), share=share)
    return replace(record, sketch=sketch, resembles=erased, resemblance=share)


def _refused(principal: Principal, refusal: Refusal, reason: str) -> RefusedError:
    what = "This content" if reason == CONTENT else "What had this external id"
    how = "ask a data owner to lift the refusal"
    if principal.may(Permission.LIFT_REFUSAL):
        how = f"to let it in again: ringfence refusals lift {refusal.document_id} --reason …"
    message = f"{what} was erased on request and is not taken in again; {how}."
    return RefusedError(message, reason=reason, erased=refusal.document_id)
