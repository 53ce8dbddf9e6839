"""Statements inside one transaction; what goes wrong leaves as an error of ours, without SQL or values."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, CursorResult, Executable
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from service.adapters.database.rows import record_of
from service.adapters.storage import full, read_only
from service.errors import ConflictError, NotFoundError, PartUnavailableError, RingfenceError

T = TypeVar("T")

_UNIQUE_VIOLATION = "23505"
_FOREIGN_KEY_VIOLATION = "23503"
_NO_SUCH_TABLE_OR_COLUMN = {"42P01", "42703"}
_STORAGE = {"53100": full, "25006": read_only}

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One open transaction."""

    connection: Connection

    def run(
        self, statement: Executable, rows: Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[*tuple[Any, ...]]:
        """Execute a statement, once or once for each of `rows`."""
        with translated():
            return self.connection.execute(statement, rows)

    def one(self, statement: Executable, record_type: type[T]) -> T | None:
        """Return the first row as a record."""
        row = self.run(statement).mappings().first()
        return None if row is None else record_of(row, record_type)

    def many(self, statement: Executable, record_type: type[T]) -> tuple[T, ...]:
        """Return every row as a record."""
        return tuple(record_of(row, record_type) for row in self.run(statement).mappings())

    def number(self, statement: Executable) -> int:
        """Return the single number that the statement asks for."""
        return int(self.run(statement).scalar_one())


@contextmanager
def translated() -> Iterator[None]:
    """Raise what the database says as one of our errors, cut off from the statement that caused it."""
    try:
        yield
    except SQLAlchemyError as error:
        raise _meaning(error) from None


def _meaning(error: SQLAlchemyError) -> RingfenceError:
    state = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
    if state == _UNIQUE_VIOLATION:
        return ConflictError("There is one like this already.")
    if state == _FOREIGN_KEY_VIOLATION:
        return NotFoundError()
    if state in _STORAGE:
        return _STORAGE[state](store="database")
    _log.error("statement_failed", error=type(error).__name__, sqlstate=state)
    if state in _NO_SUCH_TABLE_OR_COLUMN:
        return PartUnavailableError("The database does not have the current schema: run `ringfence init`.")
    if isinstance(error, OperationalError | InterfaceError) or not isinstance(error, DBAPIError):
        return PartUnavailableError("The database does not answer. Nothing was lost; try again shortly.")
    return RingfenceError(f"The database refused a statement ({state}).")
