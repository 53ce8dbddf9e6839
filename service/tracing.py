"""Spans around the stages of a journey: names and numbers. Nothing is recorded until telemetry gives a tracer."""

import inspect
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast
from uuid import UUID

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, NoOpTracer, Span, SpanContext, Status, StatusCode, TraceFlags, Tracer

P = ParamSpec("P")
T = TypeVar("T")


class _Giver:
    """Whoever makes this process's spans. Not OpenTelemetry's global one, which libraries would use, too."""

    tracer: Tracer = NoOpTracer()


def use(tracer: Tracer) -> None:
    """Let this tracer make the spans from now on."""
    _Giver.tracer = tracer


def note(**facts: bool | float | str) -> None:
    """Say something about the stage under way, in keys of the vocabulary; anything else is dropped where it leaves."""
    trace.get_current_span().set_attributes(facts)


@contextmanager
def span(name: str) -> Iterator[None]:
    """Time a stage. An exception is told by its kind only."""
    begun = _Giver.tracer.start_span(name)
    token = context.attach(trace.set_span_in_context(begun))
    try:
        yield
    except BaseException as error:
        _failed(begun, error)
        raise
    finally:
        context.detach(token)
        begun.end()


@contextmanager
def journey(job: UUID) -> Iterator[None]:
    """Count the stages inside to the trace of this job: its trace id is the job's id, in whatever process they run."""
    token = context.attach(_of(job))
    try:
        yield
    finally:
        context.detach(token)


def stage(name: str, job: UUID, *, begun: datetime, ended: datetime) -> None:
    """Tell of a stage of the job's journey that was not timed here: waiting, or a batch shared with others."""
    _told(name, _of(job), begun, ended)


def whole_journey(name: str, job: UUID, *, begun: datetime, ended: datetime, failed: bool) -> None:
    """Tell of the journey from its beginning to its end: the span that every stage of the job lies under."""
    token = given_ids.set(_ids(job))
    try:
        _told(name, Context(), begun, ended, failed=failed)
    finally:
        given_ids.reset(token)


given_ids: ContextVar[tuple[int, int] | None] = ContextVar("given_ids", default=None)
"""Trace id and span id that the next span has to have; None: random ones. Whoever makes the tracer heeds it."""
_SPAN_ID_BITS = 64


def _ids(job: UUID) -> tuple[int, int]:
    return job.int, job.int & ((1 << _SPAN_ID_BITS) - 1)


def _of(job: UUID) -> Context:
    trace_id, span_id = _ids(job)
    above = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    return trace.set_span_in_context(NonRecordingSpan(above), Context())


def _told(name: str, above: Context, begun: datetime, ended: datetime, *, failed: bool = False) -> None:
    made = _Giver.tracer.start_span(name, context=above, start_time=_nanoseconds(begun))
    if failed:
        made.set_status(Status(StatusCode.ERROR))
    made.end(_nanoseconds(ended))


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1_000


def traced(name: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Time every call of a function under this name; one that yields is timed until its generator ends."""

    def decorated(function: Callable[P, T]) -> Callable[P, T]:
        if inspect.isgeneratorfunction(function):

            @wraps(function)
            def generator(*args: P.args, **kwargs: P.kwargs) -> Generator[Any, None, Any]:
                return _within(name, cast("Generator[Any, None, Any]", function(*args, **kwargs)))

            return cast("Callable[P, T]", generator)

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            with span(name):
                return function(*args, **kwargs)

        return call

    return decorated


def _within(name: str, pieces: Generator[Any, None, Any]) -> Generator[Any, None, Any]:
    """Pass the pieces on. The span is current only while one is made: the next may be asked for in another thread."""
    begun = _Giver.tracer.start_span(name)
    current = trace.set_span_in_context(begun)
    try:
        while True:
            token = context.attach(current)
            try:
                piece = next(pieces)
            except StopIteration as end:
                return end.value
            finally:
                context.detach(token)
            yield piece
    except Exception as error:
        _failed(begun, error)
        raise
    finally:
        pieces.close()
        begun.end()


def _failed(begun: Span, error: BaseException) -> None:
    begun.set_attribute("error", type(error).__name__)
    begun.set_status(Status(StatusCode.ERROR))
