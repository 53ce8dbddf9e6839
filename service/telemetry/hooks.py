"""What a program says past every log: uncaught exceptions, and what is printed. Told as events, without the words."""

import io
import sys
import threading
from types import TracebackType
from typing import TextIO

import structlog
from typing_extensions import override

from service.telemetry import scrubbing

_log = structlog.get_logger()


def install() -> None:
    """Take the interpreter's last words over, and its two output streams."""
    sys.excepthook = _process_failed
    threading.excepthook = _thread_failed
    sys.unraisablehook = _ignored
    sys.stdout = Gate(sys.__stdout__ or sys.stdout)
    sys.stderr = Gate(sys.__stderr__ or sys.stderr)


class Gate(io.TextIOBase):
    """An output stream on which nothing is printed: the first print of each line of code becomes an event.

    `traceback.print_exc` and the like go here. File descriptors are let through: who writes to them is no Python
    code, and what Python itself writes there on a crash names functions and lines only.
    """

    def __init__(self, under: TextIO) -> None:
        self._under = under
        self._told: set[str] = set()

    @override
    def write(self, text: str, /) -> int:
        frame = sys._getframe(1)  # noqa: SLF001 - what the standard library's logging does
        where = scrubbing.place(frame.f_code.co_filename, frame.f_lineno)
        if where not in self._told:
            self._told.add(where)
            _log.warning("output_withheld", where=where)
        return len(text)

    @override
    def fileno(self) -> int:
        return self._under.fileno()

    @override
    def writable(self) -> bool:
        return True


def _process_failed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    _log.critical("process_failed", exc_info=(kind, error, trace))


def _thread_failed(failed: threading.ExceptHookArgs) -> None:
    _log.error("thread_failed", exc_info=(failed.exc_type, failed.exc_value, failed.exc_traceback))


def _ignored(ignored: "sys.UnraisableHookArgs") -> None:
    _log.warning("error_ignored", exc_info=(ignored.exc_type, ignored.exc_value, ignored.exc_traceback))
