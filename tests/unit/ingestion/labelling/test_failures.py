"""A labeller that is broken in any part says unknown, never harmless (R5)."""

# ruff: noqa: RUF001 - look-alikes and other alphabets are what is tested

from collections.abc import Iterable

import numpy as np
import pytest
from numpy.typing import NDArray
from structlog.testing import capture_logs

from ingestion.labelling.heads import Judgement
from ingestion.labelling.labeller import RingfenceLabeller
from ingestion.labelling.normalising import Views
from ingestion.sensitivity import Category, Finding, Verdict
from tests.unit.ingestion.labelling.doubles import Calm

_TEXT = "The cafeteria opens at noon and closes at two."
_VECTORS = np.zeros((1, 384), dtype=np.float32)


class Doubtful(Calm):
    """Heads that cannot decide."""

    def judge(self, texts: list[str], vectors: NDArray[np.float32]) -> list[tuple[Judgement, ...]]:
        assert len(vectors) == len(texts)
        return [(Judgement(kind="clinical", probability=0.5, low=0.1, high=0.9),)] * len(texts)


class Broken:
    """Heads and a detector that always fail."""

    name = "broken"

    def judge(self, texts: list[str], vectors: NDArray[np.float32]) -> list[tuple[Judgement, ...]]:
        raise RuntimeError(texts[0], vectors)

    def findings(self, views: Views) -> Iterable[Finding]:
        raise RuntimeError(views.original)


class Certain:
    """A detector that finds a name at the beginning of every text."""

    name = "certain"

    def findings(self, views: Views) -> Iterable[Finding]:
        assert views.original
        yield Finding(category=Category.PII, kind="person_name", start=0, end=3, confidence=1.0, detector="certain")


def test_a_text_in_which_nothing_is_found_and_nothing_failed_is_harmless() -> None:
    (label,) = RingfenceLabeller((), Calm()).label([_TEXT], _VECTORS)

    assert label.verdict is Verdict.HARMLESS
    assert label.language == "en"


def test_a_failing_detector_makes_the_text_unknown_and_the_log_says_which_without_the_text() -> None:
    with capture_logs() as logs:
        (label,) = RingfenceLabeller((Broken(),), Calm()).label([_TEXT], _VECTORS)

    assert label.verdict is Verdict.UNKNOWN
    assert label.reasons == ("detector_failed:broken",)
    assert logs == [{"event": "detector_failed", "detector": "broken", "error": "RuntimeError", "log_level": "warning"}]


def test_a_finding_keeps_a_text_sensitive_although_another_detector_failed() -> None:
    (label,) = RingfenceLabeller((Broken(), Certain()), Calm()).label([_TEXT], _VECTORS)

    assert label.verdict is Verdict.SENSITIVE
    assert label.categories == {Category.PII}
    assert label.reasons == ("detector_failed:broken",)


@pytest.mark.parametrize("heads", [None, Broken()], ids=["weights are missing", "heads raise"])
def test_without_working_heads_nothing_is_harmless(heads: Broken | None) -> None:
    (label,) = RingfenceLabeller((), heads).label([_TEXT], _VECTORS)

    assert label.verdict is Verdict.UNKNOWN
    assert label.reasons == ("detector_failed:heads",)


def test_heads_between_their_thresholds_make_a_text_unknown() -> None:
    (label,) = RingfenceLabeller((), Doubtful()).label([_TEXT], _VECTORS)

    assert label.verdict is Verdict.UNKNOWN
    assert label.reasons == ("uncertain:clinical",)


@pytest.mark.parametrize(
    "text",
    [
        "Привет, это обычный текст о погоде и ничего больше.",
        "これは天気についての普通の文章です。",
        "To jest zwykły tekst o pogodzie.",
    ],
)
def test_a_language_that_the_heads_were_not_trained_on_is_never_harmless(text: str) -> None:
    (label,) = RingfenceLabeller((), Calm()).label([text], _VECTORS)

    assert label.verdict is Verdict.UNKNOWN
    assert label.reasons == ("language_unknown",)


@pytest.mark.parametrize("vectors", [np.zeros((1, 12), dtype=np.float32), np.full((1, 384), np.nan, dtype=np.float32)])
def test_vectors_of_another_space_prove_nothing(vectors: NDArray[np.float32]) -> None:
    (label,) = RingfenceLabeller.shipped().label([_TEXT], vectors)

    assert label.verdict is Verdict.UNKNOWN
    assert "detector_failed:heads" in label.reasons


@pytest.mark.parametrize(
    "passage",
    [
        "患者王伟被诊断为艾滋病。",
        "王伟",
        "Пациент Иван Петров болен СПИДом.",
        "रोगी को एड्स है",
        "Il paziente ha ricevuto una diagnosi di tumore al polmone e segue la chemioterapia.",
        "Patienten har fått diagnosen schizofreni och behandlas på sjukhuset.",
        "O paciente recebeu o diagnóstico de esquizofrenia e faz tratamento no hospital.",
    ],
)
@pytest.mark.parametrize("ending", [" ", "\n", ". "])
def test_a_passage_that_the_heads_cannot_read_makes_an_english_text_unknown(passage: str, ending: str) -> None:
    """R4, R5: most of a chunk may be English; the sentence that matters need not be."""
    text = f"{_TEXT} Visitors can park in the garage and register at the front desk. {passage}{ending}{_TEXT}"
    (label,) = RingfenceLabeller((), Calm()).label([text], _VECTORS)

    assert label.verdict is Verdict.UNKNOWN
    assert label.reasons == ("language_unknown",)


@pytest.mark.parametrize("sign", ["a resistor of 5 Ω", "a radius of 3 µm", "π is 3.14", "2ª planta", "ﬁne print"])
def test_a_single_foreign_letter_is_a_sign_and_no_language(sign: str) -> None:
    (label,) = RingfenceLabeller((), Calm()).label([f"{_TEXT} It has {sign} in it."], _VECTORS)

    assert label.verdict is Verdict.HARMLESS
