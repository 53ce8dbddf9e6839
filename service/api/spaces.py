"""Vector spaces over HTTP: which one serves, how far another is, and an operator's say in it (R63)."""

from datetime import datetime
from uuid import UUID

from litestar import Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Struct

from service.api.problems import documented
from service.errors import ConflictError, NotFoundError
from service.policy.access import Principal
from service.product import Ringfence
from service.reembedding import SpaceView


class SpaceBody(Struct, kw_only=True):
    """One vector space; the counts are there while it is being built."""

    id: UUID
    name: str
    state: str
    dimensions: int
    hold: bool
    created_at: datetime
    served_at: datetime | None
    ended_at: datetime | None
    dropped_at: datetime | None
    documents: int | None
    built: int | None
    verified: int | None

    @classmethod
    def of(cls, view: SpaceView) -> "SpaceBody":
        """Present a space."""
        record, counts = view.record, view.counts
        return cls(
            id=record.id,
            name=record.name,
            state=record.state.value,
            dimensions=record.dimensions,
            hold=record.hold,
            created_at=record.created_at,
            served_at=record.served_at,
            ended_at=record.ended_at,
            dropped_at=record.dropped_at,
            documents=counts.documents if counts else None,
            built=counts.built if counts else None,
            verified=counts.verified if counts else None,
        )


class SpacesBody(Struct, kw_only=True):
    """The tenant's spaces, newest first."""

    spaces: list[SpaceBody]


class ReembeddingRequestBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """Which embedder; without one that of RINGFENCE_SEARCH_EMBEDDER. `hold` waits before the switch."""

    model: str | None = None
    precision: str | None = None
    hold: bool = False


@get("/spaces", sync_to_thread=True, summary="List vector spaces", responses=documented())
def list_spaces(principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]) -> SpacesBody:
    """List the tenant's vector spaces, with how far the one is that is being built."""
    return SpacesBody(spaces=[SpaceBody.of(view) for view in ringfence.reembedding.status(principal)])


@post("/reembedding", status_code=202, sync_to_thread=True, summary="Re-embed", responses=documented(ConflictError))
def start_reembedding(
    data: JSONBody[ReembeddingRequestBody],
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
) -> SpaceBody:
    """Build a second vector space beside the one that serves. It takes its place when every document is in it."""
    view = ringfence.reembedding.start(principal, data.model, precision=data.precision, hold=data.hold)
    return SpaceBody.of(view)


@post(
    "/reembedding/switch",
    status_code=202,
    sync_to_thread=True,
    summary="Switch when ready",
    responses=documented(NotFoundError),
)
def switch_reembedding(principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]) -> SpaceBody:
    """Let a space that was told to wait serve as soon as every document is in it."""
    return SpaceBody.of(ringfence.reembedding.switch(principal))


@delete(
    "/reembedding",
    status_code=200,
    sync_to_thread=True,
    summary="Cancel re-embedding",
    responses=documented(NotFoundError),
)
def cancel_reembedding(principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]) -> SpaceBody:
    """Give up the space that is being built; its points are removed."""
    return SpaceBody.of(ringfence.reembedding.cancel(principal))


spaces = Router(
    "/v1/index",
    route_handlers=[list_spaces, start_reembedding, switch_reembedding, cancel_reembedding],
    tags=["index"],
)
