"""Issues receipts of erasures, in the transaction that ends them, and shows them."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

from service.auditing import entry
from service.auditing.canonical import canonical
from service.errors import NotFoundError, NotPermittedError
from service.policy.access import Permission, Principal
from service.ports import Clock, Database, Signer, Transaction
from service.ports.receipting import ReceiptId, ReceiptRecord
from service.receipts.contents import Contents
from service.receipts.telling import FORMAT, told

DOMAIN = f"{FORMAT}\n".encode()
"""What stands before the bytes that are signed, so that no receipt passes for anything else, nor the other way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """Which labeller, schema and product the receipt was made with."""

    labeller: Callable[[], str]
    product: str
    schema: Callable[[], str]

    def told(self) -> dict[str, str]:
        """Return them as codes."""
        return {"labeller": self.labeller(), "product": self.product, "schema": self.schema()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """Issues and shows receipts (R42)."""

    database: Database
    signer: Signer
    clock: Clock
    versions: Versions

    def issue(self, transaction: Transaction, contents: Contents) -> ReceiptRecord:
        """Sign, store and record a receipt, inside the caller's transaction: all of it happens, or nothing.

        Raises ValueError where the contents could hold personal data.
        """
        receipt_id, now = ReceiptId(uuid4()), self.clock.now()
        value = told(
            contents,
            receipt_id=receipt_id,
            issued_at=now,
            public_key=self.signer.public_key,
            versions=self.versions.told(),
            checkpoint=transaction.audit.checkpoint(),
        )
        signature = self.signer.sign(DOMAIN + canonical(value))
        record = ReceiptRecord(
            id=receipt_id,
            tenant_id=contents.tenant_id,
            issued_at=now,
            outcome=contents.outcome,
            about=contents.about,
            content=canonical(value | {"signature": signature.hex()}) + b"\n",
        )
        transaction.receipts.add(record)
        facts = {
            "about": contents.about,
            "outcome": record.outcome.value,
            "sha256": hashlib.sha256(record.content).hexdigest(),
        }
        transaction.audit.append(entry(contents.tenant_id, "receipt_issued", at=now, subject=receipt_id, facts=facts))
        return record

    def get(self, principal: Principal, receipt_id: ReceiptId) -> ReceiptRecord:
        """Return one receipt of the principal's tenant. Raises NotFoundError."""
        _check(principal)
        with self.database.transaction(principal.tenant_id) as transaction:
            found = transaction.receipts.get(receipt_id)
        if found is None:
            raise NotFoundError
        return found

    def page(
        self, principal: Principal, *, limit: int, after: ReceiptId | None = None, about: UUID | None = None
    ) -> tuple[ReceiptRecord, ...]:
        """Return receipts, newest first; with `about`, those of one request or document."""
        _check(principal)
        with self.database.transaction(principal.tenant_id) as transaction:
            return transaction.receipts.page(limit=limit, after=after, about=about)


def _check(principal: Principal) -> None:
    if not principal.may(Permission.SEE_ERASURES):
        raise NotPermittedError
