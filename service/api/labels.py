"""Labels over HTTP: a document's chunks with their reasons, reviews, and how far relabelling is."""

from typing import Annotated
from uuid import UUID

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from service.api.label_schemas import ChunkBody, ChunkPage, ProgressBody, ReviewedBody, ReviewRequestBody
from service.api.problems import documented
from service.errors import ConflictError, NotFoundError
from service.policy.access import DocumentId, Principal
from service.product import Ringfence


@get(
    "/{document_id:uuid}/chunks",
    sync_to_thread=True,
    summary="List a document's chunks",
    responses=documented(NotFoundError),
)
def list_chunks(
    document_id: FromPath[UUID],
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    after: Annotated[int | None, QueryParameter(ge=0)] = None,
) -> ChunkPage:
    """List a document's chunks with their labels and the reasons for them, in order."""
    views = ringfence.reviewing.chunks(principal, DocumentId(document_id), limit=limit, after=after)
    last = views[-1].ordinal if len(views) == limit else None
    return ChunkPage(chunks=[ChunkBody.of(view) for view in views], next=last)


@post(
    "/{document_id:uuid}/reviews",
    status_code=200,
    sync_to_thread=True,
    summary="Review labels",
    responses=documented(NotFoundError, ConflictError),
)
def review(
    document_id: FromPath[UUID],
    data: JSONBody[ReviewRequestBody],
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
) -> ReviewedBody:
    """Override labels with a reason. Adding needs the right to hand in documents, dismissing a data owner or admin."""
    return ReviewedBody.of(ringfence.reviewing.review(principal, DocumentId(document_id), data.request()))


@get("/progress", sync_to_thread=True, summary="How far is relabelling?", responses=documented())
def progress(principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]) -> ProgressBody:
    """Count the tenant's documents by whether the labeller in force labelled them."""
    return ProgressBody.of(ringfence.relabelling.progress(principal))


@post("/relabel", status_code=202, sync_to_thread=True, summary="Relabel now", responses=documented())
def relabel(principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]) -> ProgressBody:
    """Begin relabelling stale documents now, those that failed before included."""
    return ProgressBody.of(ringfence.relabelling.ask(principal))


reviews = Router("/v1/documents", route_handlers=[list_chunks, review], tags=["labels"])
labels = Router("/v1/labels", route_handlers=[progress, relabel], tags=["labels"])
