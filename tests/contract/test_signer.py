"""The promises of ports.Signer, kept by the twin and by the key file alike (R50)."""

import stat
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from service.adapters.memory.keeping import InMemorySigner
from service.adapters.signing import Ed25519Signer, create_signing_key
from service.errors import SettingsError
from service.ports import Signer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create_signing_key(tmp_path / "audit.key")
    return tmp_path / "audit.key"


@pytest.fixture(params=["memory", "file"])
def signer(request: pytest.FixtureRequest, path: Path) -> Signer:
    return InMemorySigner() if request.param == "memory" else Ed25519Signer(path)


def test_a_signature_is_checked_with_the_public_key_alone(signer: Signer) -> None:
    signature, key = signer.sign(b"statement"), Ed25519PublicKey.from_public_bytes(signer.public_key)
    assert (len(signer.public_key), len(signature)) == (32, 64)
    key.verify(signature, b"statement")
    with pytest.raises(InvalidSignature):
        key.verify(signature, b"statemenT")


def test_the_key_outlives_the_process_and_is_private(path: Path) -> None:
    assert Ed25519Signer(path).public_key == Ed25519Signer(path).public_key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_signing_key_is_never_replaced(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(SettingsError, match="audit signing key is never replaced"):
        create_signing_key(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_signing_key_open_to_others_is_refused(path: Path, mode: int) -> None:
    """R32."""
    path.chmod(mode)
    with pytest.raises(SettingsError, match="open to others"):
        Ed25519Signer(path).sign(b"statement")


def test_a_signing_key_that_is_missing_or_damaged_is_said(path: Path) -> None:
    path.write_bytes(b"short")
    with pytest.raises(SettingsError, match="32 bytes"):
        _ = Ed25519Signer(path).public_key
    path.unlink()
    with pytest.raises(SettingsError, match="cannot be read"):
        _ = Ed25519Signer(path).public_key


def test_the_signer_shows_no_secret(path: Path) -> None:
    signer = Ed25519Signer(path)
    signer.sign(b"statement")
    assert path.read_bytes() not in repr(signer).encode()
