"""One run of expensive work for everyone who waits for it."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Shared(Generic[_T]):
    """Calls `work` with the items of all threads that wait, under a lock that others may hold too."""

    def __init__(self, work: Callable[[Sequence[_T]], None], *, lock: AbstractContextManager[object]) -> None:
        self._work = work
        self._lock = lock
        self._waiting: list[_Waiting[_T]] = []

    def do(self, item: _T) -> None:
        """Return once a run that contained the item went well. Where one fails, each waiter tries for itself."""
        mine = _Waiting(item)
        self._waiting.append(mine)
        try:
            with self._lock:
                if not mine.done:
                    self._run()
        finally:
            self._waiting.remove(mine)

    def _run(self) -> None:
        batch = [waiting for waiting in tuple(self._waiting) if not waiting.done]
        self._work([waiting.item for waiting in batch])
        for waiting in batch:
            waiting.done = True


class _Waiting(Generic[_T]):
    """One thread's item."""

    def __init__(self, item: _T) -> None:
        self.item = item
        self.done = False
