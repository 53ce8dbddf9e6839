"""The key that signs audit checkpoints: Ed25519, in a file of its own in the keys folder."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typing_extensions import override

from service.adapters.secret_file import read_secret, write_secret
from service.ports import Signer

_BYTES = 32
_NAME = "audit signing key"


@dataclass(frozen=True)
class Ed25519Signer(Signer):
    """Signs with the key in the file, read at the first use. Raises SettingsError where it is missing or open."""

    path: Path

    @property
    @override
    def public_key(self) -> bytes:
        return self._key.public_key().public_bytes_raw()

    @override
    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)

    @cached_property
    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(read_secret(self.path, size=_BYTES, name=_NAME))


def create_signing_key(path: Path) -> None:
    """Write a new signing key, readable by its owner only. Raises SettingsError where there is a file already."""
    secret = Ed25519PrivateKey.generate().private_bytes_raw()
    write_secret(path, secret, name=_NAME, loss="nobody could tell the log before it from the log after it")
