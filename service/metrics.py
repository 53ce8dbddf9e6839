"""What is counted for operators: routes, statuses, times; never ids or text."""

from prometheus_client import Counter, Histogram

ANSWERS = Counter(
    "ringfence_answers_total", "Answers by route, backend and first reason.", ["route", "backend", "cause"]
)
REQUESTS = Histogram("ringfence_request_seconds", "HTTP requests by path template and status.", ["path", "status"])
