"""The stores of a knowledge base, for a command that works on them: those that run already, or started for it."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from service.errors import ConflictError
from service.folder import DataFolder
from service.settings import Settings
from service.supervisor import lock, postgres
from service.supervisor.part import Part
from service.supervisor.progress import Progress
from service.supervisor.running import Supervisor


@contextmanager
def serving(settings: Settings, folder: DataFolder, parts: Sequence[Part]) -> Iterator[None]:
    """Yield while these parts serve: those of a running knowledge base, else started now and stopped afterwards."""
    with ExitStack() as stack:
        try:
            stack.enter_context(lock.held(folder, where="no address: a command works on it"))
        except ConflictError:
            yield  # it runs
            return
        stack.enter_context(started(settings, folder, parts))
        yield


@contextmanager
def started(settings: Settings, folder: DataFolder, parts: Sequence[Part]) -> Iterator[None]:
    """Start these parts and stop them afterwards; the caller holds the folder. Raises PartFailedError."""
    supervisor = Supervisor(folder, Progress.silent())
    with supervisor.obeying_signals():
        try:
            if settings.database_url is None:
                postgres.prepare(folder)
            supervisor.end_survivors(parts)
            supervisor.start(parts)
            yield
        finally:
            supervisor.stop()
