"""The stand-in's answers in the wire format of the Messages API: one JSON message, or server-sent events."""

import json
import re
from collections.abc import Iterator
from typing import TypedDict

from tests.standin.faults import STOP_REASONS, Fault
from tests.standin.quoting import answer_to

MIDDLE = 4
"""The number of the event at which a stream is cut, stalls or turns bad: after the first piece of text."""


class Turn(TypedDict):
    """One message of a request."""

    role: str
    content: str


class Request(TypedDict, total=False):
    """The body of a request, as far as the stand-in reads it."""

    model: str
    max_tokens: int
    system: str
    messages: list[Turn]
    stream: bool


def valid(body: bytes) -> bool:
    """Whether the body is a request that the real API would take."""
    try:
        request = json.loads(body)
    except ValueError:
        return False
    return (
        isinstance(request, dict)
        and isinstance(request.get("model"), str)
        and isinstance(request.get("max_tokens"), int)
        and isinstance(request.get("messages"), list)
        and bool(request["messages"])
        and request["messages"][-1].get("role") == "user"
    )


def whole(request: Request, fault: Fault | None) -> bytes:
    """Return the answer as one JSON message."""
    if fault is Fault.MALFORMED:
        return b'{"type": "message", "content": [{"type": "te'
    text = _answer(request)
    message = _message(request, fault, reason=_reason(fault), said=_tokens(text))
    message["content"] = [{"type": "text", "text": text}]
    if fault is Fault.UNFINISHED:
        del message["usage"]
    return json.dumps(message).encode()


WORDS = r"\S+\s*"


def events(request: Request, fault: Fault | None, *, cut: str = WORDS) -> Iterator[bytes]:
    """Yield the answer as server-sent events, one for each match of `cut`."""
    text = _answer(request)
    yield _event("message_start", {"message": _message(request, fault, reason=None, said=1)})
    yield _event("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}})
    yield _event("ping", {})
    for number, piece in enumerate(re.findall(cut, text)):
        if number == 1 and fault is Fault.MALFORMED:
            yield b'event: content_block_delta\ndata: {"type": "content_block_delta", "delta": {"ty\n\n'
        if number == 1 and fault is Fault.ERROR_EVENT:
            yield _event("error", {"error": {"type": "overloaded_error", "message": "the stand-in says no"}})
        yield _event("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": piece}})
    yield _event("content_block_stop", {"index": 0})
    if fault is Fault.UNFINISHED:
        return
    ending = {"delta": {"stop_reason": _reason(fault), "stop_sequence": None}}
    yield _event("message_delta", {**ending, "usage": {"output_tokens": _tokens(text)}})
    yield _event("message_stop", {})


def _answer(request: Request) -> str:
    return answer_to(request["messages"][-1]["content"])


def _message(request: Request, fault: Fault | None, *, reason: str | None, said: int) -> dict[str, object]:
    """Return an empty message. It names the model that was asked for, so that a pin can be checked."""
    asked = sum(_tokens(turn["content"]) for turn in request["messages"]) + _tokens(request.get("system", ""))
    return {
        "id": "msg_stand_in",
        "type": "message",
        "role": "assistant",
        "model": "another-model" if fault is Fault.WRONG_MODEL else request["model"],
        "content": [],
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": {"input_tokens": asked, "output_tokens": said},
    }


def _reason(fault: Fault | None) -> str:
    return STOP_REASONS.get(fault, "end_turn") if fault else "end_turn"


def _tokens(text: str) -> int:
    return len(text.split())


def _event(name: str, data: dict[str, object]) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()
