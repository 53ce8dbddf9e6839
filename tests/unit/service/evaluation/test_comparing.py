"""A measurement against a saved one: what fell out of its interval, and what cannot be compared."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from ingestion.sensitivity import Category
from service.evaluation.comparing import Outcome, baseline_at, compare
from service.evaluation.rows import Row, RowFile, RowsError
from service.evaluation.running import Report, evaluate
from tests.labelled_rows import EchoClassifier, a_row

PII = Category.PII


def a_report(found: int, *, positives: int = 40, alarms: int = 0, name: str = "file", unknown: int = 0) -> Report:
    """Return a measurement in which so many positives were found, and so many of 40 negatives, too."""
    rows: list[Row] = [a_row(f"p{n}", "PII" if n < found else "", positive=[PII]) for n in range(positives)]
    rows += [a_row(f"n{n}", "PII" if n < alarms else "unknown" if n < alarms + unknown else "") for n in range(40)]
    report, _ = evaluate([RowFile(name=name, sha256="0", rows=tuple(rows))], EchoClassifier())
    return report


def outcomes(before: Report, after: Report) -> dict[str, Outcome]:
    return {change.measure: change.outcome for change in compare(before, after).changes}


def test_nothing_changed_is_nothing_to_report() -> None:
    assert compare(a_report(30), a_report(30)).changes == ()


def test_a_change_within_the_interval_is_told_and_is_not_worse() -> None:
    comparison = compare(a_report(30), a_report(28))

    assert {change.outcome for change in comparison.changes} == {Outcome.WITHIN}
    assert not comparison.worse


def test_less_recall_and_more_that_may_leave_beyond_the_interval_is_worse() -> None:
    comparison = compare(a_report(30), a_report(20))

    assert outcomes(a_report(30), a_report(20)) == {"recall": Outcome.WORSE, "kept": Outcome.WORSE}
    assert comparison.worse


def test_more_false_alarms_beyond_the_interval_are_worse_and_fewer_are_better() -> None:
    assert outcomes(a_report(30), a_report(30, alarms=20)) == {"false_positives": Outcome.WORSE}
    assert outcomes(a_report(30, alarms=20), a_report(30)) == {"false_positives": Outcome.BETTER}


def test_less_that_may_leave_is_worse_only_where_nothing_was_sensitive() -> None:
    assert outcomes(a_report(0, positives=0), a_report(0, positives=0, unknown=20)) == {"harmless": Outcome.WORSE}
    assert outcomes(a_report(30), a_report(30, unknown=20)) == {}


def test_what_cannot_be_compared_is_said() -> None:
    before = a_report(30)
    other_rows = replace(before, files=(replace(before.files[0], sha256="1"),))

    assert compare(before, other_rows).notes == ("file: the baseline was measured on other rows",)
    assert compare(before, a_report(30, name="new")).notes == (
        "new: not in the baseline",
        "1 slices of the baseline were not measured this time",
    )


def test_a_saved_measurement_is_read_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "saved.json"
    path.write_bytes(msgspec.json.encode(a_report(30)))

    assert baseline_at(path) == a_report(30)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"canary words", "no measurement of this version"),
        (b"\xff\xfe", "no measurement of this version"),
        (msgspec.json.encode(replace(a_report(1), schema=9)), "has schema 9"),
    ],
)
def test_another_file_is_no_baseline(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "saved.json"
    path.write_bytes(content)

    with pytest.raises(RowsError, match=words) as refused:
        baseline_at(path)
    assert "canary" not in refused.value.detail


def test_a_baseline_that_is_not_there_is_told() -> None:
    with pytest.raises(RowsError, match="cannot be read"):
        baseline_at(Path("nowhere.json"))
