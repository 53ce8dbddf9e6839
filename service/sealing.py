"""Envelope encryption: a document's key seals its texts; what is sealed is bound to its place (AES-256-GCM)."""

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from typing import NewType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.errors import DamagedError

Sealed = NewType("Sealed", bytes)
"""Nonce (12 bytes), ciphertext, tag. The only form in which a store may hold text."""

KEY_BYTES = 32
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Key:
    """A symmetric key of 32 bytes that does not show itself in a repr, a log or a traceback."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse a key of the wrong size."""
        if len(self.secret) != KEY_BYTES:
            message = f"a key has {KEY_BYTES} bytes"
            raise ValueError(message)

    @classmethod
    def fresh(cls) -> "Key":
        """Return a new random key."""
        return cls(os.urandom(KEY_BYTES))

    def seal(self, plain: bytes, *, place: str) -> Sealed:
        """Encrypt `plain` so that it opens only at `place` (for example `tenant|document|chunk|7`)."""
        nonce = os.urandom(_NONCE_BYTES)
        return Sealed(nonce + AESGCM(self.secret).encrypt(nonce, plain, place.encode()))

    def open(self, sealed: Sealed, *, place: str) -> bytes:
        """Decrypt what was sealed for `place`. Raises DamagedError where anything differs."""
        try:
            return AESGCM(self.secret).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError) as error:
            raise DamagedError from error

    def fingerprint(self, value: bytes, *, purpose: str) -> str:
        """Return a keyed hash (HMAC-SHA-256, hex) that finds equal values without revealing them."""
        return hmac.new(self.secret, purpose.encode() + b"\x00" + value, hashlib.sha256).hexdigest()
