"""What every Embedder and its Tokenizer promise: the memory twins and sentence-transformers in both precisions."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from service.adapters.memory.embedding import InMemoryEmbedder, InMemoryTokenizer
from service.adapters.sentence_transformers import (
    PackagedTokenizer,
    SentenceTransformersEmbedder,
    detected_precision,
)
from service.errors import SettingsError
from service.ports import Embedder, Tokenizer

TEXTS = [
    "The tenant may end the lease with a notice period of three months.",
    "Quarterly revenue grew by four percent. " * 30,
    "Die Patientin klagt über Kopfschmerzen.",
    "def f(x): return x + 1",
    "?",
    "payment " * 400,  # longer than the encoder reads
]


@cache
def float32() -> Embedder:
    return SentenceTransformersEmbedder(precision="float32")


@cache
def bf16() -> Embedder:
    return SentenceTransformersEmbedder(precision="bf16")


@pytest.fixture(params=[InMemoryEmbedder, float32, bf16], ids=["memory", "float32", "bf16"])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    make: Callable[[], Embedder] = request.param
    return make()


@pytest.fixture(params=[InMemoryTokenizer, PackagedTokenizer], ids=["memory", "packaged"])
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    make: Callable[[], Tokenizer] = request.param
    return make()


def test_vectors_have_the_promised_shape_and_norm(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_make_no_vectors(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimensions)


def test_a_vector_does_not_depend_on_its_batch_mates(embedder: Embedder) -> None:
    together = embedder.embed(TEXTS * 4)
    alone = np.concatenate([embedder.embed([text]) for text in TEXTS] * 4)
    assert (together * alone).sum(axis=1).min() > 1 - 1e-3


def test_vectors_come_in_the_order_of_the_texts(embedder: Embedder) -> None:
    forward, backward = embedder.embed(TEXTS), embedder.embed(TEXTS[::-1])
    assert (forward * backward[::-1]).sum(axis=1).min() > 1 - 1e-3


def test_a_text_is_nearer_to_what_is_about_the_same(embedder: Embedder) -> None:
    question, lease, revenue = embedder.embed(["notice period of the lease", TEXTS[0], TEXTS[1]])
    assert question @ lease > question @ revenue


def test_many_threads_may_embed_at_once(embedder: Embedder) -> None:
    expected = embedder.embed(TEXTS[:2])
    with ThreadPoolExecutor(4) as pool:
        for vectors in pool.map(embedder.embed, [TEXTS[:2]] * 8):
            assert (vectors * expected).sum(axis=1).min() > 1 - 1e-3


def test_tokens_lie_in_order_inside_the_text_and_every_word_is_reached(tokenizer: Tokenizer) -> None:
    text = "Größe 😀 über \n" * 300
    spans = tokenizer.offsets(text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert [start for start, _ in spans] == sorted(start for start, _ in spans)
    assert text[spans[-1][0] : spans[-1][1]].strip() != ""
    assert sum("über".startswith(text[start:end]) for start, end in spans) >= 300  # none truncated
    assert tokenizer.offsets("") == []


def test_half_precision_agrees_with_float32() -> None:
    """The bound inside which vectors of one collection may differ."""
    assert (float32().embed(TEXTS) * bf16().embed(TEXTS)).sum(axis=1).min() >= 0.999


def test_the_name_says_model_and_precision() -> None:
    assert float32().name == "all-MiniLM-L6-v2/float32"
    assert SentenceTransformersEmbedder().name == f"all-MiniLM-L6-v2/{detected_precision()}"


@pytest.mark.parametrize(
    "config",
    [None, "not json", '{"max_position_embeddings": 128}'],
    ids=["no model in the folder", "no JSON in its config", "reads less than a chunk"],
)
def test_a_folder_that_cannot_embed_chunks_is_refused_at_start(tmp_path: Path, config: str | None) -> None:
    if config is not None:
        (tmp_path / "config.json").write_text(config)
    with pytest.raises(SettingsError):
        SentenceTransformersEmbedder(str(tmp_path))
    with pytest.raises(SettingsError):
        PackagedTokenizer(str(tmp_path))


@pytest.mark.parametrize("model", ["nobody/no-such-model", "../not a model//id"])
def test_a_model_that_is_not_on_this_machine_is_refused_and_not_downloaded(model: str) -> None:
    with pytest.raises(SettingsError, match="neither a folder nor a model"):
        SentenceTransformersEmbedder(model)
