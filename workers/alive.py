"""The sign of life of a worker or beat, and the end of a worker that has gone deaf."""

import os
import socket
import time
from pathlib import Path
from typing import Any, ClassVar

import structlog
from celery import bootsteps
from celery.signals import task_received, task_revoked
from celery.worker import state

_log = structlog.get_logger()
_EVERY_SECONDS = 5.0
_DEAF_SECONDS = 30.0
"""Several sweeps long: an idle worker that hears none of them does not hear the broker."""


class Alive(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
    """Touches `run/HOST-PID.alive` while the worker is connected; removes it when the connection is lost.

    A worker whose acknowledgement was lost with the broker can stay connected and never take another message
    (seen with Valkey). So one that is idle and hears nothing ends itself; whoever supervises it starts it again.
    """

    requires: ClassVar = {"celery.worker.consumer.tasks:Tasks"}
    folder: ClassVar[Path]

    def __init__(self, consumer: Any, **options: Any) -> None:  # noqa: ANN401 - Celery's signature
        super().__init__(consumer, **options)
        self._touching: Any = None
        self._heard = time.monotonic()
        task_received.connect(self._hear, weak=False)
        task_revoked.connect(self._hear, weak=False)

    @classmethod
    def in_folder(cls, folder: Path) -> type["Alive"]:
        """Return the step that shows itself in this folder."""
        return type("Alive", (cls,), {"folder": folder})

    @classmethod
    def show(cls) -> None:
        """Show that this process lives, now."""
        cls._file().touch(mode=0o600)

    def start(self, consumer: Any) -> None:  # noqa: ANN401 - Celery's signature
        """Show it now and every few seconds."""
        self._hear()
        self.show()
        self._touching = consumer.timer.call_repeatedly(_EVERY_SECONDS, self._look)

    def stop(self, consumer: Any) -> None:  # noqa: ANN401, ARG002 - Celery's signature
        """Stop showing it."""
        if self._touching is not None:
            self._touching.cancel()
        self._file().unlink(missing_ok=True)

    def _hear(self, **_: Any) -> None:  # noqa: ANN401 - Celery's signal
        self._heard = time.monotonic()

    def _look(self) -> None:
        self.show()
        if not state.reserved_requests and time.monotonic() - self._heard > _DEAF_SECONDS:
            _log.warning("worker_went_deaf", seconds=_DEAF_SECONDS)
            state.should_stop = os.EX_OK

    @classmethod
    def _file(cls) -> Path:
        return cls.folder / f"{socket.gethostname()}-{os.getpid()}.alive"
