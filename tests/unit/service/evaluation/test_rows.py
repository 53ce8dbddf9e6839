"""Labelled rows: what counts for what, and a wrong line is named by its number and never quoted."""

import json
from pathlib import Path

import pytest

from ingestion.sensitivity import Category
from service.evaluation.rows import Kind, Row, RowsError, read, sample
from tests.labelled_rows import a_file, a_line, a_row

CANARY = "Rosalind Quackenbush"


def the_row(folder: Path, **fields: object) -> Row:
    (file,) = read([a_file(folder / "rows.jsonl", a_line() | fields)])
    (row,) = file.rows
    return row


def refusal(*paths: Path) -> str:
    with pytest.raises(RowsError) as refused:
        read(paths)
    return refused.value.detail


def test_a_row_counts_only_for_what_it_is_scored_for(tmp_path: Path) -> None:
    row = the_row(tmp_path, labels=["PHI"], scored=["PHI", "PCI"])

    assert row.positive == {Category.PHI}
    assert row.scored == {Category.PHI, Category.PCI}


def test_a_plain_trade_secret_is_of_the_one_kind_that_the_row_is_scored_for(tmp_path: Path) -> None:
    row = the_row(tmp_path, labels=["TRADE_SECRET"], scored=["TRADE_SECRET_CODE"])

    assert row.positive == row.scored == {Category.TRADE_SECRET}
    assert row.positive_kinds == row.scored_kinds == {Kind.CODE}


def test_a_plain_trade_secret_scored_for_several_kinds_counts_for_none_of_them(tmp_path: Path) -> None:
    row = the_row(tmp_path, labels=["TRADE_SECRET"], scored=["TRADE_SECRET_CODE", "TRADE_SECRET_BUSINESS"])

    assert row.scored == {Category.TRADE_SECRET}
    assert not row.scored_kinds


def test_a_label_may_name_the_kind(tmp_path: Path) -> None:
    row = the_row(tmp_path, labels=["TRADE_SECRET_CODE"], scored=["TRADE_SECRET_CODE", "TRADE_SECRET_BUSINESS"])

    assert row.positive == {Category.TRADE_SECRET}
    assert row.positive_kinds == {Kind.CODE}
    assert len(row.scored_kinds) == 2


@pytest.mark.parametrize("label", ["NON_SENSITIVE", "NOT_LEGAL", "NO_CREDENTIAL", "PUBLIC_CONTENT"])
def test_a_label_that_denies_makes_a_negative(tmp_path: Path, label: str) -> None:
    assert not the_row(tmp_path, labels=[label]).positive


def test_an_obfuscated_row_names_its_clean_one_before_the_slash(tmp_path: Path) -> None:
    assert the_row(tmp_path, id="row-7/hex", variant="hex").clean_id == "row-7"
    assert the_row(tmp_path, id="row/7").clean_id == "row/7"


def test_folders_give_their_jsonl_files_and_a_file_named_twice_counts_once(tmp_path: Path) -> None:
    first = a_file(tmp_path / "a.jsonl", a_line())
    a_file(tmp_path / "b.jsonl", a_line())
    (tmp_path / "notes.txt").write_text("no rows")

    assert [file.name for file in read([tmp_path, first])] == ["a", "b"]


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        a_file(tmp_path / folder / "rows.jsonl", a_line())

    assert [file.name for file in read([tmp_path / "one", tmp_path / "two"])] == ["one/rows", "two/rows"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param(f'{{"id": "{CANARY}', "not JSON; write one JSON object per line", id="not JSON"),
        pytest.param("[]", "Expected `object`, got `array`", id="another JSON"),
        pytest.param(json.dumps({"id": "x", "text": CANARY}), "missing required field `labels`", id="missing field"),
        pytest.param(json.dumps(a_line(text=[CANARY])), "Expected `str`, got `array` - at `$.text`", id="wrong type"),
        pytest.param(json.dumps(a_line(labels=["PIII"])), "unknown label PIII; known are PII, PHI", id="unknown label"),
        pytest.param(json.dumps(a_line(labels=[CANARY])), "an unknown label; known are", id="a text for a label"),
        pytest.param(json.dumps(a_line(scored=["RUMOUR"])), "unknown label RUMOUR", id="scored for something unknown"),
        pytest.param(json.dumps(a_line(labels=["PII", "NON_SENSITIVE"])), "and more at once", id="contradiction"),
        pytest.param(json.dumps(a_line()), "the id of line 1 again", id="duplicate id"),
    ],
)
def test_a_wrong_line_is_told_in_one_line_by_its_number_and_never_quoted(tmp_path: Path, line: str, words: str) -> None:
    """R54."""
    path = a_file(tmp_path / "rows.jsonl", a_line())
    path.write_text(path.read_text() + "\n" + line + "\n")

    told = refusal(path)

    assert told.startswith(f"{path}, line 3: ")
    assert words in told
    assert "\n" not in told
    assert CANARY not in told


def test_bytes_that_are_no_utf_8_are_told_by_their_line(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(json.dumps(a_line()).encode() + b'\n{"id": "caf\xe9"}\n')

    assert refusal(path) == f"{path}, line 2: not UTF-8; save the file as UTF-8"


def test_empty_files_missing_files_and_folders_without_rows_say_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n\n")
    (tmp_path / "folder").mkdir()

    assert "holds no rows; every line needs id, text" in refusal(tmp_path / "empty.jsonl")
    assert "No such file or directory" in refusal(tmp_path / "absent.jsonl")
    assert "no *.jsonl file in this folder" in refusal(tmp_path / "folder")


def test_a_sample_is_the_same_every_time_and_holds_what_is_rare() -> None:
    rows = [a_row(f"row-{number}", positive=[Category.PII] if number < 3 else []) for number in range(200)]

    drawn = sample(rows, 20)

    assert sample(rows[::-1], 20) == drawn[::-1]
    assert len(drawn) == 20
    assert sum(bool(row.positive) for row in drawn) == 3


def test_a_sample_without_a_limit_is_everything() -> None:
    assert len(sample([a_row("1"), a_row("2")], None)) == 2
