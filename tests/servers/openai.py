"""What a vLLM server says, as a script for the scripted server: healthy, or wrong in one way."""

import json
from dataclasses import dataclass
from enum import StrEnum

from tests.servers.scripted import Reply

NAME = "SmolLM2-135M-Instruct"
FINGERPRINT = "vllm-0.32.0-97285faf"
SAID = "At eight [1]."
BEGUN = "At eight, where nothing else was agreed upon with the people at the front desk or with those "
"""What is said before a stream breaks: so much that the output filter has let the first words go."""
_EVENTS = "text/event-stream"
_TOKENS = ("Winter", ",", " spring", ",", " summer")
_LOGPROBS = (-0.5, -0.1, -0.4, -0.2, -0.3)
_USAGE = {"prompt_tokens": 9, "completion_tokens": 3}


class Fault(StrEnum):
    """One way for a local server to be wrong."""

    UNHEALTHY = "unhealthy"
    OVERLOADED = "overloaded"
    SLOW = "slow"
    ANOTHER_MODEL = "another_model"
    ANOTHER_CONFIGURATION = "another_configuration"
    OTHER_WEIGHTS = "other_weights"
    CUT = "cut"
    MALFORMED = "malformed"
    ENDLESS = "endless"


@dataclass(slots=True)
class PlayedVllm:
    """A script of a vLLM server. `fault` may change while it runs; `fingerprint` None is a server that tells none."""

    fault: Fault | None = None
    fingerprint: str | None = FINGERPRINT
    said: str = SAID

    def __call__(self, path: str, body: bytes) -> Reply:
        """Answer one request."""
        if path == "/health":
            return Reply(status=503 if self.fault is Fault.UNHEALTHY else 200)
        if path == "/v1/models":
            return _json({"data": [{"id": self._name()}]})
        if path.startswith("/server_info"):
            return Reply(status=404)
        request = json.loads(body)
        if request.get("logprobs"):
            return self._probed()
        if self.fault is Fault.OVERLOADED:
            return Reply(status=503)
        return self._streamed() if request["stream"] else self._whole()

    def _name(self) -> str:
        return "another" if self.fault is Fault.ANOTHER_MODEL else NAME

    def _fingerprint(self) -> str | None:
        return "vllm-0.32.0-3974863d" if self.fault is Fault.ANOTHER_CONFIGURATION else self.fingerprint

    def _probed(self) -> Reply:
        moved = 0.5 if self.fault is Fault.OTHER_WEIGHTS else 0.0
        tokens = [{"token": t, "logprob": p - moved} for t, p in zip(_TOKENS, _LOGPROBS, strict=True)]
        said = {"content": tokens}
        choice: dict[str, object] = {"message": {"content": ""}, "finish_reason": "length", "logprobs": said}
        return _json(self._completion(choice))

    def _whole(self) -> Reply:
        body = json.dumps(self._completion({"message": {"content": self.said}, "finish_reason": "stop"})).encode()
        match self.fault:
            case Fault.SLOW:
                return Reply(body=body, pause=5)
            case Fault.CUT:
                return Reply(body=body[:40], cut=True)
            case Fault.MALFORMED:
                return Reply(body=body[:40])
            case _:
                return Reply(body=body)

    def _streamed(self) -> Reply:
        pieces = [self._piece(word) for word in _words(self.said)]
        begun = b"".join(map(self._piece, _words(BEGUN)))
        ending = [self._piece("", finish="stop"), self._event({"choices": [], "usage": _USAGE}), b"data: [DONE]\n\n"]
        match self.fault:
            case Fault.SLOW:
                return Reply(body=begun, kind=_EVENTS, pause=5)
            case Fault.CUT:
                return Reply(body=begun, kind=_EVENTS, cut=True)
            case Fault.MALFORMED:
                return Reply(body=begun + b'data: {"choices": [{"del\n\n', kind=_EVENTS)
            case Fault.ENDLESS:
                return Reply(kind=_EVENTS, pieces=tuple(pieces[:1] * 2_000), between=0.01)
            case _:
                return Reply(body=b"".join(pieces + ending), kind=_EVENTS)

    def _completion(self, choice: dict[str, object]) -> dict[str, object]:
        return {
            "model": self._name(),
            "choices": [choice],
            "usage": _USAGE,
            "system_fingerprint": self._fingerprint(),
        }

    def _piece(self, text: str, *, finish: str | None = None) -> bytes:
        return self._event({"choices": [{"delta": {"content": text}, "finish_reason": finish}]})

    def _event(self, fields: dict[str, object]) -> bytes:
        event = {"model": self._name(), **fields}
        if "usage" in fields:
            event["system_fingerprint"] = self._fingerprint()
        return b"data: " + json.dumps(event).encode() + b"\n\n"


def _words(text: str) -> list[str]:
    return text.replace(" ", " |").removesuffix("|").split("|")


def _json(value: object) -> Reply:
    return Reply(body=json.dumps(value).encode())
