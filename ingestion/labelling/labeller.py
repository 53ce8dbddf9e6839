"""The labeller: detectors and heads over each text, and a verdict: harmless only when nothing speaks against it."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
import structlog
from numpy.typing import NDArray

from ingestion.labelling.detecting import Detector
from ingestion.labelling.heads import KINDS, SPACE, Heads, Judgement
from ingestion.labelling.languages import SUPPORTED, has_unsupported_passage, language_of, too_short_to_tell
from ingestion.labelling.names import NameDetector
from ingestion.labelling.normalising import Views
from ingestion.labelling.patterns.clinical import CLINICAL
from ingestion.labelling.patterns.credentials import CREDENTIALS
from ingestion.labelling.patterns.detector import PatternDetector
from ingestion.labelling.patterns.markers import MARKERS
from ingestion.labelling.patterns.national import NATIONAL
from ingestion.labelling.patterns.payment import PAYMENT
from ingestion.labelling.patterns.personal import PERSONAL
from ingestion.labelling.version import labeller_version
from ingestion.sensitivity import UNDETERMINED, Finding, Label, Verdict

_LOG = structlog.get_logger()
_MAX_FINDINGS = 200

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
    """Labels texts. Never raises for a text: a detector or head that fails makes it unknown (R5).

    `heads` None means that the weights are missing: then nothing can be proved harmless.
    """

    def __init__(self, detectors: Sequence[Detector], heads: Judge | None, *, version: str | None = None) -> None:
        self._detectors = tuple(detectors)
        self._heads = heads
        self._version = version or labeller_version()

    @classmethod
    def shipped(cls, *, embedder: str = SPACE) -> "RingfenceLabeller":
        """Return the labeller with everything that comes with the product, for the vectors of this embedder.

        `embedder` is the name that its port tells; with another than the heads know nothing is proved harmless.
        """
        if embedder.partition("/")[0] != SPACE:
            _LOG.warning("labelling_heads_unfit", embedder=embedder)
            return cls(shipped_detectors(), None)
        try:
            heads = Heads.shipped()
        except (OSError, KeyError, ValueError) as error:
            _LOG.warning("labelling_heads_missing", error=type(error).__name__)
            return cls(shipped_detectors(), None)
        return cls(shipped_detectors(), heads)

    @property
    def version(self) -> str:
        """Code, weights and thresholds, hashed. A label of another version is stale."""
        return self._version

    def label(self, texts: Sequence[str], vectors: Vectors | None) -> tuple[Label, ...]:
        """Label each text, given its vector; without vectors nothing can be proved harmless."""
        judged = self._judged(texts, vectors)
        return tuple(self._label(text, *judgement) for text, judgement in zip(texts, judged, strict=True))

    def _judged(
        self, texts: Sequence[str], vectors: Vectors | None
    ) -> list[tuple[tuple[Judgement, ...], tuple[str, ...]]]:
        if vectors is None:
            return [((), ("no_vector",))] * len(texts)
        if self._heads is None:
            return [((), ("detector_failed:heads",))] * len(texts)
        if not texts:
            return []
        try:
            return [(judgements, ()) for judgements in self._heads.judge(list(texts), vectors)]
        except Exception as error:  # noqa: BLE001 - whatever a head does, the text becomes unknown
            _LOG.warning("detector_failed", detector="heads", error=type(error).__name__)
            return [((), ("detector_failed:heads",))] * len(texts)

    def _label(self, text: str, judgements: Iterable[Judgement], reasons: tuple[str, ...]) -> Label:
        findings, failures = self._found(text)
        meant = [
            Finding(
                category=KINDS[judgement.kind],
                kind=judgement.kind,
                start=0,
                end=len(text),
                confidence=round(judgement.probability, 3),
                detector="heads",
            )
            for judgement in judgements
            if judgement.sensitive
        ]
        doubts = [
            f"uncertain:{judgement.kind}"
            for judgement in judgements
            if not judgement.sensitive and not judgement.harmless
        ]
        language, unclear = _language(text)
        return self._summed((*findings, *meant), (*reasons, *failures, *unclear, *doubts), language)

    def _found(self, text: str) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
        try:
            views = Views.of(text)
        except Exception as error:  # noqa: BLE001 - whatever a text does to normalisation, it becomes unknown
            _LOG.warning("detector_failed", detector="normalising", error=type(error).__name__)
            return (), ("detector_failed:normalising",)
        findings: dict[tuple[str, int, int], Finding] = {}
        failures: list[str] = []
        for detector in self._detectors:
            try:
                for finding in detector.findings(views):
                    findings.setdefault((finding.kind, finding.start, finding.end), finding)
            except Exception as error:  # noqa: BLE001 - whatever a detector does, the text becomes unknown
                _LOG.warning("detector_failed", detector=detector.name, error=type(error).__name__)
                failures.append(f"detector_failed:{detector.name}")
        ordered = sorted(findings.values(), key=lambda finding: (finding.start, finding.end, finding.kind))
        return tuple(ordered), tuple(failures)

    def _summed(self, findings: tuple[Finding, ...], reasons: tuple[str, ...], language: str) -> Label:
        verdict = Verdict.SENSITIVE if findings else Verdict.UNKNOWN if reasons else Verdict.HARMLESS
        return Label(
            verdict=verdict,
            labeller_version=self._version,
            categories=frozenset(finding.category for finding in findings),
            findings=findings[:_MAX_FINDINGS],
            language=language,
            reasons=tuple(dict.fromkeys(reasons)),
        )


def _language(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the text's language, and a reason for doubt when the heads were not trained on it."""
    try:
        language = language_of(text)
        mixed = has_unsupported_passage(text)
    except Exception as error:  # noqa: BLE001 - whatever the identifier does, the text becomes unknown
        _LOG.warning("detector_failed", detector="language", error=type(error).__name__)
        return UNDETERMINED, ("detector_failed:language",)
    wordless = not any(map(str.isalpha, text))
    unclear = language == UNDETERMINED and too_short_to_tell(text)
    known = language in SUPPORTED or wordless or unclear
    return language, ("language_unknown",) if mixed or not known else ()
