"""Whether a server is the pinned model: healthy, alone under its name, and saying what it said when it was pinned."""

import time
from collections.abc import Callable
from http import HTTPStatus
from threading import Lock

import httpx
import msgspec
import structlog

from service.adapters.vllm import wire
from service.adapters.vllm.translating import refused, translated
from service.backends.pins import ModelPin, Sample
from service.errors import Failure, LocalModelUnavailableError

_log = structlog.get_logger()
_LOOK_SECONDS = 2.0
_SAMPLE_SECONDS = 30.0
_TRUST_SECONDS = 2.0
"""How long one look at the server's readiness is believed."""
_MESSAGES = {
    Failure.WRONG_MODEL: "Another local model answered than the one that is pinned.",
    Failure.WRONG_CONFIGURATION: "The local model runs in another configuration than the one that is pinned.",
    Failure.DRIFTED: "The local model does not say what it said when it was pinned.",
    Failure.NOT_PINNED: "The local model's quantisation is declared but not pinned; run `ringfence models pin`.",
}


class PinCheck:
    """Looks at one server, believes what it saw for a moment, and repeats the drift probe every `probe_seconds`.

    Where a quantisation is declared, a server without a pin for it is not ready: a declaration alone proves nothing.
    """

    def __init__(
        self,
        client: httpx.Client,
        name: str,
        *,
        pin: ModelPin | None,
        quantisation: str | None,
        probe_seconds: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._name = name
        self._pin = pin
        self._pinned = quantisation is None or (pin is not None and pin.quantisation == quantisation)
        self._probe_seconds = probe_seconds
        self._now = now
        self._lock = Lock()
        self._seen: LocalModelUnavailableError | None = None
        self._look_again_at = self._probe_again_at = 0.0

    def outage(self) -> LocalModelUnavailableError | None:
        """Return why the server may not be asked, or None. Looks at most once in a moment, one thread at a time."""
        with self._lock:
            if self._now() >= self._look_again_at:
                self._seen = self._look()
                self._look_again_at = self._now() + _TRUST_SECONDS
            seen = self._seen
        # A fresh error each time: one that is raised carries its traceback along.
        return LocalModelUnavailableError(seen.detail, how=seen.how, retry_after=seen.retry_after) if seen else None

    def doubt(self) -> None:
        """Look and probe again before the next answer: what failed may come back as something else."""
        with self._lock:
            self._look_again_at = self._probe_again_at = 0.0

    def answer(self, model: str, fingerprint: str | None) -> str | None:
        """Return the evidence for an answer that says this of who made it. Raises LocalModelUnavailableError."""
        self.named(model)
        if self._pin is None:
            return None
        if not self._pin.covers(fingerprint):
            raise told(Failure.WRONG_CONFIGURATION)
        return self._pin.evidence(fingerprint)

    def named(self, model: str) -> None:
        """Check the name that a piece of an answer came under. Raises LocalModelUnavailableError."""
        if model != self._name:
            raise told(Failure.WRONG_MODEL)

    def sample(self) -> Sample:
        """Ask the fixed question. Raises LocalModelUnavailableError."""
        with translated():
            response = self._client.post(
                wire.COMPLETIONS,
                content=wire.probe(model=self._name),
                headers={"content-type": "application/json"},
                timeout=_SAMPLE_SECONDS,
            )
            if response.status_code != HTTPStatus.OK:
                raise refused(response)
            said = msgspec.json.decode(response.content, type=wire.Completion)
            self.named(said.model)
            logprobs = said.choices[0].logprobs
            tokens = logprobs.content if logprobs else []
            return Sample(
                tokens=tuple(one.token for one in tokens),
                logprobs=tuple(one.logprob for one in tokens),
                fingerprint=said.system_fingerprint,
            )

    def configuration(self) -> wire.ModelConfig | None:
        """Return what the server says of quantisation and data type, where it runs in development mode."""
        try:
            answer = self._client.get("/server_info", params={"config_format": "json"}, timeout=_SAMPLE_SECONDS)
            return msgspec.json.decode(answer.content, type=wire.ServerInfo).vllm_config.model_config
        except (httpx.HTTPError, msgspec.MsgspecError):
            return None

    def _look(self) -> LocalModelUnavailableError | None:
        try:
            self._serves()
            if not self._pinned:
                raise told(Failure.NOT_PINNED)
            if self._pin is not None and self._now() >= self._probe_again_at:
                self._compare(self._pin)
                self._probe_again_at = self._now() + self._probe_seconds
        except LocalModelUnavailableError as error:
            self._probe_again_at = 0.0
            _log.warning("local_model_not_ready", how=error.how.value)
            return error
        return None

    def _serves(self) -> None:
        with translated():
            health = self._client.get("/health", timeout=_LOOK_SECONDS)
            if health.status_code != HTTPStatus.OK:
                raise refused(health)
            answer = self._client.get("/v1/models", timeout=_LOOK_SECONDS)
            served = msgspec.json.decode(answer.content, type=wire.ServedList)
        if [model.id for model in served.data] != [self._name]:
            raise told(Failure.WRONG_MODEL)

    def _compare(self, pin: ModelPin) -> None:
        # Asked twice before it is believed: other work in the same batch moves probabilities a little.
        failure = pin.failure(self.sample()) and pin.failure(self.sample())
        if failure is not None:
            raise told(failure)


def told(failure: Failure) -> LocalModelUnavailableError:
    """Return the error of a server that is not what was pinned."""
    return LocalModelUnavailableError(_MESSAGES[failure], how=failure)
