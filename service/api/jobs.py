"""Jobs over HTTP: what runs, what waits, what failed and why."""

from typing import Annotated
from uuid import UUID

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from service.api.problems import documented
from service.api.schemas import JobBody, JobPage
from service.errors import NotFoundError
from service.policy.access import JobId, Principal
from service.product import Ringfence


@get("/", sync_to_thread=True, summary="List jobs", responses=documented(NotFoundError))
def list_jobs(
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    after: Annotated[UUID | None, QueryParameter()] = None,
) -> JobPage:
    """List the tenant's jobs, newest first."""
    jobs = ringfence.jobs.page(principal, limit=limit, after=JobId(after) if after else None)
    return JobPage(jobs=[JobBody.of(job) for job in jobs], next=jobs[-1].id if len(jobs) == limit else None)


@get("/{job_id:uuid}", sync_to_thread=True, summary="Show a job", responses=documented(NotFoundError))
def show_job(
    job_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> JobBody:
    """Show one job."""
    return JobBody.of(ringfence.jobs.get(principal, JobId(job_id)))


jobs = Router("/v1/jobs", route_handlers=[list_jobs, show_job], tags=["jobs"])
