"""Files that carry their own proof: exports, inclusion proofs and consistency proofs, one JSON value a line.

Every byte of them is checked by whoever verifies: numbers, keys and hashes have one spelling only.
"""

from collections.abc import Sequence

from service.auditing import checkpoints
from service.auditing.canonical import canonical, leaf_of
from service.ports import AuditCheckpoint, AuditLeaf, AuditRecord

EXPORT = "ringfence-audit-export/1"
INCLUSION = "ringfence-audit-proof/1"
CONSISTENCY = "ringfence-audit-consistency/1"
CHECKPOINT = "ringfence-audit-checkpoint/1"


def header(checkpoint: AuditCheckpoint, public_key: bytes) -> bytes:
    """Return the first line of an export."""
    return _line(EXPORT, checkpoint, public_key)


def leaf_line(leaf: AuditLeaf, record: AuditRecord | None, *, withheld: bool) -> bytes:
    """Return one leaf: its hash and the entry; the hash alone where it is withheld; null where it is not there."""
    value: dict[str, object] = {"hash": leaf.leaf_hash.hex(), "index": leaf.leaf_index}
    if record is None or not withheld:
        value["leaf"] = None if record is None else leaf_of(record)
    return canonical(value) + b"\n"


def checkpoint_line(checkpoint: AuditCheckpoint, public_key: bytes) -> bytes:
    """Return a checkpoint by itself, to be kept where nobody who can reach the database can reach it."""
    return _line(CHECKPOINT, checkpoint, public_key)


def inclusion_line(
    leaf: AuditLeaf, record: AuditRecord, checkpoint: AuditCheckpoint, path: Sequence[bytes], *, public_key: bytes
) -> bytes:
    """Return the proof that an entry is in the tree of a checkpoint."""
    proof: dict[str, object] = {
        "index": leaf.leaf_index,
        "leaf": leaf_of(record),
        "path": [step.hex() for step in path],
    }
    return _line(INCLUSION, checkpoint, public_key, proof)


def consistency_line(
    first: AuditCheckpoint, checkpoint: AuditCheckpoint, path: Sequence[bytes], *, public_key: bytes
) -> bytes:
    """Return the proof that a later checkpoint's tree begins with an earlier one's."""
    proof: dict[str, object] = {"first": checkpoints.told(first), "path": [step.hex() for step in path]}
    return _line(CONSISTENCY, checkpoint, public_key, proof)


def _line(kind: str, checkpoint: AuditCheckpoint, public_key: bytes, more: dict[str, object] | None = None) -> bytes:
    value = {
        "checkpoint": checkpoints.told(checkpoint),
        "format": kind,
        "public_key": public_key.hex(),
        "tenant": str(checkpoint.tenant_id),
    }
    return canonical(value | (more or {})) + b"\n"
