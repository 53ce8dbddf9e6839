"""What is measured: anything that says of texts which categories they have and whether they may leave."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import process_time
from typing import Protocol

from ingestion.document import Document, Page
from ingestion.passage import Passage
from ingestion.pipeline import LabelledChunk, Source, chunk_and_label
from ingestion.sensitivity import Category, Finding, Label, Verdict, highest
from service.evaluation.rows import Kind
from service.labels import LabellerParts
from service.ports import Labeller, Vectors

_KIND_OF_DETECTOR = {"credentials": Kind.CREDENTIAL, "markers": Kind.BUSINESS}
_KIND_OF_FINDING = {"source_code": Kind.CODE, "business": Kind.BUSINESS}
_WARM_UP = (
    "The garden opens at noon.",
    "Le jardin ouvre \u00e0 midi, t\u00e9l. 01 42 68 53 00, chez Jeanne Moreau.",
    "Anna Smith, +49 170 1234567, (212) 555-0123, DE89 3704 0044 0532 0130 00, anna@example.org, 192.0.2.1",
    'def opened(door):\n    password = "hunter2Xy!9"\n    return door.open(password)',
)
"""What makes every list, table and model load before anything is timed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What a classifier says of one text."""

    categories: frozenset[Category]
    kinds: frozenset[Kind]
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Chunks labelled, and the processor seconds (of all threads) spent on labels and on embeddings."""

    chunks: int
    labelling_seconds: float
    embedding_seconds: float

    def since(self, earlier: "Cost") -> "Cost":
        """Return what was spent after `earlier`."""
        return Cost(
            chunks=self.chunks - earlier.chunks,
            labelling_seconds=self.labelling_seconds - earlier.labelling_seconds,
            embedding_seconds=self.embedding_seconds - earlier.embedding_seconds,
        )


class Classifier(Protocol):
    """Anything that can be measured on labelled rows."""

    @property
    def name(self) -> str:
        """What it is called in reports."""
        ...

    @property
    def version(self) -> str:
        """What would have to change for its answers to change."""
        ...

    @property
    def cost(self) -> Cost:
        """What all predictions so far took."""
        ...

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """Return one prediction per text, in order."""
        ...


def label_sources(sources: Sequence[Source], labels: LabellerParts) -> list[list[LabelledChunk]]:
    """Cut and label parsed documents exactly as ingestion does, without storing anything."""
    return chunk_and_label(sources, tokenizer=labels.tokenizer, embed=labels.embedder.embed, labeller=labels.labeller)


def kinds_of(findings: Sequence[Finding]) -> frozenset[Kind]:
    """Return which kinds of TRADE_SECRET the findings tell of."""
    secret = [finding for finding in findings if finding.category is Category.TRADE_SECRET]
    told = (_KIND_OF_FINDING.get(finding.kind) or _KIND_OF_DETECTOR.get(finding.detector) for finding in secret)
    return frozenset(kind for kind in told if kind is not None)


class RingfenceClassifier:
    """The product's own labeller behind the product's own pipeline; a text is as sensitive as its highest chunk."""

    def __init__(self, labels: LabellerParts) -> None:
        """Take the labeller to measure, and load its models, which is no part of the cost."""
        self._embedder = _TimedEmbedder(labels)
        self._labeller = _TimedLabeller(labels.labeller)
        self._labels = LabellerParts(embedder=self._embedder, tokenizer=labels.tokenizer, labeller=self._labeller)
        self._chunks = 0
        label_sources([_source(text) for text in _WARM_UP], labels)

    @property
    def name(self) -> str:
        """The product."""
        return "ringfence"

    @property
    def version(self) -> str:
        """The labeller's version and the embedder's name."""
        return f"{self._labeller.version} on {self._embedder.name}"

    @property
    def cost(self) -> Cost:
        """What all predictions so far took."""
        spent = self._labeller.seconds, self._embedder.seconds
        return Cost(chunks=self._chunks, labelling_seconds=spent[0], embedding_seconds=spent[1])

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """Return one prediction per text, in order."""
        found = label_sources([_source(text) for text in texts], self._labels)
        self._chunks += sum(map(len, found))
        return [_prediction([chunk.label for chunk in chunks]) for chunks in found]


def _source(text: str) -> Source:
    page = Page(number=1, start=0, end=len(text))
    return Source(document=Document(text=text, pages=(page,), media_type="text/plain"), title="", file_name="")


def _prediction(labels: Sequence[Label]) -> Prediction:
    whole = highest(labels)
    kinds = kinds_of([finding for label in labels for finding in label.findings])
    return Prediction(categories=whole.categories, kinds=kinds, verdict=whole.verdict)


@dataclass(slots=True)
class _TimedEmbedder:
    """An embedder that counts its processor seconds."""

    labels: LabellerParts
    seconds: float = field(default=0.0, init=False)

    @property
    def name(self) -> str:
        return self.labels.embedder.name

    @property
    def dimensions(self) -> int:
        return self.labels.embedder.dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        began = process_time()
        vectors = self.labels.embedder.embed(texts)
        self.seconds += process_time() - began
        return vectors


@dataclass(slots=True)
class _TimedLabeller:
    """A labeller that counts its processor seconds."""

    labeller: Labeller
    seconds: float = field(default=0.0, init=False)

    @property
    def version(self) -> str:
        return self.labeller.version

    def label(self, texts: Sequence[str], vectors: Vectors | None) -> tuple[Label, ...]:
        return self.label_passages([Passage(text=text) for text in texts], vectors)

    def label_passages(
        self, passages: Sequence[Passage], vectors: Vectors | None, *, wanted: Sequence[int] | None = None
    ) -> tuple[Label, ...]:
        began = process_time()
        labels = self.labeller.label_passages(passages, vectors, wanted=wanted)
        self.seconds += process_time() - began
        return labels
