"""What a trace tells of a journey: stages, times, ids; nothing said (R54, R64)."""

from collections.abc import Generator, Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import NoOpTracer, SpanContext, StatusCode, TraceFlags, TraceState

from service import tracing
from service.answering import Question
from service.documents import Upload
from service.telemetry.traces import ScrubbingExporter, provider
from tests.assembled import a_world

CANARY = "Zanzibarquartz"


class Recorded:
    """The spans that left, by name."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider: TracerProvider = provider(self.exporter)

    def spans(self) -> list[ReadableSpan]:
        self.provider.force_flush()
        return list(self.exporter.get_finished_spans())

    def whole(self) -> str:
        return "".join(span.to_json() for span in self.spans())


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    made = Recorded()
    tracing.use(made.provider.get_tracer("test"))
    yield made
    tracing.use(NoOpTracer())
    made.provider.shutdown()


@pytest.mark.parametrize("streamed", [True, False])
def test_an_answer_is_one_trace_of_its_stages_and_holds_no_word(recorded: Recorded, *, streamed: bool) -> None:
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, f"The garden of {CANARY} is open to everyone.", title=CANARY)
    question = Question(text=f"Where is the garden of {CANARY}?")
    assert recorded.spans()
    recorded.exporter.clear()
    if streamed:
        list(world.product.answering.stream(who, question))
    else:
        world.product.answering.ask(who, question)
    spans = {span.name: span for span in recorded.spans()}
    assert {"ask", "plan", "label_question", "retrieve", "route", "label"} <= spans.keys()
    assert len({span.context.trace_id for span in spans.values()}) == 1
    assert (spans["ask"].attributes or {})["route"] == "cloud"
    assert CANARY not in recorded.whole()


def test_an_ingestion_is_one_trace_of_its_stages_and_holds_no_word(recorded: Recorded) -> None:
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, f"The garden of {CANARY} is open to everyone.", title=CANARY, file_name=f"{CANARY}.txt")
    names = {span.name for span in recorded.spans()}
    assert {"ingest", "parse", "batch", "write"} <= names
    assert CANARY not in recorded.whole()


def test_from_upload_to_ready_is_one_trace_whose_id_is_the_jobs(recorded: Recorded) -> None:
    """R64: whoever has the id of a job has its trace, whichever processes took part."""
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, "The garden is open to everyone.")
    job = world.product.jobs.page(who, limit=1)[0]
    journey = {span.name: span for span in recorded.spans() if span.context.trace_id == job.id.int}
    assert journey.keys() >= {"document", "register", "queued", "parse", "write"}
    root = journey.pop("document")
    assert root.parent is None
    assert root.status.status_code is StatusCode.UNSET
    assert {span.parent.span_id for span in journey.values() if span.parent} == {root.context.span_id}


def test_the_trace_of_a_document_that_failed_says_so(recorded: Recorded) -> None:
    """R64."""
    world = a_world()
    who, _ = world.person("acme")
    upload = Upload(content=b"%PDF-1.7 broken", file_name="broken.pdf")
    _, job = world.product.documents.register(who, upload)
    world.work()
    roots = [span for span in recorded.spans() if span.name == "document" and span.context.trace_id == job.id.int]
    assert [span.status.status_code for span in roots] == [StatusCode.ERROR]


def test_a_failure_is_told_by_kind_only(recorded: Recorded) -> None:
    @tracing.traced("parse")
    def fails() -> None:
        raise ValueError(CANARY)

    @tracing.traced("local_model")
    def breaks_off() -> Generator[str, None, None]:
        yield "a piece"
        raise KeyError(CANARY)

    with pytest.raises(ValueError, match=CANARY):
        fails()
    with pytest.raises(KeyError):
        list(breaks_off())
    told = {span.name: (span.status.status_code, (span.attributes or {})["error"]) for span in recorded.spans()}
    assert told == {"parse": (StatusCode.ERROR, "ValueError"), "local_model": (StatusCode.ERROR, "KeyError")}
    assert CANARY not in recorded.whole()


def test_whatever_a_span_is_given_only_words_of_the_vocabulary_leave(recorded: Recorded) -> None:
    """The scrubber sits where spans leave, so that no instrumentation can go round it."""
    caller = SpanContext(1, 2, is_remote=True, trace_flags=TraceFlags(1), trace_state=TraceState([("k", CANARY)]))
    with recorded.provider.get_tracer(CANARY).start_as_current_span(
        CANARY, context=trace.set_span_in_context(trace.NonRecordingSpan(caller))
    ) as span:
        span.set_attributes({CANARY: 1, "answer": CANARY, "hits": 3, "model": CANARY + " said"})
        span.add_event(CANARY, {"text": CANARY})
        span.add_link(caller, {"text": CANARY})
        span.record_exception(ValueError(CANARY))
        span.set_status(StatusCode.ERROR, CANARY)
    (left,) = recorded.spans()
    assert CANARY not in recorded.whole()
    assert left.parent is not None
    assert (dict(left.context.trace_state), dict(left.parent.trace_state)) == ({}, {})
    assert (left.name, dict(left.attributes or {})) == ("unlisted", {"hits": 3})


def test_neither_resource_nor_scope_leaves_with_a_span() -> None:
    inner = InMemorySpanExporter()
    scope, resource = InstrumentationScope(CANARY), Resource({"service.name": CANARY, "who": CANARY})
    ScrubbingExporter(inner).export([ReadableSpan(name="ask", resource=resource, instrumentation_scope=scope)])
    (left,) = inner.get_finished_spans()
    assert CANARY not in left.to_json()
    assert left.instrumentation_scope is not None
    assert left.instrumentation_scope.name == "ringfence"


def test_a_stream_that_nobody_reads_to_its_end_ends_its_span_and_its_source(recorded: Recorded) -> None:
    closed = []

    @tracing.traced("cloud_model")
    def pieces() -> Generator[str, None, None]:
        try:
            while True:
                yield "a piece"
        finally:
            closed.append(True)

    stream = pieces()
    next(stream)
    stream.close()
    assert closed == [True]
    assert [span.name for span in recorded.spans()] == ["cloud_model"]


def test_a_span_is_not_current_while_its_stream_waits(recorded: Recorded) -> None:
    """The next piece may be asked for from another thread, and something else may happen meanwhile."""

    @tracing.traced("cloud_model")
    def pieces() -> Generator[str, None, None]:
        yield "one"
        yield "two"

    before = trace.get_current_span()
    for _ in pieces():
        assert trace.get_current_span() is before
    assert recorded.spans()


def test_without_a_tracer_nothing_is_recorded_and_everything_works() -> None:
    @tracing.traced("parse")
    def works() -> int:
        tracing.note(hits=1)
        return 1

    assert works() == 1
