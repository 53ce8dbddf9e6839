"""Traces over OTLP to a collector inside the building: scrubbed where they leave, by the same vocabulary as logs."""

from collections.abc import Mapping, Sequence
from typing import Any

import requests
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, Status
from typing_extensions import override

from service import tracing, vocabulary

_NAME = "ringfence"
_SECONDS = 5.0
_EVERY_MILLISECONDS = 1_000
_ATTRIBUTES = 32


def trace_to(url: str) -> None:
    """Send this process's spans to this address and to no other, whatever the environment says of OpenTelemetry."""
    exporter = OTLPSpanExporter(
        endpoint=url, headers={}, timeout=_SECONDS, compression=Compression.NoCompression, session=DirectSession()
    )
    tracing.use(provider(exporter).get_tracer(_NAME))


def provider(exporter: SpanExporter) -> TracerProvider:
    """Return a maker of spans that go to the exporter scrubbed. Asks neither the machine nor the environment."""
    made = TracerProvider(
        sampler=ALWAYS_ON,
        id_generator=GivenIds(),
        resource=Resource({"service.name": _NAME}),
        span_limits=SpanLimits(max_attributes=_ATTRIBUTES, max_events=1, max_links=1),
    )
    made.add_span_processor(BatchSpanProcessor(ScrubbingExporter(exporter), schedule_delay_millis=_EVERY_MILLISECONDS))
    return made


class GivenIds(RandomIdGenerator):
    """Random ids, unless a journey has its own: then every process knows them without being told."""

    @override
    def generate_trace_id(self) -> int:
        given = tracing.given_ids.get()
        return given[0] if given else super().generate_trace_id()

    @override
    def generate_span_id(self) -> int:
        given = tracing.given_ids.get()
        return given[1] if given else super().generate_span_id()


class ScrubbingExporter(SpanExporter):
    """Lets through names, times and facts of the vocabulary; no event, link, description or state."""

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner

    @override
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._inner.export([_scrubbed(span) for span in spans])

    @override
    def shutdown(self) -> None:
        self._inner.shutdown()


class DirectSession(requests.Session):
    """Goes where it is told and nowhere else: no proxy or netrc of the environment, no redirect."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False

    @override
    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        return super().request(*args, **(kwargs | {"allow_redirects": False}))


def _scrubbed(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name if span.name in vocabulary.SPANS else "unlisted",
        context=_bare(span.get_span_context()),
        parent=_bare(span.parent),
        resource=Resource({"service.name": _NAME}),
        attributes=_facts(span.attributes or {}),
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=InstrumentationScope(_NAME),
    )


def _facts(said: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if vocabulary.fits(key, value)}


def _bare(known: SpanContext | None) -> SpanContext | None:
    """Return the ids alone: a caller's trace state is text."""
    if known is None:
        return None
    return SpanContext(known.trace_id, known.span_id, is_remote=False, trace_flags=known.trace_flags)
