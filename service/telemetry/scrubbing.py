"""The boundary: turns whatever a program wants to log into words of the vocabulary, and drops the rest."""

import logging
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from traceback import walk_tb
from types import FrameType, TracebackType
from uuid import UUID

from service import vocabulary

Told = dict[str, object]
"""A log line before it is rendered: `event`, `level` and keys of the vocabulary."""

_ROOTS = tuple(
    dict.fromkeys(
        str(Path(root).resolve()) + "/"
        for root in (
            Path(__file__).parents[2],
            sysconfig.get_path("purelib"),
            sysconfig.get_path("platlib"),
            sysconfig.get_path("stdlib"),
        )
    )
)
_OUTSIDE = "elsewhere"
_FRAMES = 8
_OWN_WORDS = ("event", "exc_info")


def own(said: Mapping[str, object]) -> Told:
    """Return one of our own events: a listed name, known keys with values of their shape, and how much was dropped."""
    kept = {key: _plain(value) for key, value in said.items() if vocabulary.fits(key, value)}
    dropped = sum(key not in kept and key not in _OWN_WORDS for key in said)
    name = said.get("event")
    told: Told = {"event": name if isinstance(name, str) and name in vocabulary.EVENTS else "unlisted_event"}
    if told["event"] == "unlisted_event":
        told["where"] = _caller()
    if dropped:
        told["dropped"] = dropped
    return told | kept | _failure(said.get("exc_info"))


def foreign(record: logging.LogRecord) -> Told:
    """Return a library's record: who spoke, how loudly and from which line of code, never what was said.

    Templates are no help: an f-string has the words in it. The few messages that operators look for are known
    by logger and literal template, and told as events of ours.
    """
    known = vocabulary.FOREIGN.get((record.name, record.msg)) if isinstance(record.msg, str) else None
    level = record.levelname.lower() if isinstance(record.levelname, str) else ""
    return {
        "event": known or "foreign_message",
        "level": level if level in vocabulary.LEVELS else "warning",
        "logger": _module(record.name),
        "where": place(record.pathname, record.lineno),
        **_failure(record.exc_info),
    }


def place(path: object, line: object) -> str:
    """Return a place in code as `package/module.py:12`, without the machine's folders."""
    if isinstance(path, str) and isinstance(line, int):
        for root in _ROOTS:
            if path.startswith(root):
                found = f"{path.removeprefix(root)}:{line}"
                return found if vocabulary.fits("where", found) else _OUTSIDE
    return _OUTSIDE


def _failure(info: object) -> Told:
    """Return the kind of an exception and where it came through: its message and its locals hold words."""
    if info is True:
        info = sys.exc_info()
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if not isinstance(info, tuple) or info[0] is None:
        return {}
    name = getattr(info[0], "__name__", None)
    trace = info[-1] if isinstance(info[-1], TracebackType) else None
    at = [place(frame.f_code.co_filename, line) for frame, line in walk_tb(trace)]
    return {"error": name if vocabulary.is_error(name) else "Exception", "at": at[-_FRAMES:]}


def _module(name: object) -> str:
    """Return the longest beginning of a logger's name that is a loaded module: the rest may be anything."""
    parts = name.split(".") if isinstance(name, str) else []
    for length in range(len(parts), 0, -1):
        if ".".join(parts[:length]) in sys.modules:
            return ".".join(parts[:length])
    return _OUTSIDE


def _caller() -> str:
    """Return the line of our code that told an event which is not listed."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - what the standard library's logging does
    while frame is not None:
        path = frame.f_code.co_filename
        if path != __file__ and "/structlog/" not in path and not path.endswith("telemetry/logs.py"):
            return place(path, frame.f_lineno)
        frame = frame.f_back
    return _OUTSIDE


def _plain(value: object) -> object:
    return str(value) if isinstance(value, UUID | str) else value
