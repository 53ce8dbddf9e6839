"""One answer for what is absent and what may not be seen."""

from service.errors import NotFoundError
from service.policy.access import DocumentId, Principal, Scope
from service.ports import DocumentRecord, Transaction


def visible(
    transaction: Transaction, principal: Principal, document_id: DocumentId, *, lock: bool = False
) -> DocumentRecord:
    """Return the document if it lies in the principal's scope. Raises NotFoundError otherwise."""
    record = transaction.documents.get(document_id, lock=lock)
    if record is None or not Scope.of(principal).sees(tenant_id=record.tenant_id, groups=record.groups):
        raise NotFoundError
    return record
