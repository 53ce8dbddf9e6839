"""Resemblance to an erased text, measured on seeded made-up variants (R44)."""

import pytest

from service.refusing import THRESHOLD
from tests.evaluation.resemblance import Shares, pointed_out, precision, recall, shares

_TEXTS = 40


@pytest.fixture(scope="module")
def found() -> Shares:
    return shares(_TEXTS)


def test_at_the_threshold_variants_are_found(found: Shares) -> None:
    assert recall(found, THRESHOLD) >= 0.97


def test_no_other_text_is_pointed_out(found: Shares) -> None:
    assert pointed_out(found["another text"][1], THRESHOLD) == 0.0


def test_most_of_what_is_pointed_out_is_a_variant(found: Shares) -> None:
    """What lowers it are form letters filled in for somebody else: docs/erasure.md says so."""
    assert precision(found, THRESHOLD) >= 0.85
