"""Labels for texts that are not stored chunks: questions, instructions, and what is about to leave."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import structlog

from ingestion.document import Document, Page
from ingestion.labelling.neighbourhood import passages_of
from ingestion.passage import Passage
from ingestion.sensitivity import Label, highest
from ingestion.splitting import split
from service.errors import PartUnavailableError
from service.policy.access import TenantId
from service.ports import Embedder, Labeller, Tokenizer, Vector, Vectors
from service.remembering import RememberingLabellers, owes_to_failure
from service.tracing import traced

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class LabellerParts:
    """All that labelling needs where there is no tenant: no store, no key, nothing remembered."""

    embedder: Embedder
    tokenizer: Tokenizer
    labeller: Labeller


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfailingLabeller:
    """A labeller whose crash is a label: what could not be examined is unknown, hence sensitive (R5).

    For questions and what is about to leave. An ingestion rather fails and is tried again.
    """

    inner: Labeller

    @property
    def version(self) -> str:
        """The version of the labeller inside."""
        return self.inner.version

    def label(self, texts: Sequence[str], vectors: Vectors | None) -> tuple[Label, ...]:
        """Label each text."""
        return self._tried(lambda: self.inner.label(texts, vectors), len(texts))

    def label_passages(
        self, passages: Sequence[Passage], vectors: Vectors | None, *, wanted: Sequence[int] | None = None
    ) -> tuple[Label, ...]:
        """Label each wanted passage."""
        count = len(passages if wanted is None else wanted)
        return self._tried(lambda: self.inner.label_passages(passages, vectors, wanted=wanted), count)

    def _tried(self, label: Callable[[], tuple[Label, ...]], count: int) -> tuple[Label, ...]:
        try:
            return label()
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody examined these texts
            _log.warning("labeller_failed", error=type(error).__name__)
            return (Label.unknown("detector_failed:labeller", version=self.version),) * count


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Asks the labeller in force. Long texts are cut, and the highest label of the pieces counts.

    What a tenant's labels were is remembered for that tenant, so that the scan at the egress need not embed
    again what it saw a moment ago (R7).
    """

    embedder: Embedder
    tokenizer: Tokenizer
    labellers: RememberingLabellers

    @property
    def version(self) -> str:
        """The labeller version that a label must carry to count."""
        return self.labellers.version

    @traced("label_question")
    def of_question(self, text: str, *, tenant_id: TenantId) -> tuple[Label, Vector]:
        """Return the label of a question and its vector, which retrieval needs too. Raises PartUnavailableError."""
        vectors = self._vectors([text])
        if vectors is None:
            message = "The question cannot be embedded now, so nothing can be found. Try again shortly."
            raise PartUnavailableError(message)
        passages = self._passages(text)
        if len(passages) > 1:
            return self.of((text,), tenant_id=tenant_id), vectors[0]
        alone = passages or (Passage(text=text),)
        return self.labellers.of(tenant_id).label_passages(alone, vectors)[0], vectors[0]

    @traced("label")
    def of(self, texts: Sequence[str], *, tenant_id: TenantId) -> Label:
        """Return the highest label among the texts; this is also the scan at the egress (R11)."""
        labeller = self.labellers.of(tenant_id)
        cut = [passages for text in texts if (passages := self._passages(text))]
        if not cut:
            return Label.unknown("made_from_nothing", version=self.version)
        known = [labeller.known(passages) for passages in cut]
        labels = [label for labels in known for label in labels]
        fresh = [passages for passages, labels in zip(cut, known, strict=True) if not labels]
        labels += self._fresh(fresh, labeller) if fresh else ()
        return highest(labels)

    def examined(self, text: str, *, tenant_id: TenantId) -> tuple[tuple[str, Label], ...]:
        """Return the passages of a text, each with its label, whose findings count in that passage (R14)."""
        passages = self._passages(text)
        labeller = self.labellers.of(tenant_id)
        labels = labeller.known(passages) or tuple(self._fresh([passages], labeller))
        return tuple((passage.text, label) for passage, label in zip(passages, labels, strict=True))

    def _fresh(self, cut: Sequence[tuple[Passage, ...]], labeller: Labeller) -> Iterator[Label]:
        """Yield the labels of texts that are not remembered, all of them embedded in one call."""
        vectors = self._vectors([passage.text for passages in cut for passage in passages])
        start = 0
        for passages in cut:
            own = vectors[start : start + len(passages)] if vectors is not None else None
            yield from labeller.label_passages(passages, own)
            start += len(passages)

    def of_constant(self, text: str) -> Label:
        """Return the label of a text that is part of the program; computed once per labeller version."""
        try:
            return _remembered(self, text, self.version)
        except _FailedError as error:
            return error.label

    def worked_out(self, text: str) -> Label:
        """Return the label of a text that belongs to no tenant, without remembering it."""
        passages = self._passages(text)
        if not passages:
            return Label.unknown("made_from_nothing", version=self.version)
        vectors = self._vectors([passage.text for passage in passages])
        return highest(self.labellers.labeller.label_passages(passages, vectors))

    def _vectors(self, texts: Sequence[str]) -> Vectors | None:
        """Return the texts' vectors, or None where the embedder fails: without vectors nothing is harmless (R5)."""
        try:
            return self.embedder.embed(texts)
        except Exception as error:  # noqa: BLE001 - a model in this process can fail in any way; its words may be texts
            _log.warning("embedding_failed", error=type(error).__name__)
            return None

    def _passages(self, text: str) -> tuple[Passage, ...]:
        """Cut a text. It is no document: its first line is a question, not a title that marks what follows."""
        page = Page(number=1, start=0, end=len(text))
        document = Document(text=text, pages=(page,), media_type="text/plain")
        passages = passages_of(split(document, self.tokenizer), title=None, file_name=None)
        return tuple(replace(passage, over=()) for passage in passages)


class _FailedError(Exception):
    """A label that came from a failure, on its way past what would remember it."""

    def __init__(self, label: Label) -> None:
        super().__init__()
        self.label = label


@lru_cache(maxsize=16)
def _remembered(labels: Labels, text: str, version: str) -> Label:  # noqa: ARG001 - the version is part of the key
    label = labels.worked_out(text)
    if owes_to_failure(label):
        raise _FailedError(label)
    return label
