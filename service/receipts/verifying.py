"""Checks a receipt, offline: each byte of it, and that it claims no more than its own counts bear out."""

import json
import re
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from service.auditing.canonical import canonical
from service.receipts.receipts import DOMAIN
from service.receipts.telling import FORMAT

_DIGITS = re.compile("[0-9a-f]+")


def verify(content: bytes, *, public_key: bytes | None = None) -> tuple[str, ...]:
    """Return what is wrong with a receipt, one text for each thing; nothing where it is sound.

    With `public_key` (32 bytes) it must have been signed by that one.
    """
    value = _read(content)
    if value is None:
        return ("this is no receipt of Ringfence, or it is not spelled as it was written",)
    if public_key is not None and value.get("public_key") != public_key.hex():
        return ("it was signed with another key than the one you gave",)
    if not _is_signed(value):
        return ("its signature is not that of its key over this receipt: it was changed",)
    return tuple(_overstated(value)) if value.get("outcome") == "verified" else ()


def _read(content: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(content)
        same = isinstance(value, dict) and value.get("format") == FORMAT and canonical(value) + b"\n" == content
    except (ValueError, RecursionError):
        return None
    return value if same else None


def _is_signed(value: dict[str, Any]) -> bool:
    rest = {name: each for name, each in value.items() if name != "signature"}
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(value["public_key"]))
        key.verify(bytes.fromhex(value["signature"]), DOMAIN + canonical(rest))
    except (InvalidSignature, ValueError, KeyError, TypeError):
        return False
    # Hexadecimal digits have one spelling here: capitals or spaces would be other bytes with the same meaning.
    return all(_DIGITS.fullmatch(value[name]) for name in ("public_key", "signature"))


def _overstated(value: dict[str, Any]) -> list[str]:
    """Return where a receipt says "verified" and its own counts say otherwise."""
    problems = [
        f"it says verified and {one['store']} still held {one['thing']}" for one in value["counts"] if one["found"]
    ]
    if value["unanswered"]:
        problems.append("it says verified and a store did not answer")
    if not value["counts"]:
        problems.append("it says verified and nothing was counted")
    problems += (
        f"it says verified and {one['target']} is {one['outcome']}"
        for one in value["items"]
        if one["outcome"] not in {"gone", "left"}
    )
    return problems
