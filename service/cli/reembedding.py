"""Commands about vector spaces: reembed, status, switch, cancel (R63)."""

from typing import Annotated

import typer
from rich.table import Table

from service import telemetry
from service.cli.options import AsJson, DataDir, loaded, out, print_json
from service.reembedding import SpaceView
from service.supervisor import reembedding as running

Tenant = Annotated[str | None, typer.Option("--tenant", help="One tenant; without it, every tenant.")]


def register(index: typer.Typer) -> None:
    """Add the commands to those of the index."""
    index.command("reembed")(reembed)
    index.command("status")(status)
    index.command("switch")(switch)
    index.command("cancel")(cancel)


def reembed(
    model: Annotated[str, typer.Option(help="`packaged`, a folder, or the id of a model that is on this machine.")],
    tenant: Tenant = None,
    data: DataDir = None,
    *,
    precision: Annotated[str | None, typer.Option(help="float32 or bf16; default: what suits this machine.")] = None,
    hold: Annotated[bool, typer.Option("--hold", help="Wait for `index switch` when it is whole.")] = False,
    as_json: AsJson = False,
) -> None:
    """Embed every document with another model while questions are answered from the old vectors.

    The model is loaded and tried first. Then workers build a second vector space beside the one that serves, count it,
    switch in one step and remove the old one. Nothing is restarted, no question fails. See `ringfence index status`.
    """
    with telemetry.warnings_only():
        views = running.reembed(loaded(data), tenant, model, precision=precision, hold=hold)
    _show(views, as_json=as_json)
    if not as_json:
        out.print("Workers build it in the background: ringfence index status")


def status(tenant: Tenant = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Show which vector space each tenant is served from, and how far another is."""
    with telemetry.warnings_only():
        views = running.status(loaded(data), tenant)
    _show(views, as_json=as_json)


def switch(tenant: Tenant = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Let a vector space that was begun with --hold serve, as soon as every document is in it and counted."""
    with telemetry.warnings_only():
        views = running.switch(loaded(data), tenant)
    _show(views, as_json=as_json)


def cancel(tenant: Tenant = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Give up a vector space that is being built, and remove its points and bytes. The one that serves stays."""
    with telemetry.warnings_only():
        views = running.cancel(loaded(data), tenant)
    _show(views, as_json=as_json)


def body_of(view: SpaceView) -> dict[str, object]:
    """Return a space as plain JSON."""
    record, counts = view.record, view.counts
    return {
        "name": record.name,
        "state": record.state.value,
        "dimensions": record.dimensions,
        "hold": record.hold,
        "dropped": record.dropped_at is not None,
        "documents": counts.documents if counts else None,
        "built": counts.built if counts else None,
        "verified": counts.verified if counts else None,
    }


def _show(views: running.Views, *, as_json: bool) -> None:
    if as_json:
        print_json({tenant: [body_of(view) for view in spaces] for tenant, spaces in views.items()})
        return
    table = Table("tenant", "vector space", "state", "documents", "built", "counted", box=None, padding=(0, 2))
    for tenant, spaces in views.items():
        for view in spaces:
            counts = view.counts
            numbers = (counts.documents, counts.built, counts.verified) if counts else ("", "", "")
            table.add_row(tenant, f"{view.record.name} ({view.record.dimensions})", _state(view), *map(str, numbers))
    out.print(table)


def _state(view: SpaceView) -> str:
    record = view.record
    if record.hold and record.seen_whole_at is not None and record.served_at is None and record.ended_at is None:
        return "whole, waits for `index switch`"
    if record.ended_at is not None:
        return f"{record.state}, {'removed' if record.dropped_at else 'being removed'}"
    return record.state.value
