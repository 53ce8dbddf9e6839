"""Processes that stand still for a while and go on: a partition or a slow server, as its clients see it."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

import psutil


@contextmanager
def frozen(processes: Iterable[psutil.Process], *, seconds: float) -> Iterator[None]:
    """Stop them without their noticing, do what is to be done meanwhile, and let them go on after so many seconds."""
    stopped = list(processes)
    until = time.monotonic() + seconds
    for process in stopped:
        with suppress(psutil.NoSuchProcess):
            process.suspend()
    try:
        yield
        time.sleep(max(0.0, until - time.monotonic()))
    finally:
        for process in stopped:
            with suppress(psutil.NoSuchProcess):
                process.resume()
