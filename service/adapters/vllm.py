"""The local model over vLLM's OpenAI-compatible API, checked against its pin and never reached through a proxy."""

import json
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus
from threading import Lock

import httpx
import msgspec
from httpx_sse import EventSource

from service.errors import LocalModelUnavailableError
from service.policy.prompt import Origin, Prompt
from service.ports.models import Generation

_CONNECT_SECONDS = 2.0
_PROBE_SECONDS = 2.0
_TRUST_SECONDS = 2.0
"""How long one look at the server's readiness is believed."""
_COMPLETIONS = "/v1/chat/completions"
_DONE = "[DONE]"


class _Usage(msgspec.Struct):
    prompt_tokens: int
    completion_tokens: int


class _Text(msgspec.Struct):
    content: str | None = None


class _StreamedChoice(msgspec.Struct):
    delta: _Text
    finish_reason: str | None = None


class _Piece(msgspec.Struct):
    model: str
    choices: list[_StreamedChoice]
    usage: _Usage | None = None


class _Choice(msgspec.Struct):
    message: _Text
    finish_reason: str


class _Completion(msgspec.Struct):
    model: str
    choices: list[_Choice]
    usage: _Usage


class _Served(msgspec.Struct):
    id: str


class _ServedList(msgspec.Struct):
    data: list[_Served]


class VllmLocalModel:
    """A pinned model behind an OpenAI-compatible server inside the building.

    `timeout` bounds a whole answer that is not streamed; `silence` the time to the first token of a stream and
    between two. Where the server refuses a prompt as too long, the last sources are left out, one by one.
    """

    def __init__(self, url: str, name: str, *, max_tokens: int, timeout: float = 120, silence: float = 30) -> None:
        self._name = name
        self._max_tokens = max_tokens
        self._timeout = httpx.Timeout(timeout, connect=_CONNECT_SECONDS)
        self._silence = httpx.Timeout(silence, connect=_CONNECT_SECONDS)
        # A proxy or a redirect would carry a local prompt out of the building.
        self._client = httpx.Client(
            base_url=url.rstrip("/").removesuffix("/v1"), trust_env=False, follow_redirects=False
        )
        self._lock = Lock()
        self._seen_ready = False
        self._look_again_at = 0.0

    @property
    def name(self) -> str:
        """The pinned name that the server must answer under."""
        return self._name

    def ready(self) -> bool:
        """Whether the server is healthy and serves the pinned model and no other."""
        with self._lock:
            if time.monotonic() >= self._look_again_at:
                self._seen_ready = self._probe()
                self._look_again_at = time.monotonic() + _TRUST_SECONDS
            return self._seen_ready

    def stream(self, prompt: Prompt) -> Generator[str, None, Generation]:
        """Yield pieces of the answer; return how it ended. Raises LocalModelUnavailableError."""
        with self._translated(), self._answered(prompt, stream=True) as (response, shown):
            generation = yield from self._pieces(response)
            return replace(generation, sources_shown=shown)

    def generate(self, prompt: Prompt) -> tuple[str, Generation]:
        """Return the whole answer at once. Raises LocalModelUnavailableError."""
        with self._translated(), self._answered(prompt, stream=False) as (response, shown):
            said = msgspec.json.decode(response.read(), type=_Completion)
            choice = said.choices[0]
            generation = self._generation(said.model, said.usage, choice.finish_reason)
            return choice.message.content or "", replace(generation, sources_shown=shown)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _probe(self) -> bool:
        try:
            if self._client.get("/health", timeout=_PROBE_SECONDS).status_code != HTTPStatus.OK:
                return False
            answer = self._client.get("/v1/models", timeout=_PROBE_SECONDS)
            served = msgspec.json.decode(answer.content, type=_ServedList)
        except (httpx.HTTPError, msgspec.MsgspecError):
            return False
        return [model.id for model in served.data] == [self._name]

    @contextmanager
    def _answered(self, prompt: Prompt, *, stream: bool) -> Iterator[tuple[httpx.Response, int]]:
        """Open the answer to the prompt, or to as much of it as the server's context holds; say how many sources."""
        for shorter in _ever_shorter(prompt):
            with self._client.stream(
                "POST",
                _COMPLETIONS,
                content=self._body(shorter, stream=stream),
                headers={"content-type": "application/json"},
                timeout=self._silence if stream else self._timeout,
            ) as response:
                if response.status_code == HTTPStatus.OK:
                    yield response, len(shorter.sources())
                    return
                if response.status_code != HTTPStatus.BAD_REQUEST:
                    message = f"The local model answered with HTTP status {response.status_code}."
                    raise LocalModelUnavailableError(message)
        message = "The local model refuses the prompt; it may be longer than the model's context."
        raise LocalModelUnavailableError(message)

    def _body(self, prompt: Prompt, *, stream: bool) -> bytes:
        system = prompt.instructions()
        messages = [{"role": "system", "content": system}] if system else []
        messages += [{"role": turn.role, "content": turn.text} for turn in prompt.messages()]
        request: dict[str, object] = {
            "model": self._name,
            "messages": messages,
            "max_tokens": self._max_tokens,
            "temperature": 0,
            "stream": stream,
        }
        if stream:
            request["stream_options"] = {"include_usage": True}
        return json.dumps(request).encode()

    def _pieces(self, response: httpx.Response) -> Generator[str, None, Generation]:
        model, finish = self._name, ""
        usage: _Usage | None = None
        for event in EventSource(response).iter_sse():
            if event.data == _DONE:
                if usage is None or not finish:
                    break
                return self._generation(model, usage, finish)
            piece = msgspec.json.decode(event.data, type=_Piece)
            self._check_pin(piece.model)
            usage = piece.usage or usage
            for choice in piece.choices:
                finish = choice.finish_reason or finish
                if choice.delta.content:
                    yield choice.delta.content
        message = "The local model broke off in the middle of its answer."
        raise LocalModelUnavailableError(message)

    def _generation(self, model: str, usage: _Usage, finish: str) -> Generation:
        self._check_pin(model)
        return Generation(
            model=model, input_tokens=usage.prompt_tokens, output_tokens=usage.completion_tokens, finish=finish
        )

    def _check_pin(self, model: str) -> None:
        if model != self._name:
            message = "Another local model answered than the one that is pinned."
            raise LocalModelUnavailableError(message)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Let no error of the client out, and look again at the server before the next answer."""
        try:
            yield
        except LocalModelUnavailableError:
            self._doubt()
            raise
        except httpx.TimeoutException:
            self._doubt()
            message = "The local model did not answer in time. Nothing was sent elsewhere."
            raise LocalModelUnavailableError(message) from None
        except (httpx.HTTPError, httpx.StreamError):
            self._doubt()
            raise LocalModelUnavailableError from None
        except (msgspec.MsgspecError, IndexError):
            message = "The local model's answer cannot be understood."
            raise LocalModelUnavailableError(message) from None

    def _doubt(self) -> None:
        with self._lock:
            self._look_again_at = 0.0


def _ever_shorter(prompt: Prompt) -> Iterator[Prompt]:
    """Yield the prompt, then without its last source, and so on down to one: the others keep their numbers."""
    yield prompt
    parts = list(prompt.parts)
    sources = [place for place, part in enumerate(parts) if part.origin is Origin.CHUNK]
    for place in reversed(sources[1:]):
        del parts[place]
        yield replace(prompt, parts=tuple(parts))
