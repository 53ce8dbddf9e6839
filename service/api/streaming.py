"""A stream of events that can be stopped from outside, also while a thread is in the middle of the next one."""

from collections.abc import Generator, Iterator
from threading import Lock

from litestar.response.sse import ServerSentEventMessage


class Stoppable(Iterator[ServerSentEventMessage]):
    """The events of a generator until `stop`, which closes it and whatever it holds open."""

    def __init__(self, events: Generator[ServerSentEventMessage, None, None]) -> None:
        self._events = events
        self._stopped = False
        self._lock = Lock()

    def __next__(self) -> ServerSentEventMessage:
        """Return the next event."""
        with self._lock:
            if self._stopped:
                raise StopIteration
            return next(self._events)

    def stop(self) -> None:
        """Wait for the event that is being made, if one is, and close the generator. Again does nothing."""
        self._stopped = True
        with self._lock:
            self._events.close()
