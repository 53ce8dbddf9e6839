"""Commands about what was erased and is not taken in again: list, lift."""

from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table

from service.cli.client import connected, pages
from service.cli.options import AsJson, DataDir, TenantName, identifier, loaded, out, print_json
from service.ports import LiftReason

_HELP = """See what was erased on request and is not taken in again, and let something in after all.

An upload with the content or the external id of an erased document is refused (409). A document that merely resembles
one is taken in, and `ringfence documents` says so. Only keyed hashes of the erased text are kept for this.
"""
_refusals = typer.Typer(help=_HELP, no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_refusals, name="refusals")


@_refusals.command("list")
def list_(tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """List refusals, newest first; lifted ones stay listed. Needs the data-owner, auditor or admin role."""
    with connected(loaded(data), tenant) as client:
        found = list(pages(client, "/v1/refusals", "refusals"))
    if as_json:
        print_json(found)
        return
    table = Table(identifier(), "refused since", "external id", "lifted", box=None)
    for one in found:
        lifted = f"{one['lifted_at']} by key {one['lifted_by']} ({one['lift_reason']})" if one["lifted_at"] else "no"
        table.add_row(one["document_id"], one["refused_at"], "yes" if one["by_external_id"] else "no", lifted)
    if found:
        out.print(table)
    else:
        out.print("nothing is refused: erasing a document makes a refusal")


@_refusals.command("lift")
def lift(
    document: Annotated[UUID, typer.Argument(help="Id of the erased document.")],
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    reason: Annotated[LiftReason, typer.Option(help="Why it may come back.")],
    as_json: AsJson = False,
) -> None:
    """Let an erased document be handed in again, on record. Needs the data-owner or admin role."""
    with connected(loaded(data), tenant) as client:
        lifted = client.call("POST", f"/v1/refusals/{document}/lift", json={"reason": reason})
    if as_json:
        print_json(lifted)
    else:
        out.print(f"{document}: may be handed in again ({reason})")
