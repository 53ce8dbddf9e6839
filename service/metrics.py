"""What is counted for operators: routes, statuses, times, failures; never ids or text.

The API's process answers `/metrics`. Nobody scrapes a worker: what it counts its log tells, too.
"""

from prometheus_client import Counter, Histogram

ANSWERS = Counter(
    "ringfence_answers_total", "Answers by route, backend and first reason.", ["route", "backend", "cause"]
)
ANSWERS_STOPPED = Counter("ringfence_answers_stopped_total", "Answers that the output filter stopped.", ["cause"])
REQUESTS = Histogram("ringfence_request_seconds", "HTTP requests by path template and status.", ["path", "status"])
LABEL_CACHE = Counter("ringfence_label_cache_total", "Texts whose label was known already, or was not.", ["outcome"])
DETECTOR_FAILURES = Counter(
    "ringfence_detector_failures_total", "Detectors that raised, hung or had no model.", ["detector", "how"]
)


def detector_failed(detector: str, how: str) -> None:
    """Count a text that became unknown because a detector did not answer."""
    DETECTOR_FAILURES.labels(detector=detector, how=how).inc()
