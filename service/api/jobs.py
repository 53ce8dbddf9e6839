"""Jobs over HTTP: what runs, what waits, what failed and why, and what operators do about it."""

from typing import Annotated
from uuid import UUID

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from service.api.job_schemas import GlanceBody, IntakeBody, JobBody, JobPage, JobShown, Retried, RetryRequest
from service.api.problems import documented
from service.errors import ConflictError, InvalidRequestError, NotFoundError
from service.policy.access import DocumentId, JobId, Principal
from service.ports import JobFilter, JobKind, JobState, Priority
from service.product import Ringfence


@get("/", sync_to_thread=True, summary="List jobs", responses=documented(NotFoundError))
def list_jobs(  # noqa: PLR0913 - what a listing is narrowed by
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
    *,
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    after: Annotated[UUID | None, QueryParameter()] = None,
    job_state: Annotated[JobState | None, QueryParameter(name="state")] = None,
    kind: Annotated[JobKind | None, QueryParameter()] = None,
    priority: Annotated[Priority | None, QueryParameter()] = None,
    reason: Annotated[str | None, QueryParameter(max_length=64)] = None,
    document: Annotated[UUID | None, QueryParameter()] = None,
) -> JobPage:
    """List the tenant's jobs, newest first: all, or those of a state, kind, priority, reason or document."""
    only = JobFilter(
        state=job_state,
        kind=kind,
        priority=priority,
        reason=reason,
        document_id=DocumentId(document) if document else None,
    )
    jobs = ringfence.jobs.page(principal, limit=limit, after=JobId(after) if after else None, only=only)
    return JobPage(jobs=[JobBody.of(job) for job in jobs], next=jobs[-1].id if len(jobs) == limit else None)


@get("/{job_id:uuid}", sync_to_thread=True, summary="Show a job", responses=documented(NotFoundError))
def show_job(
    job_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> JobShown:
    """Show one job, what becomes of it, and if it stands still, why."""
    return JobShown.explained(*ringfence.overview.explain(principal, JobId(job_id)))


@get("/status", sync_to_thread=True, summary="How do the jobs stand?", responses=documented())
def status(principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]) -> GlanceBody:
    """Count jobs by state, stage and reason, documents by state; say which parts answer and what is stuck, and why."""
    return GlanceBody.of(ringfence.overview.glance(principal), ringfence.readiness())


@post(
    "/{job_id:uuid}/retry",
    status_code=202,
    sync_to_thread=True,
    summary="Retry a job",
    responses=documented(NotFoundError, ConflictError),
)
def retry_job(
    job_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> JobBody:
    """Start an ingestion that failed or was cancelled once more, with all its attempts. For operators and admins."""
    return JobBody.of(ringfence.steering.retry(principal, JobId(job_id)))


@post(
    "/retry",
    status_code=202,
    sync_to_thread=True,
    summary="Retry all of a reason",
    responses=documented(InvalidRequestError),
)
def retry_all(
    data: JSONBody[RetryRequest], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> Retried:
    """Retry every ingestion of the tenant that ended for this reason. What was erased meanwhile stays erased."""
    return Retried(retried=ringfence.steering.retry_all(principal, data.reason))


@post(
    "/{job_id:uuid}/cancel",
    status_code=200,
    sync_to_thread=True,
    summary="Cancel a job",
    responses=documented(NotFoundError, ConflictError),
)
def cancel_job(
    job_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> JobBody:
    """End an ingestion that waits or runs; nothing of it stays but the original, so it can be retried or erased."""
    return JobBody.of(ringfence.steering.cancel(principal, JobId(job_id)))


@post("/pause", status_code=200, sync_to_thread=True, summary="Pause the tenant's jobs", responses=documented())
def pause(principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]) -> IntakeBody:
    """Let no worker take another job of the tenant, but for erasures. What runs now is finished."""
    return IntakeBody.of(ringfence.steering.pause(principal))


@post("/resume", status_code=200, sync_to_thread=True, summary="Let them go on", responses=documented())
def resume(principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]) -> IntakeBody:
    """Let the tenant's jobs go on."""
    return IntakeBody.of(ringfence.steering.resume(principal))


jobs = Router(
    "/v1/jobs",
    route_handlers=[list_jobs, show_job, status, retry_job, retry_all, cancel_job, pause, resume],
    tags=["jobs"],
)
