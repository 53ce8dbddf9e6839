"""Commands about sources: add, list, show, run, dry-run, pause, resume, remove."""

import time
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.markup import escape
from rich.progress import Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ingestion.sensitivity import Category
from service.cli.client import Client, connected
from service.cli.options import AsJson, DataDir, TenantName, err, identifier, loaded, naming, out, print_json
from service.errors import SettingsError
from service.ports import GonePolicy, SourceKind

_HELP = """Keep documents in step with where they come from: folders, buckets, mailboxes, exports, lists.

`ringfence sources add folder /srv/contracts --name Contracts --group legal --gone erase --every 1h` sets one up,
`dry-run ID` says what a run would do, `run ID` does it. What is new is taken in, what changed is replaced, what moved
stays the same document; what is gone is kept or erased, as `--gone` says. Where a source may lie is for the operator to
say, in the sources file.
"""
_sources = typer.Typer(help=_HELP, no_args_is_help=True)
_Source = Annotated[UUID, typer.Argument(help="Id of the source; `ringfence sources list` shows it.")]
_Wait = Annotated[bool, typer.Option(help="Wait until the run has ended.")]
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_ENDED = frozenset({"done", "braked", "failed"})
_POLL_SECONDS = 0.5
EXIT_NOT_DONE = 1


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_sources, name="sources")


@_sources.command("add")
def add(  # noqa: PLR0913 - one option each
    kind: Annotated[SourceKind, typer.Argument(help="What it is.")],
    location: Annotated[str, typer.Argument(help="A path in an allowed folder, or the name of a connection.")],
    *,
    name: Annotated[str, typer.Option(help="What it is called; kept sealed.")],
    within: Annotated[str, typer.Option(help="Only this prefix of a bucket, or this mailbox.")] = "",
    group: Annotated[list[str] | None, typer.Option(help="Who may see what comes from it; repeatable.")] = None,
    access: Annotated[
        list[str] | None,
        typer.Option(help="Of a folder: user:NAME=GROUP, group:NAME=GROUP or others=GROUP; repeatable."),
    ] = None,
    declared: Annotated[list[Category] | None, typer.Option(help="A category it certainly has; repeatable.")] = None,
    gone: Annotated[GonePolicy, typer.Option(help="What becomes of what is gone there.")] = GonePolicy.KEEP,
    brake: Annotated[int, typer.Option(min=0, max=100, help="Per cent that may be gone at once, unconfirmed.")] = 30,
    every: Annotated[str | None, typer.Option(help="Run so often by itself: 15m, 6h, 1d.")] = None,
    tenant: TenantName = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Set up a source. Nothing is read before its first run: try `dry-run` first."""
    wanted = {
        "name": name,
        "kind": kind.value,
        "location": location,
        "within": within,
        "groups": group or [],
        "access": _access(access or []),
        "declared": [one.value for one in declared or []],
        "gone": gone.value,
        "brake_percent": brake,
        "every_seconds": _seconds(every),
    }
    with connected(loaded(data), tenant) as client:
        made = client.call("POST", "/v1/sources", json=wanted)
    if as_json:
        print_json(made)
        return
    out.print(made["id"])
    command = f"ringfence sources dry-run {made['id']}{naming(tenant)}"
    out.print(f"`{command}` says what its first run would do", markup=False, soft_wrap=True)


@_sources.command("list")
def list_(tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """List the sources with their newest runs."""
    with connected(loaded(data), tenant) as client:
        listed = client.call("GET", "/v1/sources")["sources"]
    if as_json:
        print_json(listed)
        return
    table = Table(identifier(), "name", "kind", "things", "gone", "newest run", box=None)
    for one in listed:
        table.add_row(
            one["id"], escape(one["name"]), one["kind"], str(one["things"]), one["gone"], escape(_standing(one))
        )
    out.print(table if listed else "no sources: `ringfence sources add` sets one up")


@_sources.command("show")
def show(source: _Source, tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Show a source, its newest runs, and what could not be taken and why."""
    with connected(loaded(data), tenant) as client:
        one = client.call("GET", f"/v1/sources/{source}")
        runs = client.call("GET", f"/v1/sources/{source}/runs")["runs"]
        troubles = client.call("GET", f"/v1/sources/{source}/troubles")["troubles"]
    if as_json:
        print_json(one | {"runs": runs, "troubles": troubles})
        return
    out.print(f"{one['name']} ({one['kind']}, {one['location']} {one['within']})".replace(" )", ")"), markup=False)
    for line in _lines(one):
        out.print(f"  {line}", markup=False)
    for run in runs:
        out.print(f"  {_told(run)}", markup=False)
    for trouble in troubles:
        out.print(f"  {trouble['trouble']}: {trouble['place'] or 'erased, so nameless'}", markup=False)


@_sources.command("run")
def run(  # noqa: PLR0913 - one option each
    source: _Source,
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    verify: Annotated[bool, typer.Option("--verify", help="Read everything, also what seems unchanged.")] = False,
    confirm: Annotated[bool, typer.Option("--confirm", help="Let go what is gone, however much it is.")] = False,
    wait: _Wait = True,
    as_json: AsJson = False,
) -> None:
    """Walk through a source and do what is to be done. Documents are then read by workers: see `ringfence jobs`."""
    body = {"verify": verify, "confirmed": confirm}
    with connected(loaded(data), tenant) as client:
        _end(_waited(client, source, body, wait=wait), tenant, as_json=as_json)


@_sources.command("dry-run")
def dry_run(
    source: _Source,
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    verify: Annotated[bool, typer.Option("--verify", help="Read everything, also what seems unchanged.")] = False,
    wait: _Wait = True,
    as_json: AsJson = False,
) -> None:
    """Walk through a source and say what a run would do. Nothing is changed."""
    with connected(loaded(data), tenant) as client:
        _end(_waited(client, source, {"dry": True, "verify": verify}, wait=wait), tenant, as_json=as_json)


@_sources.command("pause")
def pause(source: _Source, tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Let a source rest; a run under way stops where it is."""
    _switch(source, "pause", tenant, data, as_json=as_json)


@_sources.command("resume")
def resume(source: _Source, tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Let a source go on; a run that was stopped goes on where it was."""
    _switch(source, "resume", tenant, data, as_json=as_json)


@_sources.command("remove")
def remove(source: _Source, tenant: TenantName = None, data: DataDir = None) -> None:
    """Forget a source. Its documents stay, as if somebody had handed them in."""
    with connected(loaded(data), tenant) as client:
        client.call("DELETE", f"/v1/sources/{source}")
    out.print(f"{source}: forgotten; its documents stay")


def _switch(source: UUID, how: str, tenant: str | None, data: Any, *, as_json: bool) -> None:  # noqa: ANN401 - a path
    with connected(loaded(data), tenant) as client:
        one = client.call("POST", f"/v1/sources/{source}/{how}")
    if as_json:
        print_json(one)
    else:
        out.print(f"{source}: {'paused' if one['paused_at'] else 'runs again'}")


def _waited(client: Client, source: UUID, body: dict[str, bool], *, wait: bool) -> dict[str, Any]:
    """Ask for a run and, where it is to be waited for, show how far it is until it has ended."""
    made: dict[str, Any] = client.call("POST", f"/v1/sources/{source}/runs", json=body)
    with Progress(TextColumn("{task.description}"), TimeElapsedColumn(), console=err, transient=True) as progress:
        shown = progress.add_task("waiting for a worker", total=None)
        while wait and made["state"] not in _ENDED:
            time.sleep(_POLL_SECONDS)
            runs = client.call("GET", f"/v1/sources/{source}/runs", params={"limit": "50"})["runs"]
            made = next((one for one in runs if one["id"] == made["id"]), made)
            progress.update(shown, description=escape(_told(made)))
    return made


def _end(made: dict[str, Any], tenant: str | None, *, as_json: bool) -> None:
    if as_json:
        print_json(made)
    else:
        out.print(_told(made), markup=False, soft_wrap=True)
        if made["state"] == "braked":
            command = f"ringfence sources run {made['source_id']} --confirm{naming(tenant)}"
            told = f"too much is gone at once: nothing was erased. Is it there at all? If so: `{command}`"
            out.print(told, markup=False, soft_wrap=True)
    if made["state"] in {"braked", "failed"}:
        raise typer.Exit(EXIT_NOT_DONE)


def _told(run: dict[str, Any]) -> str:
    """Return a run in one line."""
    what = "dry run" if run["dry"] else "run"
    counts = ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in run["counts"].items())
    said = run["failure_detail"] or counts or "nothing yet"
    return f"{what} {run['asked_at'][:19]}: {run['state']}; {said}"


def _standing(one: dict[str, Any]) -> str:
    paused = "paused; " if one["paused_at"] else ""
    return paused + (_told(one["last_run"]) if one["last_run"] else "never ran")


def _lines(one: dict[str, Any]) -> list[str]:
    mapped = [f"{who} is {', '.join(groups)}" for who, groups in one["access"].items()]
    return [
        f"what is gone there is {'erased' if one['gone'] == 'erase' else 'kept'}; brake at {one['brake_percent']} %",
        f"seen by {', '.join(one['groups']) or 'whom its access lists name'}; {one['things']} things known",
        *mapped,
        f"runs every {one['every_seconds']} s" if one["every_seconds"] else "runs when asked",
        *(["paused"] if one["paused_at"] else []),
    ]


def _access(given: list[str]) -> dict[str, list[str]]:
    mapping: dict[str, list[str]] = {}
    for one in given:
        who, _, group = one.partition("=")
        if not group or not (who == "others" or who.startswith(("user:", "group:"))):
            message = f"--access {one}: write user:NAME=GROUP, group:NAME=GROUP or others=GROUP"
            raise SettingsError(message)
        mapping.setdefault(who, []).append(group)
    return mapping


def _seconds(every: str | None) -> int | None:
    if every is None:
        return None
    number, unit = every[:-1], every[-1:]
    if not number.isdecimal() or unit not in _UNITS:
        message = f"--every {every}: write a number and s, m, h or d, such as 6h"
        raise SettingsError(message)
    return int(number) * _UNITS[unit]
