"""The pipeline: every chunk leaves with its own label and its own vector."""

from collections.abc import Sequence

import numpy as np
import pytest

from ingestion.document import Document, Page
from ingestion.pipeline import Vectors, chunk_and_label
from ingestion.sensitivity import Label, Verdict
from service.adapters.memory.embedding import InMemoryEmbedder, InMemoryTokenizer


class RecordingLabeller:
    """Calls every text harmless but notes its length, and forgets some on request."""

    def __init__(self, *, forgets: int = 0) -> None:
        self._forgets = forgets
        self.calls = 0

    def label(self, texts: Sequence[str], vectors: Vectors | None) -> tuple[Label, ...]:
        assert vectors is not None
        assert len(vectors) == len(texts)
        self.calls += 1
        labels = [Label(verdict=Verdict.HARMLESS, labeller_version=str(len(text))) for text in texts]
        return tuple(labels[: len(labels) - self._forgets])


def a_document(text: str) -> Document:
    return Document(text=text, pages=(Page(number=1, start=0, end=len(text)),), media_type="text/plain")


DOCUMENTS = [
    a_document("One sentence. " * 300),
    a_document(" "),
    a_document("Short."),
    a_document("Other words. " * 99),
]


def test_every_chunk_of_every_document_keeps_its_own_label_and_vector() -> None:
    embedder, labeller = InMemoryEmbedder(), RecordingLabeller()
    found = chunk_and_label(DOCUMENTS, tokenizer=InMemoryTokenizer(), embed=embedder.embed, labeller=labeller)
    assert [len(chunks) > 0 for chunks in found] == [True, False, True, True]
    assert labeller.calls == 1
    for chunks in found:
        for labelled in chunks:
            assert labelled.label.labeller_version == str(len(labelled.chunk.text))
            assert np.array_equal(labelled.vector, embedder.embed([labelled.chunk.text])[0])


def test_a_labeller_that_forgets_a_text_stops_the_pipeline() -> None:
    """A chunk without a label must not slip through as anything (R5)."""
    with pytest.raises(ValueError, match="zip"):
        chunk_and_label(
            DOCUMENTS,
            tokenizer=InMemoryTokenizer(),
            embed=InMemoryEmbedder().embed,
            labeller=RecordingLabeller(forgets=1),
        )
