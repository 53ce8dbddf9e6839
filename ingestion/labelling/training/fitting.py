"""Fit the heads, calibrate them on themes they have not seen, and choose the two thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.neural_network import MLPClassifier

from ingestion.labelling.features import features
from ingestion.labelling.heads import KINDS, Heads
from ingestion.labelling.training.corpus import Passage

Matrix = NDArray[np.float32]

_FOLDS = 5
_HIDDEN = 48
_NOISE = 0.01
_HIGH_FALSE_POSITIVES = 0.012
_LOW_RECALL = 0.985
_LOW_UNKNOWN = 0.05
_MIN_HIGH, _MAX_HIGH, _MAX_LOW = 0.5, 0.8, 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How one head does on themes that it has not seen."""

    kind: str
    positives: int
    negatives: int
    recall: float
    false_positives: float
    recall_or_unknown: float
    unknown_negatives: float


def inputs_of(passages: Sequence[Passage], vectors: Matrix) -> Matrix:
    """Return what the heads read: embeddings and cheap features, side by side."""
    return np.hstack([vectors, np.stack([features(passage.text) for passage in passages])]).astype(np.float32)


def truths_of(passages: Sequence[Passage]) -> NDArray[np.int8]:
    """Return 1 where a passage is of a kind, shape (n, kinds)."""
    return np.array([[passage.label == kind for kind in KINDS] for passage in passages], dtype=np.int8)


def fitted(passages: Sequence[Passage], vectors: Matrix, seed: int) -> tuple[Heads, list[Score]]:
    """Return heads trained on everything, calibrated on out-of-fold logits with folds split by theme."""
    inputs, truths = inputs_of(passages, vectors), truths_of(passages)
    groups = np.unique([passage.theme for passage in passages], return_inverse=True)[1]
    mean = np.concatenate([np.zeros(vectors.shape[1]), inputs[:, vectors.shape[1] :].mean(axis=0)]).astype(np.float32)
    scale = np.concatenate(
        [np.full(vectors.shape[1], 0.05), np.maximum(inputs[:, vectors.shape[1] :].std(axis=0), 0.05)]
    ).astype(np.float32)
    scaled = (inputs - mean) / scale
    unseen = np.zeros(truths.shape, dtype=np.float32)
    for train, test in GroupKFold(_FOLDS, shuffle=True, random_state=seed).split(scaled, groups=groups):
        unseen[test] = _logits(_network(scaled[train], truths[train], seed), scaled[test])
    slope, offset = _calibration(unseen, truths)
    probabilities = 1 / (1 + np.exp(-np.clip(unseen * slope + offset, -30, 30)))
    low, high = _thresholds(probabilities, truths)
    network = _network(scaled, truths, seed)
    heads = Heads(
        dimensions=vectors.shape[1],
        mean=mean,
        scale=scale,
        hidden=(_half(network.coefs_[0]), network.intercepts_[0].astype(np.float32)),
        output=(_half(network.coefs_[1]), network.intercepts_[1].astype(np.float32)),
        slope=slope,
        offset=offset,
        low=low,
        high=high,
    )
    return heads, _scores(probabilities, truths, low, high)


def _half(weights: NDArray[np.float64]) -> Matrix:
    """Return the weights as they are stored: in half precision."""
    return weights.astype(np.float16).astype(np.float32)


def _network(inputs: Matrix, truths: NDArray[np.int8], seed: int) -> MLPClassifier:
    """Return a small network, trained on inputs with a little noise so that low bits of embeddings don't matter."""
    noise = np.random.default_rng(seed).normal(0, _NOISE / 0.05, inputs.shape).astype(np.float32)
    network = MLPClassifier(
        (_HIDDEN,), alpha=0.02, batch_size=128, learning_rate_init=1e-3, max_iter=14, random_state=seed
    )
    network.n_iter_no_change = network.max_iter
    return network.fit(np.vstack([inputs, inputs + noise]), np.vstack([truths, truths]))


def _logits(network: MLPClassifier, inputs: Matrix) -> Matrix:
    hidden = np.maximum(inputs @ network.coefs_[0] + network.intercepts_[0], 0)
    return np.asarray(hidden @ network.coefs_[1] + network.intercepts_[1], dtype=np.float32)


def _calibration(logits: Matrix, truths: NDArray[np.int8]) -> tuple[Matrix, Matrix]:
    """Return slope and offset per kind that turn logits into probabilities (Platt)."""
    fits = [LogisticRegression(C=1.0).fit(logits[:, [kind]], truths[:, kind]) for kind in range(truths.shape[1])]
    slope = np.array([fit.coef_[0, 0] for fit in fits], dtype=np.float32)
    return slope, np.array([fit.intercept_[0] for fit in fits], dtype=np.float32)


def _thresholds(probabilities: Matrix, truths: NDArray[np.int8]) -> tuple[Matrix, Matrix]:
    """Return, per kind, below which probability a text is harmless and from which it is sensitive."""
    low, high = [], []
    for kind in range(truths.shape[1]):
        positive = probabilities[truths[:, kind] == 1, kind]
        negative = probabilities[truths.sum(axis=1) == 0, kind]
        quantile = float(np.quantile(negative, 1 - _HIGH_FALSE_POSITIVES))
        high.append(min(_MAX_HIGH, max(_MIN_HIGH, quantile)))
        least = float(np.quantile(negative, 1 - _LOW_UNKNOWN))
        low.append(min(_MAX_LOW, max(least, float(np.quantile(positive, 1 - _LOW_RECALL)))))
    return np.array(low, dtype=np.float32), np.array(high, dtype=np.float32)


def _scores(probabilities: Matrix, truths: NDArray[np.int8], low: Matrix, high: Matrix) -> list[Score]:
    scores = []
    for position, kind in enumerate(KINDS):
        positive = probabilities[truths[:, position] == 1, position]
        negative = probabilities[truths.sum(axis=1) == 0, position]
        scores.append(
            Score(
                kind=kind,
                positives=len(positive),
                negatives=len(negative),
                recall=float((positive >= high[position]).mean()),
                false_positives=float((negative >= high[position]).mean()),
                recall_or_unknown=float((positive > low[position]).mean()),
                unknown_negatives=float(((negative > low[position]) & (negative < high[position])).mean()),
            )
        )
    return scores
