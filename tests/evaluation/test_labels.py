"""The labeller is as good as when its weights were trained, on rows that no weight was trained on (R1, R3, R4)."""

from pathlib import Path

import pytest

from ingestion.sensitivity import Category
from service.evaluation.comparing import Outcome, baseline_at, compare
from service.evaluation.running import Report
from service.evaluation.scoring import ALL_FILES, Score
from tests.evaluation import floors


@pytest.fixture(scope="module")
def own() -> Report:
    return floors.own()


@pytest.fixture(scope="module")
def public() -> Report:
    if not (floors.SHARED / "labelled").exists():
        pytest.skip("the public labelled data lies beside the checkout and is absent here")
    return floors.public()


def worsened(path: Path, report: Report) -> list[str]:
    """Return what left its interval on the wrong side since the floors were written."""
    return [
        f"{change.score.file} {change.score.category} {change.score.language or ''} {change.score.variant or ''} "
        f"{change.measure}: {change.before.share} -> {change.after.share}"
        for change in compare(baseline_at(path), report).changes
        if change.outcome is Outcome.WORSE
    ]


def test_no_score_on_our_own_rows_fell_out_of_its_interval(own: Report) -> None:
    assert worsened(floors.OWN_FLOORS, own) == []


@pytest.mark.slow
def test_no_score_on_public_rows_fell_out_of_its_interval(public: Report) -> None:
    assert worsened(floors.PUBLIC_FLOORS, public) == []


@pytest.mark.parametrize(
    ("category", "recall", "kept", "false_positives"),
    [
        pytest.param(Category.PHI, 0.88, 0.97, 0.05, id="clinical notes in four languages"),
        pytest.param(Category.PCI, 1.0, 1.0, 0.05, id="cards and accounts beside near-misses"),
        pytest.param(Category.LEGAL_PRIVILEGE, 0.8, 0.95, 0.05, id="legal advice without any mark"),
        pytest.param(Category.TRADE_SECRET, 0.85, 0.96, 0.05, id="business secrets and source code"),
    ],
)
def test_a_category_is_recognised_by_meaning_on_text_that_nobody_trained_on(
    own: Report, category: Category, recall: float, kept: float, false_positives: float
) -> None:
    score = _of_all_files(own, category)

    assert (score.recall.share or 0) >= recall
    assert (score.kept.share or 0) >= kept
    assert (score.false_positives.share or 0) <= false_positives


def _of_all_files(report: Report, category: Category) -> Score:
    (score,) = [
        score
        for score in report.scores
        if (score.file, score.category, score.kind, score.language) == (ALL_FILES, category, None, None)
    ]
    return score
