"""An export shows a person what is about them, and of others only what nobody recognised (R47)."""

import pytest

from ingestion.sensitivity import Category, Finding, Label, Verdict
from service.exporting.masking import without_others
from service.exporting.values import Withheld
from service.subjects import Matcher, Subject

TEXT = "Ada Example (ada@example.org) and Bo Other have asthma."
ADA = Matcher(Subject(identifiers=("ada@example.org",), names=("Ada Example",)))


def a_label(*findings: tuple[Category, str], text: str = TEXT, reasons: tuple[str, ...] = ()) -> Label:
    return Label(
        verdict=Verdict.SENSITIVE,
        labeller_version="v1",
        categories=frozenset(category for category, _ in findings),
        findings=tuple(
            Finding(
                category=category,
                kind="found",
                start=text.index(part),
                end=text.index(part) + len(part),
                confidence=1.0,
                detector="patterns",
            )
            for category, part in findings
        ),
        reasons=reasons,
    )


def shown(label: Label, text: str = TEXT) -> str | None:
    return without_others(text, ADA.matches(text), [label]).text


def test_the_persons_own_places_stay_and_those_of_others_are_hidden() -> None:
    label = a_label((Category.PII, "Ada Example"), (Category.PII, "ada@example.org"), (Category.PII, "Bo Other"))
    assert shown(label) == "Ada Example (ada@example.org) and ▇▇ ▇▇▇▇▇ have asthma."
    assert without_others(TEXT, ADA.matches(TEXT), [label]).masked == 1


def test_health_stays_only_where_nobody_else_is_named() -> None:
    alone = "Ada Example has asthma."
    assert shown(a_label((Category.PHI, "asthma"), text=alone), alone) == alone
    among = a_label((Category.PII, "Bo Other"), (Category.PHI, "asthma"))
    assert shown(among) == "Ada Example (ada@example.org) and ▇▇ ▇▇▇▇▇ have ▇▇▇▇▇▇."


@pytest.mark.parametrize("category", [Category.PCI, Category.TRADE_SECRET, Category.LEGAL_PRIVILEGE])
def test_secrets_of_the_house_are_hidden(category: Category) -> None:
    assert shown(a_label((category, "asthma"))) == TEXT.replace("asthma", "▇▇▇▇▇▇")


def test_what_judges_a_whole_text_hides_nothing_of_it() -> None:
    assert shown(a_label((Category.PHI, TEXT), (Category.PII, TEXT))) == TEXT


def test_what_the_labeller_found_is_hidden_though_a_reviewer_dismissed_it() -> None:
    """The reviewer said that it is no secret from models, not that this person may read it."""
    machine, counts = a_label((Category.PII, "Bo Other")), a_label()
    assert without_others(TEXT, ADA.matches(TEXT), [counts, machine]).masked == 1


@pytest.mark.parametrize("reason", ["detector_failed:names", "detector_timed_out:names"])
def test_a_text_that_was_not_examined_whole_is_withheld(reason: str) -> None:
    found = without_others(TEXT, ADA.matches(TEXT), [a_label(reasons=(reason,))])
    assert (found.text, found.withheld) == (None, Withheld.NOT_EXAMINED)
