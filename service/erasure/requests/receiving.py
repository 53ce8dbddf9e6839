"""Takes requests: who asks for what, why, and until when it has to be answered (R46)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from service.auditing import entry
from service.erasure.requests.changing import require
from service.erasure.requests.finding import subject_of
from service.erasure.requests.sealed import Written
from service.erasure.requests.values import Asked, ErasureView
from service.errors import InvalidRequestError
from service.policy.access import DocumentId, ErasureId, Principal
from service.policy.erasures import (
    ErasureAction,
    ErasureKind,
    ErasureReason,
    ErasureState,
    approvals_needed,
    days_left,
    due_at,
)
from service.policy.tightening import TenantPolicy
from service.ports import Clock, Database, ErasureItem, ErasureRecord, ItemKind, Transaction
from service.visibility import visible

_MOST_DOCUMENTS = 500
_LONGEST_NOTE = 4_000
_LONGEST_AGO = timedelta(days=3_650)
"""A request that is said to be older was mistyped; its month ended before anybody here could answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiving:
    """Writes a request down. Nothing is looked for or destroyed yet."""

    database: Database
    clock: Clock
    written: Written

    def receive(self, principal: Principal, asked: Asked) -> ErasureView:
        """Return the new request; its month has begun.

        Raises InvalidRequestError, NotPermittedError, and NotFoundError for a document that is not there.
        """
        require(principal, asked.kind)
        now = self.clock.now()
        _check(asked, now)
        if asked.subject is not None:
            subject_of(asked.subject)
        erasure_id = ErasureId(uuid4())
        subject, note = self.written.sealed(principal.tenant_id, erasure_id, subject=asked.subject, note=asked.note)
        received = asked.received_at or now
        draft = ErasureRecord(
            id=erasure_id,
            tenant_id=principal.tenant_id,
            kind=asked.kind,
            reason=asked.reason,
            state=ErasureState.RECEIVED,
            requested_by=principal.key_id,
            received_at=received,
            due_at=due_at(received),
            approvals_needed=1,
            subject=subject,
            note=note,
        )
        try:
            with self.database.transaction(principal.tenant_id) as transaction:
                record, items = self._add(transaction, principal, asked, draft)
        except BaseException:
            self.written.destroy(draft)
            raise
        return ErasureView(record=record, items=items, days_left=days_left(record.due_at, now=now), note=asked.note)

    def _add(
        self, transaction: Transaction, principal: Principal, asked: Asked, draft: ErasureRecord
    ) -> tuple[ErasureRecord, tuple[ErasureItem, ...]]:
        record = under_policy(transaction, draft)
        items = [self._item(transaction, principal, record, one) for one in dict.fromkeys(asked.documents)]
        if asked.kind is ErasureKind.TENANT:
            items.append(_tenant(record))
        transaction.erasures.add(record)
        transaction.erasures.put_items(items)
        facts = {
            "kind": record.kind.value,
            "reason": record.reason.value,
            "documents": len(asked.documents),
            "due": record.due_at,
            "received": record.received_at,
        }
        transaction.audit.append(
            entry(
                record.tenant_id,
                "erasure_requested",
                at=self.clock.now(),
                actor=principal.key_id,
                subject=record.id,
                facts=facts,
            )
        )
        return record, transaction.erasures.items(record.id)

    @staticmethod
    def _item(
        transaction: Transaction, principal: Principal, record: ErasureRecord, document_id: DocumentId
    ) -> ErasureItem:
        document = visible(transaction, principal, document_id)
        return ErasureItem(
            erasure_id=record.id,
            tenant_id=record.tenant_id,
            kind=ItemKind.DOCUMENT,
            target=document.id,
            action=ErasureAction.ERASE,
            chunk_count=document.chunk_count,
        )


def under_policy(transaction: Transaction, record: ErasureRecord) -> ErasureRecord:
    """Return the request with what the tenant's policy asks for now."""
    found = transaction.policies.latest()
    wanted = found.policy if found is not None else TenantPolicy()
    return replace(
        record,
        approvals_needed=approvals_needed(record.kind, wanted=wanted.erasure_approvals),
        cooling_off_hours=wanted.cooling_off_hours,
    )


def _tenant(record: ErasureRecord) -> ErasureItem:
    return ErasureItem(
        erasure_id=record.id,
        tenant_id=record.tenant_id,
        kind=ItemKind.TENANT,
        target=record.tenant_id,
        action=ErasureAction.ERASE,
    )


def _check(asked: Asked, now: datetime) -> None:
    if (asked.kind is ErasureKind.DOCUMENTS) != bool(asked.documents) or len(asked.documents) > _MOST_DOCUMENTS:
        message = f"a request of kind documents names 1 to {_MOST_DOCUMENTS} of them, any other kind names none"
        raise InvalidRequestError(message)
    if asked.reason is ErasureReason.GONE_AT_SOURCE:
        message = "only a source itself says that a document is gone there: give another reason"
        raise InvalidRequestError(message)
    if (asked.kind is ErasureKind.SUBJECT) != (asked.subject is not None):
        message = "a request of kind subject names a person, any other kind names none"
        raise InvalidRequestError(message)
    if asked.note is not None and (not asked.note.strip() or len(asked.note) > _LONGEST_NOTE):
        message = f"a note has 1 to {_LONGEST_NOTE:,} characters"
        raise InvalidRequestError(message)
    if asked.received_at is not None and not now - _LONGEST_AGO <= asked.received_at <= now:
        message = "a request cannot have been received in the future, or more than ten years ago"
        raise InvalidRequestError(message)
