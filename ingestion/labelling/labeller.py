"""The labeller: detectors and heads over each text, and a verdict: harmless only when nothing speaks against it."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import structlog
from numpy.typing import NDArray

from ingestion.labelling.detecting import Detector
from ingestion.labelling.examining import Examiner
from ingestion.labelling.guarding import Failure, Guard, Step
from ingestion.labelling.heads import KINDS, SPACE, Heads, Judgement
from ingestion.labelling.meaning import Judged, Meaning, beside
from ingestion.labelling.names import NameDetector
from ingestion.labelling.patterns.clinical import CLINICAL
from ingestion.labelling.patterns.credentials import CREDENTIALS
from ingestion.labelling.patterns.detector import PatternDetector
from ingestion.labelling.patterns.markers import MARKERS
from ingestion.labelling.patterns.national import NATIONAL
from ingestion.labelling.patterns.payment import PAYMENT
from ingestion.labelling.patterns.personal import PERSONAL
from ingestion.labelling.version import labeller_version
from ingestion.passage import Passage
from ingestion.sensitivity import UNDETERMINED, Finding, Label, Verdict

_LOG = structlog.get_logger()
_MAX_FINDINGS = 200
_JUDGED_AT_ONCE = 256
"""Texts that the heads judge under one deadline."""

Vectors = NDArray[np.float32]


class Judge(Protocol):
    """Says what texts are about, from their embeddings."""

    def judge(self, texts: list[str], vectors: Vectors) -> list[tuple[Judgement, ...]]:
        """Return one judgement per text and kind."""
        ...


def shipped_detectors() -> tuple[Detector, ...]:
    """Return the detectors that come with the product."""
    return (
        PatternDetector("payment", PAYMENT),
        PatternDetector("personal", (*PERSONAL, *NATIONAL)),
        PatternDetector("clinical", CLINICAL),
        PatternDetector("credentials", CREDENTIALS),
        PatternDetector("markers", MARKERS),
        NameDetector(),
    )


class RingfenceLabeller:
    """Labels texts. Never raises for a text: a detector or head that fails or hangs makes it unknown (R5).

    `heads` None means that the weights are missing: then nothing can be proved harmless.
    """

    def __init__(
        self,
        detectors: Sequence[Detector],
        heads: Judge | None,
        *,
        version: str | None = None,
        guard: Guard | None = None,
    ) -> None:
        self._guard = guard or Guard()
        self._examiner = Examiner(detectors, self._guard)
        self._heads = heads
        self._version = version or labeller_version()

    @classmethod
    def shipped(cls, *, embedder: str = SPACE, guard: Guard | None = None) -> "RingfenceLabeller":
        """Return the labeller with everything that comes with the product, for the vectors of this embedder.

        `embedder` is the name that its port tells; with another than the heads know nothing is proved harmless.
        """
        if embedder.partition("/")[0] != SPACE:
            _LOG.warning("labelling_heads_unfit", embedder=embedder)
            return cls(shipped_detectors(), None, guard=guard)
        try:
            heads = Heads.shipped()
        except (OSError, KeyError, ValueError) as error:
            _LOG.warning("labelling_heads_missing", error=type(error).__name__)
            return cls(shipped_detectors(), None, guard=guard)
        return cls(shipped_detectors(), heads, guard=guard)

    @property
    def version(self) -> str:
        """Code, weights and thresholds, hashed. A label of another version is stale."""
        return self._version

    def label(self, texts: Sequence[str], vectors: Vectors | None) -> tuple[Label, ...]:
        """Label each text by itself, given its vector; without vectors nothing can be proved harmless."""
        judged, reasons = self._judged(texts, vectors)
        return tuple(
            self._label(Passage(text=text), Meaning.of(own), reasons) for text, own in zip(texts, judged, strict=True)
        )

    def label_passages(
        self, passages: Sequence[Passage], vectors: Vectors | None, *, wanted: Sequence[int] | None = None
    ) -> tuple[Label, ...]:
        """Label the passages of one document, in order, each beside its neighbours.

        With `wanted` only the passages at these places get a label; the others are their neighbours.
        """
        judged, reasons = self._judged([passage.text for passage in passages], vectors)
        around: list[Judged] = [(), *judged, ()]
        return tuple(
            self._label(passages[place], beside(*around[place : place + 3]), reasons)
            for place in (range(len(passages)) if wanted is None else wanted)
        )

    def _judged(self, texts: Sequence[str], vectors: Vectors | None) -> tuple[list[Judged], tuple[str, ...]]:
        """Return a judgement per text, or none at all and the reason for that."""
        nothing: list[Judged] = [()] * len(texts)
        if vectors is None:
            return nothing, ("no_vector",)
        if not texts:
            return [], ()
        if self._heads is None:
            missing = Failure(name="heads", how="failed", error="MissingModel")
            self._guard.report(missing)
            return nothing, (missing.reason,)
        if len(vectors) != len(texts):
            message = f"{len(texts)} texts cannot have {len(vectors)} vectors"
            raise ValueError(message)
        judged: list[Judged] = []
        for first in range(0, len(texts), _JUDGED_AT_ONCE):
            some = slice(first, first + _JUDGED_AT_ONCE)
            judge = self._judging(self._heads, list(texts[some]), vectors[some])
            (came,) = self._guard.run([Step(name="heads", call=judge)])
            if isinstance(came, Failure):
                return nothing, (came.reason,)
            judged += came
        return judged, ()

    @staticmethod
    def _judging(heads: Judge, texts: list[str], vectors: Vectors) -> Callable[[], list[Judged]]:
        return lambda: heads.judge(texts, vectors)

    def _label(self, passage: Passage, meaning: Meaning, reasons: tuple[str, ...]) -> Label:
        seen = self._examiner.examine(passage)
        meant = [
            Finding(
                category=KINDS[judgement.kind],
                kind=judgement.kind,
                start=0,
                end=len(passage.text),
                confidence=round(judgement.probability, 3),
                detector="heads",
            )
            for judgement in meaning.sensitive
        ]
        findings = (*meant, *seen.findings)
        doubts = tuple(dict.fromkeys((*reasons, *seen.reasons, *meaning.doubts)))
        return Label(
            verdict=Verdict.SENSITIVE if findings else Verdict.UNKNOWN if doubts else Verdict.HARMLESS,
            labeller_version=self._version,
            categories=frozenset(finding.category for finding in findings),
            findings=findings[:_MAX_FINDINGS],
            language=seen.language or UNDETERMINED,
            reasons=doubts,
        )
