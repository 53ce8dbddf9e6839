"""How long each stage of an answer took."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Stopwatch:
    """Laps by stage, in milliseconds since the lap before. A stage that comes again adds up."""

    now: Callable[[], float] = time.perf_counter
    laps: dict[str, float] = field(default_factory=dict)
    since: float = field(init=False)

    def __post_init__(self) -> None:
        """Begin."""
        self.since = self.now()

    def lap(self, stage: str) -> None:
        """End a stage."""
        now = self.now()
        self.laps[stage] = self.laps.get(stage, 0.0) + (now - self.since) * 1_000
        self.since = now

    def facts(self) -> dict[str, float]:
        """Return milliseconds by stage."""
        return {stage: round(taken, 2) for stage, taken in self.laps.items()}
