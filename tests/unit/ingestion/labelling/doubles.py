"""Heads that say what a test wants, and documents cut as it wants."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ingestion.document import Chunk, Document, Page
from ingestion.labelling.guarding import Guard
from ingestion.labelling.heads import KINDS, Judgement
from ingestion.labelling.labeller import RingfenceLabeller, shipped_detectors
from ingestion.labelling.neighbourhood import passages_of
from ingestion.labelling.normalising import Views
from ingestion.sensitivity import Finding, Label
from ingestion.splitting import split
from service.adapters.memory.embedding import InMemoryTokenizer

LOW, HIGH = 0.3, 0.9


@dataclass(frozen=True, slots=True)
class Quiet:
    """Stands in for a detector, finds nothing, and that at once: a busy machine makes it miss no deadline."""

    name: str

    def findings(self, views: Views) -> Iterable[Finding]:
        assert views.original
        return ()


class Calm:
    """Heads that see nothing sensitive anywhere."""

    def judge(self, texts: list[str], vectors: NDArray[np.float32]) -> list[tuple[Judgement, ...]]:
        assert len(vectors) == len(texts)
        return [tuple(a_judgement(kind, 0.0) for kind in KINDS)] * len(texts)


class Reading:
    """Heads that read the clinical probability from each text's only number, `[0.95]`."""

    def judge(self, texts: list[str], vectors: NDArray[np.float32]) -> list[tuple[Judgement, ...]]:
        assert len(vectors) == len(texts)
        return [(a_judgement("clinical", float(text[text.index("[") + 1 : text.index("]")])),) for text in texts]


def a_judgement(kind: str, probability: float) -> Judgement:
    """Return what a head with these tests' thresholds says."""
    return Judgement(kind=kind, probability=probability, low=LOW, high=HIGH)


def a_guard(told: list[tuple[str, str]] | None = None) -> Guard:
    """Return a guard that loses patience soon, and notes what failed."""
    noted: list[tuple[str, str]] = told if told is not None else []
    return Guard(seconds=0.5, grace=0.0, observer=lambda *failure: noted.append(failure))


def some_vectors(count: int) -> NDArray[np.float32]:
    """Return vectors that nobody reads."""
    return np.zeros((count, 384), dtype=np.float32)


def a_labeller() -> RingfenceLabeller:
    """Return the shipped detectors beside heads that see nothing."""
    return RingfenceLabeller(shipped_detectors(), Calm())


def cut(text: str, *, max_tokens: int, overlap: int = 0) -> tuple[Chunk, ...]:
    """Return what the real splitter makes of a text, a token a word."""
    document = Document(text=text, pages=(Page(number=1, start=0, end=len(text)),), media_type="text/plain")
    return split(document, InMemoryTokenizer(), max_tokens=max_tokens, overlap=overlap)


def cut_at(text: str, places: Sequence[int]) -> tuple[Chunk, ...]:
    """Return chunks without overlap that end at these places, white space trimmed as the splitter does."""
    borders = [0, *sorted({place for place in places if 0 < place < len(text)}), len(text)]
    pieces = [(start, text[start:end]) for start, end in pairwise(borders)]
    return tuple(
        Chunk(
            ordinal=ordinal,
            start=start + len(piece) - len(piece.lstrip()),
            end=start + len(piece.rstrip()),
            text=piece.strip(),
            tokens=1,
            first_page=1,
            last_page=1,
        )
        for ordinal, (start, piece) in enumerate((start, piece) for start, piece in pieces if piece.strip())
    )


def labels_of(
    chunks: Sequence[Chunk],
    labeller: RingfenceLabeller,
    *,
    title: str | None = None,
    file_name: str | None = "notes.txt",
) -> tuple[Label, ...]:
    """Label chunks as ingestion does."""
    return labeller.label_passages(passages_of(chunks, title=title, file_name=file_name), some_vectors(len(chunks)))
