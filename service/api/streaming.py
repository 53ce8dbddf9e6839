"""A stream that ends with its listener: who goes away stops the work, and that is known at once."""

from collections.abc import AsyncGenerator, Generator
from typing import TypeVar

from anyio import CancelScope, to_thread

T = TypeVar("T")
_END = object()


async def closed_with_its_listener(events: Generator[T, None, None]) -> AsyncGenerator[T, None]:
    """Yield the events, each made in a thread; close their maker when the response is over or cut off.

    A step under way is waited for, because what runs cannot be closed.
    """
    try:
        while True:
            event = await to_thread.run_sync(next, events, _END)
            if event is _END:
                return
            yield event  # type: ignore[misc] # the end is no event
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(events.close)
