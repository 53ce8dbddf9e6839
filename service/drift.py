"""Notices when the share of one outcome in a stream has jumped: two cumulative sums against what was usual.

Page's test (E. S. Page, "Continuous inspection schemes", Biometrika 41, 1954) on each side. Pure: time is counted in
outcomes, so nothing here depends on a clock.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from math import log, sqrt

_WARM = 50
"""Outcomes before anything can be a jump: until then nobody knows what is usual."""
_MEMORY = 500
_RECENT = 20
_THRESHOLD = 8.0
"""Natural logarithm of how much likelier the jump must have become. `bench.local_share` shows what it costs."""
_CERTAINTY = 2.0
"""Standard errors by which the usual share may be off before a jump is believed."""
_SHRINKS_TO = 0.25
"""The smallest jump that is looked for: the rarer outcome becomes four times as rare."""
_MOST_ALIKE = 0.95
_LOWEST, _HIGHEST = 0.1, 0.98
_ACCEPTED_AFTER = 2_000
"""After so many outcomes a jump is what is usual."""


class Direction(StrEnum):
    """Which way the share jumped."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What a stream has shown so far. `usual` and `recent` are shares from 0 to 1, slow and fast averages.

    `alike` is the covariance of an outcome with the one before it: the answers of one talk are of one kind, and ten
    of them say little more than one does.
    """

    usual: float = 0.0
    recent: float = 0.0
    seen: int = 0
    jumped: Direction | None = None
    up: float = 0.0
    down: float = 0.0
    ago: int = 0
    last: bool = False
    alike: float = 0.0


def after(drift: Drift, outcome: bool) -> Drift:  # noqa: FBT001 - the outcome is the value of the stream
    """Return what is known after one more outcome."""
    seen = drift.seen + 1
    recent = drift.recent + (outcome - drift.recent) / min(seen, _RECENT)
    moved = replace(drift, recent=recent, seen=seen, last=outcome)
    if drift.jumped:
        return _settling(moved)
    together = (outcome - drift.usual) * (drift.last - drift.usual)
    if seen <= _WARM:
        usual = drift.usual + (outcome - drift.usual) / seen
        return replace(moved, usual=usual, alike=drift.alike + (together - drift.alike) / seen)
    return _watching(moved, outcome, together)


def _watching(drift: Drift, outcome: bool, together: float) -> Drift:  # noqa: FBT001 - the same
    """Add the outcome to both sums. While one of them suspects something, what is usual stays as it was."""
    spread = max(drift.usual * (1 - drift.usual), 0.01)
    memory = min(drift.seen, _MEMORY)
    correlated = min(max(drift.alike / spread + _CERTAINTY / sqrt(memory * 4 * spread), 0.0), _MOST_ALIKE)
    weight = (1 - correlated) / (1 + correlated)
    margin = _CERTAINTY * sqrt(spread / (memory * weight))
    up = max(0.0, drift.up + weight * _evidence(drift.usual + margin, outcome))
    down = max(0.0, drift.down + weight * _evidence(1 - drift.usual + margin, not outcome))
    if max(up, down) >= _THRESHOLD:
        return replace(drift, up=0.0, down=0.0, ago=0, jumped=Direction.UP if up >= down else Direction.DOWN)
    suspicion = max(up, down) > _THRESHOLD / 2
    usual = drift.usual if suspicion else drift.usual + (outcome - drift.usual) / _MEMORY
    alike = drift.alike if suspicion else drift.alike + (together - drift.alike) / memory
    return replace(drift, up=up, down=down, usual=usual, alike=alike)


def _settling(drift: Drift) -> Drift:
    """End the jump when the share is back, or when it has lasted so long that it is usual now."""
    ago = drift.ago + 1
    if ago >= _ACCEPTED_AFTER:
        return replace(drift, usual=drift.recent, jumped=None, ago=0)
    usual, recent = drift.usual, drift.recent
    if drift.jumped is Direction.DOWN:
        usual, recent = 1 - usual, 1 - recent
    halfway = (usual + _after_jump(usual)) / 2
    return replace(drift, ago=ago, jumped=None if recent < halfway else drift.jumped)


def _evidence(usual: float, outcome: bool) -> float:  # noqa: FBT001 - the same
    """Return how much likelier this outcome is after a jump upwards than before it, as a logarithm.

    Where nearly every outcome is like this already there is nothing left to jump to, and nothing is evidence.
    """
    if usual >= _HIGHEST:
        return 0.0
    before = max(usual, _LOWEST)
    jumped = _after_jump(before)
    return log(jumped / before) if outcome else log((1 - jumped) / (1 - before))


def _after_jump(usual: float) -> float:
    return 1 - (1 - usual) * _SHRINKS_TO
