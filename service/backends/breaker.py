"""A circuit breaker as a value: every change returns the next one, and time is an argument."""

from dataclasses import dataclass, replace
from enum import StrEnum


class State(StrEnum):
    """Whether a backend is asked: always, once to see, or not at all."""

    CLOSED = "closed"
    HALF_OPEN = "half_open"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerRules:
    """After `failures` in a row nothing is asked for `seconds`; a backend that names a wait gets it, up to `longest`.

    A trial that was not heard of again for `trial_seconds` is given up, so that no lost one blocks the next.
    """

    failures: int = 3
    seconds: float = 15.0
    longest: float = 3_600.0
    trial_seconds: float = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """What is known of one backend. Times are seconds of one monotonic clock."""

    failures: int = 0
    open_until: float | None = None
    trial_until: float | None = None

    def state(self, now: float) -> State:
        """Return the state at this time."""
        if self.open_until is None:
            return State.CLOSED
        return State.OPEN if now < self.open_until else State.HALF_OPEN

    def allows(self, now: float) -> bool:
        """Whether the backend may be asked: half-open only while no other trial is under way."""
        match self.state(now):
            case State.CLOSED:
                return True
            case State.OPEN:
                return False
            case State.HALF_OPEN:
                return self.trial_until is None or now >= self.trial_until

    def wait(self, now: float) -> float:
        """Return the seconds until the backend may be asked again; 0 where that is now."""
        if self.allows(now):
            return 0.0
        until = self.open_until if self.state(now) is State.OPEN else self.trial_until
        return max(0.0, (until or now) - now)

    def asked(self, now: float, rules: BreakerRules) -> "Breaker":
        """Return the breaker with a question under way, which is the trial where it was half-open."""
        if self.state(now) is State.CLOSED:
            return self
        return replace(self, trial_until=now + rules.trial_seconds)

    def succeeded(self, now: float) -> "Breaker":
        """Return the breaker after an answer: closed, unless it was opened while that answer was being made."""
        return self if self.state(now) is State.OPEN else Breaker()

    def abandoned(self) -> "Breaker":
        """Return the breaker after a question that the caller gave up: nothing was learnt, the trial is free."""
        return replace(self, trial_until=None)

    def failed(self, now: float, rules: BreakerRules, *, wait: float | None = None) -> "Breaker":
        """Return the breaker after a failure: open at once where a trial failed or the backend asked for a `wait`."""
        failures = self.failures + 1
        if wait is None and self.open_until is None and failures < rules.failures:
            return replace(self, failures=failures)
        pause = rules.seconds if wait is None else min(max(wait, 0.0), rules.longest)
        # A late failure of a question asked earlier never shortens a wait that is already running.
        return Breaker(failures=failures, open_until=max(self.open_until or 0.0, now + pause))
