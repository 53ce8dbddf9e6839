"""Read those rows of a folder of public labelled data that may be trained on, and tell which are held out."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from ingestion.labelling.training.corpus import NONE, Passage

# file, label; only sources whose licence allows training: MTS-Dialog CC BY 4.0, Pygments BSD-2, SPDX CC0,
# the Debian handbook CC BY-SA, presidio-research MIT
_FILES = (
    ("phi_mts_dialog", "clinical"),
    ("code_pygments_examples", "source_code"),
    ("neg_legal_spdx", NONE),
    ("neg_handbook_en", NONE),
    ("neg_handbook_fr", NONE),
)
_PRESIDIO = "pii_pci_presidio_synth_v2"
_GROUP_PARTS = {"mts": 3, "pyg": 2, "spdx": 2, "handbook": 4, "presidio": 2}


def held_out(identifier: str) -> bool:
    """Whether a row belongs to the half that is never trained on; all rows of one document go the same way."""
    parts = identifier.split("-")
    group = "-".join(parts[: _GROUP_PARTS.get(parts[0], len(parts))])
    return hashlib.sha256(group.encode()).digest()[0] % 2 == 0


def shared_passages(folder: Path) -> list[Passage]:
    """Return the rows of the other half, as passages."""
    return [passage for name, label in _FILES for passage in _passages(folder / f"{name}.jsonl", label)] + [
        passage
        for passage in _passages(folder / f"{_PRESIDIO}.jsonl", NONE, only=["NON_SENSITIVE"])
        if "<" not in passage.text
    ]


def _passages(path: Path, label: str, only: list[str] | None = None) -> Iterator[Passage]:
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").strip().split("\n"):
        row = json.loads(line)
        if not held_out(row["id"]) and (only is None or row["labels"] == only):
            group = hashlib.sha256(row["id"].rpartition("-")[0].encode()).digest()[1] % 4
            theme = f"{path.stem}/{group}"
            yield Passage(text=row["text"], label=label, theme=theme, language=row["lang"])
