"""`ringfence label` and `ringfence evaluate` with the labeller that ships: no server, no data folder (R1, R3)."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ingestion.sensitivity import Label, Verdict
from service.cli.main import app
from service.cli.masking import MASK
from service.evaluation.rows import RowsError
from tests.documents import a_docx
from tests.evaluation.labelled import labels_of
from tests.labelled_rows import a_file, a_line

CARD = "4111 1111 1111 1111"
LETTER = f"Please charge it to {CARD}, valid until 09/27."
HARMLESS = "The cafeteria is on the ground floor. Lunch is served from 11:30 to 14:00."
ROWS = (
    a_line(1, text=LETTER, labels=["PCI"], scored=["PCI", "PHI"]),
    a_line(2, text="IBAN DE89 3704 0044 0532 0130 00, please.", labels=["PCI"], scored=["PCI", "PHI"]),
    a_line(3, text="Contact anna.kowalczyk@beispiel-gmbh.de today.", labels=["PII"], scored=["PII"]),
    a_line(4, text='db_password = "hunter2Xy!9"', labels=["TRADE_SECRET"], scored=["TRADE_SECRET_CREDENTIAL"]),
    a_line(5, text="port = 8700", labels=["NO_CREDENTIAL"], scored=["TRADE_SECRET_CREDENTIAL"]),
    a_line(6, text=HARMLESS, scored=["PII", "PCI", "PHI"]),
    a_line(7, text="How many vacation days do new employees get?", scored=["PII", "PCI", "PHI"]),
    a_line(8, text="The lump was malignant; her chemotherapy starts on Monday.", labels=["PHI"], scored=["PHI"]),
    {**a_line(text="4\u200b111 1111 1111 1111", labels=["PCI"], scored=["PCI"], variant="zwsp"), "id": "row-1/zwsp"},
    a_line(9, text="Les visiteurs utilisent le r\u00e9seau des invit\u00e9s.", lang="fr", scored=["PII"]),
)  # fmt: skip


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code, result.output
    return result.stdout


def program(*arguments: str, given: bytes, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run the real program in an empty folder, with nothing of ours set."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RINGFENCE_")}
    environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    start = "from service.cli import main; main()"
    command = [sys.executable, "-c", start, *arguments]
    return subprocess.run(
        command, input=given, capture_output=True, cwd=folder, env=environment, timeout=120, check=False
    )


def the_slice(report: dict[str, Any], category: str, kind: str | None = None, language: str | None = None) -> Any:  # noqa: ANN401 - JSON
    (score,) = [
        one
        for one in report["scores"]
        if (one["category"], one["kind"], one["language"], one["variant"]) == (category, kind, language, None)
    ]
    return score


def test_standard_input_is_labelled_without_a_folder_or_a_server_and_the_card_is_nowhere(tmp_path: Path) -> None:
    """R54: neither in the result nor in the log."""
    ended = program("label", "-", "--exit-code", given=LETTER.encode(), folder=tmp_path)

    told = ended.stdout.decode()
    assert ended.returncode == 10
    assert f"{MASK * len(CARD)}[card_number" in told
    assert "Please charge it to" in told
    assert CARD not in told
    assert b"4111" not in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_terminal_without_blocks_gets_something_else_for_them(tmp_path: Path) -> None:
    start = "import sys; sys.stdout.reconfigure(encoding='ascii'); from service.cli import main; main(['label', '-'])"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    told = subprocess.run(
        [sys.executable, "-c", start],
        input=LETTER.encode(),
        capture_output=True,
        cwd=tmp_path,
        env=environment,
        check=True,
    )

    assert b"?" * len(CARD) in told.stdout
    assert CARD.encode() not in told.stdout


def test_a_document_of_any_format_is_labelled_and_revealed_on_request(tmp_path: Path) -> None:
    file = tmp_path / "letter.docx"
    file.write_bytes(a_docx(LETTER))

    assert CARD not in run("label", str(file))
    assert f"{CARD}[card_number" in run("label", str(file), "--reveal")


@pytest.mark.parametrize(
    ("text", "code"), [(HARMLESS, 0), (LETTER, 10), ("\u4f60\u597d\uff0c\u4e16\u754c\u3002" * 9, 11)]
)
def test_the_exit_code_tells_the_verdict_only_where_it_is_asked_for(tmp_path: Path, text: str, code: int) -> None:
    file = tmp_path / "text.txt"
    file.write_text(text, encoding="utf-8")

    run("label", str(file))
    run("label", str(file), "--exit-code", code=code)


def test_json_holds_the_label_that_the_product_would_store(tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text(LETTER)

    (chunk,) = json.loads(run("label", str(file), "--json"))["chunks"]

    (label,) = labels_of([LETTER])
    assert [finding["kind"] for finding in chunk["label"]["findings"]] == [one.kind for one in label.findings]
    assert (chunk["label"]["verdict"], label.verdict) == (Verdict.SENSITIVE, Verdict.SENSITIVE)
    assert chunk["label"].keys() == set(Label.__dataclass_fields__)


def test_ten_rows_are_measured_compared_and_nothing_of_them_is_written(tmp_path: Path) -> None:
    """R4, R54."""
    rows, saved, missed = a_file(tmp_path / "rows.jsonl", *ROWS), tmp_path / "saved.json", tmp_path / "missed.jsonl"

    table = run("evaluate", "labels", str(rows), "--kinds", "--json", str(saved), "--misses", str(missed))

    report = json.loads(saved.read_text())
    assert (report["schema"], report["files"][0]["rows"], report["cost"]["chunks"]) == (1, 10, 10)
    assert (the_slice(report, "PCI")["recall"]["hits"], the_slice(report, "PCI")["positives"]) == (3, 3)
    assert the_slice(report, "PHI")["false_positives"]["hits"] == 0
    assert the_slice(report, "TRADE_SECRET", "TRADE_SECRET_CREDENTIAL")["recall"]["hits"] == 1
    assert the_slice(report, "PII", language="fr")["negatives"] == 1
    assert [(one["variant"], one["ratio"]) for one in report["evasion"]] == [("zwsp", 1.0), (None, 1.0)]
    assert report["cost"]["labelling_seconds"] > 0
    assert report["cost"]["embedding_seconds"] > 0
    assert "TRADE_SECRET_CREDENTIAL" in table
    assert not any(str(row["text"])[:12] in table + saved.read_text() + missed.read_text() for row in ROWS)
    assert "nothing changed against the baseline" in run("evaluate", "labels", str(rows), "--baseline", str(saved))


def test_a_baseline_of_other_files_compares_nothing_and_says_so(tmp_path: Path) -> None:
    rows, others = a_file(tmp_path / "rows.jsonl", a_line()), a_file(tmp_path / "others.jsonl", a_line())
    saved = tmp_path / "saved.json"
    run("evaluate", "labels", str(others), "--json", str(saved))

    outcome = CliRunner().invoke(app, ["evaluate", "labels", str(rows), "--baseline", str(saved)])

    assert isinstance(outcome.exception, RowsError)
    assert "nothing was compared" in str(outcome.exception.detail)


def test_a_baseline_that_was_better_ends_with_1(tmp_path: Path) -> None:
    rows, saved = a_file(tmp_path / "rows.jsonl", ROWS[4], ROWS[5]), tmp_path / "saved.json"
    report = json.loads(run("evaluate", "labels", str(rows), "--json", "-"))
    the_slice(report, "PII")["false_positives"] |= {"hits": 0, "of": 900, "share": 0.0, "low": 0.0, "high": 0.004}
    saved.write_text(json.dumps(report))
    alarming = a_file(
        tmp_path / "rows.jsonl", ROWS[4], {**ROWS[5], "text": "Write to anna.kowalczyk@beispiel-gmbh.de."}
    )

    told = run("evaluate", "labels", str(alarming), "--baseline", str(saved), code=1)

    assert "worse" in told
    assert "note: rows: the baseline was measured on other rows" in told
