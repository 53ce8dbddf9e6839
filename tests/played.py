"""Models that misbehave on demand, without a server: they play one failure at one moment."""

from collections.abc import Generator
from dataclasses import dataclass, field

from service.errors import CloudModelError, Failure, LocalModelUnavailableError
from service.policy.egress import CloudPermit
from service.policy.prompt import Prompt
from service.ports.models import Generation

PIECES = ("Visitors park in the ", "garage ", "[1].")
"""The output filter holds back the last words: the first piece is long enough for some of it to be told at once."""


@dataclass(slots=True)
class PlayedLocalModel:
    """A local model. `away` fails its health check, `failure` its answers, after `pieces_first` pieces.

    `shown` counts the prompts it was sent, `under_way` its streams that are neither finished nor closed.
    """

    name: str = "played"
    pieces: tuple[str, ...] = PIECES
    away: Failure | None = None
    failure: Failure | None = None
    retry_after: float | None = None
    pieces_first: int = 0
    shown: list[Prompt] = field(default_factory=list)
    under_way: int = 0

    def ready(self) -> bool:
        """Whether it is not away."""
        return self.away is None

    def outage(self) -> LocalModelUnavailableError | None:
        """Return what it is away with."""
        return LocalModelUnavailableError(how=self.away) if self.away else None

    def stream(self, prompt: Prompt) -> Generator[str, None, Generation]:
        """Play the stream."""
        self.shown.append(prompt)
        self.under_way += 1
        try:
            for number, piece in enumerate(self.pieces):
                self._fail_at(number)
                yield piece
            self._fail_at(len(self.pieces))
            return self._generation()
        finally:
            self.under_way -= 1

    def generate(self, prompt: Prompt) -> tuple[str, Generation]:
        """Play the whole answer."""
        self.shown.append(prompt)
        if self.failure:
            raise LocalModelUnavailableError(how=self.failure, retry_after=self.retry_after)
        return "".join(self.pieces), self._generation()

    def _fail_at(self, number: int) -> None:
        if self.failure and number == self.pieces_first:
            raise LocalModelUnavailableError(how=self.failure, retry_after=self.retry_after)

    def _generation(self) -> Generation:
        return Generation(model=self.name, input_tokens=1, output_tokens=len(self.pieces), finish="stop")


@dataclass(slots=True)
class PlayedCloudModel:
    """A cloud model that fails likewise; `shown` is every byte that left."""

    name: str = "memory-cloud"
    failure: Failure | None = None
    retry_after: float | None = None
    pieces_first: int = 0
    shown: list[bytes] = field(default_factory=list)
    under_way: int = 0

    def ready(self) -> bool:
        """Whether it may be asked."""
        return True

    def stream(self, permit: CloudPermit) -> Generator[str, None, Generation]:
        """Play the stream."""
        self.shown.append(permit.body)
        self.under_way += 1
        try:
            for number, piece in enumerate((*PIECES, "")):
                if self.failure and number == self.pieces_first:
                    raise self._error(self.failure)
                yield piece
            return self._generation()
        finally:
            self.under_way -= 1

    def generate(self, permit: CloudPermit) -> tuple[str, Generation]:
        """Play the whole answer."""
        self.shown.append(permit.body)
        if self.failure:
            raise self._error(self.failure)
        return "".join(PIECES), self._generation()

    def _error(self, how: Failure) -> CloudModelError:
        return CloudModelError(how=how, retry_after=self.retry_after)

    def _generation(self) -> Generation:
        return Generation(model=self.name, input_tokens=1, output_tokens=1, finish="stop")


@dataclass(slots=True)
class Moments:
    """A monotonic clock that moves only when told; call it for the seconds."""

    seconds: float = 1_000.0

    def __call__(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds
