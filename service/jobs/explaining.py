"""Says in plain words what becomes of a job, and if it stands still, why (R60)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from service.policy.failing import Setback, reason_of
from service.ports import IntakeRecord, JobKind, JobRecord, JobState

_SILENT = timedelta(minutes=5)
"""Many sweeps and one long batch: workers and their schedule that live are heard of more often."""
_NO_PROGRESS = timedelta(minutes=10)
"""Longer than any stage goes on without a word."""
_DOWN_FOR_LONG = 5
"""Deferrals in a row from which on a part counts as down, and not as busy."""


class Plight(StrEnum):
    """What becomes of a job, in one code."""

    IN_TURN = "in_turn"
    RUNNING = "running"
    ENDED = "ended"
    WAITS_TO_RETRY = "waits_to_retry"
    PART_DOWN = "part_down"
    PAUSED = "paused"
    NO_WORKER = "no_worker"
    BROKER_AWAY = "broker_away"
    LEASE_EXPIRED = "lease_expired"
    NO_PROGRESS = "no_progress"


STUCK = frozenset(
    {
        Plight.PART_DOWN,
        Plight.PAUSED,
        Plight.NO_WORKER,
        Plight.BROKER_AWAY,
        Plight.LEASE_EXPIRED,
        Plight.NO_PROGRESS,
    }
)
"""What somebody should look at; the others go on by themselves, or have ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a job depends on: the time, its tenant, the broker, the workers, and how often it may be tried.

    `workers` is how many live, None where nothing of them is seen from here; then their sweeps tell.
    """

    now: datetime
    intake: IntakeRecord | None
    broker: bool
    workers: int | None
    max_attempts: int

    def paused(self, job: JobRecord) -> bool:
        """Whether somebody holds the job back."""
        return self.intake is not None and self.intake.paused_at is not None and job.kind is not JobKind.ERASE

    @property
    def silent(self) -> bool:
        """Whether no worker lives, as far as can be told."""
        if self.workers is not None:
            return self.workers == 0
        swept = self.intake.swept_at if self.intake is not None else None
        return swept is None or swept < self.now - _SILENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a job is where it is, and what helps."""

    plight: Plight
    meaning: str
    advice: str

    @property
    def stuck(self) -> bool:
        """Whether somebody should look at it."""
        return self.plight in STUCK


def explained(job: JobRecord, at: Circumstances) -> Explanation:
    """Return what becomes of the job."""
    if job.state is JobState.QUEUED:
        return _waiting(job, at)
    if job.state is JobState.RUNNING:
        return _running(job, at)
    return _ended(job)


def _ended(job: JobRecord) -> Explanation:
    if job.state is JobState.SUCCEEDED:
        return _says(Plight.ENDED, f"It is done: {job.stage.replace('_', ' ') or 'succeeded'}.", "Nothing.")
    reason = reason_of(job.failure or Setback.UNEXPECTED.value)
    return _says(Plight.ENDED, f"It ended without a result. {reason.meaning}", reason.advice)


def _running(job: JobRecord, at: Circumstances) -> Explanation:
    if job.lease_until is not None and job.lease_until <= at.now:
        since = _span(at.now - job.lease_until)
        words = f"Its worker is gone: the lease ran out {since} ago, on attempt {job.attempts}."
        if at.silent:
            return _says(Plight.NO_WORKER, f"{words} No worker was heard of since.", _START_WORKERS)
        return _says(Plight.LEASE_EXPIRED, words, "Nothing: the next sweep gives it to another worker.")
    if job.updated_at < at.now - _NO_PROGRESS:
        words = f"A worker holds it and has told no progress for {_span(at.now - job.updated_at)} ({_where(job)})."
        advice = "A large batch may take that long. If not, end that worker: the job comes back by itself."
        return _says(Plight.NO_PROGRESS, words, advice)
    return _says(Plight.RUNNING, f"A worker is at it: {_where(job)}, attempt {job.attempts}.", "Nothing.")


def _waiting(job: JobRecord, at: Circumstances) -> Explanation:
    if at.paused(job):
        return _says(
            Plight.PAUSED, "Somebody has paused the tenant's jobs.", "`ringfence jobs resume` lets them go on."
        )
    if at.silent:
        return _says(Plight.NO_WORKER, f"It waits, and no worker was {_heard_of(at)}.", _START_WORKERS)
    if not at.broker:
        words = "It waits, and the broker does not answer, so nobody can wake a worker."
        return _says(Plight.BROKER_AWAY, words, "Bring the broker back. Nothing is lost: the job is in the database.")
    if job.not_before is not None and job.not_before > at.now:
        return _waits_to_retry(job, at, job.not_before)
    waited = _span(at.now - job.created_at)
    return _says(Plight.IN_TURN, f"It waits for its turn since {waited}.", "Nothing, or more workers.")


def _waits_to_retry(job: JobRecord, at: Circumstances, not_before: datetime) -> Explanation:
    again = f"It is tried again in {_span(not_before - at.now)}."
    reason = reason_of(job.setback or Setback.UNEXPECTED.value)
    if job.deferrals:
        plight = Plight.PART_DOWN if job.deferrals >= _DOWN_FOR_LONG else Plight.WAITS_TO_RETRY
        return _says(plight, f"{reason.meaning} That was time {job.deferrals} in a row. {again}", reason.advice)
    tries = f"Attempt {job.attempts} of {at.max_attempts} ended without a result."
    return _says(Plight.WAITS_TO_RETRY, f"{tries} {reason.meaning} {again}", reason.advice)


_START_WORKERS = "Start one: `ringfence up`, or `ringfence worker` beside the servers. Beat has to run, too."


def _says(plight: Plight, meaning: str, advice: str) -> Explanation:
    return Explanation(plight=plight, meaning=meaning, advice=advice)


def _where(job: JobRecord) -> str:
    return f"{job.stage}, {job.done:,} of {job.total:,}" if job.total else job.stage or "started"


def _heard_of(at: Circumstances) -> str:
    swept = at.intake.swept_at if at.intake is not None else None
    return "ever heard of" if swept is None else f"heard of for {_span(at.now - swept)}"


def _span(time: timedelta) -> str:
    """Return a time as a person says it: its largest unit, in whole numbers."""
    seconds = max(int(time.total_seconds()), 0)
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= 2 * size or size == 1:
            return f"{seconds // size:,} {unit}s" if seconds // size != 1 else f"1 {unit}"
    raise AssertionError
