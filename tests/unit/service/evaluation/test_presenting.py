"""Tables for people: every share with its interval, kinds on request, nothing that an id or a text could steer."""

from io import StringIO

from rich.console import Console
from rich.table import Table

from ingestion.sensitivity import Category
from service.evaluation.comparing import compare
from service.evaluation.presenting import changes, share, tables
from service.evaluation.rows import Kind, RowFile
from service.evaluation.running import Report, evaluate
from service.evaluation.scoring import rate
from tests.labelled_rows import EchoClassifier, a_row

SECRET = Category.TRADE_SECRET


def a_report(found: int) -> Report:
    rows = [
        a_row(
            f"{number}",
            f"{SECRET} {Kind.CODE}" if number < found else "",
            positive=[SECRET],
            scored=[SECRET],
            positive_kinds=[Kind.CODE],
            scored_kinds=[Kind.CODE],
        )
        for number in range(40)
    ]
    return evaluate([RowFile(name="[red]file", sha256="0", rows=tuple(rows))], EchoClassifier())[0]


def printed(*shown: Table) -> str:
    console = Console(file=StringIO(), width=200)
    console.print(*shown)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_a_share_is_told_with_its_interval_and_nothing_is_told_of_nothing() -> None:
    assert share(rate([True] * 10)) == "1.00 [.72, 1.00]"
    assert share(rate([])) == "-"


def test_kinds_are_rows_only_where_they_are_asked_for() -> None:
    assert "TRADE_SECRET_CODE" in printed(*tables(a_report(40), kinds=True))
    assert "TRADE_SECRET_CODE" not in printed(*tables(a_report(40), kinds=False))


def test_the_name_of_a_file_is_no_markup() -> None:
    assert "[red]file" in printed(*tables(a_report(40), kinds=False))
    assert "[red]file" in printed(changes(compare(a_report(40), a_report(10))))


def test_what_got_worse_is_named() -> None:
    told = printed(changes(compare(a_report(40), a_report(10))))

    assert "recall" in told
    assert "1.00 [.91, 1.00]" in told
    assert ".25 [.14, .40]" in told
    assert "worse" in told
