"""Receipts of erasures, as stores keep them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol
from uuid import UUID

from service.policy.access import TenantId

ReceiptId = NewType("ReceiptId", UUID)


class Outcome(StrEnum):
    """What a receipt says: everything was found gone, or something was not."""

    VERIFIED = "verified"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRecord:
    """A receipt. `about` is the erasure request, or the document that was erased by itself.

    `content` is the signed receipt: one line of canonical JSON. Only `service.receipts` makes one.
    """

    id: ReceiptId
    tenant_id: TenantId
    issued_at: datetime
    outcome: Outcome
    about: UUID
    content: bytes


class ReceiptTable(Protocol):
    """The receipts of one tenant: append only, the database itself refuses everything else."""

    def add(self, record: ReceiptRecord) -> None:
        """Insert. Raises ConflictError where the id is taken."""
        ...

    def get(self, receipt_id: ReceiptId) -> ReceiptRecord | None:
        """Return the receipt."""
        ...

    def page(
        self, *, limit: int, after: ReceiptId | None = None, about: UUID | None = None
    ) -> tuple[ReceiptRecord, ...]:
        """Return receipts, newest first, after the given one. Raises NotFoundError where that is not among them."""
        ...
