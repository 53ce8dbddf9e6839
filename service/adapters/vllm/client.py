"""The local model over vLLM's OpenAI-compatible API, checked against its pin and never reached through a proxy."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus

import httpx
import msgspec
from httpx_sse import EventSource

from service.adapters.vllm import wire
from service.adapters.vllm.checking import PinCheck
from service.adapters.vllm.translating import refused, translated
from service.backends.pins import ModelPin
from service.errors import BLAMELESS, Failure, LocalModelUnavailableError
from service.policy.prompt import Prompt
from service.ports.models import Generation
from service.tracing import traced

_CONNECT_SECONDS = 2.0


class VllmLocalModel:
    """A pinned model behind an OpenAI-compatible server inside the building.

    `timeout` bounds a whole answer that is not streamed; `silence` the time to the first token of a stream and
    between two. Where the server refuses a prompt as too long, the last sources are left out, one by one.
    `pin` is compared at the first look, every `probe_seconds`, after each failure, and with every answer (R17).
    """

    def __init__(  # noqa: PLR0913 - one setting each
        self,
        url: str,
        name: str,
        *,
        max_tokens: int,
        timeout: float = 120,
        silence: float = 30,
        pin: ModelPin | None = None,
        quantisation: str | None = None,
        probe_seconds: float = 600,
    ) -> None:
        self._name = name
        self._max_tokens = max_tokens
        self._timeout = httpx.Timeout(timeout, connect=_CONNECT_SECONDS)
        self._silence = httpx.Timeout(silence, connect=_CONNECT_SECONDS)
        # A proxy or a redirect would carry a local prompt out of the building.
        self._client = httpx.Client(
            base_url=url.rstrip("/").removesuffix("/v1"), trust_env=False, follow_redirects=False
        )
        self.check = PinCheck(self._client, name, pin=pin, quantisation=quantisation, probe_seconds=probe_seconds)

    @property
    def name(self) -> str:
        """The pinned name that the server must answer under."""
        return self._name

    def ready(self) -> bool:
        """Whether the server is healthy and serves the pinned model and no other."""
        return self.outage() is None

    def outage(self) -> LocalModelUnavailableError | None:
        """Return why it is not ready, or None."""
        return self.check.outage()

    @traced("local_model")
    def stream(self, prompt: Prompt) -> Generator[str, None, Generation]:
        """Yield pieces of the answer; return how it ended. Raises LocalModelUnavailableError."""
        with self._doubted(), translated(), self._answered(prompt, stream=True) as (response, shown):
            generation = yield from self._pieces(response)
            return replace(generation, sources_shown=shown)

    @traced("local_model")
    def generate(self, prompt: Prompt) -> tuple[str, Generation]:
        """Return the whole answer at once. Raises LocalModelUnavailableError."""
        with self._doubted(), translated(), self._answered(prompt, stream=False) as (response, shown):
            said = msgspec.json.decode(response.read(), type=wire.Completion)
            choice = said.choices[0]
            generation = self._generation(said.model, said.usage, choice.finish_reason, said.system_fingerprint)
            return choice.message.content or "", replace(generation, sources_shown=shown)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @contextmanager
    def _answered(self, prompt: Prompt, *, stream: bool) -> Iterator[tuple[httpx.Response, int]]:
        """Open the answer to the prompt, or to as much of it as the server's context holds; say how many sources."""
        for shorter in wire.ever_shorter(prompt):
            with self._client.stream(
                "POST",
                wire.COMPLETIONS,
                content=wire.body(shorter, model=self._name, max_tokens=self._max_tokens, stream=stream),
                headers={"content-type": "application/json"},
                timeout=self._silence if stream else self._timeout,
            ) as response:
                if response.status_code == HTTPStatus.OK:
                    yield response, len(shorter.sources())
                    return
                if response.status_code != HTTPStatus.BAD_REQUEST:
                    raise refused(response)
        message = "The local model refuses the prompt; it may be longer than the model's context."
        raise LocalModelUnavailableError(message, how=Failure.PROMPT_REFUSED)

    def _pieces(self, response: httpx.Response) -> Generator[str, None, Generation]:
        model, finish = self._name, ""
        usage: wire.Usage | None = None
        fingerprint: str | None = None
        for event in EventSource(response).iter_sse():
            if event.data == wire.DONE:
                if usage is None or not finish:
                    break
                return self._generation(model, usage, finish, fingerprint)
            piece = msgspec.json.decode(event.data, type=wire.Piece)
            self.check.named(piece.model)
            usage, fingerprint = piece.usage or usage, piece.system_fingerprint or fingerprint
            for choice in piece.choices:
                finish = choice.finish_reason or finish
                if choice.delta.content:
                    yield choice.delta.content
        message = "The local model broke off in the middle of its answer."
        raise LocalModelUnavailableError(message, how=Failure.BROKE_OFF)

    def _generation(self, model: str, usage: wire.Usage, finish: str, fingerprint: str | None) -> Generation:
        return Generation(
            model=model,
            input_tokens=usage.prompt_tokens,
            output_tokens=usage.completion_tokens,
            finish=finish,
            pin=self.check.answer(model, fingerprint),
        )

    @contextmanager
    def _doubted(self) -> Iterator[None]:
        """Look again at the server before the next answer where this one failed."""
        try:
            yield
        except LocalModelUnavailableError as error:
            if error.how not in BLAMELESS:
                self.check.doubt()
            raise
