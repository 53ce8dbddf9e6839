"""Commands about the audit: show, checkpoint, export, prove, verify, forget, key."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn
from uuid import UUID

import typer
from rich.markup import escape

from service.auditing import Expected, Verdict, verify
from service.cli import options
from service.cli.client import connected
from service.cli.options import AsJson, DataDir, TenantName, loaded, out, print_json, write_file
from service.errors import SettingsError
from service.folder import DataFolder

_HELP = """Show the audit log, and prove that nobody changed it.

Each tenant's entries are the leaves of a hash tree (RFC 6962), signed every few seconds. Take a checkpoint away from
time to time (`audit checkpoint --out FILE`) to where nobody who can reach the database can reach it: whatever is
changed or cut off later, `audit verify EXPORT --checkpoint FILE` finds it. `scripts/verify-audit` does the same as
`audit verify` and shares no code with this program.
"""
_audit = typer.Typer(help=_HELP, no_args_is_help=True)

Out = Annotated[
    Path | None,
    typer.Option("--out", help="File to write; default: standard output.", show_default=False, dir_okay=False),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_audit, name="audit")


@_audit.command("show")
def show(  # noqa: PLR0913 - one option each
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 20,
    action: Annotated[str | None, typer.Option(help="Only these, for example prompt_routed.")] = None,
    subject: Annotated[UUID | None, typer.Option(help="Only about this document or answer.")] = None,
    after: Annotated[UUID | None, typer.Option(help="Go on after the entry with this id.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the newest entries: when, what, by which API key, about what, decided how."""
    wanted = {"limit": limit, "action": action, "subject": subject, "after": after}
    params = {name: str(value) for name, value in wanted.items() if value is not None}
    with connected(loaded(data), tenant) as client:
        page = client.call("GET", "/v1/audit/entries", params=params)
    if as_json:
        print_json(page)
        return
    for one in page["entries"]:
        _print_entry(one)
    if not page["entries"]:
        out.print("no such entries")


@_audit.command("checkpoint")
def checkpoint(tenant: TenantName = None, data: DataDir = None, *, to: Out = None) -> None:
    """Sign everything logged so far, and print the checkpoint. Keep it elsewhere: it is what later logs must extend."""
    _fetch("/v1/audit/checkpoint", tenant, data, to)


@_audit.command("export")
def export(
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    since: Annotated[datetime | None, typer.Option("--from", help="Entries from then on (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option("--to", help="Entries before then (UTC).")] = None,
    to: Out = None,
) -> None:
    """Export the log with its checkpoint, one JSON value a line, to be verified anywhere.

    With --from or --to the others are given as hashes only, so that the export still verifies.
    """
    if since is not None and until is not None and since >= until:
        message = "--from must be before --to"
        raise SettingsError(message)
    period = {name: at.isoformat() for name, at in (("since", since), ("until", until)) if at is not None}
    _fetch("/v1/audit/export", tenant, data, to, **period)


@_audit.command("prove")
def prove(
    entry: Annotated[UUID, typer.Argument(help="Id of the entry, as `audit show` prints it.")],
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    to: Out = None,
) -> None:
    """Prove that one entry is in the signed log, without showing any other."""
    _fetch(f"/v1/audit/proofs/{entry}", tenant, data, to)


@_audit.command("verify")
def verify_file(
    file: Annotated[Path, typer.Argument(help="An export, a proof or a checkpoint.", dir_okay=False)],
    *,
    public_key: Annotated[
        str | None, typer.Option(help="The key that must have signed it: 64 hexadecimal digits.", show_default=False)
    ] = None,
    kept: Annotated[
        Path | None,
        typer.Option("--checkpoint", help="A checkpoint kept earlier; the log must begin with it.", show_default=False),
    ] = None,
    complete: Annotated[bool, typer.Option("--complete", help="Refuse entries that are given as hashes only.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check a file byte by byte, offline. Exit code 0: sound, 1: not sound (it says where), 2: not readable."""
    expected = Expected(
        public_key=options.public_key(public_key),
        checkpoint=None if kept is None else _content(kept),
        complete=complete,
    )
    try:
        with file.open("rb") as lines:
            verdict = verify(lines, expected)
    except OSError as error:
        _unreadable(file, error)
    _print_verdict(file, verdict, pinned=public_key is not None, as_json=as_json)
    raise typer.Exit(0 if verdict.sound else 1)


@_audit.command("forget")
def forget(
    key: Annotated[UUID, typer.Argument(help="Id of an API key that was revoked.")],
    tenant: TenantName = None,
    data: DataDir = None,
) -> None:
    """Make the log unable to tell whose entries those of an API key were; it still verifies.

    Documents, conversations and reviews of that key that still exist go on naming it outside of the log.
    """
    with connected(loaded(data), tenant) as client:
        client.call("DELETE", f"/v1/audit/actors/{key}")
    out.print(f"the log does not tell any more which entries were those of key {key}")


@_audit.command("key")
def key(data: DataDir = None) -> None:
    """Print the public key that checkpoints are signed with. Hand it to whoever verifies, by another way."""
    from service.adapters.signing import Ed25519Signer  # noqa: PLC0415 - only this command needs it

    typer.echo(Ed25519Signer(DataFolder(loaded(data).data_dir).audit_key).public_key.hex())


def _fetch(path: str, tenant: str | None, data: Path | None, to: Path | None, **params: str) -> None:
    with connected(loaded(data), tenant) as client, client.lines(path, params) as pieces:
        if to is None:
            for piece in pieces:
                typer.echo(piece, nl=False)
            return
        write_file(to, pieces)
    out.print(f"written to {escape(str(to))}; check it with: ringfence audit verify {escape(str(to))}")


def _print_entry(one: dict[str, Any]) -> None:
    who = f"key {one['api_key']}" if one["api_key"] else (f"actor {one['actor'][:12]}" if one["actor"] else "a worker")
    out.print(f"[bold]{one['at']}[/]  {escape(one['action'])}  by {who}  about {one['subject'] or '-'}")
    out.print(f"    entry {one['id']}  {json.dumps(one['facts'], sort_keys=True)}", markup=False, soft_wrap=True)


def _print_verdict(file: Path, verdict: Verdict, *, pinned: bool, as_json: bool) -> None:
    head = verdict.head
    if as_json:
        print_json(
            {
                "sound": verdict.sound,
                "problems": verdict.problems,
                "tenant": head and head.tenant,
                "public_key": head and head.public_key.hex(),
                "leaves": head and head.checkpoint.size,
                "shown": verdict.shown,
                "withheld": verdict.withheld,
            }
        )
        return
    if head is None or not verdict.sound:
        out.print(f"[red]{escape(str(file))} is NOT sound[/]")
        for problem in verdict.problems:
            out.print(f"  {problem}", markup=False)
        return
    told = head.checkpoint
    out.print(f"[green]{escape(str(file))} is sound[/]: tenant {head.tenant}, {told.size} leaves, signed {told.at}")
    out.print(f"  entries shown: {verdict.shown}; given as hashes only: {verdict.withheld}")
    if not pinned:
        out.print(f"  signed by {head.public_key.hex()}; compare it, or give --public-key")


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        _unreadable(file, error)


def _unreadable(file: Path, error: OSError) -> NoReturn:
    message = f"{file} cannot be opened: {error.strerror}"
    raise SettingsError(message) from None
