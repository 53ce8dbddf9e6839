"""Commands about documents that are there: list, show, release, rectify."""

import sys
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Table

from service.cli.client import connected, pages
from service.cli.documents import labels_of, titled
from service.cli.options import AsJson, DataDir, TenantName, identifier, loaded, out, print_json
from service.cli.reasons import cue_sentence, quarantined, remark_sentence
from service.errors import SettingsError
from service.ports import ReleaseReason

_documents = typer.Typer(help="List, show, release and rectify documents; without a command: list them.")

Document = Annotated[UUID, typer.Argument(help="Id of the document.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_documents, name="documents")


@_documents.callback(invoke_without_command=True)
def documents(
    context: typer.Context, tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False
) -> None:
    """List, show, release and rectify documents; without a command: list them."""
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
        table.add_row(one["id"], escape(titled(one)), state, str(one["chunk_count"]), labels_of(one))
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
    if one["parent_id"]:
        out.print(f"  found in: {one['parent_title']} {one['parent_id']}", markup=False)
    for child in one["children"]:
        out.print(f"  holds: {child}", markup=False)
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


@_documents.command("rectify")
def rectify(  # noqa: PLR0913 - one option each
    document: Document,
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    text: Annotated[
        Path | None, typer.Option("--text", help="A file with what it is to say, or - for standard input.")
    ] = None,
    chunk: Annotated[int | None, typer.Option(min=0, help="Only this chunk, as `labels show` counts them.")] = None,
    title: Annotated[str | None, typer.Option(help="What it is to be called.")] = None,
    file_name: Annotated[str | None, typer.Option(help="What its file is to be called.")] = None,
    as_json: AsJson = False,
) -> None:
    """Have a document say something else (Art. 16). Needs the data-owner or admin role.

    A new document with an id of its own takes its place and is labelled anew; the old one is destroyed, with the
    answers that rest on it. What the new one says is plain text: the layout of the old file goes with it.
    """
    body = {"text": _said(text), "chunk": chunk, "title": title, "file_name": file_name}
    with connected(loaded(data), tenant) as client:
        amended = client.call("POST", f"/v1/documents/{document}/rectify", json=body)
    if as_json:
        print_json(amended)
    else:
        out.print(f"{document}: replaced by {amended['document']['id']}")
        out.print(f"the new version is searchable when job {amended['job']['id']} is done")
        out.print(f"the old version is unreachable; job {amended['erasing']['id']} destroys it")


def _said(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        message = f"{file} cannot be read as text"
        raise SettingsError(message) from None


def _lines(one: dict[str, Any]) -> list[str]:
    """Return what a person wants to know of a document, a line each."""
    lines = [f"state: {one['state']}", f"chunks: {one['chunk_count']}", f"labels: {labels_of(one)}"]
    lines += [one["failure_detail"]] if one["failure_detail"] else []
    lines += [f"note: {remark_sentence(code)}" for code in one["remarks"]]
    lines += [reason] if (reason := quarantined(one)) else []
    for chunk in (one["injection"] or {"chunks": []})["chunks"]:
        found = "; ".join(map(cue_sentence, chunk["cues"]))
        lines.append(f"chunk {chunk['ordinal']}, score {chunk['score']:.2f}: {found}")
    if one["resembles_erased"]:
        share = f"{one['resemblance']:.0%} of its runs of words"
        lines.append(f"resembles the erased document {one['resembles_erased']} ({share}): look at it")
    if one["held_by"]:
        lines.append(f"held by {', '.join(one['held_by'])}: see `ringfence holds show`")
    if one["released"]:
        freed = one["released"]
        lines.append(f"released {freed['at']} by key {freed['by']} ({freed['reason']}) {freed['note'] or ''}".rstrip())
    return lines
