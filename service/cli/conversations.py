"""Commands about conversations: list, show, forget."""

from typing import Annotated, Any
from uuid import UUID

import typer
from rich.table import Table

from service.cli.client import connected, pages
from service.cli.options import AsJson, DataDir, TenantName, identifier, loaded, out, print_json

_conversations = typer.Typer(
    help="List, show and forget your conversations. Open one with `ringfence ask --conversation new`.",
    no_args_is_help=True,
)

Conversation = Annotated[UUID, typer.Argument(help="Id of the conversation.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_conversations, name="conversations")


@_conversations.command("list")
def list_conversations(tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """List the conversations of this API key, newest first. Nobody else sees them."""
    with connected(loaded(data), tenant) as client:
        found = list(pages(client, "/v1/conversations", "conversations"))
    if as_json:
        print_json(found)
        return
    table = Table(identifier(), "turns", "last answer", box=None)
    for one in found:
        table.add_row(one["id"], str(one["turns"]), one["updated_at"])
    out.print(table)


@_conversations.command("show")
def show(
    conversation: Conversation, tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False
) -> None:
    """Show the turns of a conversation, oldest first, and where each answer was made."""
    with connected(loaded(data), tenant) as client:
        found = client.call("GET", f"/v1/conversations/{conversation}")
    if as_json:
        print_json(found)
        return
    for turn in found["turns"]:
        _print_turn(turn)


@_conversations.command("forget")
def forget(
    conversation: Conversation,
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    turn: Annotated[int | None, typer.Option(min=0, help="Only this turn, as `show` counts them.")] = None,
) -> None:
    """Destroy a conversation, or one turn of it: its key first, then its rows.

    Turns that were answered with a forgotten one leave the context, too, so later questions may leave again.
    """
    path = f"/v1/conversations/{conversation}"
    with connected(loaded(data), tenant) as client:
        client.call("DELETE", path if turn is None else f"{path}/turns/{turn}")
    out.print(f"{conversation}: " + ("forgotten" if turn is None else f"turn {turn} forgotten"))


def _print_turn(turn: dict[str, Any]) -> None:
    made_with = f" with turns {', '.join(map(str, turn['context']))}" if turn["context"] else ""
    out.print(f"[bold]{turn['turn']}[/]  {turn['asked_at']}  route: {turn['route']}{made_with}  answer {turn['id']}")
    if turn["question"] is None:
        out.print("   (a source of it is gone, or is not for this API key any more)")
        return
    out.print(f"   {turn['question']}", markup=False)
    out.print(f"   {turn['answer']}", markup=False)
