"""What counts is (machine - dismissed) | added | declared, and never less (R6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.reviewing import Change, Review, effective
from ingestion.sensitivity import Category, Finding, Label, Verdict, dismissible

CATEGORIES = st.frozensets(st.sampled_from(Category))
DOUBTS = st.lists(st.sampled_from(["uncertain:clinical", "language_unknown"]), unique=True)
REASONS = st.lists(
    st.sampled_from(["uncertain:clinical", "language_unknown", "detector_failed:names", "no_vector", "new_code"]),
    unique=True,
)
REVIEWS = st.builds(Review, dismissed=CATEGORIES, added=CATEGORIES, doubts_dismissed=st.booleans())
CHANGES = st.builds(Change, dismissed=CATEGORIES, added=CATEGORIES, doubts_dismissed=st.none() | st.booleans())


def a_finding(category: Category) -> Finding:
    return Finding(category=category, kind="k", start=0, end=1, confidence=1.0, detector="d")


def a_machine_label(categories: frozenset[Category], reasons: list[str]) -> Label:
    """Return a label as a labeller makes it."""
    return Label(
        verdict=Verdict.SENSITIVE if categories else Verdict.UNKNOWN if reasons else Verdict.HARMLESS,
        labeller_version="v1",
        categories=categories,
        findings=tuple(map(a_finding, sorted(categories))),
        language="en",
        reasons=tuple(reasons),
    )


LABELS = st.builds(a_machine_label, CATEGORIES, REASONS)


@given(machine=LABELS, review=REVIEWS, declared=CATEGORIES)
def test_the_categories_are_the_labellers_less_the_dismissed_and_with_the_floor(
    machine: Label, review: Review, declared: frozenset[Category]
) -> None:
    label = effective(machine, review, declared=declared)
    assert label.categories == (machine.categories - review.dismissed) | review.added | declared
    assert {finding.category for finding in label.findings} <= label.categories
    assert (label.labeller_version, label.language) == (machine.labeller_version, machine.language)


@given(machine=LABELS, review=REVIEWS, declared=CATEGORIES)
def test_the_verdict_is_harmless_only_when_nothing_is_left(
    machine: Label, review: Review, declared: frozenset[Category]
) -> None:
    label = effective(machine, review, declared=declared)
    left = [code for code in machine.reasons if not (review.doubts_dismissed and dismissible(code))]
    expected = Verdict.SENSITIVE if label.categories else Verdict.UNKNOWN if left else Verdict.HARMLESS
    assert label.verdict is expected


@given(machine=LABELS, review=REVIEWS, declared=CATEGORIES)
def test_what_was_declared_is_never_dismissed(machine: Label, review: Review, declared: frozenset[Category]) -> None:
    label = effective(machine, review, declared=declared)
    assert declared <= label.categories
    assert not declared & label.dismissed


@given(machine=LABELS, declared=CATEGORIES)
def test_without_a_review_the_label_is_the_labellers_raised_to_the_floor(
    machine: Label, declared: frozenset[Category]
) -> None:
    assert effective(machine, declared=declared) == machine.raised_to(declared)


@given(machine=LABELS, change=CHANGES, found=CATEGORIES)
def test_a_category_that_a_later_version_finds_makes_the_text_sensitive_again(
    machine: Label, change: Change, found: frozenset[Category]
) -> None:
    """Whoever lowered the old label, with whatever request."""
    review = Review().amended(machine, change)
    later = a_machine_label(machine.categories | found, [])
    assert found - machine.categories <= effective(later, review).categories


@pytest.mark.parametrize("reason", ["detector_failed:heads", "no_vector", "made_from_nothing", "something_new"])
def test_a_labeller_that_failed_cannot_be_argued_with(reason: str) -> None:
    """R5: nobody knows what it would have found."""
    label = effective(a_machine_label(frozenset(), [reason, "uncertain:clinical"]), Review(doubts_dismissed=True))
    assert (label.verdict, label.reasons) == (Verdict.UNKNOWN, (reason,))


@pytest.mark.parametrize("verdict", [Verdict.SENSITIVE, Verdict.UNKNOWN])
def test_a_verdict_without_a_ground_stays(verdict: Verdict) -> None:
    machine = Label(verdict=verdict, labeller_version="v1")
    everything = Review(dismissed=frozenset(Category), doubts_dismissed=True)
    assert effective(machine, everything).verdict is verdict


@given(machine=LABELS, before=REVIEWS, change=CHANGES)
def test_the_last_word_on_each_category_counts(machine: Label, before: Review, change: Change) -> None:
    after = before.amended(machine, change)
    assert after.added >= change.added
    assert not after.dismissed & change.added
    assert not after.added & (change.dismissed - change.added)
    assert after.dismissed - before.dismissed <= machine.categories
    unnamed = frozenset(Category) - change.dismissed - change.added
    assert after.added & unnamed == before.added & unnamed
    assert after.dismissed & unnamed == before.dismissed & unnamed


@given(machine=LABELS, before=REVIEWS, change=CHANGES, declared=CATEGORIES)
def test_a_change_that_does_not_say_so_never_lowers(
    machine: Label, before: Review, change: Change, declared: frozenset[Category]
) -> None:
    """Whoever may only raise sends only such changes."""
    order = [Verdict.HARMLESS, Verdict.UNKNOWN, Verdict.SENSITIVE]
    if not change.lowers:
        old = effective(machine, before, declared=declared)
        new = effective(machine, before.amended(machine, change), declared=declared)
        assert new.categories >= old.categories
        assert order.index(new.verdict) >= order.index(old.verdict)
        assert new.dismissed <= old.dismissed
        assert new.doubts_dismissed <= old.doubts_dismissed


def test_a_label_cannot_carry_what_was_dismissed_from_it() -> None:
    with pytest.raises(ValueError, match="dismissed"):
        Label(
            verdict=Verdict.SENSITIVE,
            labeller_version="v1",
            categories=frozenset({Category.PII}),
            dismissed=frozenset({Category.PII}),
        )


def test_a_floor_takes_a_dismissal_back() -> None:
    lowered = effective(a_machine_label(frozenset({Category.PII}), []), Review(dismissed=frozenset({Category.PII})))
    assert lowered.harmless
    raised = lowered.raised_to({Category.PII})
    assert (raised.verdict, raised.dismissed) == (Verdict.SENSITIVE, frozenset())
