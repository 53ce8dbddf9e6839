"""Commands that ask: ask and search."""

from typing import Annotated, Any

import typer
from rich.markup import escape

from service.cli.client import Client, connected, pages
from service.cli.documents import titled
from service.cli.options import AsJson, DataDir, TenantName, loaded, out, print_json
from service.errors import SettingsError

Text = Annotated[str, typer.Argument(help="The question.")]
Harmless = Annotated[bool, typer.Option("--non-sensitive", help="Only chunks that are proved harmless.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("ask")(ask)
    app.command("search")(search)


def ask(  # noqa: PLR0913 - one option each
    question: Text,
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    conversation: Annotated[
        str | None, typer.Option(help="Ask in this conversation: its id, or `new` to open one.", show_default=False)
    ] = None,
    go_on: Annotated[bool, typer.Option("--continue", help="Ask in your last conversation, or open one.")] = False,
    non_sensitive: Harmless = False,
    as_json: AsJson = False,
) -> None:
    """Answer from the documents, with citations, and say where the answer was made and why there.

    In a conversation the answer is kept, sealed, and earlier turns are part of the prompt: as long as one of them is
    sensitive, answers are local. `ringfence conversations forget ID --turn N` takes a turn out again.
    """
    if go_on and conversation is not None:
        message = "choose --conversation or --continue, not both"
        raise SettingsError(message)
    body = {"question": _asked(question), "scope": _scope(non_sensitive=non_sensitive)}
    with connected(loaded(data), tenant) as client:
        if go_on or conversation is not None:
            body["conversation"] = _last(client) if conversation is None else conversation
        answer = client.call("POST", "/v1/answers", json=body)
    if as_json:
        print_json(answer)
    else:
        print_answer(answer)


def _asked(question: str) -> str:
    if not question.strip():
        message = "the question is empty: write it between quotation marks"
        raise SettingsError(message)
    return question


def _last(client: Client) -> str:
    """Return the conversation that was answered in last, or the word that opens one."""
    found = list(pages(client, "/v1/conversations", "conversations"))
    return str(max(found, key=lambda one: str(one["updated_at"]))["id"]) if found else "new"


def search(
    question: Text,
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    limit: Annotated[int, typer.Option(min=1, max=100)] = 10,
    non_sensitive: Harmless = False,
    as_json: AsJson = False,
) -> None:
    """Find the nearest chunks. No model is asked."""
    body = {"question": _asked(question), "limit": limit, "scope": _scope(non_sensitive=non_sensitive)}
    with connected(loaded(data), tenant) as client:
        found = client.call("POST", "/v1/search", json=body)
    if as_json:
        print_json(found)
        return
    for hit in found["hits"]:
        out.print(f"[bold]{hit['score']:.3f}[/]  {escape(titled(hit))}  ({_label(hit['label'])})  {hit['document_id']}")
        out.print(f"    {hit['text'].strip()[:160]!r}", markup=False)


def print_answer(answer: dict[str, Any]) -> None:
    """Print an answer for a person: the text, its citations, the route and the reasons."""
    out.print(answer["answer"], markup=False)
    for source in answer["citations"]:
        first, last = source["pages"]
        pages = f"page {first}" if first == last else f"pages {first} to {last}"
        out.print(f"  [{source['number']}] {titled(source)}, {pages} ({_label(source['label'])})", markup=False)
    for quotation in answer["quotations"]:
        if not quotation["verified"]:
            words = answer["answer"][quotation["start"] : quotation["end"]]
            out.print(f"  not found word for word in a cited source: {words!r}", markup=False)
    if answer["sources"] and not answer["citations"]:
        out.print("  (no source supports this answer)")
    reasons = "; ".join(_reason(reason) for reason in answer["reasons"])
    if answer["stopped"]:
        out.print(f"stopped: {answer['stopped'].replace('_', ' ')}", markup=False)
    if answer["redacted"]:
        out.print(f"redacted: {answer['redacted']} values were hidden from the cloud model")
    out.print(f"route: [bold]{answer['route']}[/] by {answer['backend']} {answer['model'] or ''}")
    out.print(f"why:   {reasons}", markup=False)
    if answer["conversation"]:
        out.print(f"conversation: {answer['conversation']}{_made_with(answer['context'])}", markup=False)


def _made_with(context: list[dict[str, Any]]) -> str:
    turns = ", ".join(f"{one['turn']} ({_label(one)})" for one in context)
    return f", with turns {turns}" if turns else ""


def _label(label: dict[str, Any]) -> str:
    return ", ".join(label["categories"]) or str(label["verdict"])


def _reason(reason: dict[str, Any]) -> str:
    words: str = reason["cause"].replace("_", " ")
    if reason["origin"]:
        words += f" {reason['origin'].replace('_', ' ')}"
    told = [*reason["categories"], *(code.replace("_", " ") for code in reason["terms"])]
    return words + (f" ({', '.join(told)})" if told else "")


def _scope(*, non_sensitive: bool) -> str:
    return "non_sensitive" if non_sensitive else "all"
