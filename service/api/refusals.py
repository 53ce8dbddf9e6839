"""Refusals over HTTP: list what is not taken in again, lift a refusal."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Struct

from service.api.problems import documented
from service.errors import NotFoundError
from service.policy.access import DocumentId, Principal
from service.ports import LiftReason, Refusal
from service.product import Ringfence


class RefusalBody(Struct, kw_only=True):
    """An erased document that is not taken in again, unless that was lifted. Its fingerprints are not told."""

    document_id: UUID
    refused_at: datetime
    reason: str
    by_content: bool
    by_external_id: bool
    by_resemblance: bool
    lifted_at: datetime | None
    lifted_by: UUID | None
    lift_reason: LiftReason | None

    @classmethod
    def of(cls, refusal: Refusal) -> "RefusalBody":
        """Present a refusal."""
        return cls(
            document_id=refusal.document_id,
            refused_at=refusal.refused_at,
            reason=refusal.reason,
            by_content=True,
            by_external_id=refusal.external_fingerprint is not None,
            by_resemblance=bool(refusal.sketch),
            lifted_at=refusal.lifted_at,
            lifted_by=refusal.lifted_by,
            lift_reason=refusal.lift_reason,
        )


class RefusalPage(Struct, kw_only=True):
    """One page of refusals; `next` goes into `after` for the following one."""

    refusals: list[RefusalBody]
    next: UUID | None


class LiftRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """Why the erased document may come back."""

    reason: LiftReason


@get("/", sync_to_thread=True, summary="List refusals", responses=documented(NotFoundError))
def list_refusals(
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    after: Annotated[UUID | None, QueryParameter()] = None,
) -> RefusalPage:
    """List what was erased on request and is not taken in again, newest first; lifted refusals stay listed."""
    found = ringfence.refusals.page(principal, limit=limit, after=DocumentId(after) if after else None)
    following = found[-1].document_id if len(found) == limit else None
    return RefusalPage(refusals=[RefusalBody.of(one) for one in found], next=following)


@post(
    "/{document_id:uuid}/lift",
    status_code=200,
    sync_to_thread=True,
    summary="Lift a refusal",
    responses=documented(NotFoundError),
)
def lift_refusal(
    document_id: FromPath[UUID],
    data: JSONBody[LiftRequest],
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
) -> RefusalBody:
    """Let the erased document's content and external id in again, with a reason and on record."""
    return RefusalBody.of(ringfence.refusals.lift(principal, DocumentId(document_id), data.reason))


refusals = Router("/v1/refusals", route_handlers=[list_refusals, lift_refusal], tags=["refusals"])
