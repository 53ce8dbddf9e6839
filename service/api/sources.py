"""Sources over HTTP: set up, list, show, run, foretell, pause, remove."""

from typing import Annotated
from uuid import UUID

from litestar import Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from service.api.problems import documented
from service.api.source_schemas import (
    ConnectedSourceBody,
    RunBody,
    RunList,
    RunRequest,
    SourceList,
    SourceRequest,
    TroubleBody,
    TroubleList,
)
from service.errors import ConflictError, NotFoundError
from service.policy.access import Principal, SourceId
from service.product import Ringfence

_Limit = FromQuery[Annotated[int, Meta(ge=1, le=200)]]


@post("/", status_code=201, sync_to_thread=True, summary="Set up a source", responses=documented(ConflictError))
def add_source(
    data: JSONBody[SourceRequest], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> ConnectedSourceBody:
    """Set up where documents come from. To erase what is gone there needs the right to erase: it approves all of it."""
    return ConnectedSourceBody.of(ringfence.sources.add(principal, data.wanted()))


@get("/", sync_to_thread=True, summary="List the sources", responses=documented())
def list_sources(principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]) -> SourceList:
    """List the sources with their newest runs, oldest first."""
    return SourceList(sources=[ConnectedSourceBody.of(view) for view in ringfence.sources.all(principal)])


@get("/{source_id:uuid}", sync_to_thread=True, summary="Show a source", responses=documented(NotFoundError))
def show_source(
    source_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> ConnectedSourceBody:
    """Show a source and its newest run."""
    return ConnectedSourceBody.of(ringfence.sources.get(principal, SourceId(source_id)))


@delete("/{source_id:uuid}", sync_to_thread=True, summary="Remove a source", responses=documented(NotFoundError))
def remove_source(
    source_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> None:
    """Forget a source. Its documents stay, as if somebody had handed them in."""
    ringfence.sources.remove(principal, SourceId(source_id))


@get("/{source_id:uuid}/runs", sync_to_thread=True, summary="List its runs", responses=documented(NotFoundError))
def list_runs(
    source_id: FromPath[UUID],
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
    limit: _Limit = 20,
) -> RunList:
    """List the newest runs of a source: what each met and what became of it."""
    runs = ringfence.sources.runs(principal, SourceId(source_id), limit=limit)
    return RunList(runs=[RunBody.of(run) for run in runs])


@post(
    "/{source_id:uuid}/runs",
    status_code=202,
    sync_to_thread=True,
    summary="Run it, or foretell a run",
    responses=documented(NotFoundError, ConflictError),
)
def run_source(
    source_id: FromPath[UUID],
    data: JSONBody[RunRequest],
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
) -> RunBody:
    """Ask for a run; a worker begins it within seconds. A dry one says what would happen and changes nothing."""
    return RunBody.of(ringfence.sources.run(principal, SourceId(source_id), data.asked()))


@post(
    "/{source_id:uuid}/pause",
    status_code=200,
    sync_to_thread=True,
    summary="Let it rest",
    responses=documented(NotFoundError),
)
def pause_source(
    source_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> ConnectedSourceBody:
    """Begin no run any more; one under way stops where it is."""
    return ConnectedSourceBody.of(ringfence.sources.pause(principal, SourceId(source_id), paused=True))


@post(
    "/{source_id:uuid}/resume",
    status_code=200,
    sync_to_thread=True,
    summary="Let it go on",
    responses=documented(NotFoundError),
)
def resume_source(
    source_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> ConnectedSourceBody:
    """Run as before; a run that was stopped goes on where it was."""
    return ConnectedSourceBody.of(ringfence.sources.pause(principal, SourceId(source_id), paused=False))


@get(
    "/{source_id:uuid}/troubles",
    sync_to_thread=True,
    summary="List what could not be taken",
    responses=documented(NotFoundError),
)
def list_troubles(
    source_id: FromPath[UUID],
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
    limit: _Limit = 100,
    after: FromQuery[Annotated[int, Meta(ge=0)]] = 0,
) -> TroubleList:
    """List what is no document here, or not as it is at the source, and why."""
    found = ringfence.sources.troubles(principal, SourceId(source_id), limit=limit, after=after)
    following = found[-1].number if len(found) == limit else None
    return TroubleList(troubles=[TroubleBody.of(one) for one in found], next=following)


sources = Router(
    "/v1/sources",
    route_handlers=[
        *(add_source, list_sources, show_source, remove_source),
        *(list_runs, run_source, pause_source, resume_source, list_troubles),
    ],
    tags=["sources"],
)
