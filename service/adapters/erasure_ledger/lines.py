"""One line of the ledger: what it says, what its hash covers, who signed it."""

import hashlib
import json
from dataclasses import dataclass

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from service.errors import LedgerDamagedError
from service.ports import ErasedActor, ErasedDocument, ErasedRequest, ErasedTenant, ErasedTurn, LedgerEntry, Signer

_KINDS: dict[str, type[LedgerEntry]] = {
    "document": ErasedDocument,
    "turn": ErasedTurn,
    "actor": ErasedActor,
    "request": ErasedRequest,
    "tenant": ErasedTenant,
}
_BEGUN = "begun"
_STATEMENT = b"ringfence-erasure-ledger/1\n"
NOTHING_BEFORE = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line that was read. `hash` covers what it says, its number and the hash before it."""

    number: int
    hash: str
    signature: bytes
    entry: LedgerEntry | None


def spelled(entry: LedgerEntry | None, *, number: int, before: str, signer: Signer) -> tuple[bytes, str]:
    """Return the line with its line break, and its hash. Without an entry it is the first line of a ledger."""
    kind = next((name for name, one in _KINDS.items() if isinstance(entry, one)), _BEGUN)
    told = None if entry is None else msgspec.to_builtins(entry, order="deterministic")
    said = {"before": before, "entry": told, "kind": kind, "number": number}
    hashed = _hash(said)
    signature = signer.sign(_STATEMENT + hashed.encode()).hex()
    return _canonical(said | {"hash": hashed, "signature": signature}) + b"\n", hashed


def read(line: bytes, *, number: int, before: str) -> Line:
    """Return what stands in a line. Raises LedgerDamagedError where it is not the one that was written there."""
    try:
        said = json.loads(line)
        if _canonical(said) + b"\n" != line:
            raise LedgerDamagedError(_where(number))
        hashed, signature = str(said.pop("hash")), bytes.fromhex(said.pop("signature"))
        if said["number"] != number or said["before"] != before or _hash(said) != hashed:
            raise LedgerDamagedError(_where(number))
        kind, told = said["kind"], said["entry"]
        entry = None if kind == _BEGUN else msgspec.convert(told, _KINDS[kind])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise LedgerDamagedError(_where(number)) from None
    return Line(number=number, hash=hashed, signature=signature, entry=entry)


def check_signature(line: Line, public_key: bytes) -> None:
    """Raise LedgerDamagedError where this key did not sign the line; what is signed covers every line before it."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(line.signature, _STATEMENT + line.hash.encode())
    except (InvalidSignature, ValueError):
        raise LedgerDamagedError(_where(line.number)) from None


def _hash(said: dict[str, object]) -> str:
    return hashlib.sha256(_canonical(said)).hexdigest()


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def _where(number: int) -> str:
    return f"The erasure ledger was cut or changed: line {number} is not the one that was written there."
