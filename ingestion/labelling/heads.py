"""Small trained heads over a chunk's embedding, its words and cheap features: what it is about, without any marker."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

from ingestion.labelling.features import NAMES, features
from ingestion.labelling.wording import Rows, mean_rows, rows_of
from ingestion.sensitivity import Category

Matrix = NDArray[np.float32]

KINDS = {
    "clinical": Category.PHI,
    "counsel": Category.LEGAL_PRIVILEGE,
    "business": Category.TRADE_SECRET,
    "source_code": Category.TRADE_SECRET,
    "personnel": Category.PII,
}
WEIGHTS = "heads.npz"
SPACE = "all-MiniLM-L6-v2"
"""The embedder whose vectors the heads were trained on. Those of another mean nothing to them."""
_SOURCE_CODE = list(KINDS).index("source_code")
_SYMBOLS = NAMES.index("symbols")
_SYMBOLS_OF_CODE = 0.05
"""Text with fewer symbols than this reads as prose: 99 % of code has more, 95 % of prose has fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one head says: its calibrated probability, and the two thresholds to compare it with."""

    kind: str
    probability: float
    low: float
    high: float

    @property
    def sensitive(self) -> bool:
        """Whether the text is of this kind."""
        return self.probability >= self.high

    @property
    def harmless(self) -> bool:
        """Whether the text is surely not of this kind."""
        return self.probability <= self.low


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A table of words beside the embedding and the cheap features, one hidden layer, one logit per kind."""

    words: Matrix
    hidden: tuple[Matrix, Matrix]
    output: tuple[Matrix, Matrix]

    def logits(self, scaled: Matrix, rows: Sequence[Rows]) -> Matrix:
        """Return one logit per text and kind, shape (n, kinds)."""
        wording = np.stack([mean_rows(self.words, own) for own in rows])
        hidden = np.maximum(np.hstack([scaled, wording]) @ self.hidden[0] + self.hidden[1], 0)
        return np.asarray(hidden @ self.output[0] + self.output[1], dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """A few networks that differ by their seed only, their mean logit, then one calibrated probability per kind."""

    dimensions: int
    mean: Matrix
    scale: Matrix
    networks: tuple[Network, ...]
    slope: Matrix
    offset: Matrix
    low: Matrix
    high: Matrix

    @classmethod
    def shipped(cls) -> "Heads":
        """Return the heads whose weights come with this package. Raises OSError when they are missing."""
        return _shipped()

    def judge(self, texts: list[str], vectors: Matrix) -> list[tuple[Judgement, ...]]:
        """Return one judgement per text and kind. `vectors` has shape (n, dimensions)."""
        if vectors.shape != (len(texts), self.dimensions) or not np.isfinite(vectors).all():
            message = "these vectors are not of the space that the heads were trained on"
            raise ValueError(message)
        probabilities = self.probabilities(texts, vectors)
        return [
            tuple(
                Judgement(kind=kind, probability=float(p), low=float(low), high=float(high))
                for kind, p, low, high in zip(KINDS, row, self.low, self.high, strict=True)
            )
            for row in probabilities
        ]

    def probabilities(self, texts: Sequence[str], vectors: Matrix) -> Matrix:
        """Return calibrated probabilities, shape (n, kinds)."""
        cheap = np.stack([features(text) for text in texts])
        rows = [rows_of(text, len(self.networks[0].words)) for text in texts]
        scaled = (np.hstack([vectors, cheap]).astype(np.float32) - self.mean) / self.scale
        logits = np.mean([network.logits(scaled, rows) for network in self.networks], axis=0)
        logits = logits * self.slope + self.offset
        probabilities = np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), dtype=np.float32)
        probabilities[:, _SOURCE_CODE] *= np.minimum(cheap[:, _SYMBOLS] / _SYMBOLS_OF_CODE, 1)
        return probabilities


@cache
def _shipped() -> Heads:
    with as_file(files(__package__).joinpath(WEIGHTS)) as path, np.load(path, allow_pickle=False) as stored:
        return Heads(
            dimensions=int(stored["dimensions"]),
            mean=stored["mean"],
            scale=stored["scale"],
            networks=tuple(
                Network(
                    words=stored[f"words_{number}"].astype(np.float32),
                    hidden=(stored[f"hidden_weights_{number}"].astype(np.float32), stored[f"hidden_bias_{number}"]),
                    output=(stored[f"output_weights_{number}"].astype(np.float32), stored[f"output_bias_{number}"]),
                )
                for number in range(int(stored["networks"]))
            ),
            slope=stored["slope"],
            offset=stored["offset"],
            low=stored["low"],
            high=stored["high"],
        )
