"""The one spelling of everything that is hashed, signed or exported: sorted keys, no spaces, UTF-8."""

import json
from datetime import UTC, datetime

from service.ports import AuditRecord


def canonical(value: object) -> bytes:
    """Return the value as JSON in its only spelling. Raises ValueError for what JSON cannot say."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def moment(at: datetime) -> str:
    """Return a time in UTC, to the microsecond."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def leaf_of(record: AuditRecord) -> dict[str, object]:
    """Return what the leaf of an entry says."""
    return {
        "action": record.action,
        "actor": record.actor,
        "at": moment(record.at),
        "facts": dict(record.facts),
        "id": str(record.id),
        "number": record.number,
        "personal": None if record.personal is None else record.personal.hex(),
        "subject": None if record.subject is None else str(record.subject),
        "tenant": str(record.tenant_id),
    }


def leaf_bytes(record: AuditRecord) -> bytes:
    """Return the bytes that the leaf hash covers."""
    return canonical(leaf_of(record))
