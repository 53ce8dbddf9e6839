"""How fast a worker goes: smaller batches while the stores answer slowly, none for a while when they do not (R60)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from service.ports import Clock

_log = structlog.get_logger()
_FIRST_PAUSE = timedelta(seconds=2)
_LONGEST_PAUSE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceRules:
    """What an operator set: the largest batch, and from how many seconds on a store counts as slow."""

    largest: int = 64
    slow_seconds: float = 5.0


@dataclass(slots=True, kw_only=True)
class Pace:
    """The pace of this process. It halves on a slow answer, grows by one on a quick one, pauses on none.

    `answers` says whether the index can be asked; it is asked once a pause is over, so that no document is embedded
    only to find that nobody takes the vectors.
    """

    clock: Clock
    answers: Callable[[], bool]
    rules: PaceRules = field(default_factory=PaceRules)
    _batch: int = field(default=0, init=False)
    _pause: timedelta | None = field(default=None, init=False)
    _until: datetime | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Begin with full batches."""
        self._batch = self.rules.largest

    def batch(self) -> int:
        """Return how many documents may be taken at once now; 0 while it pauses."""
        if self._until is not None and self.clock.now() < self._until:
            return 0
        if self._pause is not None and not self.answers():
            self.failed()
            return 0
        return self._batch

    def failed(self) -> None:
        """Take note that a store did not answer: pause, twice as long as the last time."""
        self._pause = _FIRST_PAUSE if self._pause is None else min(2 * self._pause, _LONGEST_PAUSE)
        self._until = self.clock.now() + self._pause
        self._batch = 1
        _log.warning("ingestion_paused", seconds=self._pause.total_seconds())

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Take note of how long a write to the stores takes; one that fails says nothing of that."""
        began = self.clock.now()
        yield
        self.answered((self.clock.now() - began).total_seconds())

    def answered(self, seconds: float) -> None:
        """Take note of how long a store took to do what it was asked."""
        self._pause = self._until = None
        if seconds <= self.rules.slow_seconds:
            self._batch = min(self.rules.largest, self._batch + 1)
            return
        if self._batch > 1:
            _log.warning("ingestion_slowed", seconds=round(seconds, 1), documents=self._batch // 2)
        self._batch = max(1, self._batch // 2)
