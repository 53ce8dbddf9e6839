"""Whether the process lives, whether its parts answer, and the numbers."""

import time
from contextlib import suppress
from typing import Any

from litestar import MediaType, Response, Router, get
from litestar.di import NamedDependency
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from service.api.schemas import Readiness
from service.errors import PartUnavailableError
from service.metrics import CHECKPOINT_AGE, OLDEST_JOB, REQUESTS
from service.product import Ringfence


@get("/healthz", sync_to_thread=False, summary="Is the process alive?", media_type=MediaType.TEXT)
def alive() -> str:
    """Answer as long as the process runs."""
    return "ok"


@get("/readyz", sync_to_thread=True, summary="Do all parts answer?")
def ready(ringfence: NamedDependency[Ringfence]) -> Response[Readiness]:
    """Answer 200 when every part does, else 503 with the ones that do not."""
    parts = ringfence.readiness()
    complete = all(parts.values())
    jumped = ringfence.watch.share().jumped
    alarms = [] if jumped is None else [f"local_share_jumped_{jumped.value}"]
    body = Readiness(ready=complete, parts=parts, alarms=alarms, warnings=list(ringfence.warnings()))
    return Response(body, status_code=200 if complete else 503)


@get("/metrics", sync_to_thread=True, summary="Numbers for Prometheus", media_type=MediaType.TEXT)
def metrics(ringfence: NamedDependency[Ringfence]) -> Response[bytes]:
    """Give the numbers in Prometheus' text format."""
    ringfence.governing.measure()
    with suppress(PartUnavailableError):
        ringfence.erasures.deadlines.measure()
        ringfence.counting.measure()
        OLDEST_JOB.set(ringfence.jobs.oldest())
        CHECKPOINT_AGE.set(ringfence.auditing.unsealed())
    return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})


health = Router("/", route_handlers=[alive, ready, metrics], tags=["health"], security=[{}])


def timed(app: ASGIApp) -> ASGIApp:
    """Wrap the application so that every request is timed under its path template."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        started, status = time.perf_counter(), "500"

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await app(scope, receive, noted)
        finally:
            path: Any = scope.get("path_template") or "unmatched"
            REQUESTS.labels(path=path, status=status).observe(time.perf_counter() - started)

    return middleware
