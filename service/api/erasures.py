"""Erasure requests over HTTP: open, preview, choose, approve, refuse, extend, cancel, and the receipt."""

from typing import Annotated
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from service.api.erasure_schemas import (
    ChoicesBody,
    ErasureBody,
    ErasurePage,
    ErasureRequestBody,
    ExtensionBody,
    PreviewBody,
    RefusalBody,
)
from service.api.problems import documented
from service.errors import ConflictError, NotFoundError
from service.policy.access import ErasureId, Principal
from service.product import Ringfence


@post("/", sync_to_thread=True, summary="Open an erasure request", responses=documented(NotFoundError))
def open_erasure(
    data: JSONBody[ErasureRequestBody], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> ErasureBody:
    """Write a request down: documents, a person, or the whole tenant. Its month begins; nothing is destroyed yet.

    What you write about a person is kept sealed until the request ends, and unreadable for everybody afterwards.
    """
    return ErasureBody.of(ringfence.erasures.receiving.receive(principal, data.asked()))


@get("/", sync_to_thread=True, summary="List erasure requests", responses=documented(NotFoundError))
def list_erasures(
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    after: Annotated[UUID | None, QueryParameter()] = None,
    document: Annotated[UUID | None, QueryParameter()] = None,
) -> ErasurePage:
    """List requests, newest first; with `document`, those about it. `days_left` is negative for overdue ones."""
    views = ringfence.erasures.reading.page(
        principal, limit=limit, after=ErasureId(after) if after else None, target=document
    )
    following = views[-1].record.id if len(views) == limit else None
    return ErasurePage(erasures=[ErasureBody.of(view) for view in views], next=following)


@get("/{erasure_id:uuid}", sync_to_thread=True, summary="Show a request", responses=documented(NotFoundError))
def show_erasure(
    erasure_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> ErasureBody:
    """Show one request with its items."""
    return ErasureBody.of(ringfence.erasures.reading.get(principal, ErasureId(erasure_id)))


@post(
    "/{erasure_id:uuid}/preview",
    status_code=200,
    sync_to_thread=True,
    summary="See what would go",
    responses=documented(NotFoundError, ConflictError),
)
def preview_erasure(
    erasure_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> PreviewBody:
    """Look for everything the request is about: what goes, what is held, what could not be searched.

    Until it is approved this looks anew each time; consent that was given to another list is gone.
    """
    return PreviewBody.of(ringfence.erasures.previewing.preview(principal, ErasureId(erasure_id)))


@post(
    "/{erasure_id:uuid}/choices",
    status_code=200,
    sync_to_thread=True,
    summary="Erase, redact or leave",
    responses=documented(NotFoundError, ConflictError),
)
def choose_for_erasure(
    erasure_id: FromPath[UUID],
    data: JSONBody[ChoicesBody],
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
) -> ErasureBody:
    """Say for each document and turn whether it is erased, has the person taken out of it, or is left and why."""
    return ErasureBody.of(ringfence.erasures.deciding.choose(principal, ErasureId(erasure_id), data.chosen()))


@post(
    "/{erasure_id:uuid}/approve",
    status_code=200,
    sync_to_thread=True,
    summary="Approve a request",
    responses=documented(NotFoundError, ConflictError),
)
def approve_erasure(
    erasure_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> ErasureBody:
    """Consent to what the preview shows. It is executed once enough different API keys have, within seconds."""
    return ErasureBody.of(ringfence.erasures.deciding.approve(principal, ErasureId(erasure_id)))


@post(
    "/{erasure_id:uuid}/refuse",
    status_code=200,
    sync_to_thread=True,
    summary="Refuse a request",
    responses=documented(NotFoundError, ConflictError),
)
def refuse_erasure(
    erasure_id: FromPath[UUID],
    data: JSONBody[RefusalBody],
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
) -> ErasureBody:
    """Refuse it under an exception of Art. 17(3) GDPR."""
    return ErasureBody.of(ringfence.erasures.deciding.refuse(principal, ErasureId(erasure_id), data.refusal))


@post(
    "/{erasure_id:uuid}/extend",
    status_code=200,
    sync_to_thread=True,
    summary="Take two further months",
    responses=documented(NotFoundError, ConflictError),
)
def extend_erasure(
    erasure_id: FromPath[UUID],
    data: JSONBody[ExtensionBody],
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
) -> ErasureBody:
    """Extend the deadline, once and within the first month (Art. 12(3) GDPR). Tell the person."""
    return ErasureBody.of(ringfence.erasures.deciding.extend(principal, ErasureId(erasure_id), data.reason))


@post(
    "/{erasure_id:uuid}/cancel",
    status_code=200,
    sync_to_thread=True,
    summary="Cancel a request",
    responses=documented(NotFoundError, ConflictError),
)
def cancel_erasure(
    erasure_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> ErasureBody:
    """End a request of which nothing was executed yet."""
    return ErasureBody.of(ringfence.erasures.deciding.cancel(principal, ErasureId(erasure_id)))


@get(
    "/{erasure_id:uuid}/receipt",
    sync_to_thread=True,
    summary="Fetch the receipt",
    media_type="application/json",
    responses=documented(NotFoundError, ConflictError),
)
def fetch_receipt(
    erasure_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> Response[bytes]:
    """Return the signed receipt, byte by byte as it was signed; `scripts/verify-receipt` checks it offline."""
    receipt = ringfence.erasures.reading.receipt(principal, ErasureId(erasure_id))
    return Response(receipt, media_type="application/json")


erasures = Router(
    "/v1/erasures",
    route_handlers=[
        open_erasure,
        list_erasures,
        show_erasure,
        preview_erasure,
        choose_for_erasure,
        approve_erasure,
        refuse_erasure,
        extend_erasure,
        cancel_erasure,
        fetch_receipt,
    ],
    tags=["erasures"],
)
