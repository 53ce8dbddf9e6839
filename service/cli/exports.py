"""Commands about exports of a person's data: make, list, get, remove."""

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Table

from service.cli.client import connected
from service.cli.options import AsJson, DataDir, TenantName, identifier, loaded, naming, out, print_json
from service.errors import SettingsError

_HELP = """Answer a request for access (Art. 15 GDPR): a zip with everything that surely names a person.

`ringfence exports make --name "Ada Example" --identifier ada@example.org` gathers it, `get ID --out FILE` writes it.
Look through it before you send it: other people are hidden only as far as they were recognised.
"""
_exports = typer.Typer(help=_HELP, no_args_is_help=True)
_Export = Annotated[UUID, typer.Argument(help="Id of the export; `ringfence exports list` shows it.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_exports, name="exports")


@_exports.command("make")
def make(  # noqa: PLR0913 - one option each
    identifier_: Annotated[
        list[str] | None, typer.Option("--identifier", help="An e-mail address or number of the person; repeatable.")
    ] = None,
    name: Annotated[list[str] | None, typer.Option(help="A name of the person; repeatable.")] = None,
    document: Annotated[list[UUID] | None, typer.Option(help="Only of this document; repeatable.")] = None,
    days: Annotated[int, typer.Option(min=1, max=31, help="For how long the export is kept.")] = 7,
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Gather what is kept about a person. Every text is searched: it takes a while."""
    if not (identifier_ or name):
        message = "say who: --identifier ada@example.org, --name 'Ada Example'"
        raise SettingsError(message)
    wanted = {
        "subject": {"identifiers": identifier_ or [], "names": name or []},
        "days": days,
        "documents": list(map(str, document or ())),
    }
    with connected(loaded(data), tenant) as client:
        made = client.call("POST", "/v1/exports", json=wanted)
    if as_json:
        print_json(made)
        return
    out.print(f"export {made['id']} is there until {made['expires_at']}")
    out.print(f"next: ringfence exports get {made['id']}{naming(tenant)} --out FILE", markup=False, soft_wrap=True)


@_exports.command("list")
def list_(tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """List the exports that can be fetched, and about whom they are."""
    with connected(loaded(data), tenant) as client:
        listed = client.call("GET", "/v1/exports")["exports"]
    if as_json:
        print_json(listed)
        return
    table = Table(identifier(), "about", "made", "until", "bytes", "fetched", box=None)
    for one in listed:
        table.add_row(one["id"], _about(one), one["made_at"], one["expires_at"], str(one["size"]), str(one["fetches"]))
    out.print(table if listed else "no exports: `ringfence exports make` makes one")


@_exports.command("get")
def get(
    export: _Export,
    to: Annotated[Path, typer.Option("--out", help="Where the zip is written.", dir_okay=False)],
    tenant: TenantName = None,
    data: DataDir = None,
) -> None:
    """Write the zip to a file that only you can read. Each time is on record."""
    with connected(loaded(data), tenant) as client, client.lines(f"/v1/exports/{export}/content", {}) as pieces:
        try:
            to.touch(mode=0o600)
            if to.is_file():  # it may have been there before, for others to read
                to.chmod(0o600)
            with to.open("wb") as file:
                file.writelines(pieces)
        except OSError as error:
            message = f"{to} cannot be written: {error.strerror}"
            raise SettingsError(message) from None
    out.print(f"{escape(str(to))} is written: index.html is for the person; look through it before you send it")


@_exports.command("remove")
def remove(export: _Export, tenant: TenantName = None, data: DataDir = None) -> None:
    """Destroy an export now, its key first."""
    with connected(loaded(data), tenant) as client:
        client.call("DELETE", f"/v1/exports/{export}")
    out.print(f"export {export} is destroyed")


def _about(one: dict[str, Any]) -> str:
    return escape(", ".join((*one["names"], *one["identifiers"])))
