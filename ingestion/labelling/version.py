"""The labeller's version: everything that can change a label, hashed."""

import hashlib
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent
_COUNTED = frozenset({".py", ".npz", ".txt"})


@cache
def labeller_version() -> str:
    """Return a hash over the code, word lists, weights and thresholds (which the weights hold) of this package."""
    digest = hashlib.sha256()
    for path in sorted(_FOLDER.rglob("*")):
        name = path.relative_to(_FOLDER)
        if path.suffix in _COUNTED and name.parts[0] != "training":
            content = path.read_bytes()
            digest.update(f"{name.as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return f"ringfence-{digest.hexdigest()[:16]}"
