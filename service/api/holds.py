"""Legal holds over HTTP: place, list, show, widen; release by two."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct, convert

from service.api.problems import documented
from service.errors import ConflictError, NotFoundError
from service.holding import Cover, MatterView
from service.policy.access import DocumentId, MatterId, Principal
from service.ports import HoldReleaseReason
from service.product import Ringfence

_MOST = 1_000
_Group = Annotated[str, Meta(min_length=1, max_length=1_000)]


class CoverRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """What is held: documents by id, every document of groups, or everything; those that come later too."""

    documents: Annotated[list[UUID], Meta(max_length=_MOST)] = []
    groups: Annotated[list[_Group], Meta(max_length=_MOST)] = []
    whole_tenant: bool = False

    def cover(self) -> Cover:
        """Return it as the use case takes it."""
        documents = frozenset(DocumentId(document) for document in self.documents)
        return Cover(documents=documents, groups=frozenset(self.groups), whole_tenant=self.whole_tenant)


class HoldRequest(CoverRequest, kw_only=True, forbid_unknown_fields=True):
    """A new matter and what it holds. Name and note are kept sealed."""

    name: Annotated[str, Meta(min_length=1, max_length=300, examples=["Supply dispute, 2026"])]
    note: Annotated[str, Meta(max_length=10_000)] | None = None


class HoldReleaseRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """Why the hold should end."""

    reason: HoldReleaseReason


class HoldReleaseBody(Struct, kw_only=True):
    """That its release was asked for. The hold stands until another API key confirmed it."""

    asked_at: datetime
    asked_by: UUID
    reason: HoldReleaseReason
    confirmed_at: datetime | None
    confirmed_by: UUID | None


class HoldBody(Struct, kw_only=True):
    """A matter; `documents` are those listed for it, `stands` says whether it still holds anything."""

    id: UUID
    name: str
    note: str | None
    stands: bool
    whole_tenant: bool
    groups: list[str]
    documents: list[UUID]
    opened_at: datetime
    opened_by: UUID
    release: HoldReleaseBody | None

    @classmethod
    def of(cls, view: MatterView) -> "HoldBody":
        """Present a matter."""
        return convert(view, cls, from_attributes=True)


class HoldList(Struct, kw_only=True):
    """The tenant's matters, released ones too, oldest first."""

    holds: list[HoldBody]


@post("/", status_code=201, sync_to_thread=True, summary="Place a legal hold", responses=documented(NotFoundError))
def place_hold(
    data: JSONBody[HoldRequest], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> HoldBody:
    """Hold documents for a matter: nothing erases, replaces or changes them until two people released the hold."""
    return HoldBody.of(ringfence.holds.place(principal, name=data.name, note=data.note, cover=data.cover()))


@get("/", sync_to_thread=True, summary="List legal holds", responses=documented())
def list_holds(principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]) -> HoldList:
    """List the tenant's matters, released ones too, oldest first."""
    return HoldList(holds=[HoldBody.of(view) for view in ringfence.holds.all(principal)])


@get("/{matter_id:uuid}", sync_to_thread=True, summary="Show a legal hold", responses=documented(NotFoundError))
def show_hold(
    matter_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> HoldBody:
    """Show one matter."""
    return HoldBody.of(ringfence.holds.get(principal, MatterId(matter_id)))


@post(
    "/{matter_id:uuid}/cover",
    status_code=200,
    sync_to_thread=True,
    summary="Hold more",
    responses=documented(NotFoundError, ConflictError),
)
def extend_hold(
    matter_id: FromPath[UUID],
    data: JSONBody[CoverRequest],
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
) -> HoldBody:
    """Hold more for a matter. A release that was asked for is thereby taken back: it was asked for less."""
    return HoldBody.of(ringfence.holds.add(principal, MatterId(matter_id), data.cover()))


@post(
    "/{matter_id:uuid}/release",
    status_code=202,
    sync_to_thread=True,
    summary="Ask for the release",
    responses=documented(NotFoundError, ConflictError),
)
def ask_release(
    matter_id: FromPath[UUID],
    data: JSONBody[HoldReleaseRequest],
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
) -> HoldBody:
    """Ask for a hold's release. It stands until another API key confirms."""
    return HoldBody.of(ringfence.holds.ask_release(principal, MatterId(matter_id), data.reason))


@delete(
    "/{matter_id:uuid}/release",
    status_code=200,
    sync_to_thread=True,
    summary="Take the request back",
    responses=documented(NotFoundError, ConflictError),
)
def take_back_release(
    matter_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> HoldBody:
    """Take back what was asked: the hold stays."""
    return HoldBody.of(ringfence.holds.take_back(principal, MatterId(matter_id)))


@post(
    "/{matter_id:uuid}/release/confirmation",
    status_code=200,
    sync_to_thread=True,
    summary="Confirm the release",
    responses=documented(NotFoundError, ConflictError),
)
def confirm_release(
    matter_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> HoldBody:
    """Release the hold. The API key that asked for it is refused: it takes two."""
    return HoldBody.of(ringfence.holds.confirm_release(principal, MatterId(matter_id)))


holds = Router(
    "/v1/holds",
    route_handlers=[
        *(place_hold, list_holds, show_hold, extend_hold),
        *(ask_release, take_back_release, confirm_release),
    ],
    tags=["holds"],
)
