"""Documents over HTTP: hand in, list, show, erase."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example, OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.params import FromPath, JSONBody, QueryParameter, RawBody

from service.api.amending_schemas import AmendedBody, RectifyRequest
from service.api.job_schemas import JobBody
from service.api.problems import documented
from service.api.quarantine_schemas import ReleaseRequest
from service.api.schemas import Accepted, DocumentBody, Page
from service.api.uploads import upload_of
from service.errors import (
    ConflictError,
    HeldError,
    NotFoundError,
    OverloadedError,
    QuotaReachedError,
    RefusedError,
    TooLargeError,
    TooManyWaitingError,
)
from service.policy.access import DocumentId, Principal
from service.product import Ringfence


def _string(description: str, **more: Any) -> Schema:  # noqa: ANN401 - passed on to Schema
    return Schema(type=OpenAPIType.STRING, description=description, **more)


_TEXT_FIELDS = {
    "title": _string("Shown in citations; default: the document's own title or the file name."),
    "external_id": _string("Your id: uploading it again replaces the document when the content differs."),
    "groups": _string("Who may see it, comma-separated; default: everyone of the tenant."),
    "declared": _string("Categories it certainly has, comma-separated, such as `PHI`: a floor for its labels."),
    "file_name": _string("Its ending tells the format."),
    "priority": _string("`interactive` (default) or `bulk`: what nobody waits for, done after all that is."),
}


@dataclass
class _UploadOperation(Operation):
    """Documents the two bodies that an upload may have."""

    def __post_init__(self) -> None:
        """Describe multipart and JSON side by side."""
        file = _string("The file.", format=OpenAPIFormat.BINARY)
        text = _string("The text itself, instead of a file.")
        form = Schema(type=OpenAPIType.OBJECT, properties={"file": file, "text": text, **_TEXT_FIELDS})
        json = Schema(type=OpenAPIType.OBJECT, properties={"text": text, **_TEXT_FIELDS}, required=["text"])
        example = Example(value={"text": "Visitors register at the front desk.", "title": "Visitor policy"})
        self.request_body = RequestBody(
            required=True,
            content={
                "multipart/form-data": OpenAPIMediaType(schema=form),
                "application/json": OpenAPIMediaType(schema=json, examples={"text": example}),
            },
        )


@post(
    "/",
    operation_class=_UploadOperation,
    status_code=202,
    sync_to_thread=True,
    summary="Hand in a document",
    responses=documented(RefusedError, TooLargeError, QuotaReachedError, TooManyWaitingError, OverloadedError),
)
def hand_in(
    request: Request[Any, Any, Any],
    body: RawBody,
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
) -> Accepted:
    """Keep the document, sealed, and ingest it in the background."""
    view, job = ringfence.documents.register(principal, upload_of(request, body))
    return Accepted(document=DocumentBody.of(view), job=JobBody.of(job))


@get("/", sync_to_thread=True, summary="List documents", responses=documented(NotFoundError))
def list_documents(
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    after: Annotated[UUID | None, QueryParameter()] = None,
) -> Page:
    """List the documents that this API key may see, newest first."""
    views = ringfence.documents.page(principal, limit=limit, after=DocumentId(after) if after else None)
    return Page(documents=[DocumentBody.of(view) for view in views], next=views[-1].id if len(views) == limit else None)


@get("/{document_id:uuid}", sync_to_thread=True, summary="Show a document", responses=documented(NotFoundError))
def show_document(
    document_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> DocumentBody:
    """Show one document: its state, its labels, why it failed or was quarantined if it was."""
    return DocumentBody.of(ringfence.documents.get(principal, DocumentId(document_id)))


@delete(
    "/{document_id:uuid}",
    status_code=202,
    sync_to_thread=True,
    summary="Erase a document",
    responses=documented(NotFoundError, HeldError),
)
def erase_document(
    document_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> JobBody:
    """Make the document unreachable now; the job returned destroys it everywhere and counts what is left."""
    return JobBody.of(ringfence.erasure.request(principal, DocumentId(document_id)))


@post(
    "/{document_id:uuid}/release",
    status_code=202,
    sync_to_thread=True,
    summary="Release a document from quarantine",
    responses=documented(NotFoundError, ConflictError),
)
def release_document(
    document_id: FromPath[UUID],
    data: JSONBody[ReleaseRequest],
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
) -> Accepted:
    """Release the document, with a reason and on record. The job returned makes it searchable."""
    wanted = DocumentId(document_id)
    job = ringfence.releasing.release(principal, wanted, reason=data.reason, note=data.note)
    return Accepted(document=DocumentBody.of(ringfence.documents.get(principal, wanted)), job=JobBody.of(job))


@post(
    "/{document_id:uuid}/quarantine",
    status_code=200,
    sync_to_thread=True,
    summary="Keep a document back",
    responses=documented(NotFoundError, ConflictError),
)
def quarantine_document(
    document_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> DocumentBody:
    """Take the document out of every answer at once, on record, until it is released."""
    ringfence.withholding.withhold(principal, DocumentId(document_id))
    return DocumentBody.of(ringfence.documents.get(principal, DocumentId(document_id)))


@post(
    "/{document_id:uuid}/rectify",
    status_code=202,
    sync_to_thread=True,
    summary="Put a document right",
    responses=documented(NotFoundError, ConflictError),
)
def rectify_document(
    document_id: FromPath[UUID],
    data: JSONBody[RectifyRequest],
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
) -> AmendedBody:
    """Put a new version in the document's place (Art. 16): a new id, labelled anew. The old one is destroyed."""
    amended = ringfence.amending.rectify(principal, DocumentId(document_id), data.correction())
    view = ringfence.documents.get(principal, amended.record.id)
    return AmendedBody(document=DocumentBody.of(view), job=JobBody.of(amended.job), erasing=JobBody.of(amended.erasing))


documents = Router(
    "/v1/documents",
    route_handlers=[
        hand_in,
        list_documents,
        show_document,
        erase_document,
        quarantine_document,
        release_document,
        rectify_document,
    ],
    tags=["documents"],
)
