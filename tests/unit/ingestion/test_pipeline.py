"""The pipeline: every chunk leaves with its own label and its own vector."""

from collections.abc import Sequence

import numpy as np
import pytest

from ingestion.document import Document, Page
from ingestion.passage import Passage
from ingestion.pipeline import Source, Vectors, chunk_and_label, label_chunks
from ingestion.sensitivity import Label, Verdict
from service.adapters.memory.embedding import InMemoryEmbedder, InMemoryTokenizer


class RecordingLabeller:
    """Calls every text harmless but notes its length, and forgets some on request."""

    def __init__(self, *, forgets: int = 0) -> None:
        self._forgets = forgets
        self.calls = 0

    def label_passages(self, passages: Sequence[Passage], vectors: Vectors | None) -> tuple[Label, ...]:
        assert vectors is not None
        assert len(vectors) == len(passages)
        self.calls += 1
        labels = [Label(verdict=Verdict.HARMLESS, labeller_version=str(len(one.text))) for one in passages]
        return tuple(labels[: len(labels) - self._forgets])


def a_source(text: str) -> Source:
    document = Document(text=text, pages=(Page(number=1, start=0, end=len(text)),), media_type="text/plain")
    return Source(document=document, title="A title", file_name="a.txt")


SOURCES = [
    a_source("One sentence. " * 300),
    a_source(" "),
    a_source("Short."),
    a_source("Other words. " * 99),
]


def test_every_chunk_of_every_document_keeps_its_own_label_and_vector() -> None:
    embedder, labeller = InMemoryEmbedder(), RecordingLabeller()
    found = chunk_and_label(SOURCES, tokenizer=InMemoryTokenizer(), embed=embedder.embed, labeller=labeller)
    assert [len(chunks) > 0 for chunks in found] == [True, False, True, True]
    assert labeller.calls == len(SOURCES)
    for chunks in found:
        for labelled in chunks:
            assert labelled.label.labeller_version == str(len(labelled.chunk.text))
            assert np.array_equal(labelled.vector, embedder.embed([labelled.chunk.text])[0])


def test_a_labeller_that_forgets_a_text_stops_the_pipeline() -> None:
    """A chunk without a label must not slip through as anything (R5)."""
    with pytest.raises(ValueError, match="zip"):
        chunk_and_label(
            SOURCES[-1:],
            tokenizer=InMemoryTokenizer(),
            embed=InMemoryEmbedder().embed,
            labeller=RecordingLabeller(forgets=1),
        )


def test_labelling_stored_chunks_again_says_the_same_of_them() -> None:
    """R6: ingestion and relabelling label a whole document in one place."""
    embedder, labeller = InMemoryEmbedder(), RecordingLabeller()
    (found,) = chunk_and_label(SOURCES[:1], tokenizer=InMemoryTokenizer(), embed=embedder.embed, labeller=labeller)
    chunks, vectors = [one.chunk for one in found], np.stack([one.vector for one in found])
    again = label_chunks(chunks, vectors, title="A title", file_name="a.txt", labeller=labeller)
    assert again == tuple(one.label for one in found)
