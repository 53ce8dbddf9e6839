"""The labeller's card speaks of the weights that ship, and of the training text that lies here."""

import hashlib
import re
from pathlib import Path

import pytest

import ingestion.labelling

_LABELLING = Path(ingestion.labelling.__file__).parent
_CARD = (Path(__file__).resolve().parents[2] / "docs" / "labeller-card.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("weights", ["heads.npz", "names/tagger.npz"])
def test_the_card_names_the_hash_of_the_weights_that_ship(weights: str) -> None:
    assert hashlib.sha256((_LABELLING / weights).read_bytes()).hexdigest() in _CARD


@pytest.mark.parametrize(
    ("folder", "said"),
    [("passages", "passages written out by hand"), ("named", "passages of our own (`training/named`)")],
)
def test_the_card_counts_the_passages_that_the_weights_were_trained_on(folder: str, said: str) -> None:
    lines = [
        line
        for path in (_LABELLING / "training" / folder).glob("*.txt")
        for line in path.read_text(encoding="utf-8").split("\n")
        if line and not re.fullmatch(r"@\w+( \w+){1,2}", line)
    ]

    assert re.search(rf"{len(lines):,}\s+{re.escape(said)}", _CARD)
