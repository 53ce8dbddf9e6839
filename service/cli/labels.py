"""Commands about labels: show, review, progress, relabel."""

import time
from typing import Annotated, Any
from uuid import UUID

import typer

from ingestion.sensitivity import Category
from service.cli.client import Client, connected
from service.cli.options import AsJson, DataDir, TenantName, loaded, out, print_json
from service.cli.reasons import sentence
from service.errors import SettingsError
from service.ports import ReviewReason

_POLL_SECONDS = 1.0
_labels = typer.Typer(help="Show, review and renew the labels of documents.", no_args_is_help=True)

Document = Annotated[UUID, typer.Argument(help="Id of the document.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_labels, name="labels")


@_labels.command("show")
def show(document: Document, tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Show a document's chunks with their labels, the reasons for them and what reviewers said."""
    with connected(loaded(data), tenant) as client:
        chunks = _chunks(client, document)
    if as_json:
        print_json(chunks)
        return
    for one in chunks:
        _print_chunk(one)


@_labels.command("review")
def review(  # noqa: PLR0913 - one option each
    document: Document,
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    reason: Annotated[ReviewReason, typer.Option(help="Why the label is wrong.")],
    chunk: Annotated[
        list[int] | None, typer.Option(min=0, help="Number of a chunk, as `labels show` counts them; repeatable.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every chunk of the document.")] = False,
    dismiss: Annotated[list[Category] | None, typer.Option(help="A category it does not have; repeatable.")] = None,
    add: Annotated[list[Category] | None, typer.Option(help="A category it has; repeatable.")] = None,
    doubts: Annotated[
        bool | None,
        typer.Option("--dismiss-doubts/--keep-doubts", help="What the labeller was not sure of.", show_default=False),
    ] = None,
    note: Annotated[str | None, typer.Option(help="What a reader should know; kept as ciphertext.")] = None,
    as_json: AsJson = False,
) -> None:
    """Override labels with a reason. Dismissing needs the data-owner or admin role."""
    if every == bool(chunk):
        message = "name the chunks with --chunk N, or take --all of them"
        raise SettingsError(message)
    body: dict[str, Any] = {"dismissed": dismiss or [], "added": add or [], "reason": reason, "note": note}
    body |= {"doubts_dismissed": doubts} | ({"all": True} if every else {}) | ({"ordinals": chunk} if chunk else {})
    with connected(loaded(data), tenant) as client:
        reviewed = client.call("POST", f"/v1/documents/{document}/reviews", json=body)
    if as_json:
        print_json(reviewed)
        return
    changed = ", ".join(f"chunk {number}" for number in reviewed["changed"])
    out.print(f"changed: {changed}" if changed else "nothing to change: the labels say so already")
    out.print(f"labels now: {', '.join(f'{name} {count}' for name, count in sorted(reviewed['labels'].items()))}")


@_labels.command("progress")
def progress(
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Go on until no document waits.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say how many documents the labeller in force labelled, is to label, or could not label."""
    with connected(loaded(data), tenant) as client:
        while True:
            now = client.call("GET", "/v1/labels/progress")
            _print_progress(now, as_json=as_json)
            if not watch or not (now["stale"] or now["open_jobs"]):
                return
            time.sleep(_POLL_SECONDS)


@_labels.command("relabel")
def relabel(tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Begin relabelling stale documents now, those that failed before included."""
    with connected(loaded(data), tenant) as client:
        _print_progress(client.call("POST", "/v1/labels/relabel"), as_json=as_json)


def _chunks(client: Client, document: UUID) -> list[dict[str, Any]]:
    chunks: list[dict[str, Any]] = []
    after: dict[str, int] = {}
    while True:
        page = client.call("GET", f"/v1/documents/{document}/chunks", params={"limit": 200, **after})
        chunks += page["chunks"]
        if page["next"] is None:
            return chunks
        after = {"after": page["next"]}


def _print_chunk(one: dict[str, Any]) -> None:
    label, reviewed = one["label"], one["review"]
    marks = [", ".join(label["categories"]), "stale" if one["stale"] else "", "reviewed" if reviewed else ""]
    out.print(f"[bold]chunk {one['chunk']}[/]  {label['verdict']}  {'; '.join(filter(None, marks))}")
    for finding in label["findings"]:
        place = f"{finding['start']} to {finding['end']}"
        out.print(f"    {finding['category']}: {finding['kind']} at {place} ({finding['detector']})", markup=False)
    for doubt in label["doubts"]:
        out.print(f"    {sentence(doubt)}", markup=False)
    if reviewed:
        out.print(f"    review: {_said(reviewed)}", markup=False)
        machine = one["machine"]
        out.print(f"    before it: {machine['verdict']} {', '.join(machine['categories'])}".rstrip(), markup=False)
    if one["text"] is not None:
        out.print(f"    {one['text'].strip()[:160]!r}", markup=False)


def _said(review: dict[str, Any]) -> str:
    doubts = ["doubts dismissed"] if review["doubts_dismissed"] else []
    said = ", ".join([*(f"not {name}" for name in review["dismissed"]), *review["added"], *doubts])
    return f"{said} ({review['reason']}) {review['note'] or ''}".rstrip()


def _print_progress(now: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(now)
    else:
        out.print(
            f"labeller {now['labeller_version']}: {now['current']} documents current, {now['stale']} stale, "
            f"{now['failed']} failed; {now['open_jobs']} jobs open"
        )
