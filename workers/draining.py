"""Tells the children of a worker that it is asked to stop, and ends the worker when its grace is over (R60)."""

import mmap
import os
import signal
from threading import Timer
from typing import Any

from celery.signals import worker_shutting_down

_flag = mmap.mmap(-1, 1)
"""A byte that the parent shares with every child it forks."""


def asked() -> bool:
    """Whether this worker is asked to stop: what was begun is finished or given back, nothing new is taken."""
    return _flag[0] != 0


def obey(grace_seconds: float) -> None:
    """Heed the request to stop, and end whatever still runs after the grace; its message goes to another worker."""

    def begin(how: str, **_: Any) -> None:  # noqa: ANN401 - Celery's signal
        _flag[0] = 1
        if how == "Warm":
            end = Timer(grace_seconds, os.kill, (os.getpid(), signal.SIGQUIT))
            end.daemon = True
            end.start()

    worker_shutting_down.connect(begin, weak=False)
