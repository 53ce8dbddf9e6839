"""Every reason that a label can carry is said in plain words."""

import re
from pathlib import Path

import pytest

from ingestion.labelling import labeller
from ingestion.labelling.heads import KINDS
from ingestion.labelling.labeller import shipped_detectors
from service.cli.reasons import sentence


@pytest.mark.parametrize("kind", KINDS)
def test_a_head_in_doubt_is_described(kind: str) -> None:
    assert sentence(f"uncertain:{kind}").startswith("It may be about ")


@pytest.mark.parametrize("name", [*(detector.name for detector in shipped_detectors()), "columns", "document"])
def test_a_step_that_failed_or_hung_is_described(name: str) -> None:
    assert f": {name} failed" not in sentence(f"detector_failed:{name}")
    assert sentence(f"detector_timed_out:{name}").endswith("because it took too long.")


@pytest.mark.parametrize("cause", ["beside", "between"])
def test_what_a_neighbour_says_is_described(cause: str) -> None:
    assert f"{cause} " in sentence(f"{cause}:clinical")
    assert "somebody's health" in sentence(f"{cause}:clinical")


def test_every_code_that_the_labeller_writes_has_a_sentence() -> None:
    folder = Path(labeller.__file__).parent
    codes = {
        code
        for path in folder.glob("*.py")
        for code in re.findall(r"\(\"([a-z]+_[a-z]+)\",\)", path.read_text(encoding="utf-8"))
    }

    assert {"no_vector", "language_unknown"} <= codes
    assert [code for code in codes if code in sentence(code)] == []


def test_a_code_that_nobody_described_is_shown_as_it_is() -> None:
    assert sentence("moon_too_bright") == "Moon too bright (moon_too_bright)."
