"""What is counted for operators: routes, statuses, times, failures; never ids or text.

The API's process answers `/metrics`. Nobody scrapes a worker: what it counts its log tells, too.
"""

from collections.abc import Callable

from prometheus_client import Counter, Gauge, Histogram

ANSWERS = Counter(
    "ringfence_answers_total", "Answers by route, backend and first reason.", ["route", "backend", "cause"]
)
REQUESTS = Histogram("ringfence_request_seconds", "HTTP requests by path template and status.", ["path", "status"])
LABEL_CACHE = Counter("ringfence_label_cache_total", "Texts whose label was known already, or was not.", ["outcome"])
DETECTOR_FAILURES = Counter(
    "ringfence_detector_failures_total", "Detectors that raised, hung or had no model.", ["detector", "how"]
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
