"""How long a job waits before it is tried again: twice as long each time, up to a cap, and always the same (R60)."""

from dataclasses import dataclass
from datetime import timedelta

_DOUBLINGS = 32
"""More of them than any cap needs: the exponent stays small however long a part is down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """`first` after the first failure in a row, doubled after each one more, never longer than `longest`.

    Without jitter: what becomes due at one moment is rung for a few at a time, so nothing stampedes.
    """

    first: timedelta
    longest: timedelta

    def after(self, failures: int) -> timedelta:
        """Return how long to wait after so many failures in a row; nothing after none."""
        if failures <= 0:
            return timedelta()
        return min(self.first * (1 << min(failures - 1, _DOUBLINGS)), self.longest)


PART_DOWN = Backoff(first=timedelta(seconds=2), longest=timedelta(minutes=1))
"""A part that did not answer: soon again, because such attempts do not count and nobody is to wait for the cap."""
BROKE_OFF = Backoff(first=timedelta(seconds=10), longest=timedelta(minutes=10))
"""An attempt that died or broke off: it counts, and what it broke on may need time to be mended."""
