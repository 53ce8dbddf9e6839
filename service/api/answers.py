"""Search and answers over HTTP, whole or as server-sent events."""

from collections.abc import Generator
from http import HTTPStatus
from typing import Any
from uuid import UUID

import msgspec
import structlog
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from litestar.response import ServerSentEvent, ServerSentEventMessage

from service.answering import Answer, Question, Restart, Turn
from service.api.problems import documented, problem_of
from service.api.schemas import NEW, AnswerBody, AnswerRequest, SearchBody, SearchRequest, SourceBody
from service.api.streaming import closed_with_its_listener
from service.errors import CloudModelError, ConflictError, InvalidRequestError, NotFoundError, RingfenceError
from service.metrics import ANSWERS
from service.policy.access import ConversationId, Principal
from service.product import Ringfence

_log = structlog.get_logger()
_NON_SENSITIVE = "non_sensitive"
_EVENT_STREAM = "text/event-stream"
_LONGEST_REQUEST_KEY = 200


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
    responses={HTTPStatus.OK: _ANSWERED, **documented(CloudModelError, NotFoundError, ConflictError)},
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
    another, show it in place of what was streamed. An event `restart` {} says that the tokens so far are void
    because a better local model answers anew; clear them.

    In a conversation, `Content-Location` says where the finished answer can be fetched again, and a request that
    is repeated with the same `Idempotency-Key` gets the answer that was made, not another.
    """
    question = Question(
        text=data.question,
        history=tuple(Turn(role=turn.role, text=turn.text) for turn in data.history),
        harmless_only=data.scope == _NON_SENSITIVE,
        conversation=_conversation(data),
        opens=data.conversation == NEW,
        request=_request_key(request),
    )
    answer_id = ringfence.answering.answer_id(principal, question)
    headers = {"Content-Location": f"/v1/answers/{answer_id}"} if question.kept else {}
    if data.stream or _EVENT_STREAM in request.headers.get("accept", ""):
        pieces = _primed(ringfence.answering.stream(principal, question, answer_id=answer_id))
        return ServerSentEvent(closed_with_its_listener(_events(pieces)), headers=headers)
    answer = ringfence.answering.ask(principal, question, answer_id=answer_id)
    return Response(_told(answer), headers=headers)


@get("/answers/{answer_id:uuid}", sync_to_thread=True, summary="Fetch an answer", responses=documented(NotFoundError))
def fetch(
    answer_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> AnswerBody:
    """Fetch an answer of your own conversation again, while everything that it rests on may still be seen."""
    return AnswerBody.of(ringfence.answering.told(principal, answer_id))


def _conversation(data: AnswerRequest) -> ConversationId | None:
    if data.conversation is None or data.conversation == NEW:
        return None
    try:
        return ConversationId(UUID(data.conversation))
    except ValueError:
        message = f"a conversation is named by its id, or is `{NEW}`"
        raise InvalidRequestError(message) from None


def _request_key(request: Request[Any, Any, Any]) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not 1 <= len(key) <= _LONGEST_REQUEST_KEY:
        message = f"an Idempotency-Key has 1 to {_LONGEST_REQUEST_KEY} characters"
        raise InvalidRequestError(message)
    return key


def _primed(pieces: Generator[str, None, Answer]) -> Generator[str, None, Answer]:
    """Run to the first piece, so that a refusal is still an HTTP status and not a broken stream."""
    try:
        first = next(pieces)
    except StopIteration as end:
        return _silent(end.value)
    return _after(first, pieces)


def _after(first: str, pieces: Generator[str, None, Answer]) -> Generator[str, None, Answer]:
    try:
        yield first
        return (yield from pieces)
    finally:
        pieces.close()


def _silent(answer: Answer) -> Generator[str, None, Answer]:
    """Stand for a model that said nothing."""
    yield from ()
    return answer


def _events(pieces: Generator[str, None, Answer]) -> Generator[ServerSentEventMessage, None, None]:
    try:
        answer = yield from _tokens(pieces)
    except RingfenceError as error:
        yield _event("error", problem_of(error))
    except Exception as error:  # noqa: BLE001 - the response has begun: the only way left to tell the caller
        _log.error("answer_stream_failed", error=type(error).__name__)
        yield _event("error", problem_of(RingfenceError()))
    else:
        yield _event("answer", _told(answer))
    finally:
        pieces.close()


def _tokens(pieces: Generator[str, None, Answer]) -> Generator[ServerSentEventMessage, None, Answer]:
    while True:
        try:
            piece = next(pieces)
        except StopIteration as end:
            answer: Answer = end.value
            return answer
        yield _event("restart", {}) if isinstance(piece, Restart) else _event("token", {"text": piece})


def _event(name: str, body: object) -> ServerSentEventMessage:
    return ServerSentEventMessage(event=name, data=msgspec.json.encode(body).decode())


def _told(answer: Answer) -> AnswerBody:
    ANSWERS.labels(route=answer.route.value, backend=answer.backend, cause=answer.reasons[0].cause.value).inc()
    return AnswerBody.of(answer)


answers = Router("/v1", route_handlers=[search, ask, fetch], tags=["answers"])
