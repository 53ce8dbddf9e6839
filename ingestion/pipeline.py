"""Documents in, labelled chunks with their vectors out: split, embed, label."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingestion.document import Chunk, Document
from ingestion.labelling.neighbourhood import passages_of
from ingestion.passage import Passage
from ingestion.sensitivity import Label
from ingestion.splitting import Tokenizer, split

Vectors = NDArray[np.float32]


class Labeller(Protocol):
    """Says what texts are, given their vectors."""

    def label_passages(self, passages: Sequence[Passage], vectors: Vectors | None) -> tuple[Label, ...]:
        """Return one label per passage of a document, given all of them in order."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A parsed document with the names that people gave it."""

    document: Document
    title: str
    file_name: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelledChunk:
    """A chunk ready to be stored: what it says, what it is, and where it lies in the space of meanings."""

    chunk: Chunk
    label: Label
    vector: NDArray[np.float32]


def chunk_and_label(
    sources: Sequence[Source],
    *,
    tokenizer: Tokenizer,
    embed: Callable[[Sequence[str]], Vectors],
    labeller: Labeller,
) -> list[list[LabelledChunk]]:
    """Return every document's chunks, in order; all of them are embedded in one call, which batches best."""
    split_up = [split(source.document, tokenizer) for source in sources]
    vectors = embed([chunk.text for chunks in split_up for chunk in chunks])
    results, start = [], 0
    for source, chunks in zip(sources, split_up, strict=True):
        results.append(labelled(source, chunks, vectors[start : start + len(chunks)], labeller=labeller))
        start += len(chunks)
    return results


def labelled(source: Source, chunks: Sequence[Chunk], vectors: Vectors, *, labeller: Labeller) -> list[LabelledChunk]:
    """Return a document's chunks with their labels, given the vectors of all of them, in order."""
    labels = label_chunks(chunks, vectors, title=source.title, file_name=source.file_name, labeller=labeller)
    return [
        LabelledChunk(chunk=chunk, label=label, vector=vector)
        for chunk, label, vector in zip(chunks, labels, vectors, strict=True)
    ]


def label_chunks(
    chunks: Sequence[Chunk],
    vectors: Vectors,
    *,
    title: str | None,
    file_name: str | None,
    labeller: Labeller,
) -> tuple[Label, ...]:
    """Label all chunks of one document, in order, each beside its neighbours and under what stands over it.

    This is the one place where ingestion and relabelling do so.
    """
    return labeller.label_passages(passages_of(chunks, title=title, file_name=file_name), vectors)
