"""Commands that ask: ask and search."""

from typing import Annotated, Any

import typer
from rich.markup import escape

from service.cli.client import connected
from service.cli.options import AsJson, DataDir, TenantName, loaded, out, print_json

Text = Annotated[str, typer.Argument(help="The question.")]
Harmless = Annotated[bool, typer.Option("--non-sensitive", help="Only chunks that are proved harmless.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("ask")(ask)
    app.command("search")(search)


def ask(
    question: Text,
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    non_sensitive: Harmless = False,
    as_json: AsJson = False,
) -> None:
    """Answer from the documents, with citations, and say where the answer was made and why there."""
    body = {"question": question, "scope": _scope(non_sensitive=non_sensitive)}
    with connected(loaded(data), tenant) as client:
        answer = client.call("POST", "/v1/answers", json=body)
    if as_json:
        print_json(answer)
    else:
        print_answer(answer)


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
    body = {"question": question, "limit": limit, "scope": _scope(non_sensitive=non_sensitive)}
    with connected(loaded(data), tenant) as client:
        found = client.call("POST", "/v1/search", json=body)
    if as_json:
        print_json(found)
        return
    for hit in found["hits"]:
        out.print(
            f"[bold]{hit['score']:.3f}[/]  {escape(hit['title'])}  ({_label(hit['label'])})  {hit['document_id']}"
        )
        out.print(f"    {hit['text'].strip()[:160]!r}", markup=False)


def print_answer(answer: dict[str, Any]) -> None:
    """Print an answer for a person: the text, its citations, the route and the reasons."""
    out.print(answer["answer"], markup=False)
    for source in answer["citations"]:
        first, last = source["pages"]
        pages = f"page {first}" if first == last else f"pages {first} to {last}"
        out.print(f"  [{source['number']}] {source['title']}, {pages} ({_label(source['label'])})", markup=False)
    if answer["sources"] and not answer["citations"]:
        out.print("  (no source supports this answer)")
    reasons = "; ".join(_reason(reason) for reason in answer["reasons"])
    if answer["stopped"]:
        out.print(f"stopped: {answer['stopped'].replace('_', ' ')}", markup=False)
    if answer["redacted"]:
        out.print(f"redacted: {answer['redacted']} values were hidden from the cloud model")
    out.print(f"route: [bold]{answer['route']}[/] by {answer['backend']} {answer['model'] or ''}")
    out.print(f"why:   {reasons}", markup=False)


def _label(label: dict[str, Any]) -> str:
    return ", ".join(label["categories"]) or str(label["verdict"])


def _reason(reason: dict[str, Any]) -> str:
    words: str = reason["cause"].replace("_", " ")
    if reason["origin"]:
        words += f" {reason['origin'].replace('_', ' ')}"
    return words + (f" ({', '.join(reason['categories'])})" if reason["categories"] else "")


def _scope(*, non_sensitive: bool) -> str:
    return "non_sensitive" if non_sensitive else "all"
