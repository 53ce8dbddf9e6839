"""Commands about canaries: add, list, check, remove."""

import sys
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from service.cli.client import connected
from service.cli.options import AsJson, DataDir, TenantName, loaded, out, print_json
from service.errors import SettingsError

_HELP = """Plant tokens in documents, and notice one in an answer where it does not belong.

`ringfence canaries add` prints a token once; write it into a document that few may see. An answer that says it
although no source it was given holds it ends there, with a notice, and the audit log names the canary.
"""
_canaries = typer.Typer(help=_HELP, no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_canaries, name="canaries")


@_canaries.command("add")
def add(tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Make a token to plant in a document. It is shown this once and stored as keyed hashes only."""
    with connected(loaded(data), tenant) as client:
        made = client.call("POST", "/v1/canaries")
    if as_json:
        print_json(made)
    else:
        out.print(f"canary {made['id']}: write this into the document, it is not shown again")
        out.print(made["token"], markup=False)


@_canaries.command("list")
def list_(tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """List the canaries, without their tokens."""
    with connected(loaded(data), tenant) as client:
        listed = client.call("GET", "/v1/canaries")["canaries"]
    if as_json:
        print_json(listed)
        return
    for one in listed:
        out.print(f"{one['id']}  made {one['created_at']} by key {one['created_by']}", markup=False)
    if not listed:
        out.print("no canaries yet: `ringfence canaries add` makes one")


@_canaries.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="A text file, or - for standard input.")],
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Say which canaries stand in a text, in whatever case and spacing. Ends with 1 where there are some."""
    text = _read(file)
    with connected(loaded(data), tenant) as client:
        found = client.call("POST", "/v1/canaries/check", json={"text": text})["found"]
    if as_json:
        print_json(found)
    else:
        for one in found:
            out.print(f"canary {one} stands in it", markup=False)
        if not found:
            out.print("no canary stands in it")
    if found:
        raise typer.Exit(1)


@_canaries.command("remove")
def remove(
    canary: Annotated[UUID, typer.Argument(help="Id of the canary.")],
    tenant: TenantName = None,
    data: DataDir = None,
) -> None:
    """Stop watching for a canary."""
    with connected(loaded(data), tenant) as client:
        client.call("DELETE", f"/v1/canaries/{canary}")
    out.print(f"canary {canary} is not watched for any more")


def _read(file: Path) -> str:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        message = f"{file} cannot be read as text"
        raise SettingsError(message) from None
    if not text.strip():
        message = f"{file} holds no text"
        raise SettingsError(message)
    return text
