"""The cloud model over Anthropic's SDK: permitted bytes in, an answer out, and nothing else leaves."""

import logging
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus

import httpx2
from anthropic import Anthropic, AnthropicError, APIConnectionError, APIStatusError, APITimeoutError, Stream
from anthropic.types import (
    Message,
    MessageDeltaUsage,
    RawContentBlockDeltaEvent,
    RawMessageDeltaEvent,
    RawMessageStartEvent,
    RawMessageStopEvent,
    RawMessageStreamEvent,
    TextBlock,
    TextDelta,
    Usage,
)
from anthropic.types.raw_message_delta_event import Delta
from pydantic import SecretStr

from service.backends.waiting import asked_wait
from service.errors import CloudModelError, EgressRefusedError, Failure
from service.policy.egress import CloudPermit
from service.ports.models import Generation
from service.tracing import traced

_ADDRESS = "https://api.anthropic.com"
_PATH = "/v1/messages"
_CONNECT_SECONDS = 5.0
_LONGEST_WAIT = 5.0
"""A server that asks for more patience than this is not waited for: the local model answers sooner."""
_HEADERS = frozenset(
    {"accept", "accept-encoding", "anthropic-version", "authorization", "connection", "content-type", "user-agent"}
)
"""What leaves beside the body. The SDK would also describe this machine, and add what its own settings say."""
_FINISHED = {"end_turn": "stop", "stop_sequence": "stop"}
_UNUSABLE = {
    "refusal": ("The cloud model refused to answer.", Failure.ANSWER_REFUSED),
    "max_tokens": ("The cloud model's answer was cut short.", Failure.TRUNCATED),
}
_READ_BY_US = frozenset({"message_start", "content_block_delta", "message_delta", "message_stop"})
_MALFORMED = "The cloud model's answer cannot be understood."
_HOW: Mapping[int, Failure] = {
    HTTPStatus.TOO_MANY_REQUESTS: Failure.RATE_LIMITED,
    HTTPStatus.SERVICE_UNAVAILABLE: Failure.OVERLOADED,
    529: Failure.OVERLOADED,  # Anthropic's own
}


class AnthropicCloudModel:
    """Sends what a CloudPermit covers to the Messages API, each byte checked again where it leaves."""

    def __init__(
        self,
        api_key: SecretStr,
        *,
        model: str,
        base_url: str | None = None,
        timeout: float = 60,
        max_retries: int = 1,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        _silence()
        self._now = now
        self._api_key = api_key
        self._model = model
        # Named here, so that the SDK does not take another address from its environment.
        self._base_url = (base_url or _ADDRESS).rstrip("/")
        self._timeout = httpx2.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS))
        self._max_retries = max_retries
        self._network = httpx2.HTTPTransport(trust_env=False)

    @property
    def name(self) -> str:
        """The pinned model name."""
        return self._model

    def ready(self) -> bool:
        """Whether it may be asked: it keeps no record of failures itself."""
        return True

    @traced("cloud_model")
    def stream(self, permit: CloudPermit) -> Generator[str, None, Generation]:
        """Send the permitted bytes; yield pieces of the answer. Raises CloudModelError."""
        self._check(permit, stream=True)
        with _translated(), self._client(permit) as client:
            events = client.post(
                _PATH, content=permit.body, cast_to=Message, stream=True, stream_cls=Stream[RawMessageStreamEvent]
            )
            with events:
                return (yield from _pieces(events, pin=self._model))

    @traced("cloud_model")
    def generate(self, permit: CloudPermit) -> tuple[str, Generation]:
        """Send the permitted bytes; return the whole answer. Raises CloudModelError."""
        self._check(permit, stream=False)
        with _translated(), self._client(permit) as client:
            return _whole(client.post(_PATH, content=permit.body, cast_to=Message), pin=self._model)

    def close(self) -> None:
        """Close the connections."""
        self._network.close()

    def _check(self, permit: CloudPermit, *, stream: bool) -> None:
        if permit.model != self._model or permit.stream is not stream:
            raise EgressRefusedError

    def _client(self, permit: CloudPermit) -> Anthropic:
        """Return an SDK client that can send this permit's bytes and no others."""
        guard = EgressGuard(permit, httpx2.URL(self._base_url + _PATH), self._network, now=self._now)
        return Anthropic(
            api_key=self._api_key.get_secret_value(),
            base_url=self._base_url,
            timeout=self._timeout,
            max_retries=self._max_retries,
            # Traces could carry what was asked and answered.
            open_telemetry=False,
            http_client=httpx2.Client(transport=guard, trust_env=False, follow_redirects=False, timeout=self._timeout),
        )


class GuardError(AnthropicError):
    """Something else than the permitted request was about to leave. Not wrapped and not retried by the SDK."""


class EgressGuard(httpx2.BaseTransport):
    """The innermost door: every attempt passes here, and only the permitted request goes on to the network.

    An attempt made again after the permit's end does not.
    """

    def __init__(
        self, permit: CloudPermit, url: httpx2.URL, network: httpx2.BaseTransport, *, now: Callable[[], datetime]
    ) -> None:
        self._now = now
        self._permit = permit
        self._url = url
        self._network = network

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the permit's own bytes where they are what was about to leave. Raises otherwise."""
        if request.method != "POST" or request.url != self._url or not self._permit.covers(request.read()):
            raise GuardError
        if not self._permit.alive(self._now()):
            raise GuardError
        response = self._network.handle_request(
            httpx2.Request(
                "POST",
                self._url,
                headers={name: value for name, value in request.headers.items() if name in _HEADERS},
                content=self._permit.body,
                extensions=request.extensions,
            )
        )
        if (asked_wait(response.headers) or 0) > _LONGEST_WAIT:
            response.headers["x-should-retry"] = "false"
        return response


def _pieces(events: Iterable[RawMessageStreamEvent], *, pin: str) -> Generator[str, None, Generation]:
    asked = said = 0
    model = ""
    reason: str | None = None
    for event in events:
        match event:
            case RawMessageStartEvent(
                type="message_start", message=Message(model=str(model), usage=Usage(input_tokens=int(asked)))
            ):
                _check_pin(model, pin)
            case RawContentBlockDeltaEvent(type="content_block_delta", delta=TextDelta(text=str(text))) if model:
                yield text
            case RawMessageDeltaEvent(
                type="message_delta", delta=Delta(stop_reason=reason), usage=MessageDeltaUsage(output_tokens=int(said))
            ):
                pass
            case RawMessageStopEvent(type="message_stop") if model:
                return Generation(model=model, input_tokens=asked, output_tokens=said, finish=_finish(reason))
            case _ if event.type in _READ_BY_US:
                raise CloudModelError(_MALFORMED, how=Failure.MALFORMED)
            case _:
                pass
    message = "The cloud model broke off in the middle of its answer."
    raise CloudModelError(message, how=Failure.BROKE_OFF)


def _whole(message: object, *, pin: str) -> tuple[str, Generation]:
    match message:
        case Message(
            model=str(model),
            content=[*blocks],
            stop_reason=reason,
            usage=Usage(input_tokens=int(asked), output_tokens=int(said)),
        ):
            _check_pin(model, pin)
            finish = _finish(reason)
            text = "".join(_text(block) for block in blocks)
            return text, Generation(model=model, input_tokens=asked, output_tokens=said, finish=finish)
        case _:
            raise CloudModelError(_MALFORMED, how=Failure.MALFORMED)


def _text(block: object) -> str:
    match block:
        case TextBlock(type="text", text=str(text)):
            return text
        case _:
            raise CloudModelError(_MALFORMED, how=Failure.MALFORMED)


def _check_pin(model: str, pin: str) -> None:
    if model != pin:
        message = "Another cloud model answered than the one that is pinned."
        raise CloudModelError(message, how=Failure.WRONG_MODEL)


def _finish(reason: str | None) -> str:
    if reason not in _FINISHED:
        message, how = _UNUSABLE.get(reason or "", (_MALFORMED, Failure.MALFORMED))
        raise CloudModelError(message, how=how)
    return _FINISHED[reason]


@contextmanager
def _translated() -> Iterator[None]:
    """Let no error of the client out: its message may quote what was sent."""
    try:
        yield
    except GuardError:
        raise EgressRefusedError from None
    except (AnthropicError, httpx2.HTTPError, httpx2.StreamError, ValueError) as error:
        raise _translation(error) from None


def _translation(error: Exception) -> CloudModelError:
    match error:
        case APITimeoutError() | httpx2.TimeoutException():
            return CloudModelError("The cloud model did not answer in time.", how=Failure.TIMED_OUT)
        case APIConnectionError() | httpx2.TransportError():
            return CloudModelError("The connection to the cloud model failed.", how=Failure.UNREACHABLE)
        case APIStatusError(status_code=int(status), response=response):
            return CloudModelError(
                f"The cloud model answered with HTTP status {status}.",
                how=_HOW.get(status, Failure.HTTP_STATUS),
                retry_after=asked_wait(response.headers) if status >= HTTPStatus.TOO_MANY_REQUESTS else None,
            )
        case _:
            return CloudModelError(_MALFORMED, how=Failure.MALFORMED)


def _silence() -> None:
    """Keep the SDK's debug log, which prints whole requests, off whatever the environment or the root logger says."""
    for name in ("anthropic", "anthropic._base_client", "httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)
