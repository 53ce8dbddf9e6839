"""Commands for whoever owns the data folder: tenants and API keys."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table

from service.cli.client import token_file
from service.cli.options import AsJson, DataDir, identifier, loaded, out, print_json, write_file
from service.errors import ConflictError, NotFoundError
from service.folder import DataFolder
from service.policy.access import KeyId, Role, TenantId
from service.policy.erasures import ErasureKind, ErasureState
from service.ports import ApiKeyRecord
from service.principals import Principals
from service.settings import Settings

_tenants = typer.Typer(help="Create and list tenants.", no_args_is_help=True)
_keys = typer.Typer(help="Create, list and revoke API keys.", no_args_is_help=True)

Slug = Annotated[str, typer.Argument(help="Name of the tenant: lower-case letters, digits, hyphens.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_tenants, name="tenants")
    app.add_typer(_keys, name="keys")


@_tenants.command("add")
def add_tenant(slug: Slug, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Create a tenant and an admin key for this machine's command line (saved with mode 0600)."""
    settings = loaded(data)
    principals = _principals(settings)
    path = token_file(DataFolder(settings.data_dir), slug)
    try:
        tenant = principals.add_tenant(slug)
    except ConflictError:
        if not path.exists():
            raise
        tenant = principals.tenant(slug)
    else:
        _, token = principals.issue(tenant.id, name="command line", role=Role.ADMIN)
        _save(path, token)
    if as_json:
        print_json({"id": tenant.id, "slug": tenant.slug, "key_file": str(path)})
    else:
        out.print(f"tenant {slug}: its admin key is in {path}; use it with --tenant {slug}")


@_tenants.command("list")
def list_tenants(data: DataDir = None, *, as_json: AsJson = False) -> None:
    """List the tenants."""
    tenants = _principals(loaded(data)).database.tenants()
    if as_json:
        print_json([{"id": tenant.id, "slug": tenant.slug, "created_at": tenant.created_at} for tenant in tenants])
        return
    for tenant in tenants:
        out.print(f"{tenant.slug}  {tenant.id}")


@_tenants.command("receipt")
def tenant_receipt(
    tenant: Annotated[UUID, typer.Argument(help="Id of the tenant; `ringfence tenants list` shows it.")],
    data: DataDir = None,
    *,
    write: Annotated[Path | None, typer.Option("--out", help="Write it to this file instead of printing it.")] = None,
) -> None:
    """Fetch the receipt of a tenant that has ended: nobody has an API key of it any more who could."""
    receipt = _receipt(loaded(data), TenantId(tenant))
    if write is None:
        typer.echo(receipt.decode(), nl=False)
        return
    write_file(write, [receipt])
    out.print(f"the receipt is in {write}: check it with scripts/verify-receipt", markup=False)


@_keys.command("create")
def create_key(  # noqa: PLR0913 - one option each
    tenant: Slug,
    data: DataDir = None,
    *,
    role: Annotated[Role, typer.Option(help="What the key may do.")] = Role.READER,
    name: Annotated[str, typer.Option(help="What it is for.")] = "unnamed",
    group: Annotated[list[str] | None, typer.Option(help="A group it belongs to; repeat for several.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Days until it expires.", show_default="never")] = None,
    as_json: AsJson = False,
) -> None:
    """Create an API key. It is shown once and can never be shown again."""
    principals = _principals(loaded(data))
    expires = datetime.now(UTC) + timedelta(days=days) if days else None
    owner = principals.tenant(tenant)
    record, token = principals.issue(owner.id, name=name, role=role, groups=group or (), expires_at=expires)
    if as_json:
        print_json({"id": record.id, "key": token, "expires_at": expires})
    else:
        out.print(f"{token}\nThis is key {record.id} ({role}). Keep it now: it cannot be shown again.")


@_keys.command("list")
def list_keys(tenant: Slug, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """List a tenant's keys; their secrets are not known to anybody but their holders."""
    principals = _principals(loaded(data))
    records = principals.keys(principals.tenant(tenant).id)
    if as_json:
        print_json([_shown(record) for record in records])
        return
    table = Table(identifier(), "name", "role", "groups", "created", "expires", "revoked", box=None)
    for record in records:
        table.add_row(*(str(value or "") for value in _shown(record).values()))
    out.print(table)


@_keys.command("revoke")
def revoke_key(
    tenant: Slug,
    key: Annotated[UUID, typer.Argument(help="Id of the key.")],
    data: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Make a key useless at once."""
    principals = _principals(loaded(data))
    principals.revoke(principals.tenant(tenant).id, KeyId(key))
    if as_json:
        print_json({"id": key, "revoked": True})
    else:
        out.print(f"key {key} is revoked")


def _receipt(settings: Settings, tenant_id: TenantId) -> bytes:
    from service import bootstrap  # noqa: PLC0415 - seconds of imports that other commands need not wait for

    database = bootstrap.build(settings).principals.database
    with database.transaction(tenant_id) as transaction:
        ended = transaction.erasures.in_state([ErasureState.VERIFIED])
        whole = [record for record in ended if record.kind is ErasureKind.TENANT]
        receipts = transaction.receipts.page(limit=1, about=whole[-1].id) if whole else ()
    if not receipts:
        message = f"there is no receipt of the end of tenant {tenant_id}"
        raise NotFoundError(message)
    return receipts[0].content


def _principals(settings: Settings) -> Principals:
    from service import bootstrap  # noqa: PLC0415 - seconds of imports that other commands need not wait for

    return bootstrap.build(settings).principals


def _shown(record: ApiKeyRecord) -> dict[str, object]:
    return {
        "id": record.id,
        "name": record.name,
        "role": record.role,
        "groups": ", ".join(sorted(record.groups)),
        "created_at": record.created_at,
        "expires_at": record.expires_at,
        "revoked_at": record.revoked_at,
    }


def _save(path: Path, token: str) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(token)
