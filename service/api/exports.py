"""Exports of a person's data over HTTP: make, list, show, fetch, remove."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct, convert

from service.api.problems import documented
from service.errors import NotFoundError, SourceErasedError
from service.exporting import ExportView
from service.policy.access import DocumentId, ExportId, Principal
from service.product import Ringfence
from service.subjects import Subject

_ZIP = "application/zip"
_Words = Annotated[list[str], Meta(max_length=50)]


class PersonRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """Whose data: identifiers (e-mail addresses, numbers) and names, as the person writes them."""

    identifiers: _Words = []
    names: _Words = []


class ExportRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """Whose data is exported, and for how long the export is kept; with `documents`, of these alone."""

    subject: PersonRequest
    days: Annotated[int, Meta(ge=1, le=31)] = 7
    documents: Annotated[list[UUID], Meta(max_length=1_000)] = []


class ExportBody(Struct, kw_only=True):
    """An export that can be fetched until it expires, or something in it is erased."""

    id: UUID
    identifiers: list[str]
    names: list[str]
    made_at: datetime
    made_by: UUID
    expires_at: datetime
    size: int
    fetches: int

    @classmethod
    def of(cls, view: ExportView) -> "ExportBody":
        """Present an export."""
        return convert(view, cls, from_attributes=True)


class ExportList(Struct, kw_only=True):
    """The tenant's exports, oldest first."""

    exports: list[ExportBody]


@post("/", status_code=201, sync_to_thread=True, summary="Make an export", responses=documented(SourceErasedError))
def make_export(
    data: JSONBody[ExportRequest], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> ExportBody:
    """Gather what is kept about a person into a sealed zip. Every text of the tenant is searched: it takes a while."""
    subject = Subject(identifiers=tuple(data.subject.identifiers), names=tuple(data.subject.names))
    only = frozenset(DocumentId(document) for document in data.documents)
    return ExportBody.of(ringfence.exports.make(principal, subject, days=data.days, only=only))


@get("/", sync_to_thread=True, summary="List exports", responses=documented())
def list_exports(principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]) -> ExportList:
    """List the exports that can be fetched."""
    return ExportList(exports=[ExportBody.of(view) for view in ringfence.exports.all(principal)])


@get("/{export_id:uuid}", sync_to_thread=True, summary="Show an export", responses=documented(NotFoundError))
def show_export(
    export_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> ExportBody:
    """Show one export."""
    return ExportBody.of(ringfence.exports.get(principal, ExportId(export_id)))


@get(
    "/{export_id:uuid}/content",
    sync_to_thread=True,
    summary="Fetch an export",
    media_type=_ZIP,
    responses=documented(NotFoundError),
)
def fetch_export(
    export_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> Response[bytes]:
    """Return the zip: index.html for the person, data.json for machines. Each time is on record."""
    content = ringfence.exports.content(principal, ExportId(export_id))
    headers = {"content-disposition": 'attachment; filename="data-about-you.zip"', "cache-control": "no-store"}
    return Response(content, media_type=_ZIP, headers=headers)


@delete(
    "/{export_id:uuid}",
    status_code=204,
    sync_to_thread=True,
    summary="Remove an export",
    responses=documented(NotFoundError),
)
def remove_export(
    export_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> None:
    """Destroy an export now."""
    ringfence.exports.remove(principal, ExportId(export_id))


exports = Router(
    "/v1/exports",
    route_handlers=[make_export, list_exports, show_export, fetch_export, remove_export],
    tags=["exports"],
)
