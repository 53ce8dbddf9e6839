"""What is counted for operators: routes, statuses, times, failures; never ids or text.

The API's process answers `/metrics`. Nobody scrapes a worker: what it counts its log tells, too.
"""

from collections.abc import Callable, Sequence

from service.bounded import Counter, Gauge, Histogram, Total
from service.drift import Direction

ANSWERS = Counter(
    "ringfence_answers_total", "Answers by route, backend and first reason.", ["route", "backend", "cause"]
)
PROMPTS = Counter("ringfence_prompts_total", "Prompts by route and first reason.", ["route", "cause"])
ANSWERS_STOPPED = Counter("ringfence_answers_stopped_total", "Answers that the output filter stopped.", ["cause"])
REQUESTS = Histogram("ringfence_request_seconds", "HTTP requests by path template and status.", ["path", "status"])
LABEL_CACHE = Counter("ringfence_label_cache_total", "Texts whose label was known already, or was not.", ["outcome"])
DETECTOR_FAILURES = Counter(
    "ringfence_detector_failures_total", "Detectors that raised, hung or had no model.", ["detector", "how"]
)
ATTESTATION_DAYS = Gauge(
    "ringfence_provider_attestation_days",
    "Days that an attestation of a provider has left; negative once it has expired.",
    ["provider", "attestation"],
)
LOCAL_SHARE = Gauge("ringfence_local_share", "Share of the last twenty or so prompts that stayed local, 0 to 1.")
USUAL_LOCAL_SHARE = Gauge("ringfence_local_share_usual", "What that share usually is, 0 to 1.")
LOCAL_SHARE_ALARM = Gauge("ringfence_local_share_alarm", "1 while that share has jumped this way.", ["direction"])
UPLOADS_REFUSED = Counter("ringfence_uploads_refused_total", "Uploads of what was erased, refused.", ["reason"])
ERASED_RESEMBLED = Counter("ringfence_erased_resembled_total", "Documents that resemble an erased one.")
OLDEST_JOB = Gauge("ringfence_queue_age_seconds", "Age of the oldest job that waits or whose worker is gone.")
DOCUMENTS = Gauge("ringfence_documents", "Documents by state.", ["state"])
JOBS = Gauge(
    "ringfence_jobs", "Jobs by kind, priority and state; those that succeeded left out.", ["kind", "priority", "state"]
)
JOBS_FAILED = Gauge("ringfence_jobs_failed", "Failed jobs that are there now, by kind and reason.", ["kind", "reason"])
JOBS_BACKING_OFF = Gauge("ringfence_jobs_backing_off", "Queued jobs that wait for their next attempt.", ["kind"])
JOB_AGE = Gauge(
    "ringfence_oldest_job_seconds", "Age of the oldest job that could be worked on and is not.", ["kind", "priority"]
)
STAGE_DOCUMENTS = Total("ringfence_stage_documents_total", "Documents that have a stage behind them.", ["stage"])
STAGE_CHUNKS = Total("ringfence_stage_chunks_total", "Chunks that have a stage behind them.", ["stage"])
FAILURES = Total("ringfence_failures_total", "Ingestions that failed, by reason.", ["reason"])
LEASE_EXPIRIES = Total("ringfence_lease_expiries_total", "Jobs whose worker was gone before they ended.", ["kind"])
ERASURES_OVERDUE = Gauge("ringfence_erasures_overdue", "Open erasure requests that should have been answered by now.")
ERASURES_DUE_SOON = Gauge("ringfence_erasures_due_soon", "Open erasure requests that are due within seven days.")
CHECKPOINT_AGE = Gauge(
    "ringfence_audit_checkpoint_age_seconds",
    "For how long the oldest audit entry has waited for a signed checkpoint over it; 0 where none waits.",
)

BREAKERS = Gauge(
    "ringfence_breaker_state",
    "Whether a backend is asked: 0 closed (yes), 1 half-open (once), 2 open (no).",
    ["backend"],
)
BACKEND_FAILURES = Counter(
    "ringfence_backend_failures_total", "Answers that a backend did not give, by how it failed.", ["backend", "how"]
)


def breaker_watched(backend: str, state: Callable[[], float]) -> None:
    """Show this state whenever the numbers are read: an open breaker becomes half-open by time alone."""
    BREAKERS.labels(backend=backend).set_function(state)


def backend_failed(backend: str, how: str) -> None:
    """Count an answer that this backend did not give."""
    BACKEND_FAILURES.labels(backend=backend, how=how).inc()


def detector_failed(detector: str, how: str) -> None:
    """Count a text that became unknown because a detector did not answer."""
    DETECTOR_FAILURES.labels(detector=detector, how=how).inc()


def routed(route: str, causes: Sequence[str]) -> None:
    """Count a prompt under where it went (`none`: nowhere) and the first reason."""
    PROMPTS.labels(route=route, cause=causes[0] if causes else "").inc()


def local_share(recent: float, usual: float, *, jumped: Direction | None) -> None:
    """Show the share of local prompts."""
    LOCAL_SHARE.set(recent)
    USUAL_LOCAL_SHARE.set(usual)
    for direction in Direction:
        LOCAL_SHARE_ALARM.labels(direction=direction.value).set(jumped is direction)
