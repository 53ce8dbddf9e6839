"""The Litestar application."""

from threading import Thread

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from service import bootstrap, settings, telemetry
from service.api.answers import answers
from service.api.bodies import JsonRequest
from service.api.dependencies import provide_principal, provide_ringfence
from service.api.docs import DocsPage
from service.api.documents import documents
from service.api.health import health, timed
from service.api.jobs import jobs
from service.api.labels import labels, reviews
from service.api.problems import HANDLERS
from service.api.reports import reports
from service.product import Ringfence

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
    return application(bootstrap.build(configured), max_upload_bytes=configured.max_upload_bytes)


def _warm(app: Litestar) -> None:
    """Load the models beside the first requests, so that the first question does not wait for them."""
    Thread(target=provide_ringfence(app.state).answering.planner.warm, daemon=True).start()


def application(ringfence: Ringfence, *, max_upload_bytes: int) -> Litestar:
    """Return the application around these use cases."""
    return Litestar(
        route_handlers=[documents, reviews, labels, jobs, answers, reports, health],
        dependencies={
            "ringfence": Provide(provide_ringfence, sync_to_thread=False),
            "principal": Provide(provide_principal, sync_to_thread=True),
        },
        exception_handlers=HANDLERS,
        middleware=[timed],
        openapi_config=_OPENAPI,
        request_class=JsonRequest,
        request_max_body_size=max_upload_bytes + _FORM_OVERHEAD,
        state=State({"ringfence": ringfence}),
        on_startup=[_warm],
        logging_config=None,
    )
