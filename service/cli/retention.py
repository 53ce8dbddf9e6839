"""Commands about retention: set, show, preview, approve."""

from typing import Annotated, Any

import typer
from rich.table import Table

from ingestion.sensitivity import Category
from service.cli.client import connected
from service.cli.options import AsJson, DataDir, TenantName, identifier, loaded, naming, out, print_json
from service.errors import SettingsError
from service.policy.retention import Standing

_HELP = """Erase documents when their time is up, by rules per category.

`ringfence retention set --rule PII=1095 --rule any=3650` writes rules, `preview` shows what they would erase,
`approve VERSION` puts them in force; then a daily run erases what is due. Legal holds come first.
"""
_retention = typer.Typer(help=_HELP, no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_retention, name="retention")


@_retention.command("show")
def show(tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Show the newest rules and those in force."""
    with connected(loaded(data), tenant) as client:
        _print(client.call("GET", "/v1/retention"), tenant, as_json=as_json)


@_retention.command("set")
def change(
    rule: Annotated[
        list[str] | None,
        typer.Option(
            help="CATEGORY=DAYS, such as PII=1095; `any` for what no other rule matches. A document of several "
            "categories is kept by the longest rule; CATEGORY=DAYS:shortest decides against longer ones. Repeatable."
        ),
    ] = None,
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    none: Annotated[bool, typer.Option("--none", help="No rules: stop erasing, at once.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the next version of the rules, in the place of all before. It erases nothing until it is approved."""
    if bool(rule) is none:
        message = "say --rule CATEGORY=DAYS, or --none"
        raise SettingsError(message)
    with connected(loaded(data), tenant) as client:
        told = client.call("PUT", "/v1/retention", json={"rules": [_rule(one) for one in rule or ()]})
    _print(told, tenant, as_json=as_json)


@_retention.command("preview")
def preview(
    standing: Annotated[Standing | None, typer.Option(help="Only documents of which this becomes.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="How many to show.")] = 200,
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show what the newest rules would erase now, what is held or kept, and why. Needed before they are approved."""
    wanted: dict[str, object] = {"limit": limit} | ({"standing": standing.value} if standing else {})
    with connected(loaded(data), tenant) as client:
        told = client.call("POST", "/v1/retention/preview", json=wanted)
    if as_json:
        print_json(told)
        return
    out.print(f"version {told['version']}: " + ", ".join(f"{count} {name}" for name, count in told["counts"].items()))
    table = Table(identifier(), "title", "becomes", "rule", "due", "held for", box=None)
    for one in told["documents"]:
        cells = (one["standing"], _words(one["rule"]), one["due_at"] or "", ", ".join(one["matters"]))
        table.add_row(one["id"], one["title"].replace("[", r"\["), *cells)
    out.print(table)
    if told["next"]:
        out.print(f"only the first {limit} are shown: --limit, --standing due")


@_retention.command("approve")
def approve(
    version: Annotated[int, typer.Argument(help="The version that was previewed.")],
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Put the previewed version in force: the next daily run erases what is due."""
    with connected(loaded(data), tenant) as client:
        _print(client.call("POST", "/v1/retention/approval", json={"version": version}), tenant, as_json=as_json)


def _rule(text: str) -> dict[str, object]:
    category, _, rest = text.partition("=")
    days, _, keeping = rest.partition(":")
    if not category or not days.isdecimal():
        message = f"--rule {text}: write CATEGORY=DAYS, such as PII=1095, or CATEGORY=DAYS:shortest"
        raise SettingsError(message)
    known = (*Category, "any")
    if category not in known:
        message = f"--rule {text}: {category} is no category; known are {', '.join(known)}"
        raise SettingsError(message)
    return {"category": category, "keep_days": int(days)} | ({"keeping": keeping} if keeping else {})


def _print(told: dict[str, Any], tenant: str | None, *, as_json: bool) -> None:
    if as_json:
        print_json(told)
        return
    latest, in_force = told["latest"], told["in_force"]
    if latest is None:
        out.print("no rules: nothing is erased by its age")
        return
    for name, version in (("newest", latest), ("in force", in_force)):
        rules = "; ".join(_words(rule) for rule in version["rules"]) or "no rules" if version else "nothing"
        out.print(f"{name}: " + (f"version {version['version']}: " if version else "") + rules, markup=False)
    if latest["approved_at"] is None:
        following = f"approve {latest['version']}" if latest["previewed_at"] else "preview"
        command = f"ringfence retention {following}{naming(tenant)}"
        out.print(f"version {latest['version']} erases nothing yet: `{command}` is next", markup=False, soft_wrap=True)


def _words(rule: dict[str, Any] | None) -> str:
    if rule is None:
        return ""
    least = "at most" if rule["keeping"] == "shortest" else "kept"
    return f"{rule['category']} {least} {rule['keep_days']} days"
