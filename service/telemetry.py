"""One pipeline for logs: JSON lines of static events with ids, reasons and timings. No crash dumps beside it."""

import logging
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

_QUIET = (
    "alembic",
    "anthropic",
    "filelock",
    "httpcore",
    "httpcore2",
    "httpx",
    "httpx2",
    "sentence_transformers",
    "sqlalchemy",
    "transformers",
    "urllib3",
)


def configure() -> None:
    """Send structlog and the standard library's logging to stderr, one JSON object a line.

    Libraries that may quote requests or parameters speak only from WARNING up, and never with a traceback:
    an exception's text can hold somebody's words. A crash dump would hold all of them (R54).
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    shared: list[structlog.types.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_tracebacks,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


@contextmanager
def warnings_only() -> Iterator[None]:
    """Let a command that prints its result say warnings alone, on stderr, and leave no crash dump of its text."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.processors.add_log_level, _without_tracebacks, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    try:
        yield
    finally:
        structlog.configure(**before)


def _without_tracebacks(
    _: structlog.types.WrappedLogger, __: str, event: structlog.types.EventDict
) -> structlog.types.EventDict:
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, tuple) and info[0] is not None:
        event["error"] = info[0].__name__
    return event
