"""Commands that report from the audit log: the privacy budget, one answer, one document."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Table

from service.cli.client import connected
from service.cli.options import AsJson, DataDir, TenantName, identifier, loaded, out, print_json, write_file

_report = typer.Typer(
    help="Tell from the audit log where data went: all questions of a period, one answer, one document.",
    no_args_is_help=True,
)
_DEFAULT_DAYS = 30

Since = Annotated[datetime | None, typer.Option(help="First day (UTC); default 30 days ago.", show_default=False)]
Until = Annotated[
    datetime | None, typer.Option(help="Day after the last one (UTC); default tomorrow.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_report, name="report")


@_report.command("budget")
def budget(
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    since: Since = None,
    until: Until = None,
    mine: Annotated[bool, typer.Option("--mine", help="Only the questions of this key.")] = False,
    as_json: AsJson = False,
) -> None:
    """Count answers by where they were made and why, per user and day."""
    with connected(loaded(data), tenant) as client:
        found = client.call("GET", "/v1/reports/budget", params={**_period(since, until), "mine": mine})
    if as_json:
        print_json(found)
        return
    table = Table("", "questions", "local", "cloud", "refused", "unfinished", "prompts that left", box=None)
    for day, count in found["days"].items():
        _add(table, day, count)
    for user, count in found["users"].items():
        _add(table, f"user {user}", count)
    _add(table, "in all", found["total"])
    out.print(table)
    for cause, number in sorted(found["total"]["reasons"].items(), key=lambda one: -one[1]):
        out.print(f"{number:>6}  {cause}")


@_report.command("answer")
def answer(
    answer_id: Annotated[UUID, typer.Argument(help="Id of the answer, as `ask --json` prints it.")],
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Tell where the data of one answer went."""
    with connected(loaded(data), tenant) as client:
        found = client.call("GET", f"/v1/reports/answers/{answer_id}")
    if as_json:
        print_json(found)
        return
    out.print(found["statement"])
    out.print(f"asked {found['asked_at']} by {found['user']}; audit entries: {', '.join(found['entries'])}")
    if not found["sources"]:
        out.print("no source was shown")
        return
    table = Table(identifier(), "chunk", "label", box=None)
    for source in found["sources"]:
        table.add_row(source["document"], str(source["ordinal"]), source["verdict"])
    out.print(table)


@_report.command("document")
def document(
    document_id: Annotated[UUID, typer.Argument(help="Id of the document; it may be erased by now.")],
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """Tell who was shown parts of a document and whether any of it was permitted to leave."""
    period = _period(since, until)
    with connected(loaded(data), tenant) as client:
        found = client.call("GET", f"/v1/reports/documents/{document_id}", params=period)
    if as_json:
        print_json(found)
        return
    out.print(f"from {period['since'][:10]} until before {period['until'][:10]} (UTC); --since and --until change that")
    out.print(found["statement"])
    for one in found["answers"]:
        out.print(f"{one['asked_at']}  {one['answer_id']}  {one['user']}  {one['outcome']}")


@_report.command("evidence")
def evidence(
    to: Annotated[Path, typer.Option("--out", help="Where the zip is written.", dir_okay=False)],
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    since: Since = None,
    until: Until = None,
) -> None:
    """Write an evidence pack for auditors: policy, providers, routing of every question, the signed log."""
    with connected(loaded(data), tenant) as client, client.lines("/v1/reports/evidence", _period(since, until)) as pack:
        write_file(to, pack)
    out.print(f"{escape(str(to))}: unpack it and read README.md; MANIFEST.sha256 has the hash of every file")


def _period(since: datetime | None, until: datetime | None) -> dict[str, str]:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first = since.replace(tzinfo=UTC) if since else today - timedelta(days=_DEFAULT_DAYS)
    end = until.replace(tzinfo=UTC) if until else today + timedelta(days=1)
    return {"since": first.isoformat(), "until": end.isoformat()}


def _add(table: Table, name: str, count: dict[str, Any]) -> None:
    outcomes = count["outcomes"]
    told = (count["questions"], *(outcomes[one] for one in ("local", "cloud", "refused", "unfinished")), count["left"])
    table.add_row(name, *map(str, told))
