"""Signed statements about a tenant's tree: what is signed, how it grows, how it is told."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from service.auditing import tree
from service.auditing.canonical import moment
from service.errors import AuditDamagedError
from service.policy.access import TenantId
from service.ports import AuditCheckpoint, Signer

_STATEMENT = "ringfence-audit-checkpoint/1"
_KEY_ID_LENGTH = 16


def key_id(public_key: bytes) -> str:
    """Return the short name of a public key: the beginning of its SHA-256."""
    return hashlib.sha256(public_key).hexdigest()[:_KEY_ID_LENGTH]


def statement(*, tenant: str, size: int, root: str, at: str) -> bytes:
    """Return the bytes that are signed; the first line keeps them from passing for anything else."""
    return "\n".join((_STATEMENT, tenant, str(size), root, at, "")).encode()


def is_signed(checkpoint: AuditCheckpoint, public_key: bytes) -> bool:
    """Whether this key signed this checkpoint."""
    signed = statement(
        tenant=str(checkpoint.tenant_id),
        size=checkpoint.size,
        root=checkpoint.root.hex(),
        at=moment(checkpoint.at),
    )
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(checkpoint.signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def grown(
    last: AuditCheckpoint | None, hashes: Sequence[bytes], *, tenant_id: TenantId, at: datetime, signer: Signer
) -> AuditCheckpoint:
    """Return the checkpoint over the last one's leaves and these.

    Raises AuditDamagedError where the last one is not ours any more: nothing is ever signed on top of a forgery.
    """
    size, peaks = (0, ()) if last is None else (last.size, _peaks(last, signer.public_key))
    peaks = tree.grown(peaks, size, hashes)
    size, root = size + len(hashes), tree.root_of(peaks)
    signed = statement(tenant=str(tenant_id), size=size, root=root.hex(), at=moment(at))
    return AuditCheckpoint(
        tenant_id=tenant_id,
        size=size,
        root=root,
        at=at,
        signature=signer.sign(signed),
        key_id=key_id(signer.public_key),
        peaks=b"".join(peaks),
    )


def told(checkpoint: AuditCheckpoint) -> dict[str, object]:
    """Return the checkpoint as files and the API tell it."""
    return {
        "at": moment(checkpoint.at),
        "key": checkpoint.key_id,
        "root": checkpoint.root.hex(),
        "signature": checkpoint.signature.hex(),
        "size": checkpoint.size,
    }


def _peaks(checkpoint: AuditCheckpoint, public_key: bytes) -> tree.Peaks:
    stored, step = checkpoint.peaks, tree.HASH_BYTES
    peaks = tuple(stored[start : start + step] for start in range(0, len(stored), step))
    if (
        len(peaks) != checkpoint.size.bit_count()
        or tree.root_of(peaks) != checkpoint.root
        or not is_signed(checkpoint, public_key)
    ):
        raise AuditDamagedError
    return peaks
