"""Commands about legal holds: place, list, show, add, release, confirm."""

from typing import Annotated, Any
from uuid import UUID

import typer
from rich.table import Table

from service.cli.client import connected
from service.cli.options import AsJson, DataDir, TenantName, identifier, loaded, out, print_json
from service.errors import SettingsError
from service.ports import HoldReleaseReason

_HELP = """Keep documents for a lawsuit or inquiry: what is held is not erased, replaced or changed.

`ringfence holds place --name "Supply dispute" --group purchasing` holds every document of that group, those that come
later too. Releasing takes two people: one asks with `release`, another one, with another API key, runs `confirm`.
"""
_holds = typer.Typer(help=_HELP, no_args_is_help=True)
_Matter = Annotated[UUID, typer.Argument(help="Id of the matter; `ringfence holds list` shows it.")]
_Documents = Annotated[list[UUID] | None, typer.Option("--document", help="Id of a document; repeatable.")]
_Groups = Annotated[list[str] | None, typer.Option("--group", help="Every document of this group; repeatable.")]
_Everything = Annotated[bool, typer.Option("--everything", help="Every document of the tenant.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_holds, name="holds")


@_holds.command("place")
def place(  # noqa: PLR0913 - one option each
    name: Annotated[str, typer.Option(help="What the matter is called; kept sealed.")],
    note: Annotated[str | None, typer.Option(help="A note for those who may see holds; kept sealed.")] = None,
    document: _Documents = None,
    group: _Groups = None,
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    everything: _Everything = False,
    as_json: AsJson = False,
) -> None:
    """Hold documents for a new matter, from now on."""
    wanted = {"name": name, "note": note} | _cover(document, group, everything=everything)
    with connected(loaded(data), tenant) as client:
        _print(client.call("POST", "/v1/holds", json=wanted), as_json=as_json)


@_holds.command("list")
def list_(tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """List the matters, released ones too."""
    with connected(loaded(data), tenant) as client:
        listed = client.call("GET", "/v1/holds")["holds"]
    if as_json:
        print_json(listed)
        return
    table = Table(identifier(), "name", "holds", "standing", box=None)
    for one in listed:
        table.add_row(one["id"], _plain(one["name"]), _plain(_reach(one)), _standing(one))
    out.print(table if listed else "no holds: `ringfence holds place` makes one")


@_holds.command("show")
def show(matter: _Matter, tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Show one matter: what it holds, since when, whether somebody asked for its release."""
    with connected(loaded(data), tenant) as client:
        _print(client.call("GET", f"/v1/holds/{matter}"), as_json=as_json)


@_holds.command("add")
def add(  # noqa: PLR0913 - one option each
    matter: _Matter,
    document: _Documents = None,
    group: _Groups = None,
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    everything: _Everything = False,
    as_json: AsJson = False,
) -> None:
    """Hold more for a matter. A release that was asked for has to be asked for anew."""
    wanted = _cover(document, group, everything=everything)
    with connected(loaded(data), tenant) as client:
        _print(client.call("POST", f"/v1/holds/{matter}/cover", json=wanted), as_json=as_json)


@_holds.command("release")
def release(
    matter: _Matter,
    reason: Annotated[HoldReleaseReason | None, typer.Option(help="Why the hold should end.")] = None,
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    take_back: Annotated[bool, typer.Option("--take-back", help="Take back what was asked: the hold stays.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask for a hold's release. It stands until somebody else confirms."""
    if (reason is None) is not take_back:
        message = "say --reason why the hold should end, or --take-back"
        raise SettingsError(message)
    path = f"/v1/holds/{matter}/release"
    with connected(loaded(data), tenant) as client:
        told = client.call("DELETE", path) if take_back else client.call("POST", path, json={"reason": reason})
    _print(told, as_json=as_json)


@_holds.command("confirm")
def confirm(matter: _Matter, tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Release the hold that somebody else asked to be released: another API key has to do this."""
    with connected(loaded(data), tenant) as client:
        _print(client.call("POST", f"/v1/holds/{matter}/release/confirmation"), as_json=as_json)


def _cover(documents: list[UUID] | None, groups: list[str] | None, *, everything: bool) -> dict[str, object]:
    if not (documents or groups or everything):
        message = "say what is held: --document ID, --group NAME or --everything"
        raise SettingsError(message)
    return {"documents": list(map(str, documents or ())), "groups": groups or [], "whole_tenant": everything}


def _print(matter: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(matter)
        return
    out.print(f"{matter['id']}  {matter['name']}: {_standing(matter)}", markup=False)
    out.print(f"  holds {_reach(matter)}", markup=False)
    out.print(f"  opened {matter['opened_at']} by key {matter['opened_by']}", markup=False)
    for document in matter["documents"]:
        out.print(f"  document {document}", markup=False)
    if matter["note"]:
        out.print(f"  {matter['note']}", markup=False)
    asked = matter["release"]
    if asked and matter["stands"]:
        out.print(f"  release asked for by key {asked['asked_by']} ({asked['reason']}): another key has to confirm")
        command = f"RINGFENCE_API_KEY=… ringfence holds confirm {matter['id']}"
        out.print(f"  whoever has another key: {command}", markup=False, soft_wrap=True)


def _reach(matter: dict[str, Any]) -> str:
    listed = f"{len(matter['documents'])} listed documents"
    groups = f"groups {', '.join(matter['groups'])}" if matter["groups"] else ""
    everything = "everything of the tenant" if matter["whole_tenant"] else ""
    return "; ".join(part for part in (everything, groups, listed if matter["documents"] else "") if part)


def _standing(matter: dict[str, Any]) -> str:
    if not matter["stands"]:
        return f"released {matter['release']['confirmed_at']}"
    return "held; release asked for" if matter["release"] else "held"


def _plain(text: str) -> str:
    """Return text that a table shows as it is."""
    return text.replace("[", r"\[")
