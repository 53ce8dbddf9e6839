"""Documents in, labelled chunks with their vectors out: split, embed, label."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingestion.document import Chunk, Document
from ingestion.sensitivity import Label
from ingestion.splitting import Tokenizer, split

Vectors = NDArray[np.float32]


class Labeller(Protocol):
    """Says what texts are, given their vectors."""

    def label(self, texts: Sequence[str], vectors: Vectors | None) -> tuple[Label, ...]:
        """Return one label per text."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelledChunk:
    """A chunk ready to be stored: what it says, what it is, and where it lies in the space of meanings."""

    chunk: Chunk
    label: Label
    vector: NDArray[np.float32]


def chunk_and_label(
    documents: Sequence[Document],
    *,
    tokenizer: Tokenizer,
    embed: Callable[[Sequence[str]], Vectors],
    labeller: Labeller,
) -> list[list[LabelledChunk]]:
    """Return every document's chunks, in order; all of them are embedded in one call, which batches best."""
    split_up = [split(document, tokenizer) for document in documents]
    texts = [chunk.text for chunks in split_up for chunk in chunks]
    vectors = embed(texts)
    described = zip(labeller.label(texts, vectors), vectors, strict=True)
    return [
        [
            LabelledChunk(chunk=chunk, label=label, vector=vector)
            for chunk, (label, vector) in zip(chunks, islice(described, len(chunks)), strict=True)
        ]
        for chunks in split_up
    ]
