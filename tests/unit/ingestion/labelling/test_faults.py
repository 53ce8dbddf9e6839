"""Whichever part of the labeller raises, hangs or is missing, the text is unknown, logged and counted (R5)."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NoReturn

import numpy as np
import pytest
from numpy.typing import NDArray
from structlog.testing import capture_logs

from ingestion.labelling.detecting import Detector
from ingestion.labelling.examining import Examiner
from ingestion.labelling.guarding import Guard
from ingestion.labelling.heads import Judgement
from ingestion.labelling.labeller import RingfenceLabeller, shipped_detectors
from ingestion.labelling.normalising import Views
from ingestion.passage import Passage
from ingestion.sensitivity import Category, Finding, Verdict
from tests.unit.ingestion.labelling.doubles import Calm, Quiet, a_guard, some_vectors

_TEXT = "The cafeteria opens at noon and closes at two."
_VECTORS = some_vectors(1)


class Certain:
    """A detector that finds a name at the beginning of every text."""

    name = "certain"

    def findings(self, views: Views) -> Iterable[Finding]:
        assert views.original
        yield Finding(category=Category.PII, kind="person_name", start=0, end=3, confidence=1.0, detector="certain")


@dataclass(slots=True)
class Hanging:
    """A detector under somebody else's name that never comes back, or heads that do not."""

    name: str
    released: threading.Event = field(default_factory=threading.Event)
    asked: int = 0

    def findings(self, views: Views) -> Iterable[Finding]:
        self._hang()
        assert views.original
        return ()

    def judge(self, texts: list[str], vectors: NDArray[np.float32]) -> list[tuple[Judgement, ...]]:
        self._hang()
        return Calm().judge(texts, vectors)

    def _hang(self) -> None:
        self.asked += 1
        self.released.wait(30)


class Raising:
    """A detector under somebody else's name that raises what stops programs."""

    def __init__(self, name: str) -> None:
        self.name = name

    def findings(self, views: Views) -> Iterable[Finding]:
        raise SystemExit(views.original)


_NAMES = [detector.name for detector in shipped_detectors()]


def replaced(name: str, by: Detector) -> tuple[Detector, ...]:
    """Return the shipped detectors, one of them exchanged."""
    return tuple(by if detector.name == name else detector for detector in shipped_detectors())


def beside_quiet_ones(hanging: Hanging) -> tuple[Detector, ...]:
    """Return one that hangs beside stand-ins for the other shipped detectors."""
    return tuple(hanging if name == hanging.name else Quiet(name) for name in _NAMES)


@pytest.mark.parametrize("name", _NAMES)
def test_whichever_shipped_detector_raises_the_text_is_unknown_and_it_is_counted(name: str) -> None:
    """R5: also where what it raises is no ordinary error."""
    told: list[tuple[str, str]] = []
    guard = Guard(observer=lambda *failure: told.append(failure))
    (label,) = RingfenceLabeller(replaced(name, Raising(name)), Calm(), guard=guard).label([_TEXT], _VECTORS)

    assert label.verdict is Verdict.UNKNOWN
    assert label.reasons == (f"detector_failed:{name}",)
    assert told == [(name, "failed")]


@pytest.mark.parametrize("name", _NAMES)
def test_whichever_shipped_detector_hangs_the_text_is_unknown_and_the_others_are_asked_all_the_same(name: str) -> None:
    """R5: a hung detector costs its answer, not those of the others and not the process."""
    told: list[tuple[str, str]] = []
    hanging = Hanging(name)
    labeller = RingfenceLabeller((*beside_quiet_ones(hanging), Certain()), Calm(), guard=a_guard(told))
    with capture_logs() as logs:
        (label,) = labeller.label([_TEXT], _VECTORS)
    hanging.released.set()

    assert label.verdict is Verdict.SENSITIVE
    assert label.reasons == (f"detector_timed_out:{name}",)
    assert told == [(name, "timed_out")]
    assert [(log["event"], log["detector"]) for log in logs] == [("detector_timed_out", name)]


@pytest.mark.parametrize("name", _NAMES)
def test_a_text_with_nothing_in_it_is_unknown_when_one_detector_hangs(name: str) -> None:
    hanging = Hanging(name)
    (label,) = RingfenceLabeller(beside_quiet_ones(hanging), Calm(), guard=a_guard()).label([_TEXT], _VECTORS)
    hanging.released.set()

    assert label.verdict is Verdict.UNKNOWN
    assert label.reasons == (f"detector_timed_out:{name}",)


def test_heads_that_hang_prove_nothing() -> None:
    hanging = Hanging("heads")
    (label,) = RingfenceLabeller((), hanging, guard=a_guard()).label([_TEXT], _VECTORS)
    hanging.released.set()

    assert label.verdict is Verdict.UNKNOWN
    assert label.reasons == ("detector_timed_out:heads",)


def test_missing_heads_are_logged_and_counted_for_every_batch_they_miss() -> None:
    """R5: a labeller without its model does not fall silent about it."""
    told: list[tuple[str, str]] = []
    with capture_logs() as logs:
        RingfenceLabeller((), None, guard=a_guard(told)).label([_TEXT], _VECTORS)

    assert told == [("heads", "failed")]
    assert [(log["event"], log["error"]) for log in logs] == [("detector_failed", "MissingModel")]


def test_what_hung_three_times_is_not_asked_again_and_its_reason_stays() -> None:
    """R5: each hung thread may hold a core for ever, so that a broken detector must not collect them."""
    hanging = Hanging("payment")
    labeller = RingfenceLabeller((hanging,), Calm(), guard=a_guard())
    labels = [labeller.label([_TEXT], _VECTORS)[0] for _ in range(6)]
    hanging.released.set()

    assert hanging.asked == 3
    assert {label.reasons for label in labels} == {("detector_timed_out:payment",)}


def test_a_detector_that_fails_only_beside_the_neighbours_makes_the_chunk_unknown() -> None:
    """R5: a text that was examined alone but not in its document is not proved harmless."""

    class FailsOnLongTexts:
        name = "broken"

        def findings(self, views: Views) -> Iterable[Finding]:
            if len(views.original) > len(_TEXT):
                raise RuntimeError
            return ()

    passages = [Passage(text=_TEXT), Passage(text=_TEXT, before="Before it. ")]
    labels = RingfenceLabeller((FailsOnLongTexts(),), Calm()).label_passages(passages, some_vectors(2))

    assert [label.reasons for label in labels] == [(), ("detector_failed:broken",)]


def failing(_: str) -> NoReturn:
    """Fail as a model does whose file is missing."""
    raise FileNotFoundError


def test_without_its_language_identifier_or_its_normalisation_a_text_is_unknown() -> None:
    """R5: every part that a verdict rests on can be missing, and none of them goes unnoticed."""
    guard = a_guard()
    passage = Passage(text=_TEXT)

    assert Examiner((), guard, identify=failing).examine(passage).reasons == ("detector_failed:language",)
    assert Examiner((), guard, normalise=failing).examine(passage).reasons == ("detector_failed:normalising",)


def test_a_language_identifier_or_a_normalisation_that_hangs_makes_a_text_unknown() -> None:
    released = threading.Event()
    guard = a_guard()
    passage = Passage(text=_TEXT)

    def hang(_: str) -> NoReturn:
        released.wait(30)
        raise TimeoutError

    identified = Examiner((), guard, identify=hang).examine(passage)
    normalised = Examiner((), guard, normalise=hang).examine(passage)
    released.set()

    assert identified.reasons == ("detector_timed_out:language",)
    assert normalised.reasons == ("detector_timed_out:normalising",)
