"""Shows requests and their receipts."""

from dataclasses import dataclass
from uuid import UUID

from service.erasure.requests.sealed import Written
from service.erasure.requests.values import ErasureView
from service.errors import ConflictError, NotFoundError, NotPermittedError
from service.policy.access import ErasureId, Permission, Principal
from service.policy.erasures import days_left
from service.ports import Clock, Database, ErasureRecord, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """For whoever may decide about requests, and for auditors, who see no word that a person wrote."""

    database: Database
    clock: Clock
    written: Written

    def get(self, principal: Principal, erasure_id: ErasureId) -> ErasureView:
        """Return one request. Raises NotFoundError."""
        _check(principal)
        with self.database.transaction(principal.tenant_id) as transaction:
            return self.view(transaction, principal, _found(transaction, erasure_id))

    def page(
        self, principal: Principal, *, limit: int, after: ErasureId | None = None, target: UUID | None = None
    ) -> tuple[ErasureView, ...]:
        """Return requests, newest first; with `target`, those that this document or turn is an item of."""
        _check(principal)
        with self.database.transaction(principal.tenant_id) as transaction:
            records = transaction.erasures.page(limit=limit, after=after, target=target)
            return tuple(self.view(transaction, principal, record) for record in records)

    def receipt(self, principal: Principal, erasure_id: ErasureId) -> bytes:
        """Return the newest receipt, as it was signed. Raises NotFoundError; ConflictError where there is none."""
        _check(principal)
        with self.database.transaction(principal.tenant_id) as transaction:
            found = _found(transaction, erasure_id)
            receipts = transaction.receipts.page(limit=1, about=erasure_id)
        if not receipts:
            message = f"this request is {found.state.value}: there is no receipt"
            raise ConflictError(message)
        return receipts[0].content

    def view(self, transaction: Transaction, principal: Principal, record: ErasureRecord) -> ErasureView:
        """Return the request as this principal may see it."""
        return ErasureView(
            record=record,
            items=transaction.erasures.items(record.id),
            days_left=days_left(record.due_at, now=self.clock.now()),
            has_receipt=bool(transaction.receipts.page(limit=1, about=record.id)),
            note=self.written.note(record) if principal.may(Permission.ERASE) else None,
        )


def _check(principal: Principal) -> None:
    if not principal.may(Permission.SEE_ERASURES):
        raise NotPermittedError


def _found(transaction: Transaction, erasure_id: ErasureId) -> ErasureRecord:
    found = transaction.erasures.get(erasure_id)
    if found is None:
        raise NotFoundError
    return found
