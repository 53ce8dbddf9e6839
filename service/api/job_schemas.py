"""What goes in and out about jobs, as JSON."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct, convert, structs

from service.jobs import Explanation, Glance, Standstill
from service.policy.failing import Remedy, reason_of
from service.ports import IntakeRecord, JobKind, JobRecord, JobState, Priority


class JobBody(Struct, kw_only=True):
    """One job of the ledger."""

    id: UUID
    kind: JobKind
    document_id: UUID
    state: JobState
    priority: Priority
    stage: Annotated[str, Meta(description="How far it is, or what came of it.")]
    done: Annotated[int, Meta(description="Of `total`: the progress of its batch within the stage; 0 of 0: no parts.")]
    total: int
    attempts: int
    not_before: Annotated[datetime | None, Meta(description="Nobody takes it before then.")]
    setback: Annotated[str | None, Meta(description="Why the last attempt ended without a result.")]
    created_at: datetime
    updated_at: datetime
    failure: Annotated[str | None, Meta(description="Why it ended without a result: a stable code.")]
    failure_detail: str | None
    advice: Annotated[str | None, Meta(description="What to do about that.")] = None

    @classmethod
    def of(cls, job: JobRecord) -> "JobBody":
        """Present a job."""
        advice = reason_of(job.failure).advice if job.failure is not None else None
        return structs.replace(convert(job, cls, from_attributes=True), advice=advice)


class ExplanationBody(Struct, kw_only=True):
    """What becomes of a job, and if it stands still, why."""

    code: str
    meaning: str
    advice: str
    stuck: bool

    @classmethod
    def of(cls, explanation: Explanation) -> "ExplanationBody":
        """Present an explanation."""
        return cls(
            code=explanation.plight.value,
            meaning=explanation.meaning,
            advice=explanation.advice,
            stuck=explanation.stuck,
        )


class JobShown(JobBody, kw_only=True):
    """One job, and what becomes of it."""

    explanation: ExplanationBody

    @classmethod
    def explained(cls, job: JobRecord, explanation: Explanation) -> "JobShown":
        """Present a job with what is said of it."""
        return cls(**structs.asdict(JobBody.of(job)), explanation=ExplanationBody.of(explanation))


class JobPage(Struct, kw_only=True):
    """One page of jobs; `next` goes into `after` for the following one."""

    jobs: list[JobBody]
    next: UUID | None


class RetryRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """Which ingestions are retried: all that ended for this reason."""

    reason: Annotated[str, Meta(min_length=1, max_length=64)]


class Retried(Struct, kw_only=True):
    """How many jobs wait again."""

    retried: int


class IntakeBody(Struct, kw_only=True):
    """Whether the tenant's jobs are held back, and since when."""

    paused: bool
    paused_at: datetime | None
    paused_by: UUID | None

    @classmethod
    def of(cls, record: IntakeRecord) -> "IntakeBody":
        """Present it."""
        return cls(paused=record.paused_at is not None, paused_at=record.paused_at, paused_by=record.paused_by)


class JobCountBody(Struct, kw_only=True):
    """How many jobs of one kind and priority are in one state and stage."""

    kind: JobKind
    priority: Priority
    state: JobState
    stage: str
    jobs: int


class DeadBody(Struct, kw_only=True):
    """Ingestions that ended for one reason and whose document waits for a new start."""

    reason: str
    jobs: int
    meaning: str
    advice: str
    remedy: Remedy


class StandstillBody(ExplanationBody, kw_only=True):
    """Jobs that stand still for one reason. Of many only the oldest and the newest were looked at."""

    jobs: int
    example: UUID

    @classmethod
    def found(cls, standstill: Standstill) -> "StandstillBody":
        """Present it."""
        said = structs.asdict(ExplanationBody.of(standstill.explanation))
        return cls(**said, jobs=standstill.jobs, example=standstill.example)


class GlanceBody(Struct, kw_only=True):
    """How a tenant's jobs stand."""

    at: datetime
    parts: dict[str, bool]
    workers: Annotated[int | None, Meta(description="Live workers; null where they run on other machines.")]
    swept_at: Annotated[datetime | None, Meta(description="When a worker last looked after the tenant's jobs.")]
    paused_at: datetime | None
    documents: dict[str, int]
    jobs: list[JobCountBody]
    open_jobs: int
    oldest: Annotated[JobBody | None, Meta(description="The oldest job that is due and nobody works on.")]
    dead: list[DeadBody]
    stuck: list[StandstillBody]

    @classmethod
    def of(cls, glance: Glance, parts: dict[str, bool]) -> "GlanceBody":
        """Present a glance beside the parts that answer."""
        return cls(
            at=glance.at,
            parts=parts,
            workers=glance.workers,
            swept_at=glance.swept_at,
            paused_at=glance.paused_at,
            documents={state.value: count for state, count in glance.documents.items()},
            jobs=[convert(one, JobCountBody, from_attributes=True) for one in glance.jobs],
            open_jobs=glance.open_jobs,
            oldest=JobBody.of(glance.oldest) if glance.oldest is not None else None,
            dead=[_dead(reason, jobs) for reason, jobs in sorted(glance.dead.items())],
            stuck=[StandstillBody.found(one) for one in glance.stuck],
        )


def _dead(code: str, jobs: int) -> DeadBody:
    reason = reason_of(code)
    return DeadBody(reason=code, jobs=jobs, meaning=reason.meaning, advice=reason.advice, remedy=reason.remedy)
