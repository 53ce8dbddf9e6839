"""Makes what comes next in another thread while what is there is worked on."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from threading import Condition, Thread
from typing import Generic, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """What was made and not taken yet. It weighs at most `room`, or is one thing alone; one more is being made."""

    def __init__(self, made: Iterable[T], *, weight: Callable[[T], int], room: int) -> None:
        self._made = iter(made)
        self._weight = weight
        self._room = room
        self._ready: deque[T] = deque()
        self._held = 0
        self._ended = False
        self._error: BaseException | None = None
        self._changed = Condition()

    def batches(self, *, limit: int) -> Iterator[list[T]]:
        """Yield what is ready, at least one thing and up to a weight of `limit`; wait only where nothing is.

        Raises what the making raised, after everything that was made before.
        """
        while batch := self._taken(limit):
            yield batch
        if self._error is not None:
            raise self._error

    def make(self) -> None:
        """Make one thing after the other until there are no more or nobody wants them."""
        try:
            for thing in self._made:
                if not self._put(thing):
                    return
        except BaseException as error:  # noqa: BLE001 - raised where the things are taken
            self._error = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def stop(self) -> None:
        """Want no more."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _put(self, thing: T) -> bool:
        weight = self._weight(thing)
        with self._changed:
            self._changed.wait_for(lambda: self._ended or not self._held or self._held + weight <= self._room)
            if self._ended:
                return False
            self._ready.append(thing)
            self._held += weight
            self._changed.notify_all()
        return True

    def _taken(self, limit: int) -> list[T]:
        batch: list[T] = []
        weight = 0
        with self._changed:
            self._changed.wait_for(lambda: self._ready or self._ended)
            while self._ready and (not batch or weight + self._weight(self._ready[0]) <= limit):
                thing = self._ready.popleft()
                weight += self._weight(thing)
                batch.append(thing)
            self._held -= weight
            self._changed.notify_all()
        return batch


def batched(made: Iterable[T], *, weight: Callable[[T], int], limit: int) -> Iterator[list[T]]:
    """Yield the things in batches that weigh at least `limit`, but for the last one; nothing is made ahead."""
    batch: list[T] = []
    for thing in made:
        batch.append(thing)
        if sum(map(weight, batch)) >= limit:
            yield batch
            batch = []
    if batch:
        yield batch


@contextmanager
def ahead(made: Iterable[T], *, weight: Callable[[T], int], room: int) -> Iterator[Ahead[T]]:
    """Iterate over `made` in a thread of its own, which has ended when the context is left."""
    coming = Ahead(made, weight=weight, room=room)
    thread = Thread(target=copy_context().run, args=(coming.make,), name="ahead", daemon=True)
    thread.start()
    try:
        yield coming
    finally:
        coming.stop()
        thread.join()
