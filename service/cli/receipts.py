"""Commands about receipts of erasures: list, show, verify."""

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Column, Table

from service.cli import options
from service.cli.client import connected, pages
from service.cli.options import AsJson, DataDir, TenantName, identifier, loaded, out, print_json, write_file
from service.errors import SettingsError
from service.receipts import verify

_HELP = """See what was found gone after an erasure, and prove it to somebody else.

A receipt tells what was erased, when nobody could reach it any more, what an independent verifier counted in every
store, and what could not be checked and what covers it. It is signed, holds no personal data, and says `verified` only
where every count was zero. `scripts/verify-receipt` checks it offline and shares no code with this program.
"""
_receipts = typer.Typer(help=_HELP, no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_receipts, name="receipts")


@_receipts.command("list")
def list_(
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    about: Annotated[UUID | None, typer.Option(help="Only those of this request or document.")] = None,
    as_json: AsJson = False,
) -> None:
    """List receipts, newest first. Needs the data-owner, auditor or admin role."""
    with connected(loaded(data), tenant) as client:
        found = list(pages(client, "/v1/receipts", "receipts", **({"about": str(about)} if about else {})))
    if as_json:
        print_json(found)
        return
    table = Table(identifier(), "issued", "outcome", Column("about", min_width=36, no_wrap=True), box=None)
    for one in found:
        table.add_row(one["id"], one["issued_at"], one["outcome"], one["about"])
    if found:
        out.print(table)
    else:
        out.print("no receipts: an erasure makes one when the verifier has looked everywhere")


@_receipts.command("show")
def show(
    receipt: Annotated[UUID, typer.Argument(help="Id of the receipt, as `receipts list` prints it.")],
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    to: Annotated[
        Path | None, typer.Option("--out", help="File to write it to, as it was signed.", dir_okay=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a receipt, or write it to a file that can be verified."""
    with connected(loaded(data), tenant) as client:
        if to is not None:
            with client.lines(f"/v1/receipts/{receipt}", {}) as pieces:
                _write(to, b"".join(pieces))
            return
        value = client.call("GET", f"/v1/receipts/{receipt}")
    if as_json:
        print_json(value)
    else:
        _print(value)


@_receipts.command("verify")
def verify_file(
    file: Annotated[Path, typer.Argument(help="A receipt, as `receipts show --out FILE` wrote it.", dir_okay=False)],
    *,
    public_key: Annotated[
        str | None, typer.Option(help="The key that must have signed it: 64 hexadecimal digits.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a receipt byte by byte, offline. Exit code 0: sound, 1: not sound (it says why), 2: not readable."""
    try:
        content = file.read_bytes()
    except OSError as error:
        message = f"{file} cannot be opened: {error.strerror}"
        raise SettingsError(message) from None
    problems = verify(content, public_key=options.public_key(public_key))
    if as_json:
        print_json({"sound": not problems, "problems": list(problems)})
    elif problems:
        out.print(f"[red]{escape(str(file))} is NOT sound[/]")
        for problem in problems:
            out.print(f"  {problem}", markup=False)
    else:
        out.print(f"[green]{escape(str(file))} is sound[/]")
        if public_key is None:
            out.print("  compare its public key with the one you were given, or give --public-key")
    raise typer.Exit(1 if problems else 0)


def _write(to: Path, content: bytes) -> None:
    write_file(to, [content])
    out.print(f"written to {escape(str(to))}; check it with: ringfence receipts verify {escape(str(to))}")


def _print(value: dict[str, Any]) -> None:
    out.print(f"[bold]{value['outcome']}[/]  receipt {value['id']}  issued {value['issued_at']}")
    for item in value["items"]:
        out.print(f"  {item['kind']} {item['target']}: {item['action']}, {item['outcome']}, {item['chunks']} chunks")
        out.print(f"    unreachable {item['unreachable_at'] or '-'}, gone {item['gone_at'] or '-'}")
    out.print("  counted by the verifier:")
    for one in value["counts"]:
        out.print(f"    {one['store']}: {one['found']} {one['thing']} ({one['method']})")
    for store in value["unanswered"]:
        out.print(f"    {store}: did not answer")
    out.print("  not checked:")
    for one in value["unchecked"]:
        out.print(f"    {one['store']}: {one['thing']} ({one['reason']}); covered by {', '.join(one['covered_by'])}")
