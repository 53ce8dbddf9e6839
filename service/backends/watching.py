"""Keeps count of one backend: its breaker, and the answers it is making."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Lock

import structlog

from service import metrics
from service.backends.breaker import Breaker, BreakerRules, State
from service.errors import BLAMELESS, Failure, ModelError

_log = structlog.get_logger()
_LOOK_SECONDS = 2.0
_GAUGE = {State.CLOSED: 0.0, State.HALF_OPEN: 1.0, State.OPEN: 2.0}


class Watch:
    """One backend's breaker, shared by threads. `backend` is its name in metrics and logs."""

    def __init__(
        self, backend: str, *, rules: BreakerRules | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.backend = backend
        self._rules = rules or BreakerRules()
        self._now = now
        self._breaker = Breaker()
        self._outstanding = 0
        self._look_again_at = 0.0
        self._lock = Lock()
        metrics.breaker_watched(backend, lambda: _GAUGE[self.state()])

    @property
    def outstanding(self) -> int:
        """How many answers are under way; never negative."""
        return self._outstanding

    def state(self) -> State:
        """Return the breaker's state now."""
        return self._breaker.state(self._now())

    def allows(self) -> bool:
        """Whether the backend may be asked now."""
        return self._breaker.allows(self._now())

    def wait(self) -> float:
        """Return the seconds until the backend may be asked again."""
        return self._breaker.wait(self._now())

    def enter(self) -> bool:
        """Begin an answer, if that is allowed; whoever gets True goes on into `answering`."""
        with self._lock:
            now = self._now()
            if not self._breaker.allows(now):
                return False
            self._breaker = self._breaker.asked(now, self._rules)
            self._outstanding += 1
            return True

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Hold the answer that `enter` began, and note how it ends: well, badly, or given up by the caller."""
        try:
            yield
        except ModelError as error:
            # A prompt that is refused says nothing against the backend, and it did answer.
            self._leave(self._well if error.how in BLAMELESS else partial(self._worse, error))
            raise
        except BaseException:
            self._leave(self._unjudged)
            raise
        else:
            self._leave(self._well)

    def failed(self, error: ModelError) -> None:
        """Note a failure."""
        with self._lock:
            self._breaker = self._worse(error)

    def seen_away(self, error: ModelError) -> None:
        """Note a failure that was seen without asking. One look is told several times, and counts once."""
        with self._lock:
            now = self._now()
            if now >= self._look_again_at:
                self._look_again_at = now + _LOOK_SECONDS
                self._breaker = self._worse(error)

    def _leave(self, after: Callable[[], Breaker]) -> None:
        with self._lock:
            self._outstanding -= 1
            self._breaker = after()

    def _well(self) -> Breaker:
        return self._breaker.succeeded(self._now())

    def _unjudged(self) -> Breaker:
        return self._breaker.abandoned()

    def _worse(self, error: ModelError) -> Breaker:
        metrics.backend_failed(self.backend, error.how.value)
        wait = error.retry_after if error.how is not Failure.CIRCUIT_OPEN else None
        after = self._breaker.failed(self._now(), self._rules, wait=wait)
        if after.open_until is not None and after.open_until != self._breaker.open_until:
            _log.warning("backend_left_alone", backend=self.backend, how=error.how.value, failures=after.failures)
        return after
