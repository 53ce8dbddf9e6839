"""Retention rules as they go over the wire (R47)."""

import pytest

from ingestion.sensitivity import Category
from service.api.retention import RuleBody, RuleCategory
from service.policy.retention import Keeping, RetentionRule


def test_every_category_can_have_a_rule() -> None:
    assert {category.value for category in RuleCategory} == {*Category, "any"}


@pytest.mark.parametrize("category", [None, *Category])
def test_a_rule_comes_back_as_it_was_sent(category: Category | None) -> None:
    rule = RetentionRule(category=category, keep_days=30, keeping=Keeping.SHORTEST)
    assert RuleBody.of(rule).rule() == rule
