"""Parses each document in a fresh child of a warm process: bounded, without network, killed when late."""

import os
import shutil
import signal
import sys
import sysconfig
import weakref
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import BinaryIO

import msgspec
import structlog

import ingestion
from ingestion.document import Document
from ingestion.errors import ScannedError, Unreadable, UnreadableError
from ingestion.parsing.limits import Limits
from service.adapters.sandbox.warm import LateError, WarmParser

_log = structlog.get_logger()

_CODE = Path(ingestion.__file__).parent
_ZYGOTE = Path(__file__).with_name("zygote.py")
_LIBRARIES = tuple(dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))))
# -B: the limit on file sizes would cut compiled modules short and leave the halves to everybody else.
_START = "import runpy, sys; sys.path += sys.argv[2:]; runpy.run_path(sys.argv[1])['main']()  # ingestion.parsing"
_PYTHON = (sys.executable, "-I", "-B", "-S", "-c", _START, str(_ZYGOTE), str(_CODE.parent), *_LIBRARIES)
_SHOWN = (
    *("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", sys.base_prefix, sys.prefix),
    *(str(_CODE), str(_ZYGOTE), *_LIBRARIES),
)
_START_SECONDS = 30
"""To start the interpreter and import every parser, on a machine that is busy."""
_KEPT = 4
_PROBE_SECONDS = 10
_BYTES_PER_CHARACTER = 4
_BYTES_PER_PAGE = 64
_BYTES_PER_ATTACHMENT = 4096
_BYTES_OF_THE_REST = 8192
_ENDED_BY: dict[int, tuple[Unreadable, str]] = {
    signal.SIGXCPU: (Unreadable.TIMED_OUT, "used up its processor time"),
    signal.SIGALRM: (Unreadable.TIMED_OUT, "took too long"),
    signal.SIGABRT: (Unreadable.OUT_OF_MEMORY, "gave up, most likely for want of memory"),
    signal.SIGKILL: (Unreadable.OUT_OF_MEMORY, "was killed, most likely for want of memory"),
}


class _Answer(msgspec.Struct, forbid_unknown_fields=True):
    document: Document | None = None
    reason: Unreadable = Unreadable.CRASHED
    detail: str = ""
    scans: int = 0


_answers = msgspec.json.Decoder(_Answer)


class SandboxedParser:
    """A `ports.Parser` that survives whatever a document does to the code that reads it (R61)."""

    def __init__(
        self, *, limits: Limits, seconds: float = 60, memory_bytes: int = 2 << 30, wrapped: bool | None = None
    ) -> None:
        """Grant each document this much. `wrapped` forces bubblewrap or its absence; unset: where it works."""
        room = _BYTES_PER_CHARACTER * limits.max_text + _BYTES_PER_PAGE * limits.max_pages
        # Attachments travel in base64.
        room += limits.max_attached_bytes * 4 // 3 + _BYTES_PER_ATTACHMENT * limits.max_attachments
        self._limits = limits
        self._seconds = seconds
        self._wrapped = wrapped
        self._confinement = {"memory_bytes": memory_bytes, "output_bytes": room + _BYTES_OF_THE_REST}
        self._idle: deque[WarmParser] = deque()
        weakref.finalize(self, _kill_all, self._idle)

    def parse(self, content: bytes, *, name: str, media_type: str | None = None) -> Document:
        """Return the document. Raises UnreadableError, whatever the content does.

        A document with pictures of text is read a second time, with OCR and with time for each of them.
        """
        if len(content) > self._limits.max_bytes:
            raise UnreadableError(Unreadable.TOO_LARGE, f"larger than {self._limits.max_bytes} bytes")
        order = {"name": name, "media_type": media_type}
        try:
            return self._parsed(content, order, replace(self._limits, ocr=False), self._seconds)
        except ScannedError as scan:
            scans = min(scan.pages, self._limits.max_scans)
            seconds = self._seconds + scans * self._limits.ocr_page_seconds
            return self._parsed(content, order, self._limits, seconds)

    def _parsed(self, content: bytes, order: Mapping[str, object], limits: Limits, seconds: float) -> Document:
        # The name is as confidential as the text: it goes the same way, where `ps` cannot see it.
        whole = {**order, "limits": asdict(limits), "confinement": self._confinement | {"seconds": seconds}}
        with _in_memory() as source, _in_memory() as result:
            source.write(msgspec.json.encode(whole) + b"\n")
            source.write(content)
            status = self._run(source, result, seconds)
            result.seek(0)
            return _understood(status, result.read())

    def close(self) -> None:
        """End the warm processes. Parsing again starts new ones."""
        _kill_all(self._idle)

    def _run(self, source: BinaryIO, result: BinaryIO, seconds: float) -> int:
        """Return the exit status of the document's child, a signal's number negated; kill it when time is up."""
        while (idle := self._take_idle()) is not None:
            with suppress(EOFError):  # something else ended it while it waited; or this document: a fresh one tells
                return self._parsed_by(idle, source, result, seconds)
        wrapped = _bubblewrap_works() if self._wrapped is None else self._wrapped
        command = (*_bubblewrap(), *_PYTHON) if wrapped else _PYTHON
        try:
            return self._parsed_by(WarmParser(command, seconds=_START_SECONDS), source, result, seconds)
        except (EOFError, LateError) as error:
            raise UnreadableError(Unreadable.CRASHED, "the parser gave no answer") from error

    def _parsed_by(self, warm: WarmParser, source: BinaryIO, result: BinaryIO, seconds: float) -> int:
        """Have it parsed; what was late, lost a child or did not answer is not used again. Raises EOFError."""
        status = None
        try:
            source.seek(0)
            result.truncate(0)
            status = warm.parse(source, result, seconds=seconds)
        except LateError as error:
            raise UnreadableError(Unreadable.TIMED_OUT, f"took longer than {seconds:g} seconds") from error
        finally:
            if status == 0 and len(self._idle) < _KEPT:
                self._idle.append(warm)
            else:
                warm.kill()
        return status

    def _take_idle(self) -> WarmParser | None:
        """Return a warm process of this process; a parent's is only let go here, it lives on there."""
        while self._idle:
            try:
                warm = self._idle.pop()
            except IndexError:  # another thread was faster
                return None
            if warm.pid == os.getpid():
                return warm
            warm.kill()
        return None


def _bubblewrap() -> tuple[str, ...]:
    """Return the words that show the child the interpreter and the parsers, and nothing else of this machine."""
    shown = [word for path in dict.fromkeys(_SHOWN) for word in ("--ro-bind-try", path, path)]
    # Read only to the last corner: what a document's child could leave there the next one might find.
    fixed = ("--remount-ro", "/dev", "--remount-ro", "/")
    return ("bwrap", "--unshare-all", "--dev", "/dev", "--proc", "/proc", *shown, *fixed, "--")


def _kill_all(idle: deque[WarmParser]) -> None:
    while idle:
        idle.pop().kill()


@cache
def _bubblewrap_works() -> bool:
    if shutil.which("bwrap") is None:
        return False
    probe = SandboxedParser(limits=Limits(), seconds=_PROBE_SECONDS, wrapped=True)
    try:
        probe.parse(b"probe", name="")
    except UnreadableError:
        _log.warning("bubblewrap_refused")  # so documents are parsed under resource limits only
        return False
    finally:
        probe.close()
    return True


@contextmanager
def _in_memory() -> Iterator[BinaryIO]:
    """Open a nameless file that never touches a disk and, unlike a pipe, never makes anyone wait."""
    with os.fdopen(os.memfd_create("document"), "w+b", buffering=0) as file:
        yield file


def _understood(status: int, output: bytes) -> Document:
    if status != 0:
        reason, detail = _ENDED_BY.get(-status, (Unreadable.CRASHED, f"the parser ended with status {status}"))
        raise UnreadableError(reason, detail)
    try:
        answer = _answers.decode(output)
    except msgspec.DecodeError as error:
        raise UnreadableError(Unreadable.CRASHED, "the parser gave no answer") from error
    if answer.scans:
        raise ScannedError(answer.scans)
    if answer.document is None:
        raise UnreadableError(answer.reason, answer.detail)
    return answer.document
