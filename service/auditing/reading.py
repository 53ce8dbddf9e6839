"""Reads the lines of evidence files strictly: one spelling, no unknown field, every value in its only form."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from service.auditing import checkpoints, tree
from service.auditing.canonical import canonical
from service.auditing.exporting import CHECKPOINT, CONSISTENCY, EXPORT, INCLUSION

KEY_BYTES = 32
_SIGNATURE_BYTES = 64
_COMMON = frozenset({"checkpoint", "format", "public_key", "tenant"})
_FIELDS = {
    EXPORT: _COMMON,
    CHECKPOINT: _COMMON,
    INCLUSION: _COMMON | {"index", "leaf", "path"},
    CONSISTENCY: _COMMON | {"first", "path"},
}
_CHECKPOINT_FIELDS = frozenset({"at", "key", "root", "signature", "size"})
_LEAF_FIELDS = frozenset(
    {"action", "actor", "at", "facts", "id", "number", "personal", "subject", "tenant"},
)


class WrongError(Exception):
    """The message says what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A checkpoint as a file tells it, its signature checked."""

    size: int
    root: bytes
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the first line of a file says: of whose log, signed by which key, at which checkpoint; `fields` has all."""

    kind: str
    tenant: str
    public_key: bytes
    checkpoint: Told
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafLine:
    """One leaf of an export. `number` and `entry_id` are None where only the hash is given."""

    index: int
    hash: bytes
    number: int | None
    entry_id: str | None


def parsed(line: bytes) -> dict[str, Any]:
    """Return the JSON object of a line. Raises WrongError where a byte could be another."""
    try:
        value = json.loads(line)
        respelled = canonical(value)
    except (ValueError, RecursionError):
        message = "is not JSON"
        raise WrongError(message) from None
    if not isinstance(value, dict) or respelled + b"\n" != line:
        message = "is not spelled as it was written"
        raise WrongError(message)
    return value


def head(line: bytes) -> Head:
    """Return the first line's statements, its signature checked. Raises WrongError."""
    fields = parsed(line)
    kind = fields.get("format")
    if not isinstance(kind, str) or kind not in _FIELDS:
        message = "is no evidence file of a format that this program knows"
        raise WrongError(message)
    require_fields(fields, _FIELDS[kind])
    tenant, public_key = _text(fields["tenant"]), hexadecimal(fields["public_key"], KEY_BYTES)
    told = signed(fields["checkpoint"], tenant=tenant, public_key=public_key)
    return Head(kind=kind, tenant=tenant, public_key=public_key, checkpoint=told, fields=fields)


def signed(value: object, *, tenant: str, public_key: bytes) -> Told:
    """Return a checkpoint. Raises WrongError where this key did not sign it for this tenant."""
    if not isinstance(value, dict):
        message = "has no checkpoint"
        raise WrongError(message)
    require_fields(value, _CHECKPOINT_FIELDS)
    size, at = count(value["size"]), _text(value["at"])
    root, signature = hexadecimal(value["root"], tree.HASH_BYTES), hexadecimal(value["signature"], _SIGNATURE_BYTES)
    statement = checkpoints.statement(tenant=tenant, size=size, root=root.hex(), at=at)
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, statement)
    except (InvalidSignature, ValueError):
        message = "its checkpoint was not signed with this public key"
        raise WrongError(message) from None
    if value["key"] != checkpoints.key_id(public_key):
        message = "its checkpoint names another key than the one that signed it"
        raise WrongError(message)
    return Told(size=size, root=root, at=at)


def leaf_line(line: bytes, *, tenant: str) -> LeafLine:
    """Return one leaf of an export. Raises WrongError where entry and hash do not belong together."""
    value = parsed(line)
    if "leaf" not in value:
        require_fields(value, frozenset({"hash", "index"}))
        entry_id = number = None
    else:
        require_fields(value, frozenset({"hash", "index", "leaf"}))
        if value["leaf"] is None:
            message = "the entry is not in the log any more; its leaf is"
            raise WrongError(message)
        number, entry_id = leaf_numbers(value["leaf"], tenant=tenant)
    hashed = hexadecimal(value["hash"], tree.HASH_BYTES)
    if number is not None and tree.leaf_hash(canonical(value["leaf"])) != hashed:
        message = f"entry {number} ({entry_id}) is not what it was when it was written"
        raise WrongError(message)
    return LeafLine(index=count(value["index"]), hash=hashed, number=number, entry_id=entry_id)


def leaf_numbers(value: object, *, tenant: str) -> tuple[int, str]:
    """Return number and id of an entry. Raises WrongError where it is none of this tenant."""
    if not isinstance(value, dict):
        message = "its entry is none"
        raise WrongError(message)
    require_fields(value, _LEAF_FIELDS)
    number, entry_id = count(value["number"]), _text(value["id"])
    if value["tenant"] != tenant:
        message = f"entry {number} ({entry_id}) belongs to another tenant"
        raise WrongError(message)
    return number, entry_id


def require_fields(value: Mapping[str, object], names: frozenset[str]) -> None:
    """Raise WrongError where a field is missing or unknown."""
    if value.keys() != names:
        message = "does not have exactly the fields that it should have"
        raise WrongError(message)


def hexadecimal(value: object, size: int) -> bytes:
    """Return `size` bytes. Raises WrongError for any other spelling than lower-case hexadecimal."""
    try:
        found = bytes.fromhex(_text(value))
    except ValueError:
        found = b""
    if len(found) != size or found.hex() != value:
        message = f"has no {size} bytes in hexadecimal where it should"
        raise WrongError(message)
    return found


def path(value: object) -> list[bytes]:
    """Return the hashes of a proof. Raises WrongError."""
    if not isinstance(value, list):
        message = "has no path"
        raise WrongError(message)
    return [hexadecimal(each, tree.HASH_BYTES) for each in value]


def count(value: object) -> int:
    """Return a number of things. Raises WrongError for anything else."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        message = "has no count where it should"
        raise WrongError(message)
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        message = "has no text where it should"
        raise WrongError(message)
    return value
