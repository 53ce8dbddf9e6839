"""Commands about documents that are there: list, show, release."""

from typing import Annotated, Any
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Table

from service.cli.client import connected, pages
from service.cli.documents import labels_of
from service.cli.options import AsJson, DataDir, TenantName, identifier, loaded, out, print_json
from service.cli.reasons import cue_sentence, quarantined
from service.ports import ReleaseReason

_documents = typer.Typer(help="List, show and release documents; without a command: list them.")

Document = Annotated[UUID, typer.Argument(help="Id of the document.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_documents, name="documents")


@_documents.callback(invoke_without_command=True)
def documents(
    context: typer.Context, tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False
) -> None:
    """List, show and release documents; without a command: list them."""
    if context.invoked_subcommand is None:
        list_documents(tenant, data, as_json=as_json)


@_documents.command("list")
def list_documents(tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """List the documents that the key may see, newest first."""
    with connected(loaded(data), tenant) as client:
        found = list(pages(client, "/v1/documents", "documents"))
    if as_json:
        print_json(found)
        return
    table = Table(identifier(), "title", "state", "chunks", "labels", box=None)
    for one in found:
        state = one["failure_detail"] or one["state"]
        state += " (resembles an erased one)" if one["resembles_erased"] else ""
        table.add_row(one["id"], escape(one["title"]), state, str(one["chunk_count"]), labels_of(one))
    out.print(table)


@_documents.command("show")
def show(document: Document, tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Show one document: its state and labels, and why it failed or is kept in quarantine."""
    with connected(loaded(data), tenant) as client:
        one = client.call("GET", f"/v1/documents/{document}")
    if as_json:
        print_json(one)
        return
    out.print(f"{one['title']} ({one['file_name']})", markup=False)
    for line in _lines(one):
        out.print(f"  {line}", markup=False)


@_documents.command("release")
def release(
    document: Document,
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    reason: Annotated[ReleaseReason, typer.Option(help="Why it may be retrieved all the same.")],
    note: Annotated[str | None, typer.Option(help="What a reader should know; kept as ciphertext.")] = None,
    as_json: AsJson = False,
) -> None:
    """Release a document from quarantine, on record. Needs the data-owner or admin role.

    See what was found with `ringfence documents show ID` and read the text first: models will be shown it.
    """
    body = {"reason": reason, "note": note}
    with connected(loaded(data), tenant) as client:
        released = client.call("POST", f"/v1/documents/{document}/release", json=body)
    if as_json:
        print_json(released)
    else:
        out.print(f"{document}: released; it is searchable when job {released['job']['id']} is done")


def _lines(one: dict[str, Any]) -> list[str]:
    """Return what a person wants to know of a document, a line each."""
    lines = [f"state: {one['state']}", f"chunks: {one['chunk_count']}", f"labels: {labels_of(one)}"]
    lines += [one["failure_detail"]] if one["failure_detail"] else []
    lines += [reason] if (reason := quarantined(one)) else []
    for chunk in (one["injection"] or {"chunks": []})["chunks"]:
        found = "; ".join(map(cue_sentence, chunk["cues"]))
        lines.append(f"chunk {chunk['ordinal']}, score {chunk['score']:.2f}: {found}")
    if one["resembles_erased"]:
        share = f"{one['resemblance']:.0%} of its runs of words"
        lines.append(f"resembles the erased document {one['resembles_erased']} ({share}): look at it")
    if one["released"]:
        freed = one["released"]
        lines.append(f"released {freed['at']} by key {freed['by']} ({freed['reason']}) {freed['note'] or ''}".rstrip())
    return lines
