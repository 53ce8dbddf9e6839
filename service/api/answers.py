"""Search and answers over HTTP, whole or as server-sent events."""

from collections.abc import Generator, Iterator
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from litestar import Request, Response, Router, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody
from litestar.response import ServerSentEvent, ServerSentEventMessage

from service.answering import Answer, Question, Turn
from service.api.problems import documented, problem_of
from service.api.schemas import AnswerBody, AnswerRequest, SearchBody, SearchRequest, SourceBody
from service.errors import CloudModelError, RingfenceError
from service.metrics import ANSWERS
from service.policy.access import Principal
from service.product import Ringfence

_log = structlog.get_logger()
_NON_SENSITIVE = "non_sensitive"
_EVENT_STREAM = "text/event-stream"


@post("/search", status_code=200, sync_to_thread=True, summary="Find chunks", responses=documented())
def search(
    data: JSONBody[SearchRequest],
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
) -> SearchBody:
    """Find the chunks nearest to a question that this API key may see. No model is asked."""
    hits = ringfence.searching.search(
        principal, data.question, limit=data.limit, harmless_only=data.scope == _NON_SENSITIVE
    )
    return SearchBody(hits=[SourceBody.of(number, hit) for number, hit in enumerate(hits, start=1)])


_ANSWERED = ResponseSpec(
    AnswerBody, description="The answer; as `text/event-stream`, its events.", generate_examples=False
)


@post(
    "/answers",
    status_code=200,
    sync_to_thread=True,
    summary="Ask",
    responses={HTTPStatus.OK: _ANSWERED, **documented(CloudModelError)},
)
def ask(
    request: Request[Any, Any, Any],
    data: JSONBody[AnswerRequest],
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
) -> Response[AnswerBody] | ServerSentEvent:
    """Answer from the documents that this API key may see, and say where and why it was made there.

    With `stream` (or `Accept: text/event-stream`): events `token` {text}, as the model says them, then exactly one
    `answer` (the same body as without `stream`), or one `error` (problem details) if it breaks off. The tokens
    are not verified yet; the `answer` event supersedes them: where its `supported` is false, or its text is
    another, show it in place of what was streamed.
    """
    question = Question(
        text=data.question,
        history=tuple(Turn(role=turn.role, text=turn.text) for turn in data.history),
        harmless_only=data.scope == _NON_SENSITIVE,
    )
    if data.stream or _EVENT_STREAM in request.headers.get("accept", ""):
        return ServerSentEvent(_events(_primed(ringfence.answering.stream(principal, question))))
    return Response(_told(ringfence.answering.ask(principal, question)))


def _primed(pieces: Generator[str, None, Answer]) -> Generator[str, None, Answer]:
    """Run to the first piece, so that a refusal is still an HTTP status and not a broken stream."""
    try:
        first = next(pieces)
    except StopIteration as end:
        return _silent(end.value)
    return _after(first, pieces)


def _after(first: str, pieces: Generator[str, None, Answer]) -> Generator[str, None, Answer]:
    yield first
    return (yield from pieces)


def _silent(answer: Answer) -> Generator[str, None, Answer]:
    """Stand for a model that said nothing."""
    yield from ()
    return answer


def _events(pieces: Generator[str, None, Answer]) -> Iterator[ServerSentEventMessage]:
    try:
        answer = yield from _tokens(pieces)
    except RingfenceError as error:
        yield _event("error", problem_of(error))
    except Exception as error:  # noqa: BLE001 - the response has begun: the only way left to tell the caller
        _log.error("answer_stream_failed", error=type(error).__name__)
        yield _event("error", problem_of(RingfenceError()))
    else:
        yield _event("answer", _told(answer))


def _tokens(pieces: Generator[str, None, Answer]) -> Generator[ServerSentEventMessage, None, Answer]:
    while True:
        try:
            piece = next(pieces)
        except StopIteration as end:
            answer: Answer = end.value
            return answer
        yield _event("token", {"text": piece})


def _event(name: str, body: object) -> ServerSentEventMessage:
    return ServerSentEventMessage(event=name, data=msgspec.json.encode(body).decode())


def _told(answer: Answer) -> AnswerBody:
    ANSWERS.labels(route=answer.route.value, backend=answer.backend, cause=answer.reasons[0].cause.value).inc()
    return AnswerBody.of(answer)


answers = Router("/v1", route_handlers=[search, ask], tags=["answers"])
