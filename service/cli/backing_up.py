"""Commands for whoever runs the machine: backup, restore, index rebuild, ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from service import telemetry
from service.cli import reembedding
from service.cli.options import AsJson, DataDir, err, loaded, out, print_json
from service.errors import SettingsError
from service.folder import DataFolder

_index = typer.Typer(help="The vectors: made from SQL, never restored from a backup.", no_args_is_help=True)
_ledger = typer.Typer(help="The erasure ledger: what was erased, kept outside every backup.", no_args_is_help=True)

Keys = Annotated[Path, typer.Option("--keys", help="Folder of the keys; not inside the other, best elsewhere.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("backup")(backup)
    app.command("restore")(restore)
    reembedding.register(_index)
    app.add_typer(_index, name="index")
    app.add_typer(_ledger, name="ledger")


def backup(
    folder: Annotated[Path, typer.Argument(help="New folder for database and originals, as ciphertext.")],
    keys: Keys,
    data: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Write a backup: the database and the sealed originals into FOLDER, the keys into another folder.

    Whoever has both halves reads everything, also what is erased later. So keep the keys on another medium, under other
    eyes, and no longer than you must: once every copy of a key is gone, old halves of data cannot be opened any more.
    The index is not in it; the erasure ledger must not be: copy RINGFENCE_LEDGER on its own, as often as you can.
    """
    from service.supervisor.backing_up import backup as made  # noqa: PLC0415 - imports the database's tools

    with _progress() as tell:
        manifest = made(loaded(data), folder, keys, tell=tell)
    if as_json:
        print_json({"backup": manifest.backup, "made_at": manifest.made_at, "files": len(manifest.files)})
    else:
        out.print(f"backup {manifest.backup} of {manifest.made_at}: data in {folder}, keys in {keys}", markup=False)
        out.print("Keep the two apart, and copy the erasure ledger by itself.")


def restore(
    folder: Annotated[Path, typer.Argument(help="Folder of database and originals.")],
    keys: Keys,
    data: DataDir = None,
    *,
    ledger: Annotated[Path | None, typer.Option(help="Folder of the ledger; default RINGFENCE_LEDGER.")] = None,
    without_ledger: Annotated[
        bool, typer.Option("--without-ledger", help="Bring back what was erased since: only if the ledger is lost.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Restore a backup into a new data folder, erase again what was erased since, and make the index anew.

    Nothing is served before that is done and verified. API keys that were revoked since the backup work again: revoke
    them again. If it is interrupted, run it again.
    """
    from service.supervisor.restoring import Sources  # noqa: PLC0415 - imports the database's tools
    from service.supervisor.restoring import restore as restored  # noqa: PLC0415

    settings = loaded(data)
    if ledger is not None and without_ledger:
        message = "either --ledger or --without-ledger"
        raise SettingsError(message)
    there = None if without_ledger else ledger or settings.ledger or DataFolder(settings.data_dir).ledger
    with _progress() as tell:
        replayed, indexed = restored(settings, Sources(data=folder, keys=keys, ledger=there), tell=tell)
    if as_json:
        print_json({**asdict(replayed), "indexed": indexed, "ledger": there is not None})
        return
    out.print(f"restored into {settings.data_dir}; {indexed} documents indexed", markup=False)
    if there is None:
        out.print("[red]without the erasure ledger[/]: what was erased since the backup is back. This is on record.")
    else:
        again = f"{replayed.documents} documents and {replayed.turns} turns"
        out.print(f"erased again and verified: {again} ({replayed.revived} documents were back)")
        out.print(f"Next: ringfence up --data {settings.data_dir}", markup=False, soft_wrap=True)


@_index.command("rebuild")
def rebuild(
    data: DataDir = None,
    *,
    every: Annotated[bool, typer.Option("--every", help="Also documents that have all their points.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make the points of every document that lacks some, from SQL. Interrupted, it goes on where it was."""
    from service.supervisor.rebuilding import rebuild as rebuilt  # noqa: PLC0415 - imports the database's tools

    with _progress() as tell:
        written = rebuilt(loaded(data), every=every, tell=tell)
    if as_json:
        print_json({"documents": written})
    else:
        out.print(f"{written} documents were indexed anew")


@_ledger.command("check")
def check(data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Check every line of the ledger, and print how far it is: compare that with a copy kept elsewhere."""
    from service.bootstrap import erasure_ledger  # noqa: PLC0415 - seconds of imports that other commands do not need

    ledger = erasure_ledger(loaded(data))
    lines, head = len(ledger.entries()), ledger.head()
    if as_json:
        print_json({"erasures": lines, "line": head.number, "hash": head.hash})
    else:
        out.print(f"{lines} erasures, unbroken up to line {head.number}: {head.hash}")


@contextmanager
def _progress() -> Iterator["_Tell"]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with telemetry.warnings_only(), Progress(*columns, console=err, transient=True) as progress:
        yield _Tell(progress)


class _Tell:
    """Shows each stage as a bar of its own."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._stages: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: int, of: int) -> None:
        """Move the stage's bar."""
        task = self._stages.get(stage)
        if task is None:
            task = self._stages[stage] = self._progress.add_task(stage, total=of)
        self._progress.update(task, completed=done, total=of)
