"""Commands about erasure requests: open, list, show, preview, choose, approve, refuse, extend, cancel, receipt."""

import sys
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from service.cli.client import Client, connected, pages
from service.cli.erasure_tables import print_list, print_next, print_preview, print_request
from service.cli.options import AsJson, DataDir, TenantName, loaded, out, print_json, write_file
from service.errors import SettingsError
from service.policy.erasures import (
    ErasureAction,
    ErasureReason,
    ExtensionReason,
    LeaveReason,
    Refusal,
)

_HELP = """Have documents, a person, or a whole tenant erased, and prove it (GDPR Art. 17).

The life of a request: `open` writes it down, and its month begins. `preview` looks for everything and shows it, masked.
`choose` says for each thing: erase it, redact the person out of it, or leave it and why. `approve` consents, with two
API keys where the tenant's policy asks for it. Workers then execute it within seconds, ask an independent verifier what
every store still holds, and only a count of nothing ends it `verified`. `receipt` fetches the signed proof.

Otherwise it ends with `refuse` (Art. 17(3)) or `cancel`; `extend` gives it two further months (Art. 12(3)). It is
`partial` while something is left, and tried again; `on_hold` while a legal hold covers something, and goes on when that
is released.
"""
_erasures = typer.Typer(help=_HELP, no_args_is_help=True)
_Request = Annotated[UUID, typer.Argument(help="Id of the request; `ringfence erasures list` shows it.")]
_Targets = list[UUID] | None


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_erasures, name="erasures")


@_erasures.command("open")
def open_(  # noqa: PLR0913 - one option each
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    reason: Annotated[ErasureReason, typer.Option(help="Why: Art. 17(1)(a) to (f), or an owner's own decision.")],
    document: Annotated[list[UUID] | None, typer.Option(help="Id of a document; repeatable.")] = None,
    identifier: Annotated[
        list[str] | None, typer.Option(help="E-mail address or number of the person; repeatable.")
    ] = None,
    name: Annotated[list[str] | None, typer.Option(help="A form of the person's name; repeatable.")] = None,
    person: Annotated[
        Path | None,
        typer.Option(help="Read the person from a file, or - for standard input: a line each, names as `name: …`."),
    ] = None,
    note: Annotated[str | None, typer.Option(help="For those who decide; kept sealed until the request ends.")] = None,
    received: Annotated[str | None, typer.Option(help="When it arrived, such as 2026-11-20T09:00:00+01:00.")] = None,
    everything: Annotated[bool, typer.Option("--everything", help="The whole tenant. Needs an admin's key.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a request down: for documents, for a person, or for the whole tenant. Nothing is destroyed yet.

    What you type on the command line others on this machine may see: prefer --person - for a person.
    """
    identifiers, names = _person(person, identifier, name)
    body = _body(documents=document or [], identifiers=identifiers, names=names, everything=everything)
    body |= {"reason": reason.value, "note": note, "received_at": received}
    with connected(loaded(data), tenant) as client:
        _print(client.call("POST", "/v1/erasures", json=body), as_json=as_json, tenant=tenant)


@_erasures.command("list")
def list_(tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """List the requests, newest first, with the days that are left; overdue ones are marked."""
    with connected(loaded(data), tenant) as client:
        listed = list(pages(client, "/v1/erasures", "erasures"))
    if as_json:
        print_json(listed)
    else:
        print_list(listed)


@_erasures.command("show")
def show(request: _Request, tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Show one request: how far it is, who approved, and what became of each item."""
    with connected(loaded(data), tenant) as client:
        _print(client.call("GET", f"/v1/erasures/{request}"), as_json=as_json, tenant=tenant)


@_erasures.command("preview")
def preview(request: _Request, tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Look for everything that the request is about: what would go, what is held, what could not be searched."""
    with connected(loaded(data), tenant) as client:
        found = _previewed(client, request)
    if as_json:
        print_json(found)
    else:
        print_preview(found)
        print_next(found["request"], tenant)


@_erasures.command("choose")
def choose(  # noqa: PLR0913 - one option each
    request: _Request,
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    erase: Annotated[_Targets, typer.Option(help="Erase this document or turn; repeatable.")] = None,
    redact: Annotated[_Targets, typer.Option(help="Take the person out of this document; repeatable.")] = None,
    leave: Annotated[_Targets, typer.Option(help="Leave this one, with --because; repeatable.")] = None,
    certain: Annotated[ErasureAction | None, typer.Option(help="For all that is certainly the person's.")] = None,
    possible: Annotated[ErasureAction | None, typer.Option(help="For all that may be somebody else's.")] = None,
    because: Annotated[LeaveReason | None, typer.Option(help="Why what is left stays.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what happens to each thing that the preview found. Turns of conversations are erased, not redacted."""
    named = {
        target: action
        for action, targets in (("erase", erase), ("redact", redact), ("leave", leave))
        for target in map(str, targets or ())
    }
    with connected(loaded(data), tenant) as client:
        if certain or possible:
            items = client.call("GET", f"/v1/erasures/{request}")["items"]
            named = _for_all(items, certain=certain, possible=possible) | named
        choices = [
            {"target": target, "action": action, "reason": _why(action, because)} for target, action in named.items()
        ]
        if not choices:
            message = "choose something, such as --certain redact --possible leave --because not_about_the_person"
            raise SettingsError(message)
        chosen = client.call("POST", f"/v1/erasures/{request}/choices", json={"choices": choices})
    _print(chosen, as_json=as_json, tenant=tenant)


@_erasures.command("approve")
def approve(request: _Request, tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Consent to what the preview shows. Once enough different API keys have, it is executed within seconds."""
    _post(request, "approve", None, tenant, data, as_json=as_json)


@_erasures.command("refuse")
def refuse(
    request: _Request,
    because: Annotated[Refusal, typer.Option(help="The exception of Art. 17(3)(a) to (e).")],
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Refuse a request under an exception of Art. 17(3). Tell the person within the month (Art. 12(4))."""
    _post(request, "refuse", {"refusal": because.value}, tenant, data, as_json=as_json)


@_erasures.command("extend")
def extend(
    request: _Request,
    because: Annotated[ExtensionReason, typer.Option(help="The reason that Art. 12(3) knows.")],
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Give a request two further months, once and within the first one. Tell the person within that month."""
    _post(request, "extend", {"reason": because.value}, tenant, data, as_json=as_json)


@_erasures.command("cancel")
def cancel(request: _Request, tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """End a request of which nothing was executed yet: withdrawn, or nothing was found."""
    _post(request, "cancel", None, tenant, data, as_json=as_json)


@_erasures.command("receipt")
def receipt(
    request: _Request,
    write: Annotated[Path | None, typer.Option("--out", help="Write it to this file instead of printing it.")] = None,
    tenant: TenantName = None,
    data: DataDir = None,
) -> None:
    """Fetch the newest signed receipt, byte by byte; `scripts/verify-receipt FILE` checks it on any machine."""
    with connected(loaded(data), tenant) as client:
        save_receipt(client, str(request), write)


def save_receipt(client: Client, request: str, write: Path | None) -> None:
    """Print the receipt of a request, or write it to a file. Raises SettingsError where that cannot be written."""
    content = client.text(f"/v1/erasures/{request}/receipt")
    if write is None:
        typer.echo(content, nl=False)
        return
    write_file(write, [content.encode()])
    out.print(f"the receipt is in {write}: check it with scripts/verify-receipt", markup=False)


def _post(
    request: UUID, what: str, body: dict[str, str] | None, tenant: str | None, data: Path | None, *, as_json: bool
) -> None:
    with connected(loaded(data), tenant) as client:
        _print(client.call("POST", f"/v1/erasures/{request}/{what}", json=body), as_json=as_json, tenant=tenant)


def _print(request: dict[str, Any], *, as_json: bool, tenant: str | None) -> None:
    if as_json:
        print_json(request)
        return
    print_request(request)
    print_next(request, tenant)


def _previewed(client: Client, request: UUID) -> dict[str, Any]:
    found: dict[str, Any] = client.call("POST", f"/v1/erasures/{request}/preview")
    return found


def _body(*, documents: list[UUID], identifiers: list[str], names: list[str], everything: bool) -> dict[str, Any]:
    if [bool(documents), bool(identifiers or names), everything].count(True) != 1:
        message = "say what to erase: --document ID, or a person (--person -, --identifier, --name), or --everything"
        raise SettingsError(message)
    if documents:
        return {"kind": "documents", "documents": [str(one) for one in documents]}
    if everything:
        return {"kind": "tenant"}
    return {"kind": "subject", "subject": {"identifiers": identifiers, "names": names}}


def _person(person: Path | None, identifier: list[str] | None, name: list[str] | None) -> tuple[list[str], list[str]]:
    """Return identifiers and names, those of the file or of standard input included."""
    identifiers, names = list(identifier or ()), list(name or ())
    for line in _lines(person):
        kind, colon, rest = line.partition(":")
        if colon and kind.strip().lower() == "name":
            names.append(rest.strip())
        else:
            identifiers.append(line)
    return identifiers, names


def _lines(person: Path | None) -> list[str]:
    if person is None:
        return []
    try:
        text = sys.stdin.read() if str(person) == "-" else person.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        message = f"{person} cannot be read as text"
        raise SettingsError(message) from None
    return [line.strip() for line in text.splitlines() if line.strip()]


def _for_all(
    items: list[dict[str, Any]], *, certain: ErasureAction | None, possible: ErasureAction | None
) -> dict[str, str]:
    """Return the action for each item by how sure it is; a turn that would be redacted is erased."""
    wanted = ((item, certain if item["certain"] else possible) for item in items)
    return {
        item["target"]: "erase" if item["kind"] == "turn" and action == "redact" else action.value
        for item, action in wanted
        if action is not None
    }


def _why(action: str, because: LeaveReason | None) -> str | None:
    if action != "leave":
        return None
    if because is None:
        message = "what is left needs a reason: --because not_about_the_person, legal_obligation, …"
        raise SettingsError(message)
    return because.value
