"""What goes wrong on the command line is one line on stderr and an exit code."""

import json
from pathlib import Path

import pytest

from service.cli import main
from tests.labelled_rows import a_file, a_line

CANARY = "Rosalind Quackenbush"


def ended(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    return end.value.code


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    return a_file(tmp_path / "rows.jsonl", a_line())


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("ringfence: ")
    assert told.err.count("\n") == 1
    return told.err


def test_bad_rows_end_with_2_and_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """R54: nothing of the text is in it."""
    path = a_file(tmp_path / "rows [red].jsonl", {"id": "1", "text": CANARY})

    assert ended("evaluate", "labels", str(path)) == 2
    line = one_line(capsys)
    assert "rows [red].jsonl, line 1: Object missing required field" in line
    assert CANARY not in line


def test_a_baseline_that_is_none_is_told_before_anything_is_measured(
    rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"schema": 0}))

    assert ended("evaluate", "labels", str(rows), "--baseline", str(other)) == 2
    assert "no measurement of this version" in one_line(capsys)


@pytest.mark.parametrize("option", ["--json", "--misses"])
def test_a_result_that_could_not_be_written_is_told_before_anything_is_measured(
    rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    assert ended("evaluate", "labels", str(rows), option, str(tmp_path / "absent" / "out")) == 2
    assert "cannot be written; name a file in a folder that exists" in one_line(capsys)


def test_a_file_that_is_not_there_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("label", str(tmp_path / "absent.txt")) == 2
    assert "absent.txt cannot be opened: No such file or directory" in one_line(capsys)


def test_a_file_that_cannot_be_read_ends_with_1_and_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """R61."""
    broken = tmp_path / "broken.docx"
    broken.write_text(CANARY)

    assert ended("label", str(broken)) == 1
    line = one_line(capsys)
    assert "broken.docx cannot be read: called docx, but it is none (damaged)" in line
    assert CANARY not in line
