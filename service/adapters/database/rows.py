"""Records to rows and back: enums become text, sets sorted lists, labels and facts JSON."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from service.ports import AuditEntry

T = TypeVar("T")

_COLUMN_TYPES = (bytes, datetime, UUID)


def row_of(record: object) -> dict[str, Any]:
    """Return the column values of a record."""
    row: dict[str, Any] = msgspec.to_builtins(record, builtin_types=_COLUMN_TYPES, order="deterministic")
    if isinstance(record, AuditEntry):
        row["facts"] = msgspec.to_builtins(record.facts, order="deterministic")
    return row


def record_of(row: Mapping[Any, Any], record_type: type[T]) -> T:
    """Return the record that a row holds; columns that the record does not know are left out."""
    # SQLAlchemy's column names are a kind of str, and msgspec wants str itself.
    columns = {str(name): value for name, value in row.items()}
    return msgspec.convert(columns, record_type, builtin_types=_COLUMN_TYPES)
