"""Fit the heads, calibrate them on themes they have not seen, and choose the two thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from ingestion.labelling.features import features
from ingestion.labelling.heads import KINDS, Heads, Network
from ingestion.labelling.training.corpus import NONE, Passage
from ingestion.labelling.training.network import ROWS, Sample, Trainable, logits_of, trained
from ingestion.labelling.wording import rows_of

Matrix = NDArray[np.float32]

_FOLDS = 5
_NETWORKS = 3
_FALSE_POSITIVES = {"clinical": 0.012, "counsel": 0.012, "business": 0.04, "source_code": 0.002, "personnel": 0.03}
"""How many of our harmless passages, most of them hard, a head may call sensitive on themes that it has not seen.

Business and personnel matters shade into everyday office text, so that recall is dearer there; what is lost is an
answer by the cloud.
"""
_UNKNOWN = 0.035
"""How many more of them may be unknown, so that what is almost sensitive stays local, too."""
_MIN_HIGH, _MAX_HIGH, _MAX_LOW = 0.03, 0.8, 0.35
_NEIGHBOURS = 0.2
"""How much it counts that a sensitive passage is not of another sensitive kind, too: often it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How one head does on themes that it has not seen, in one language."""

    kind: str
    language: str
    positives: int
    negatives: int
    recall: float
    false_positives: float
    recall_or_unknown: float
    unknown_negatives: float


def fitted(passages: Sequence[Passage], vectors: Matrix, seed: int) -> tuple[Heads, list[Score]]:
    """Return heads trained on everything, calibrated on out-of-fold logits with folds split by theme."""
    cheap = np.stack([features(passage.text) for passage in passages])
    mean = np.concatenate([np.zeros(vectors.shape[1]), cheap.mean(axis=0)]).astype(np.float32)
    scale = np.concatenate([np.full(vectors.shape[1], 0.05), np.maximum(cheap.std(axis=0), 0.05)]).astype(np.float32)
    sample = Sample(
        inputs=((np.hstack([vectors, cheap]) - mean) / scale).astype(np.float32),
        rows=[rows_of(passage.text, ROWS) for passage in passages],
        truths=truths_of(passages),
        weights=_weights(passages),
    )
    unseen = _out_of_fold(sample, passages, seed)
    slope, offset = _calibration(unseen, sample.truths)
    probabilities = 1 / (1 + np.exp(-np.clip(unseen * slope + offset, -30, 30)))
    low, high = _thresholds(probabilities, sample.truths)
    heads = Heads(
        dimensions=vectors.shape[1],
        mean=mean,
        scale=scale,
        networks=tuple(_stored(network) for network in _networks(sample, seed)),
        slope=slope,
        offset=offset,
        low=low,
        high=high,
    )
    return heads, _scores(passages, probabilities, low, high)


def truths_of(passages: Sequence[Passage]) -> Matrix:
    """Return 1 where a passage is of a kind, shape (n, kinds)."""
    return np.array([[passage.label == kind for kind in KINDS] for passage in passages], dtype=np.float32)


def _weights(passages: Sequence[Passage]) -> Matrix:
    """Return how much each truth counts."""
    return np.array(
        [[1.0 if passage.label in {kind, NONE} else _NEIGHBOURS for kind in KINDS] for passage in passages],
        dtype=np.float32,
    )


def _out_of_fold(sample: Sample, passages: Sequence[Passage], seed: int) -> Matrix:
    groups = np.unique([passage.theme for passage in passages], return_inverse=True)[1]
    unseen = np.zeros(sample.truths.shape, dtype=np.float32)
    folds = GroupKFold(_FOLDS, shuffle=True, random_state=seed)
    for train, test in folds.split(sample.inputs, groups=groups):
        networks = _networks(sample.at(train), seed)
        unseen[test] = np.mean([logits_of(network, sample.at(test)) for network in networks], axis=0)
    return unseen


def _networks(sample: Sample, seed: int) -> list[Trainable]:
    return [trained(sample, seed + number) for number in range(_NETWORKS)]


def _stored(network: Trainable) -> Network:
    return Network(words=_half(network.words.weight), hidden=_layer(network.hidden), output=_layer(network.output))


def _half(weights: torch.Tensor) -> Matrix:
    """Return the weights as they are stored: in half precision."""
    return np.asarray(weights.detach().numpy().astype(np.float16), dtype=np.float32)


def _layer(layer: torch.nn.Linear) -> tuple[Matrix, Matrix]:
    return _half(layer.weight.T), np.asarray(layer.bias.detach().numpy(), dtype=np.float32)


def _calibration(logits: Matrix, truths: Matrix) -> tuple[Matrix, Matrix]:
    """Return slope and offset per kind that turn logits into probabilities (Platt)."""
    fits = [LogisticRegression(C=1.0).fit(logits[:, [kind]], truths[:, kind]) for kind in range(truths.shape[1])]
    slope = np.array([fit.coef_[0, 0] for fit in fits], dtype=np.float32)
    return slope, np.array([fit.intercept_[0] for fit in fits], dtype=np.float32)


def _thresholds(probabilities: Matrix, truths: Matrix) -> tuple[Matrix, Matrix]:
    """Return, per kind, below which probability a text is harmless and from which it is sensitive."""
    low, high = [], []
    harmless = truths.sum(axis=1) == 0
    for place, kind in enumerate(KINDS):
        negative = probabilities[harmless, place]
        sensitive = float(np.quantile(negative, 1 - _FALSE_POSITIVES[kind]))
        high.append(min(_MAX_HIGH, max(_MIN_HIGH, sensitive)))
        doubtful = float(np.quantile(negative, 1 - _FALSE_POSITIVES[kind] - _UNKNOWN))
        low.append(min(_MAX_LOW, doubtful, high[-1]))
    return np.array(low, dtype=np.float32), np.array(high, dtype=np.float32)


def _scores(passages: Sequence[Passage], probabilities: Matrix, low: Matrix, high: Matrix) -> list[Score]:
    labels = np.array([passage.label for passage in passages])
    languages = np.array([passage.language for passage in passages])
    return [
        _score(kind, language, probabilities[mine, at], labels[mine], (float(low[at]), float(high[at])))
        for at, kind in enumerate(KINDS)
        for language in ("all", *sorted(set(languages)))
        for mine in [languages == language if language != "all" else np.ones(len(labels), dtype=bool)]
        if (labels[mine] == kind).any() and (labels[mine] == NONE).any()
    ]


def _score(
    kind: str, language: str, probability: Matrix, labels: NDArray[np.str_], bounds: tuple[float, float]
) -> Score:
    low, high = bounds
    positive, negative = probability[labels == kind], probability[labels == NONE]
    return Score(
        kind=kind,
        language=language,
        positives=len(positive),
        negatives=len(negative),
        recall=float((positive >= high).mean()),
        false_positives=float((negative >= high).mean()),
        recall_or_unknown=float((positive > low).mean()),
        unknown_negatives=float(((negative > low) & (negative < high)).mean()),
    )
