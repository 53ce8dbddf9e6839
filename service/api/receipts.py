"""Receipts of erasures over HTTP: list them, fetch one as it was signed."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from service.api.problems import documented
from service.errors import NotFoundError
from service.policy.access import Principal
from service.ports.receipting import Outcome, ReceiptId, ReceiptRecord
from service.product import Ringfence


class ReceiptBody(Struct, kw_only=True):
    """A receipt in one line; `about` is the erasure request, or the document that was erased by itself."""

    id: UUID
    issued_at: datetime
    outcome: Outcome
    about: UUID

    @classmethod
    def of(cls, record: ReceiptRecord) -> "ReceiptBody":
        """Present a receipt."""
        return cls(id=record.id, issued_at=record.issued_at, outcome=record.outcome, about=record.about)


class ReceiptPage(Struct, kw_only=True):
    """One page of receipts; `next` goes into `after` for the following one."""

    receipts: list[ReceiptBody]
    next: UUID | None


@get("/", sync_to_thread=True, summary="List receipts", responses=documented(NotFoundError))
def list_receipts(
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    after: Annotated[UUID | None, QueryParameter()] = None,
    about: Annotated[UUID | None, QueryParameter()] = None,
) -> ReceiptPage:
    """List receipts of erasures, newest first; with `about`, those of one request or document."""
    found = ringfence.receipts.page(principal, limit=limit, after=ReceiptId(after) if after else None, about=about)
    following = found[-1].id if len(found) == limit else None
    return ReceiptPage(receipts=[ReceiptBody.of(one) for one in found], next=following)


@get("/{receipt_id:uuid}", sync_to_thread=True, summary="Fetch a receipt", responses=documented(NotFoundError))
def show_receipt(
    receipt_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> Response[bytes]:
    """Fetch a receipt byte for byte as it was signed: `scripts/verify-receipt` checks it without this program."""
    record = ringfence.receipts.get(principal, ReceiptId(receipt_id))
    return Response(record.content, media_type="application/json")


receipts = Router("/v1/receipts", route_handlers=[list_receipts, show_receipt], tags=["receipts"])
