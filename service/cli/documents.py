"""Commands about documents: ingest, delete."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ingestion.sensitivity import Category
from service.cli.client import Client, connected
from service.cli.erasures import save_receipt
from service.cli.options import AsJson, DataDir, TenantName, err, loaded, out, print_json
from service.cli.patience import patiently
from service.cli.reasons import quarantined
from service.errors import ConflictError, InvalidRequestError, NotPermittedError, SettingsError, TooLargeError

EXIT_SOME_FAILED = 4
_POLL_SECONDS = 0.3
_FEW = 20
"""Files that somebody waits for; more are bulk, and everybody else's single upload goes before them."""
_ENDED = frozenset({"succeeded", "failed", "cancelled"})


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("ingest")(ingest)
    app.command("delete")(delete)


def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders; folders are walked.", exists=True)],
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    group: Annotated[list[str] | None, typer.Option(help="Who may see it; repeat for several.")] = None,
    declared: Annotated[list[Category] | None, typer.Option(help="A category it certainly has; repeatable.")] = None,
    as_json: AsJson = False,
) -> None:
    """Hand in files, wait until each is ready or has failed, and sum up labels and failures.

    A file handed in again from the same path is skipped if it is the same and replaced if it changed.
    One that was erased is refused: see `ringfence refusals`. More than 20 files are bulk: single uploads go first.
    When the server asks to wait, because as many documents wait as may, it waits and goes on.
    """
    results: list[dict[str, Any]] = []
    files = list(_files(paths))
    if not files:
        message = "no files there; hidden ones are left out"
        raise SettingsError(message)
    priority = "bulk" if len(files) > _FEW else "interactive"
    form = {"priority": priority, "groups": ",".join(group or ()), "declared": ",".join(declared or ())}
    with connected(loaded(data), tenant) as client, _progress() as progress:
        handing = progress.add_task("handing in", total=len(files))
        for path, name in files:
            results.append(_handed_in(client, path, name, form))
            progress.advance(handing)
        working = progress.add_task("labelling and indexing", total=len(results))
        _wait(client, results, lambda done: progress.update(working, completed=done))
    failed = sum(result["state"] != "ready" for result in results)
    if as_json:
        print_json(results)
    else:
        _print_summary(results)
    if failed:
        raise typer.Exit(EXIT_SOME_FAILED)


def delete(
    document: Annotated[UUID, typer.Argument(help="Id of the document.")],
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    wait: Annotated[bool, typer.Option(help="Wait until every store was found empty.")] = True,
    receipt: Annotated[Path | None, typer.Option(help="Write the signed receipt to this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Erase a document: unreachable at once, then destroyed in every store and counted.

    It is an erasure request that is approved at once; where the tenant's policy asks for a second approval, open one
    with `ringfence erasures open`.
    """
    if receipt is not None and not wait:
        message = "--receipt needs --wait: there is a receipt once every store was asked"
        raise SettingsError(message)
    with connected(loaded(data), tenant) as client:
        job = client.call("DELETE", f"/v1/documents/{document}")
        while wait and job["state"] not in _ENDED:
            time.sleep(_POLL_SECONDS)
            job = client.call("GET", f"/v1/jobs/{job['id']}")
        if receipt is not None:
            save_receipt(client, _concluded(client, document), receipt)
    if as_json:
        print_json(job)
    else:
        gone = "gone from every store" if job["state"] == "succeeded" else "unreachable; destruction is under way"
        out.print(f"{document}: {gone} (job {job['id']})")


def _concluded(client: Client, document: UUID) -> str:
    """Return the id of the request that erased the document, once it has a receipt."""
    while True:
        page = client.call("GET", "/v1/erasures", params={"document": str(document), "limit": "1"})
        newest: dict[str, Any] = page["erasures"][0]
        if newest["has_receipt"]:
            return str(newest["id"])
        time.sleep(_POLL_SECONDS)


def _files(paths: list[Path]) -> Iterator[tuple[Path, str]]:
    """Yield each file with the name it is known by: hidden files are left out."""
    for path in paths:
        if path.is_file():
            yield path, path.name
            continue
        for file in sorted(path.rglob("*")):
            inside = file.relative_to(path)
            if file.is_file() and not any(part.startswith(".") for part in inside.parts):
                yield file, inside.as_posix()


def _handed_in(client: Client, path: Path, name: str, form: dict[str, str]) -> dict[str, Any]:
    fields = {key: value for key, value in form.items() if value}
    try:
        content = path.read_bytes()
        answer = patiently(
            lambda: client.call(
                "POST",
                "/v1/documents",
                data=fields | {"external_id": f"file:{name}"},
                files={"file": (path.name, content, "application/octet-stream")},
            )
        )
    except (ConflictError, InvalidRequestError, TooLargeError, NotPermittedError, OSError) as error:
        return {"file": name, "state": "refused", "reason": str(error), "labels": {}}
    return {"file": name, "job": answer["job"]["id"], "document": answer["document"]["id"], "state": "waiting"}


def _wait(client: Client, results: list[dict[str, Any]], tell: Any) -> None:  # noqa: ANN401 - a callback
    """Poll until every document is ready or has failed."""
    waiting = [result for result in results if result["state"] == "waiting"]
    while waiting:
        still = []
        for result in waiting:
            job = client.call("GET", f"/v1/jobs/{result['job']}")
            if job["state"] not in _ENDED:
                still.append(result)
                continue
            result |= {"state": "failed", "reason": job["failure_detail"], "code": job["failure"], "labels": {}}
            if job["state"] == "succeeded":
                document = client.call("GET", f"/v1/documents/{result['document']}")
                result |= {
                    "state": document["state"],
                    "reason": quarantined(document),
                    "labels": document["labels"],
                    "chunks": document["chunk_count"],
                }
        waiting = still
        tell(len(results) - len(waiting))
        if waiting:
            time.sleep(_POLL_SECONDS)


def _print_summary(results: list[dict[str, Any]]) -> None:
    table = Table("file", "state", "chunks", "labels", box=None)
    for one in results:
        state = one["state"] if one["state"] == "ready" else f"[red]{one['state']}[/]: {one['reason']}"
        table.add_row(escape(one["file"]), state, str(one.get("chunks", "")), labels_of(one))
    out.print(table)
    labels: Counter[str] = Counter()
    for one in results:
        labels.update(one["labels"])
    ready = sum(one["state"] == "ready" for one in results)
    summed = ", ".join(f"{name} {count}" for name, count in sorted(labels.items()))
    out.print(f"{ready} of {len(results)} documents ready; chunks by label: {summed or 'none'}")


def titled(one: dict[str, Any]) -> str:
    """Return a title with that of the archive or message that the document was found in."""
    return f"{one['title']} (in {one['parent_title']})" if one["parent_title"] else str(one["title"])


def labels_of(one: dict[str, Any]) -> str:
    """Return the counts of a document's labels in one line."""
    return ", ".join(f"{name} {count}" for name, count in sorted(one["labels"].items()))


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=err, transient=True)
