"""`ringfence policy quota`: how much a tenant may have, how much it has, and what it wants to have at most."""

from typing import Annotated, Any

import typer
from rich.table import Table

from service.cli.client import connected
from service.cli.options import AsJson, DataDir, TenantName, loaded, out, print_json

_MEANING = {
    "documents": "documents, in any state; more are refused",
    "stored_bytes": "bytes of originals; more are refused",
    "waiting_jobs": "documents that wait to be ingested; more are refused until some are done",
    "running_jobs": "documents that workers hold at once; more wait",
}


def quota(  # noqa: PLR0913 - one option each
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    documents: Annotated[int | None, typer.Option(min=1, help="Most documents, in any state.")] = None,
    stored_bytes: Annotated[int | None, typer.Option(min=1, help="Most bytes of originals.")] = None,
    waiting_jobs: Annotated[int | None, typer.Option(min=1, help="Most documents that wait to be ingested.")] = None,
    running_jobs: Annotated[int | None, typer.Option(min=1, help="Most documents that workers hold at once.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take back first what the tenant's policy says.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show how much the tenant may have and has; with options, change what its policy says of it.

    The operator's limits (RINGFENCE_TENANT_DOCUMENTS, _BYTES, _WAITING_JOBS and _RUNNING_JOBS) hold for every tenant;
    its policy can only lower them. Changing needs an admin's key and is on record.
    """
    named = {
        "documents": documents,
        "stored_bytes": stored_bytes,
        "waiting_jobs": waiting_jobs,
        "running_jobs": running_jobs,
    }
    wanted = {name: value for name, value in named.items() if value is not None}
    with connected(loaded(data), tenant) as client:
        told = client.call("GET", "/v1/policy")
        if wanted or clear:
            kept = {} if clear else told["wanted"]["quota"]
            told = client.call("PUT", "/v1/policy", json=told["wanted"] | {"quota": kept | wanted})
    if as_json:
        print_json(told["quota"])
    else:
        _print(told["quota"])


def _print(told: dict[str, Any]) -> None:
    table = Table("what", "has", "may have", "meaning", box=None)
    for name, used in told.items():
        limit = "any number" if used["limit"] is None else f"{used['limit']:,}"
        table.add_row(name, f"{used['current']:,}", limit, _MEANING[name])
    out.print(table)
