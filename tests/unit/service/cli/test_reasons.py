"""Every reason that a label can carry is said in plain words."""

import re
from pathlib import Path

import pytest

from ingestion.labelling import labeller
from ingestion.labelling.heads import KINDS
from ingestion.labelling.labeller import shipped_detectors
from service.cli.reasons import sentence


@pytest.mark.parametrize("name", [detector.name for detector in shipped_detectors()])
def test_a_detector_that_failed_is_described(name: str) -> None:
    assert f": {name} failed." not in sentence(f"detector_failed:{name}")


@pytest.mark.parametrize("kind", KINDS)
def test_a_head_in_doubt_is_described(kind: str) -> None:
    assert sentence(f"uncertain:{kind}").startswith("It may be about ")


def test_every_code_that_the_labeller_writes_has_a_sentence() -> None:
    source = Path(labeller.__file__).read_text(encoding="utf-8")
    codes = set(re.findall(r"\(\"([a-z]+_[a-z]+)\",\)", source))

    assert {"no_vector", "language_unknown"} <= codes
    assert [code for code in codes if code in sentence(code)] == []


def test_a_code_that_nobody_described_is_shown_as_it_is() -> None:
    assert sentence("moon_too_bright") == "Moon too bright (moon_too_bright)."
