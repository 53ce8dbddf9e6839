"""What the supervisor has to know about one part."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from service.errors import RingfenceError


class PartFailedError(RingfenceError):
    """A part did not start."""


class StopRequestedError(RingfenceError):
    """Somebody asked to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process: how it is started, when it is ready, how it is stopped.

    `quotes_log`: its log holds nothing that a person wrote, so its last complaint may be shown as the reason.
    `clear`: removes what a killed one left in the way; called when no process of the part is left.
    `user`: the uid and gid to run as, where it is not ours.
    """

    name: str
    title: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    ready: Callable[[int], bool]
    quotes_log: bool = False
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 10
    start_seconds: float = 60
    user: int | None = None
    clear: Callable[[], None] = lambda: None
