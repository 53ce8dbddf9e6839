"""Commands about providers and policies: who may be sent what, and what a tenant wants beyond that."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.table import Table

from ingestion.sensitivity import Category
from service.adapters.provider_file import TomlProviderRegister
from service.api.policy_schemas import ProvidersBody
from service.cli.client import connected
from service.cli.options import AsJson, DataDir, TenantName, loaded, out, print_json, write_file
from service.cli.quotas import quota
from service.errors import SettingsError
from service.folder import DataFolder
from service.policy.document import policy_document
from service.policy.providers import Attestation
from service.policy.terms import Terms
from service.policy.tightening import Policy
from service.settings import Settings

_policy = typer.Typer(help="Show and tighten a tenant's policy, and tell it in plain words.", no_args_is_help=True)
_CLEARED: dict[str, object] = {"require": [], "provider": None, "residency": None, "redact": []}
_FIELDS = {"require": "required", "provider": "providers", "residency": "residency", "redact": "redact"}
_LONGEST_COOLING_OFF = 168


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("providers")(providers)
    _policy.command("quota")(quota)
    app.add_typer(_policy, name="policy")


def providers(tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Show what each provider has promised, what expires, and which data may go where today.

    Without --tenant it reads the register on this machine (RINGFENCE_PROVIDERS, by default providers.toml in the
    data folder) under the operator's own policy; with it, it asks the server what is in force for that tenant.
    """
    settings = loaded(data)
    if tenant is None and settings.api_key is None:
        told = msgspec.to_builtins(ProvidersBody.of(_read(settings)))
    else:
        with connected(settings, tenant) as client:
            told = client.call("GET", "/v1/providers")
    if as_json:
        print_json(told)
    else:
        _print_providers(told, place=_file(settings))


@_policy.command("show")
def show(tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Show what the tenant wants beyond the operator's policy, and what is in force because of it."""
    with connected(loaded(data), tenant) as client:
        _print_policy(client.call("GET", "/v1/policy"), as_json=as_json)


@_policy.command("set")
def change(  # noqa: PLR0913 - one option each
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    cloud: Annotated[
        bool | None, typer.Option("--cloud/--no-cloud", help="May anything leave at all?", show_default=False)
    ] = None,
    require: Annotated[
        list[Attestation] | None, typer.Option(help="An attestation that every prompt needs; repeatable.")
    ] = None,
    provider: Annotated[list[str] | None, typer.Option(help="A provider that may be used; repeatable.")] = None,
    residency: Annotated[str | None, typer.Option(help="Region where prompts must be processed, such as us.")] = None,
    redact: Annotated[
        list[Category] | None,
        typer.Option(help="A category whose values may be replaced so that the rest may leave; repeatable."),
    ] = None,
    erasure_approvals: Annotated[
        int | None, typer.Option(min=1, max=2, help="How many API keys have to approve an erasure request.")
    ] = None,
    cooling_off_hours: Annotated[
        int | None,
        typer.Option(min=0, max=_LONGEST_COOLING_OFF, help="Hours between an erasure's approval and its beginning."),
    ] = None,
    clear: Annotated[
        list[str] | None, typer.Option(help="Take back: require, provider, residency or redact; repeatable.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tighten the tenant's policy, let its categories be redacted, or say how erasures are approved.

    What is not named stays as it is. It can never permit what the operator's policy does not. Needs an admin's key;
    every change is on record.
    """
    named: dict[str, object] = {
        "cloud": cloud,
        "required": require,
        "providers": provider,
        "residency": residency,
        "redact": redact,
        "erasure_approvals": erasure_approvals,
        "cooling_off_hours": cooling_off_hours,
    }
    cleared = {_FIELDS[name]: _CLEARED[name] for name in _clearable(clear or [])}
    wanted = cleared | {name: value for name, value in named.items() if value is not None}
    if not wanted:
        message = "say what to change, such as --no-cloud or --require zdr; see `ringfence policy set --help`"
        raise SettingsError(message)
    with connected(loaded(data), tenant) as client:
        now = client.call("GET", "/v1/policy")["wanted"]
        _print_policy(client.call("PUT", "/v1/policy", json=now | wanted), as_json=as_json)


@_policy.command("document")
def document(
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    defaults: Annotated[
        bool, typer.Option("--defaults", help="The policy without any setting, as docs/routing-policy.md shows it.")
    ] = False,
    write: Annotated[Path | None, typer.Option(help="Write it to this file instead of printing it.")] = None,
) -> None:
    """Tell the routing policy in plain words, generated from the policy that runs.

    With --tenant the one in force for that tenant, from the server; without, the operator's on this machine.
    """
    told = policy_document(Policy()) if defaults else _told(loaded(data), tenant)
    if write is None:
        typer.echo(told, nl=False)
        return
    write_file(write, [told.encode()])
    out.print(f"{write} is written")


def _told(settings: Settings, tenant: str | None) -> str:
    if tenant is None and settings.api_key is None:
        terms = _read(settings)
        return policy_document(terms.policy, terms=terms)
    with connected(settings, tenant) as client:
        return client.text("/v1/policy/document")


def _clearable(names: list[str]) -> list[str]:
    for name in names:
        if name not in _CLEARED:
            message = f"--clear {name}: write one of {', '.join(_CLEARED)}"
            raise SettingsError(message)
    return names


def _file(settings: Settings) -> Path:
    return settings.providers or DataFolder(settings.data_dir).providers


def _read(settings: Settings) -> Terms:
    rules = TomlProviderRegister(_file(settings)).read()
    model = settings.cloud_model if settings.anthropic_api_key is not None else None
    return Terms(policy=rules.policy, register=rules.register, on=datetime.now(UTC).date(), model=model)


def _print_providers(told: dict[str, Any], *, place: Path) -> None:
    if told["register"] != "read":
        out.print(f"The register of providers ({place}) is {told['register']}: nothing is attested, so nothing leaves.")
    for provider in told["providers"]:
        pin = "" if provider["model_matches"] else "  (not the configured cloud model, or none is configured)"
        out.print(f"[bold]{provider['name']}[/]  {provider['kind']}  {provider['model']}{pin}  {provider['region']}")
        table = Table("attestation", "standing", "until", "days", "evidence", box=None)
        for one in provider["attestations"]:
            cells = (one["attestation"], one["standing"], one["valid_until"], one["days_left"], one["evidence"])
            table.add_row(*("" if cell is None else str(cell) for cell in cells))
        out.print(table)
    table = Table("data", "way out", "may it go today?", "lacking", box=None)
    for going in told["may_go"]:
        table.add_row(going["data"], going["egress"], going["way"].replace("_", " "), ", ".join(going["lacking"]))
    out.print(table)
    for one in told["expiring"]:
        ends = f"expires in {one['days']} days" if one["days"] >= 0 else f"expired {-one['days']} days ago"
        out.print(f"[yellow]warning:[/] {one['provider']}: {one['attestation']} {ends}")


def _print_policy(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(told)
        return
    wanted, now = told["wanted"], told["in_force"]
    out.print(f"the tenant's policy, version {told['version']}:")
    for name, value in wanted.items():
        if name != "quota":
            out.print(f"  {name}: {_words(value)}", markup=False)
    out.print(f"in force, {now['version'][:16]}:")
    for name in ("cloud", "providers", "residency", "redaction"):
        out.print(f"  {name}: {_words(now[name])}", markup=False)
    out.print("how much it may have: see `ringfence policy quota`")
    for data, needed in now["needs"].items():
        out.print(f"  {data} needs {', '.join(needed)}", markup=False)


def _words(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "any" if value is None else str(value)
