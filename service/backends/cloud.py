"""A cloud model behind a breaker: after failures nothing is sent to it for a while."""

from collections.abc import Generator

from service.backends.watching import Watch
from service.errors import CloudModelError, Failure
from service.policy.egress import CloudPermit
from service.ports.models import CloudModel, Generation

_LEFT_ALONE = "The cloud model failed a moment ago and is left alone. Nothing was sent."


class GuardedCloudModel:
    """Asks the cloud model only while its breaker allows it; a provider that names a wait is left alone that long."""

    def __init__(self, model: CloudModel, watch: Watch) -> None:
        self._model = model
        self._watch = watch

    @property
    def name(self) -> str:
        """The pinned model name."""
        return self._model.name

    def ready(self) -> bool:
        """Whether the breaker lets a question through now."""
        return self._watch.allows() and self._model.ready()

    def stream(self, permit: CloudPermit) -> Generator[str, None, Generation]:
        """Send the permitted bytes; yield pieces of the answer. Raises CloudModelError."""
        self._enter()
        with self._watch.answering():
            return (yield from self._model.stream(permit))

    def generate(self, permit: CloudPermit) -> tuple[str, Generation]:
        """Send the permitted bytes; return the whole answer. Raises CloudModelError."""
        self._enter()
        with self._watch.answering():
            return self._model.generate(permit)

    def _enter(self) -> None:
        if not self._watch.enter():
            raise CloudModelError(_LEFT_ALONE, how=Failure.CIRCUIT_OPEN, retry_after=self._watch.wait())
