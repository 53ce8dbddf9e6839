"""A measurement for people: tables of shares with their intervals, of costs, and of what changed."""

from collections.abc import Iterator

from rich.markup import escape
from rich.table import Table

from service.evaluation.comparing import Change, Comparison, Outcome
from service.evaluation.running import Report, Spending
from service.evaluation.scoring import ALL_FILES, Rate, Score

_STYLE = {Outcome.WORSE: "bold red", Outcome.BETTER: "green", Outcome.WITHIN: ""}


def tables(report: Report, *, kinds: bool) -> Iterator[Table]:
    """Yield the tables of one measurement; `kinds` adds the kinds of TRADE_SECRET as rows of their own."""
    yield _scores(report, kinds=kinds)
    if report.evasion:
        yield _evasion(report)
    yield _costs(report)


def changes(comparison: Comparison) -> Table:
    """Return what changed against the baseline."""
    table = Table("file", "what", "share", "before", "now", "", box=None, title="Against the baseline")
    for change in comparison.changes:
        table.add_row(*_change(change), style=_STYLE[change.outcome])
    return table


def share(rate: Rate) -> str:
    """Return a share with its interval, or a dash where nothing was counted."""
    if rate.share is None or rate.low is None or rate.high is None:
        return "-"
    return f"{_short(rate.share)} [{_short(rate.low)}, {_short(rate.high)}]"


def what(score: Score) -> str:
    """Return what a slice is of, in one phrase."""
    parts = (score.kind or score.category, score.language, score.variant)
    return " / ".join(part for part in parts if part)


def _scores(report: Report, *, kinds: bool) -> Table:
    table = Table(box=None, title=f"{report.classifier} {report.version}; shares with 95 % intervals")
    for name in ("file", "what", "n+", "n-", "recall", "kept", "false positives", "unknown", "may leave"):
        table.add_column(name, justify="right" if name in {"n+", "n-"} else "left")
    for score in report.scores:
        if kinds or score.kind is None:
            rates = (score.recall, score.kept, score.false_positives, score.unknown, score.harmless)
            counts = str(score.positives), str(score.negatives)
            table.add_row(_file(score), escape(what(score)), *counts, *(escape(share(rate)) for rate in rates))
    return table


def _evasion(report: Report) -> Table:
    table = Table(
        "what", "family", "pairs", "clean", "evaded", "evaded ÷ clean", box=None, title="Recall under evasion"
    )
    for one in report.evasion:
        ratio = "-" if one.ratio is None else _short(one.ratio)
        rates = escape(share(one.clean)), escape(share(one.evaded))
        table.add_row(one.category, escape(one.variant or "all"), str(one.clean.of), *rates, ratio)
    return table


def _costs(report: Report) -> Table:
    columns = ("file", "rows", "of", "chunks", "labelled/s", "embedded/s", "labelling ÷ embedding")
    table = Table(*columns, box=None, title="Cost, per second of processor time")
    for file in report.files:
        table.add_row(escape(file.name), str(file.measured), str(file.rows), *_cost(file.cost))
    if len(report.files) > 1:
        measured, rows = (sum(counts) for counts in zip(*((f.measured, f.rows) for f in report.files), strict=True))
        table.add_row("all files", str(measured), str(rows), *_cost(report.cost))
    return table


def _cost(cost: Spending) -> tuple[str, ...]:
    ratio = cost.labelling_to_embedding
    speeds = (cost.labelled_per_second, cost.embedded_per_second)
    told = ("-" if speed is None else f"{speed:,.0f}" for speed in speeds)
    return str(cost.chunks), *told, "-" if ratio is None else f"{ratio:.2f}"


def _change(change: Change) -> tuple[str, ...]:
    measure = "may leave" if change.measure == "harmless" else change.measure.replace("_", " ")
    shares = escape(share(change.before)), escape(share(change.after))
    return _file(change.score), escape(what(change.score)), measure, *shares, change.outcome


def _file(score: Score) -> str:
    return "all files" if score.file == ALL_FILES else escape(score.file)


def _short(value: float) -> str:
    return f"{value:.2f}".removeprefix("0")
