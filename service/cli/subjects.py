"""Commands about people: locate."""

import sys
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from service.cli.client import connected
from service.cli.options import AsJson, DataDir, TenantName, loaded, out, print_json
from service.errors import SettingsError

_HELP = """Find where a person is named, before it is decided what is erased or redacted.

Give every identifier and every name the person is known by, a former name too. Every document, title, file name and
conversation of the tenant is read; what could not be read is listed. A family name alone is only ever possible.
"""
_subjects = typer.Typer(no_args_is_help=True)
_OBSTACLES = {
    "processing": "not read in yet",
    "failed": "could not be read in",
    "key_destroyed": "its key is gone: nobody can read it any more",
    "damaged": "its stored text was changed and cannot be opened",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_subjects, name="subjects", help=_HELP)


@_subjects.callback()
def _of_people() -> None:
    """Keep `locate` a command of its own, though there is no other."""


@_subjects.command("locate")
def locate(
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    identifier: Annotated[
        list[str] | None, typer.Option("--identifier", "-i", help="An e-mail address or a number; repeatable.")
    ] = None,
    name: Annotated[list[str] | None, typer.Option("--name", "-n", help="Given and family name; repeatable.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show every document, chunk and turn that names the person, masked. Needs the data-owner or admin role.

    Without options it reads standard input, one identifier or name a line: so that neither stands in the history of
    your shell, nor in the list of processes.
    """
    identifiers, names = list(identifier or ()), list(name or ())
    if not identifiers and not names:
        identifiers, names = people_of(sys.stdin.read())
    with connected(loaded(data), tenant) as client:
        located = client.call("POST", "/v1/subjects/locate", json={"identifiers": identifiers, "names": names})
    if as_json:
        print_json(located)
    else:
        show(located)


def people_of(text: str) -> tuple[list[str], list[str]]:
    """Return identifiers and names: a line with an @ or a digit is an identifier."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    identifiers = [line for line in lines if "@" in line or any(sign.isdigit() for sign in line)]
    if not lines:
        message = "say who is looked for: --identifier, --name, or a line each on standard input"
        raise SettingsError(message)
    return identifiers, [line for line in lines if line not in identifiers]


def show(located: dict[str, Any]) -> None:
    """Print where the person is named, and what nobody could read."""
    table = Table("document", "title", "where", "", "found by", "snippet", box=None)
    for document in located["documents"]:
        for number, row in enumerate(_rows(document)):
            of = (document["document_id"], escape(document["title"])) if number == 0 else ("", "")
            table.add_row(*of, *row)
    for turn in located["turns"]:
        table.add_row("", f"turn {turn['turn_id']}", "conversation", _sure(turn), *_found(turn))
    if located["documents"] or located["turns"]:
        out.print(table)
    certain = sum(one["certain"] for one in located["documents"])
    possible, turns = len(located["documents"]) - certain, len(located["turns"])
    out.print(
        f"{certain} documents for certain, {possible} possible, {turns} turns of conversations; read: "
        f"{located['searched_documents']} documents, {located['searched_chunks']} chunks, "
        f"{located['searched_turns']} turns"
    )
    for one in located["not_searched"]:
        what = f"document {one['document_id']}" if one["document_id"] else f"turn {one['turn_id']}"
        out.print(f"[yellow]not searched:[/] {what}: {_OBSTACLES.get(one['reason'], one['reason'])}")
    if located["not_indexed"]:
        out.print(f"{len(located['not_indexed'])} documents are not in the index yet; they were read word by word")


def _rows(document: dict[str, Any]) -> list[tuple[str, ...]]:
    fields = (
        (one["field"].replace("_", " "), _sure(one), "exact", escape(one["snippet"])) for one in document["fields"]
    )
    chunks = ((f"chunk {one['chunk']}", _sure(one), *_found(one)) for one in document["chunks"])
    return [*fields, *chunks]


def _sure(one: dict[str, Any]) -> str:
    return "certain" if one["certain"] else "possible"


def _found(one: dict[str, Any]) -> tuple[str, str]:
    return ", ".join(one["found_by"]), escape(one["snippet"])
