"""A warm parser: one zygote process inside its confinement, as the worker sees it."""

import os
import signal
import socket
import struct
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from typing import BinaryIO

_SIGNALLED = 128
# OCR may start no threads: the child is not allowed any.
_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "PATH": os.defpath, "OMP_THREAD_LIMIT": "1"}
_STATUS = struct.Struct("i")


class LateError(Exception):
    """There was no answer in time."""


class WarmParser:
    """Parses one document at a time. Whoever sees it misbehave kills it and starts another.

    It lives as long as the other end of its socket is open somewhere, so it ends with this process, however that ends.
    """

    def __init__(self, command: Sequence[str], *, seconds: float) -> None:
        """Start it and wait until it is warm. Raises LateError and EOFError."""
        self.pid = os.getpid()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - a fixed command; nothing of a document is in it
                command,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_ENVIRONMENT,
                cwd="/",
                start_new_session=True,
            )
        try:
            self._answer(seconds)
        except BaseException:
            self.kill()
            raise

    def parse(self, source: BinaryIO, result: BinaryIO, *, seconds: float) -> int:
        """Return the exit status of the document's child, a signal's number negated. Raises LateError and EOFError."""
        try:
            socket.send_fds(self._control, [b"d"], [source.fileno(), result.fileno()])
        except OSError as error:
            raise EOFError from error
        return self._answer(seconds)

    @property
    def process_id(self) -> int:
        """The process that leads its group."""
        return self._process.pid

    def let_go(self) -> None:
        """Close the socket: it ends by itself."""
        self._control.close()

    def kill(self) -> None:
        """End it and every process that it started, now."""
        self.let_go()
        # Once it was waited for, its number may be another's.
        if self.pid == os.getpid() and self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _answer(self, seconds: float) -> int:
        self._control.settimeout(max(seconds, 0.001))
        try:
            answer = self._control.recv(_STATUS.size)
        except TimeoutError as error:
            raise LateError from error
        except OSError as error:
            raise EOFError from error
        if len(answer) != _STATUS.size:
            raise EOFError
        status: int = _STATUS.unpack(answer)[0]
        return _SIGNALLED - status if status > _SIGNALLED else status
