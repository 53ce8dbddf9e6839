"""The command `evaluate labels`: how well the labeller does on labelled rows. Needs no server and no data folder."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from service import telemetry
from service.cli.options import err, loaded, out
from service.errors import SettingsError
from service.evaluation import presenting
from service.evaluation.comparing import Comparison, baseline_at, compare
from service.evaluation.rows import RowFile, RowsError, read, sample
from service.evaluation.running import Report, Told, evaluate
from service.evaluation.scoring import Miss

EXIT_WORSE = 1
_STANDARD_OUTPUT = Path("-")
_evaluate = typer.Typer(help="Measure the labeller on labelled rows.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_evaluate, name="evaluate")


@_evaluate.callback()
def _group() -> None:
    """Measure the labeller on labelled rows."""


@_evaluate.command("labels")
def labels(
    paths: Annotated[list[Path], typer.Argument(help="JSONL files of labelled rows, or folders of them.")],
    *,
    json: Annotated[Path | None, typer.Option("--json", help="Write the whole as JSON; - prints only that.")] = None,
    baseline: Annotated[Path | None, typer.Option(help="Compare with a measurement that --json wrote.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Rows per file, the same ones every time.")] = None,
    kinds: Annotated[bool, typer.Option("--kinds", help="Show kinds of TRADE_SECRET as rows, too.")] = False,
    misses: Annotated[Path | None, typer.Option(help="Write id, category and mistake of each row gone wrong.")] = None,
) -> None:
    """Measure recall, false positives and what may leave, each with its 95 % interval. Shows no text.

    Ends with 1 when --baseline is given and something got worse beyond its interval.
    """
    before = baseline_at(baseline) if baseline else None
    for target in (json, misses):
        _require_writable(target)
    report, missed = _measured(read(paths), limit)
    if misses:
        _write(misses, b"".join(msgspec.json.encode(miss, order="deterministic") + b"\n" for miss in missed))
    if json:
        _write(json, msgspec.json.format(msgspec.json.encode(report, order="deterministic"), indent=2) + b"\n")
    comparison = compare(before, report) if before else None
    if comparison and not comparison.slices:
        message = "nothing was compared: the baseline has none of these files; name the one that was measured on them"
        raise RowsError(message)
    if json != _STANDARD_OUTPUT:
        _show(report, comparison, kinds=kinds)
    if comparison and comparison.worse:
        raise typer.Exit(EXIT_WORSE)


def _measured(files: Sequence[RowFile], limit: int | None) -> tuple[Report, list[Miss]]:
    from service import bootstrap  # noqa: PLC0415 - seconds of imports that other commands need not wait for
    from service.evaluation.classifying import RingfenceClassifier  # noqa: PLC0415 - the same

    with telemetry.warnings_only(), _progress(files, limit) as told:
        classifier = RingfenceClassifier(bootstrap.labeller_parts(loaded(None)))
        return evaluate(files, classifier, limit=limit, told=told)


@contextmanager
def _progress(files: Sequence[RowFile], limit: int | None) -> Iterator[Told]:
    """Show how far it is: a bar on a terminal, nothing elsewhere."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("loading models", total=sum(len(sample(file.rows, limit)) for file in files))

        def told(file: str, rows: int) -> None:
            bar.update(task, advance=rows, description=escape(file))

        yield told


def _show(report: Report, comparison: Comparison | None, *, kinds: bool) -> None:
    for table in presenting.tables(report, kinds=kinds):
        out.print(table, "")
    if comparison is None:
        return
    if comparison.changes:
        out.print(presenting.changes(comparison))
    else:
        out.print("nothing changed against the baseline")
    for note in comparison.notes:
        out.print(f"note: {escape(note)}")


def _require_writable(target: Path | None) -> None:
    """Refuse before the measurement what could not be written after it."""
    if target is not None and target != _STANDARD_OUTPUT and (target.is_dir() or not target.absolute().parent.is_dir()):
        message = f"{target}: cannot be written; name a file in a folder that exists"
        raise SettingsError(message)


def _write(target: Path, content: bytes) -> None:
    if target == _STANDARD_OUTPUT:
        typer.echo(content.decode(), nl=False)
        return
    try:
        target.write_bytes(content)
    except OSError as error:
        message = f"{target}: cannot be written ({error.strerror})"
        raise SettingsError(message) from None
