"""Which of several rules decides, and from when on (R47)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.sensitivity import Category
from service.policy.retention import Keeping, RetentionRule, Standing, deciding, decision

HANDED_IN = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
LONG, SHORT = Keeping.LONGEST, Keeping.SHORTEST
RULES = st.lists(
    st.builds(
        RetentionRule,
        category=st.none() | st.sampled_from(Category),
        keep_days=st.integers(1, 5000),
        keeping=st.sampled_from(Keeping),
    ),
    max_size=8,
)
CATEGORIES = st.frozensets(st.sampled_from(Category))


def a_rule(category: Category | None, days: int, keeping: Keeping = LONG) -> RetentionRule:
    return RetentionRule(category=category, keep_days=days, keeping=keeping)


@pytest.mark.parametrize(
    ("rules", "categories", "days"),
    [
        ([a_rule(Category.PII, 30)], {Category.PII}, 30),
        ([a_rule(Category.PII, 30), a_rule(Category.PCI, 90)], {Category.PII, Category.PCI}, 90),  # the longest
        ([a_rule(Category.PII, 30, SHORT), a_rule(Category.PCI, 90)], {Category.PII, Category.PCI}, 30),  # at most
        ([a_rule(Category.PII, 300, SHORT), a_rule(Category.PCI, 90)], {Category.PII, Category.PCI}, 300),  # its own
        ([a_rule(Category.PII, 30, SHORT), a_rule(Category.PCI, 9, SHORT)], {Category.PII, Category.PCI}, 9),
        ([a_rule(Category.PII, 30), a_rule(None, 3650)], {Category.PII}, 30),  # `any` is for the others
        ([a_rule(Category.PII, 30), a_rule(None, 3650)], {Category.PCI}, 3650),
        ([a_rule(Category.PII, 30), a_rule(None, 3650)], set(), 3650),  # a harmless one
        ([a_rule(Category.PII, 30)], {Category.PCI}, None),
        ([], {Category.PII}, None),
    ],
)
def test_a_rule_decides(rules: list[RetentionRule], categories: set[Category], days: int | None) -> None:
    found = deciding(rules, categories)
    assert (found and found.keep_days) == days


def test_a_document_is_due_to_the_second() -> None:
    rules = [a_rule(Category.PII, 30)]
    for now, standing in (
        (HANDED_IN + 30 * DAY - timedelta(seconds=1), Standing.NOT_DUE),
        (HANDED_IN + 30 * DAY, Standing.DUE),
    ):
        found = decision(rules, categories={Category.PII}, certain=True, handed_in=HANDED_IN, now=now)
        assert (found.standing, found.due_at) == (standing, HANDED_IN + 30 * DAY)


def test_what_is_not_known_is_kept_as_long_as_the_last_rule_keeps_anything() -> None:
    """Unlabelled: it may be of any category; where one of them has no rule, it stays for good."""
    covered = [a_rule(Category.PII, 30), a_rule(Category.PHI, 400), a_rule(None, 90)]
    for rules, days, standing in (
        (covered, 399, Standing.UNLABELLED),
        (covered, 400, Standing.DUE),
        ([a_rule(category, 30) for category in Category], 5000, Standing.UNLABELLED),
    ):
        now = HANDED_IN + days * DAY
        found = decision(rules, categories=set(), certain=False, handed_in=HANDED_IN, now=now)
        assert found.standing is standing


@given(rules=RULES, categories=CATEGORIES, days=st.integers(0, 6000))
def test_what_is_uncertain_is_never_erased_before_what_is_certain(
    rules: list[RetentionRule], categories: frozenset[Category], days: int
) -> None:
    now = HANDED_IN + days * DAY
    uncertain = decision(rules, categories=categories, certain=False, handed_in=HANDED_IN, now=now)
    if uncertain.standing is Standing.DUE:
        for one in [frozenset[Category](), *(frozenset({category}) for category in Category)]:
            known = decision(rules, categories=one, certain=True, handed_in=HANDED_IN, now=now)
            assert known.standing is Standing.DUE


@given(rules=RULES, categories=CATEGORIES, days=st.integers(0, 6000), later=st.integers(0, 3000))
def test_what_is_due_stays_due(
    rules: list[RetentionRule], categories: frozenset[Category], days: int, later: int
) -> None:
    def on(day: int) -> Standing:
        now = HANDED_IN + day * DAY
        return decision(rules, categories=categories, certain=True, handed_in=HANDED_IN, now=now).standing

    if on(days) is Standing.DUE:
        assert on(days + later) is Standing.DUE


@pytest.mark.parametrize("days", [0, -1, 36_501])
def test_a_rule_keeps_for_a_time_that_somebody_can_mean(days: int) -> None:
    with pytest.raises(ValueError, match="kept for"):
        a_rule(None, days)
