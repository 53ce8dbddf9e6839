"""The window: what every watch has cleared is said, the rest waits, and what one of them knows ends the answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Cause(StrEnum):
    """Why an answer was stopped, or changed."""

    CANARY = "canary"
    CREDENTIAL = "credential"
    OUT_OF_SCOPE = "out_of_scope"
    EXFILTRATION_LINK = "exfiltration_link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """An answer must end before the character `at`. `reference` names what was recognised: an id, never text."""

    at: int
    cause: Cause
    reference: str = ""


class Watch(Protocol):
    """Looks for one family of spans in a text that comes in pieces, and counts characters from its beginning."""

    @property
    def safe(self) -> int:
        """How many characters from the beginning belong to no watched span, whatever follows. Never shrinks."""
        ...

    @property
    def stop(self) -> Stop | None:
        """The first watched span that was recognised."""
        ...

    def push(self, piece: str) -> None:
        """Take one more piece."""
        ...

    def end(self) -> None:
        """Learn that nothing follows: everything that is no watched span becomes safe."""
        ...


class OutputFilter:
    """Lets an answer through as far as every watch has cleared it.

    For every way to cut the answer into pieces: nothing of a watched span is returned, and without one
    everything is, unchanged. After a stop nothing is returned any more.
    """

    def __init__(self, watches: Sequence[Watch]) -> None:
        self._watches = tuple(watches)
        self._pending = ""
        self._said = 0
        self.stopped: Stop | None = None

    def feed(self, piece: str) -> str:
        """Take one piece; return what can be said now."""
        if self.stopped is not None:
            return ""
        self._pending += piece
        for watch in self._watches:
            watch.push(piece)
        return self._released()

    def finish(self) -> str:
        """Return what was held back, unless it is watched for."""
        if self.stopped is not None:
            return ""
        for watch in self._watches:
            watch.end()
        return self._released()

    def _released(self) -> str:
        stops = [watch.stop for watch in self._watches if watch.stop is not None]
        self.stopped = min(stops, key=lambda stop: stop.at, default=None)
        limits = [watch.safe for watch in self._watches] + [stop.at for stop in stops]
        until = min([self._said + len(self._pending), *limits])
        count = max(until - self._said, 0)
        said, self._pending = self._pending[:count], "" if self.stopped else self._pending[count:]
        self._said += count
        return said
