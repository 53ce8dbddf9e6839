"""A small trained convolution over tokens: how likely each one belongs to a person's name."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

from ingestion.labelling.names.tokens import rows_of

Matrix = NDArray[np.float32]

WEIGHTS = "tagger.npz"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NameTagger:
    """A table of token features, three convolutions of three tokens each, and one probability per token."""

    table: Matrix
    whole: Matrix
    layers: tuple[tuple[Matrix, Matrix], ...]
    output: tuple[Matrix, Matrix]
    threshold: float

    @classmethod
    def shipped(cls) -> "NameTagger":
        """Return the tagger whose weights come with this package. Raises OSError when they are missing."""
        return _shipped()

    def probabilities(self, tokens: Sequence[str]) -> Matrix:
        """Return one probability per token."""
        if not tokens:
            return np.zeros(0, dtype=np.float32)
        embedded = np.stack([_embedded(self, token) for token in tokens])
        state = embedded + embedded.mean(axis=0) @ self.whole
        for number, (weights, bias) in enumerate(self.layers):
            windows = np.hstack([_shifted(state, 1), state, _shifted(state, -1)])
            raised = np.maximum(windows @ weights + bias, 0)
            state = raised if number == 0 else state + raised
        logits = np.hstack([state, embedded]) @ self.output[0] + self.output[1]
        return np.asarray(1 / (1 + np.exp(-np.clip(logits[:, 0], -30, 30))), dtype=np.float32)


@lru_cache(maxsize=32_768)
def _embedded(tagger: NameTagger, token: str) -> Matrix:
    """Return the sum of a token's rows; few words make up most of any text."""
    return np.asarray(tagger.table[list(rows_of(token))].sum(axis=0), dtype=np.float32)


def _shifted(state: Matrix, by: int) -> Matrix:
    moved = np.zeros_like(state)
    if by > 0:
        moved[by:] = state[:-by]
    else:
        moved[:by] = state[-by:]
    return moved


@cache
def _shipped() -> NameTagger:
    with as_file(files(__package__).joinpath(WEIGHTS)) as path, np.load(path, allow_pickle=False) as stored:
        return NameTagger(
            table=stored["table"].astype(np.float32),
            whole=stored["whole"].astype(np.float32),
            layers=tuple(
                (stored[f"weights_{number}"].astype(np.float32), stored[f"bias_{number}"])
                for number in range(int(stored["layers"]))
            ),
            output=(stored["output_weights"].astype(np.float32), stored["output_bias"]),
            threshold=float(stored["threshold"]),
        )
