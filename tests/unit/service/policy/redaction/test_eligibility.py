"""What may be redacted: values of the listed categories, and nothing else in doubt (R14, R5, R6)."""

from dataclasses import replace

import pytest

from ingestion.sensitivity import Category, Finding, Label, Verdict
from service.policy.prompt import Origin, Prompt
from service.policy.redaction import may_be_redacted, values_in
from tests.prompts import VERSION, a_part, harmless

PII = frozenset({Category.PII})
TEXT = "Ask Jane Doerksen."


def a_finding(category: Category = Category.PII, detector: str = "names") -> Finding:
    return Finding(category=category, kind="person_name", start=4, end=17, confidence=0.9, detector=detector)


def a_label(*findings: Finding, **changes: object) -> Label:
    label = Label(
        verdict=Verdict.SENSITIVE,
        labeller_version=VERSION,
        categories=frozenset(finding.category for finding in findings),
        findings=findings,
    )
    return replace(label, **changes)  # type: ignore[arg-type] # each case names a field of a label


def allowed(label: Label | None, *, categories: frozenset[Category] = PII) -> bool:
    parts = (a_part(Origin.INSTRUCTIONS), replace(a_part(Origin.CHUNK, TEXT), label=label), a_part(Origin.QUESTION))
    return may_be_redacted(Prompt(parts=parts), labeller_version=VERSION, categories=categories)


def test_values_of_a_listed_category_may_be_hidden() -> None:
    assert allowed(a_label(a_finding()))


@pytest.mark.parametrize(
    "label",
    [
        pytest.param(None, id="no label"),
        pytest.param(Label.unknown("detector_failed:names", version=VERSION), id="unknown"),
        pytest.param(a_label(a_finding(), labeller_version="older"), id="stale"),
        pytest.param(a_label(a_finding(), reasons=("uncertain:clinical",)), id="in doubt about something else"),
        pytest.param(a_label(a_finding(), a_finding(Category.PHI)), id="sensitive for something else, too"),
        pytest.param(a_label(a_finding(), a_finding(detector="heads")), id="about somebody as a whole"),
        pytest.param(a_label(a_finding(), a_finding(detector="document")), id="marked as a whole"),
        pytest.param(a_label(categories=PII), id="declared, without anything found"),
        pytest.param(a_label(*[a_finding()] * 200), id="so many findings that some may be missing"),
    ],
)
def test_anything_else_stays_as_it_is(label: Label | None) -> None:
    assert not allowed(label)


@pytest.mark.parametrize("category", sorted(set(Category) - PII))
def test_another_category_is_hidden_only_where_the_policy_lists_it(category: Category) -> None:
    """R14: never PHI, PCI, privilege or trade secrets unless the tenant's policy says so."""
    label = a_label(a_finding(category))
    assert not allowed(label)
    assert allowed(label, categories=frozenset({category}))


def test_without_a_listed_category_nothing_is_redacted() -> None:
    assert not allowed(a_label(a_finding()), categories=frozenset())
    assert not allowed(harmless(), categories=frozenset())


@pytest.mark.parametrize(
    ("origin", "may"), [(Origin.EARLIER_ANSWER, False), (Origin.EARLIER_QUESTION, True), (Origin.QUESTION, True)]
)
def test_a_category_without_findings_is_looked_into_only_where_the_asker_wrote_the_text(
    origin: Origin, *, may: bool
) -> None:
    """R10: what an answer is made from lends it its categories, whatever can be found in its own words."""
    parts = (a_part(Origin.INSTRUCTIONS), a_part(origin, TEXT, a_label(categories=PII)))
    assert may_be_redacted(Prompt(parts=parts), labeller_version=VERSION, categories=PII) is may


def test_what_a_finding_lies_on_is_its_value_without_the_placeholders_in_it() -> None:
    finding = replace(a_finding(), start=0, end=22)
    assert [one.spelled for one in values_in("[PERSON_1] Doerksen jr.", [finding])] == ["Doerksen jr"]
