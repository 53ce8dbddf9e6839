"""The OpenAI-compatible API in bytes: requests as vLLM takes them, answers as far as they are read."""

import json
from collections.abc import Iterator
from dataclasses import replace

import msgspec

from service.policy.prompt import Origin, Prompt

COMPLETIONS = "/v1/chat/completions"
DONE = "[DONE]"
_PROBE = "Name the four seasons, then the planets from the sun outwards, then count from one to ten in words."
_PROBE_TOKENS = 24


class Usage(msgspec.Struct):
    """How many tokens."""

    prompt_tokens: int
    completion_tokens: int


class Text(msgspec.Struct):
    """A message, or a piece of one."""

    content: str | None = None


class StreamedChoice(msgspec.Struct):
    """One piece of an answer."""

    delta: Text
    finish_reason: str | None = None


class Piece(msgspec.Struct):
    """One event of a stream. Only the last one with a usage carries the fingerprint."""

    model: str
    choices: list[StreamedChoice]
    usage: Usage | None = None
    system_fingerprint: str | None = None


class Token(msgspec.Struct):
    """One token and the logarithm of its probability."""

    token: str
    logprob: float


class Logprobs(msgspec.Struct):
    """The tokens of an answer."""

    content: list[Token]


class Choice(msgspec.Struct):
    """A whole answer."""

    message: Text
    finish_reason: str
    logprobs: Logprobs | None = None


class Completion(msgspec.Struct):
    """A whole response."""

    model: str
    choices: list[Choice]
    usage: Usage
    system_fingerprint: str | None = None


class Served(msgspec.Struct):
    """A model that the server has."""

    id: str


class ServedList(msgspec.Struct):
    """All of them."""

    data: list[Served]


class ModelConfig(msgspec.Struct):
    """What a server in development mode says of its model."""

    quantization: str | None = None
    dtype: str | None = None


class ServerConfig(msgspec.Struct):
    """The part of it that is read."""

    model_config: ModelConfig


class ServerInfo(msgspec.Struct):
    """The answer of `/server_info`, which vLLM has in development mode only."""

    vllm_config: ServerConfig


def body(prompt: Prompt, *, model: str, max_tokens: int, stream: bool) -> bytes:
    """Return the request for an answer to the prompt."""
    system = prompt.instructions()
    messages = [{"role": "system", "content": system}] if system else []
    messages += [{"role": turn.role, "content": turn.text} for turn in prompt.messages()]
    request: dict[str, object] = {
        "model": model,
        "messages": messages,
        "max_tokens": max_tokens,
        "temperature": 0,
        "stream": stream,
    }
    if stream:
        request["stream_options"] = {"include_usage": True}
    return json.dumps(request).encode()


def probe(*, model: str) -> bytes:
    """Return the fixed question that tells one configuration of a model from another; it holds nobody's text."""
    request = {
        "model": model,
        "messages": [{"role": "user", "content": _PROBE}],
        "max_tokens": _PROBE_TOKENS,
        "temperature": 0,
        "logprobs": True,
    }
    return json.dumps(request).encode()


def ever_shorter(prompt: Prompt) -> Iterator[Prompt]:
    """Yield the prompt, then without its last source, and so on down to one: the others keep their numbers."""
    yield prompt
    parts = list(prompt.parts)
    sources = [place for place, part in enumerate(parts) if part.origin is Origin.CHUNK]
    for place in reversed(sources[1:]):
        del parts[place]
        yield replace(prompt, parts=tuple(parts))
