"""A snippet hints at the person and shows nothing else that is sensitive; where nobody knows what is, nothing (R40)."""

import pytest

from ingestion.sensitivity import Category, Finding, Label, Verdict
from service.locating import masked, snippet
from service.subjects import Matcher, Subject

_TEXT = "Jürgen Müller, IBAN DE89370400440532013000, leidet an Asthma."
_MATCHES = Matcher(Subject(names=("Jürgen Müller",))).matches(_TEXT)


def _label(*spans: tuple[int, int], reasons: tuple[str, ...] = ()) -> Label:
    findings = tuple(
        Finding(category=Category.PCI, kind="iban", start=start, end=end, confidence=1.0, detector="test")
        for start, end in spans
    )
    return Label(verdict=Verdict.SENSITIVE, labeller_version="v", findings=findings, reasons=reasons)


def test_the_match_keeps_its_first_letters_and_findings_nothing() -> None:
    shown = snippet(_TEXT, _MATCHES, _label((20, 42)))
    assert shown == "J▇▇▇▇▇ M▇▇▇▇▇, IBAN ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇, leidet an Asthma."


def test_of_an_identifier_its_first_letter_is_shown() -> None:
    text = "an max.muster@firma.de"
    matches = Matcher(Subject(identifiers=("max.muster@firma.de",))).matches(text)
    assert masked(text, matches) == "an m" + "▇" * 18


@pytest.mark.parametrize(
    "label",
    [None, _label(reasons=("detector_failed:names",)), _label(*[(0, 1)] * 200)],
    ids=["no label", "failed", "too many"],
)
def test_where_nobody_knows_what_is_sensitive_only_the_match_is_hinted_at(label: Label | None) -> None:
    assert snippet(_TEXT, _MATCHES, label) == "J▇▇▇▇▇ M▇▇▇▇▇"


def test_without_a_match_there_is_nothing_to_show() -> None:
    assert snippet(_TEXT, (), _label()) == ""
