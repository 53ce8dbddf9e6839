"""The short way: one document, asked for and approved by the same key at the same moment."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from service.auditing import entry
from service.errors import ConflictError
from service.policy.access import ErasureId, KeyId
from service.policy.erasures import (
    ErasureAction,
    ErasureKind,
    ErasureReason,
    ErasureState,
    approvals_needed,
    due_at,
)
from service.policy.tightening import TenantPolicy
from service.ports import (
    Approval,
    DocumentRecord,
    ErasureItem,
    ErasureRecord,
    ItemKind,
    ItemState,
    JobRecord,
    Transaction,
)

_NOT_AT_ONCE = (
    "This tenant's policy asks for a second approval, or for a cooling-off, before anything is erased: open a request "
    "with POST /v1/erasures or `ringfence erasures open --document ID`."
)


def refuse_at_once(transaction: Transaction) -> None:
    """Raise ConflictError where the tenant's policy lets nobody erase alone and at once."""
    found = transaction.policies.latest()
    wanted = found.policy if found is not None else TenantPolicy()
    if approvals_needed(ErasureKind.DOCUMENTS, wanted=wanted.erasure_approvals) > 1 or wanted.cooling_off_hours:
        raise ConflictError(_NOT_AT_ONCE)


def requested_at_once(
    transaction: Transaction, entombed: Sequence[tuple[DocumentRecord, JobRecord]], *, by: KeyId, now: datetime
) -> ErasureRecord:
    """Write the request whose items these jobs destroy, inside the transaction that makes them unreachable.

    The first of them was asked for; the others were found in it.
    """
    record = ErasureRecord(
        id=ErasureId(uuid4()),
        tenant_id=entombed[0][0].tenant_id,
        kind=ErasureKind.DOCUMENTS,
        reason=ErasureReason.OWNER_DECISION,
        state=ErasureState.EXECUTING,
        requested_by=by,
        received_at=now,
        due_at=due_at(now),
        approvals_needed=1,
        located_at=now,
        approvals=(Approval(by=by, at=now),),
        approved_at=now,
    )
    transaction.erasures.add(record)
    transaction.erasures.put_items(_item(record, document, job) for document, job in entombed)
    documents = len(entombed)
    facts = {"kind": record.kind.value, "reason": record.reason.value, "documents": documents, "due": record.due_at}
    for action in ("erasure_requested", "erasure_approved"):
        transaction.audit.append(entry(record.tenant_id, action, at=now, actor=by, subject=record.id, facts=facts))
    return record


def _item(record: ErasureRecord, document: DocumentRecord, job: JobRecord) -> ErasureItem:
    return ErasureItem(
        erasure_id=record.id,
        tenant_id=record.tenant_id,
        kind=ItemKind.DOCUMENT,
        target=document.id,
        state=ItemState.DESTROYING,
        action=ErasureAction.ERASE,
        chunk_count=document.chunk_count,
        job_id=job.id,
    )
