"""One pipeline for logs: JSON lines of static events with ids, reasons and timings. No crash dumps beside it."""

import json
import logging
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TextIO

import structlog
from typing_extensions import override

from service.telemetry import hooks, scrubbing
from service.telemetry.scrubbing import Told

_QUIET = (
    *("alembic", "anthropic", "celery.app.trace", "celery.beat", "celery.worker.strategy", "filelock"),
    *("httpcore", "httpcore2", "httpx", "httpx2", "opentelemetry", "sentence_transformers", "sqlalchemy"),
    *("transformers", "urllib3", "uvicorn.access"),
)
"""They tell of every request or sweep; of that our own events tell what may be told."""


def configure() -> None:
    """Send everything that this process says to stderr, one JSON object a line, scrubbed; for programs that serve.

    Whoever logs, at whatever level and into whichever handler, gets a record without words: the scrubber sits where
    records are made, not where a setting of a library could go round it. What is printed or raised past
    every log is told as an event, too. A crash dump would hold everything in memory, so there is none (R54).
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = sys.__stderr__ or sys.stderr
    structlog.configure(
        processors=[structlog.processors.add_log_level, _own],
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=True,
    )
    _take_over(out)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    hooks.install()


@contextmanager
def warnings_only() -> Iterator[None]:
    """Let a command that prints its result say warnings alone, on stderr, and leave no crash dump of its text."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.processors.add_log_level, _own],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    try:
        yield
    finally:
        structlog.configure(**before)


class ScrubbedRecord(logging.LogRecord):
    """A record of the standard library that never holds what was said: any handler may print it."""

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - a log record factory's signature
        said = logging.LogRecord(*arguments, **named)
        told = scrubbing.foreign(said)
        self.line = _rendered(told)
        super().__init__(str(told["logger"]), said.levelno, said.pathname, said.lineno, self.line, None, None)

    @override
    def getMessage(self) -> str:
        """Return the scrubbed line, also for a record that was filled in later."""
        return self.line


class _Lines(logging.Formatter):
    """Renders records; one that another factory made is scrubbed here."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        return record.line if isinstance(record, ScrubbedRecord) else _rendered(scrubbing.foreign(record))


def _take_over(out: TextIO) -> None:
    """Make the standard library's logging ours: its records and its one handler."""
    logging.setLogRecordFactory(ScrubbedRecord)
    logging.captureWarnings(capture=True)
    for logger in tuple(logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):
            logger.handlers.clear()
            logger.propagate = True
    handler = logging.StreamHandler(out)
    handler.setFormatter(_Lines())
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)


def _own(_: structlog.types.WrappedLogger, __: str, event: structlog.types.EventDict) -> str:
    return _rendered(scrubbing.own(event))


def _rendered(told: Told) -> str:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return json.dumps({"timestamp": now, **told})
