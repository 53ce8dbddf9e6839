"""Canaries over HTTP: make, list, recognise, remove."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from service.api.problems import documented
from service.errors import NotFoundError
from service.policy.access import Principal
from service.ports import CanaryRecord
from service.product import Ringfence


class CanaryBody(Struct, kw_only=True):
    """A canary. Its token is told once, when it is made."""

    id: UUID
    created_at: datetime
    created_by: UUID

    @classmethod
    def of(cls, record: CanaryRecord) -> "CanaryBody":
        """Present a canary."""
        return cls(id=record.id, created_at=record.created_at, created_by=record.created_by)


class NewCanaryBody(CanaryBody, kw_only=True):
    """A new canary with its token: plant it in a document. It cannot be shown again."""

    token: str


class CanaryList(Struct, kw_only=True):
    """The tenant's canaries, oldest first."""

    canaries: list[CanaryBody]


class CanaryCheckRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """A text that may hold canaries."""

    text: Annotated[str, Meta(min_length=1, max_length=1_000_000)]


class CanaryCheckBody(Struct, kw_only=True):
    """The ids of the canaries that stand in the text, however they are written there."""

    found: list[UUID]


@post("/", status_code=201, sync_to_thread=True, summary="Make a canary", responses=documented())
def add_canary(principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]) -> NewCanaryBody:
    """Make a token to plant in a document. An answer that says it without having been shown it is stopped."""
    record, token = ringfence.canaries.add(principal)
    return NewCanaryBody(id=record.id, created_at=record.created_at, created_by=record.created_by, token=token)


@get("/", sync_to_thread=True, summary="List canaries", responses=documented())
def list_canaries(principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]) -> CanaryList:
    """List the tenant's canaries, without their tokens: nobody has them any more but the documents."""
    return CanaryList(canaries=[CanaryBody.of(record) for record in ringfence.canaries.all(principal)])


@post("/check", status_code=200, sync_to_thread=True, summary="Find canaries in a text", responses=documented())
def check_canaries(
    data: JSONBody[CanaryCheckRequest],
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
) -> CanaryCheckBody:
    """Say which canaries stand in a text. The text is not kept."""
    return CanaryCheckBody(found=list(ringfence.canaries.found_in(principal, data.text)))


@delete(
    "/{canary_id:uuid}",
    status_code=204,
    sync_to_thread=True,
    summary="Remove a canary",
    responses=documented(NotFoundError),
)
def remove_canary(
    canary_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> None:
    """Stop watching for a canary."""
    ringfence.canaries.remove(principal, canary_id)


canaries = Router(
    "/v1/canaries", route_handlers=[add_canary, list_canaries, check_canaries, remove_canary], tags=["canaries"]
)
