"""The sign of life of a worker or beat: a file whose age says whether it still hears the broker."""

import os
import socket
from pathlib import Path
from typing import Any, ClassVar

from celery import bootsteps

_EVERY_SECONDS = 5.0


class Alive(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
    """Touches `run/HOST-PID.alive` while the worker is connected; removes it when the connection is lost."""

    requires: ClassVar = {"celery.worker.consumer.tasks:Tasks"}
    folder: ClassVar[Path]

    def __init__(self, consumer: Any, **options: Any) -> None:  # noqa: ANN401 - Celery's signature
        super().__init__(consumer, **options)
        self._touching: Any = None

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
        self.show()
        self._touching = consumer.timer.call_repeatedly(_EVERY_SECONDS, self.show)

    def stop(self, consumer: Any) -> None:  # noqa: ANN401, ARG002 - Celery's signature
        """Stop showing it."""
        if self._touching is not None:
            self._touching.cancel()
        self._file().unlink(missing_ok=True)

    @classmethod
    def _file(cls) -> Path:
        return cls.folder / f"{socket.gethostname()}-{os.getpid()}.alive"
