"""How erasure requests look in a terminal."""

from typing import Any

from rich.markup import escape
from rich.table import Table

from service.cli.options import identifier, naming, out

_SOON_DAYS = 7
_ENDED = frozenset({"verified", "refused", "cancelled"})


def print_list(requests: list[dict[str, Any]]) -> None:
    """Print the requests, one in a line."""
    if not requests:
        out.print("no erasure requests: `ringfence erasures open --help` tells how one lives")
        return
    table = Table(identifier(), "kind", "state", "due", "time left", "approvals", "items", box=None)
    for one in requests:
        given = f"{len(one['approvals'])} of {one['approvals_needed']}"
        table.add_row(
            one["id"], one["kind"], one["state"], one["due_at"][:10], _days(one), given, str(len(one["items"]))
        )
    out.print(table)


def print_request(one: dict[str, Any]) -> None:
    """Print one request and what became of its items."""
    article = f", {one['article']}" if one["article"] else ""
    out.print(f"request {one['id']}: {one['kind']}, {one['reason']}{article}", markup=False)
    out.print(f"  state: {one['state']}{_ended(one)}", markup=False)
    out.print(f"  due: {one['due_at'][:10]} ({_days(one)}){_extended(one)}")
    out.print(f"  approvals: {len(one['approvals'])} of {one['approvals_needed']}{_cooling(one)}", markup=False)
    if one["note"]:
        out.print(f"  note: {one['note']}", markup=False)
    if one["items"]:
        table = Table(identifier(), "what", "chosen", "state", "sure?", "why, or held by", box=None)
        for item in one["items"]:
            table.add_row(*_item(item))
        out.print(table)


def print_preview(found: dict[str, Any]) -> None:
    """Print what a request would destroy."""
    print_request(found["request"])
    for document in found["documents"]:
        title = "(gone)" if document["title"] is None else escape(document["title"])
        turns = f", {document['turns']} turns go along" if document["turns"] else ""
        held = f" [red]held by {', '.join(document['held_by'])}[/]" if document["held_by"] else ""
        out.print(
            f"\n[bold]{title}[/]  {document['item']['target']}  {document['item']['chunk_count']} chunks{turns}{held}"
        )
        for child in document["children"]:
            out.print(f"  goes along, found in it: {child}", markup=False)
        for parent in document["originals_of"]:
            out.print(f"  its file goes along, for it holds this: {parent} (what was read of it stays)", markup=False)
        _print_hits(document["hits"])
    for turn in found["turns"]:
        out.print(f"\n[bold]turn of a conversation[/]  {turn['item']['target']}")
        _print_hits(turn["hits"])
    if found["tenant"]:
        told = ", ".join(f"{count} {what.replace('_', ' ')}" for what, count in found["tenant"].items())
        out.print(f"\nthe whole tenant: {told}; the audit stays", markup=False)
    for reason, count in found["not_searched"].items():
        out.print(f"[yellow]not searched:[/] {count} ({reason})")


def print_next(one: dict[str, Any], tenant: str | None) -> None:
    """Print the command that brings a request further, where there is one."""
    then = _next(one)
    if then is not None:
        command, example = then
        told = f"next: ringfence erasures {command} {one['id']}{naming(tenant)}{example}"
        out.print(told, markup=False, soft_wrap=True)


def _next(one: dict[str, Any]) -> tuple[str, str] | None:
    """Return the command, and the options that an example of it has."""
    if one["state"] == "received":
        return "preview", ""
    if one["state"] == "located" and any(item["action"] is None for item in one["items"]):
        return "choose", " --certain redact --possible leave --because not_about_the_person"
    if one["state"] == "located" and one["items"] and not one["approvals"]:
        return "approve", ""
    return ("receipt", " --out receipt.json") if one["state"] == "verified" else None


def _print_hits(hits: list[dict[str, Any]]) -> None:
    for hit in hits:
        sure = "certain" if hit["certain"] else "[yellow]possible[/]"
        out.print(f"  {hit['place']}  {sure}  {escape(hit['snippet'])}")


def _days(one: dict[str, Any]) -> str:
    days = one["days_left"]
    if one["state"] in _ENDED:
        return "ended"
    if days < 0:
        return f"[red]overdue by {_of_days(-days)}[/]"
    return f"[yellow]{_of_days(days)} left[/]" if days < _SOON_DAYS else f"{_of_days(days)} left"


def _of_days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _ended(one: dict[str, Any]) -> str:
    return f" ({one['exception']}, {one['refusal']})" if one["refusal"] else ""


def _extended(one: dict[str, Any]) -> str:
    return f", extended: {one['extension']}" if one["extension"] else ""


def _cooling(one: dict[str, Any]) -> str:
    return f", then {one['cooling_off_hours']} hours of cooling-off" if one["cooling_off_hours"] else ""


def _item(item: dict[str, Any]) -> tuple[str, ...]:
    sure = "certain" if item["certain"] else "possible"
    why = item["left_because"] or ", ".join(item["held_by"]) or (item["replaced_by"] and f"now {item['replaced_by']}")
    later = " (found later)" if item["added_later"] else ""
    return item["target"], item["kind"], item["action"] or "undecided", item["state"] + later, sure, why or ""
