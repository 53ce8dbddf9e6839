"""The Litestar application."""

from contextlib import suppress
from threading import Thread
from typing import Any

from litestar import Litestar, Request
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from service import bootstrap, settings, telemetry
from service.api.answers import answers
from service.api.audit import audit
from service.api.bodies import JsonRequest
from service.api.canaries import canaries
from service.api.conversations import conversations
from service.api.dependencies import provide_principal, provide_ringfence
from service.api.docs import DocsPage
from service.api.documents import documents
from service.api.erasures import erasures
from service.api.exports import exports
from service.api.health import health, timed
from service.api.holds import holds
from service.api.jobs import jobs
from service.api.labels import labels, reviews
from service.api.policies import policies
from service.api.problems import HANDLERS
from service.api.receipts import receipts
from service.api.refusals import refusals
from service.api.reports import reports
from service.api.retention import retention
from service.api.sources import sources
from service.api.subjects import subjects
from service.errors import PartUnavailableError
from service.product import Ringfence
from service.vocabulary import learn_paths

_FORM_OVERHEAD = 64 * 1024
_OPENAPI = OpenAPIConfig(
    title="Ringfence",
    version="1",
    description="Ask your own documents; what is sensitive never leaves.",
    path="/docs",
    render_plugins=[DocsPage(path="/"), JsonRenderPlugin()],
    components=Components(security_schemes={"api_key": SecurityScheme(type="http", scheme="bearer")}),
    security=[{"api_key": []}],
    use_handler_docstrings=True,
)


def create_app() -> Litestar:
    """Build the application from the environment; what a server starts."""
    configured = settings.load()
    telemetry.configure()
    if configured.traces_url is not None:
        telemetry.trace_to(configured.traces_url)
    return application(bootstrap.build(configured), max_upload_bytes=configured.max_upload_bytes)


def _warm(app: Litestar) -> None:
    """Load models and history beside the first requests, so that the first question does not wait for them."""
    Thread(target=_load, args=(provide_ringfence(app.state),), daemon=True).start()


def _load(ringfence: Ringfence) -> None:
    ringfence.watch.learn(ringfence.answering.database)
    ringfence.answering.planner.warm()


def _warn(app: Litestar) -> None:
    """Tell the log of every attestation that expires soon, and of every erasure request that is pressing."""
    ringfence = provide_ringfence(app.state)
    ringfence.governing.warn()
    with suppress(PartUnavailableError):
        ringfence.erasures.deadlines.warn()


def _check_restored(request: Request[Any, Any, Any]) -> None:
    """Answer nobody while a restored backup may hold what was erased; whether it lives may always be asked."""
    if request.url.path.startswith("/v1"):
        provide_ringfence(request.app.state).check_restored()


def application(ringfence: Ringfence, *, max_upload_bytes: int) -> Litestar:
    """Return the application around these use cases."""
    app = Litestar(
        route_handlers=[
            *(documents, reviews, labels, jobs, answers, conversations),
            *(audit, reports, policies, subjects, canaries, holds, retention, exports),
            *(receipts, refusals, erasures, sources, health),
        ],
        dependencies={
            "ringfence": Provide(provide_ringfence, sync_to_thread=False),
            "principal": Provide(provide_principal, sync_to_thread=True),
        },
        exception_handlers=HANDLERS,
        before_request=_check_restored,
        middleware=[timed],
        openapi_config=_OPENAPI,
        request_class=JsonRequest,
        request_max_body_size=max_upload_bytes + _FORM_OVERHEAD,
        state=State({"ringfence": ringfence}),
        on_startup=[_warm, _warn],
        logging_config=None,
        debug=False,  # whatever LITESTAR_DEBUG says: its error pages show variables
    )
    learn_paths(route.path_format for route in app.routes)
    return app
