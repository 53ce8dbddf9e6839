"""Commands that run things: init, up, worker, settings."""

import os

import typer
from rich.table import Table

from service.cli.options import AsJson, DataDir, loaded, out, print_json
from service.folder import DataFolder
from service.settings import PREFIX, Settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("init")(init)
    app.command("up")(up)
    app.command("worker")(worker)
    app.command("settings")(show_settings)


def init(data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Create the data folder, its keys (mode 0600) and the database. Doing it again changes nothing."""
    from service import supervisor  # noqa: PLC0415 - imports the database's tools
    from service.adapters.signing import Ed25519Signer  # noqa: PLC0415 - only this command needs it

    settings = loaded(data)
    supervisor.initialise(settings)
    key = Ed25519Signer(DataFolder(settings.data_dir).audit_key).public_key.hex()
    if as_json:
        print_json({"data_dir": str(settings.data_dir), "audit_public_key": key})
    else:
        out.print(f"{settings.data_dir} is ready. Next: ringfence up")
        out.print(f"The audit is signed with {key}: note this public key elsewhere.")


def up(data: DataDir = None) -> None:
    """Run the whole knowledge base on this machine until Ctrl-C: database, broker, index, API, workers."""
    from service import supervisor  # noqa: PLC0415 - imports the database's tools

    raise typer.Exit(supervisor.up(loaded(data)))


def worker(data: DataDir = None) -> None:
    """Run one more Celery worker against the servers that the settings name, until Ctrl-C."""
    from service.supervisor import parts  # noqa: PLC0415 - imports the database's tools

    settings = loaded(data)
    part = parts.worker(settings, DataFolder(settings.data_dir))
    os.execve(part.command[0], part.command, dict(part.environment))  # noqa: S606 - becomes it, so signals reach it


def show_settings(*, as_json: AsJson = False) -> None:
    """List every setting with its meaning and default."""
    rows = [(_name(name), field.description or "", _default(name)) for name, field in Settings.model_fields.items()]
    if as_json:
        print_json([{"name": name, "meaning": meaning, "default": default} for name, meaning, default in rows])
        return
    table = Table("setting", "meaning", "default", box=None)
    for row in rows:
        table.add_row(*row)
    out.print(table)


def _name(field: str) -> str:
    alias = Settings.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else f"{PREFIX}{field}".upper()


def _default(field: str) -> str:
    value = Settings.model_fields[field].get_default(call_default_factory=True, validated_data={})
    return "" if value is None else str(value)
