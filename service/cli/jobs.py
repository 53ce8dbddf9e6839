"""Commands about jobs: list, show, retry, cancel, pause, resume, watch; and how everything stands."""

import time
from typing import Annotated, Any
from uuid import UUID

import msgspec
import typer
from rich.live import Live

from service.cli.client import Client, connected, pages
from service.cli.job_tables import glance_of, job_lines, jobs_table, print_glance
from service.cli.options import AsJson, DataDir, TenantName, err, loaded, naming, out, print_json
from service.errors import SettingsError
from service.ports import JobKind, JobState, Priority

EXIT_SOME_FAILED = 4
_POLL_SECONDS = 1.0
_RUNNING_SHOWN = "12"
_HELP = """See what runs, what waits, what failed and why, and do something about it.

Without a command it lists jobs, newest first. `ringfence status` sums them up. Retrying, cancelling and pausing need
the operator or admin role. The codes of failures are explained by `jobs show ID` and in docs/failure-codes.md.
"""
_jobs = typer.Typer(help=_HELP, invoke_without_command=True)

State = Annotated[JobState | None, typer.Option(help="Only jobs in this state.")]
Kind = Annotated[JobKind | None, typer.Option(help="Only jobs of this kind.")]
Reason = Annotated[str | None, typer.Option(help="Only jobs that ended with this code, such as `encrypted`.")]
Document = Annotated[UUID | None, typer.Option(help="Only jobs of this document.")]
Job = Annotated[UUID, typer.Argument(help="Id of the job.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_jobs, name="jobs")
    app.command("status")(status)


@_jobs.callback()
def jobs(context: typer.Context, tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """List jobs where no command is named."""
    if context.invoked_subcommand is None:
        list_jobs(tenant, data, as_json=as_json)
    elif tenant is not None or data is not None or as_json:
        message = f"write the options behind the command: ringfence jobs {context.invoked_subcommand} …"
        raise SettingsError(message)


@_jobs.command("list")
def list_jobs(  # noqa: PLR0913 - one option each
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    state: State = None,
    kind: Kind = None,
    priority: Annotated[Priority | None, typer.Option(help="Only interactive or only bulk ones.")] = None,
    reason: Reason = None,
    document: Document = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many; default: all.")] = None,
    as_json: AsJson = False,
) -> None:
    """List jobs, newest first: what runs, what waits, what failed and why."""
    asked = {"state": state, "kind": kind, "priority": priority, "reason": reason, "document": document}
    only = {name: str(value) for name, value in asked.items() if value is not None}
    found = []
    with connected(loaded(data), tenant) as client:
        for job in pages(client, "/v1/jobs", "jobs", **only):
            found.append(job)
            if len(found) == limit:
                break
    if as_json:
        print_json(found)
    else:
        out.print(jobs_table(found))


@_jobs.command("show")
def show(job: Job, tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Show one job: how far it is, and if it stands still or has failed, why, and what to do next."""
    with connected(loaded(data), tenant) as client:
        shown = client.call("GET", f"/v1/jobs/{job}")
    if as_json:
        print_json(shown)
        return
    for line in job_lines(shown):
        out.print(line, markup=False)


@_jobs.command("retry")
def retry(
    job: Annotated[list[UUID] | None, typer.Argument(help="Ids of jobs.", show_default=False)] = None,
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    reason: Annotated[str | None, typer.Option(help="Every ingestion that ended with this code instead.")] = None,
    as_json: AsJson = False,
) -> None:
    """Start ingestions that failed or were cancelled once more: those named, or all of one reason.

    `ringfence status` lists the reasons there are. What was erased meanwhile stays erased.
    """
    if (reason is None) == (not job):
        message = "name jobs by their ids, or take all of a reason with --reason CODE"
        raise SettingsError(message)
    with connected(loaded(data), tenant) as client:
        if reason is not None:
            retried = client.call("POST", "/v1/jobs/retry", json={"reason": reason})["retried"]
        else:
            again = [client.call("POST", f"/v1/jobs/{one}/retry") for one in job or ()]
            retried = len(again)
    if as_json:
        print_json({"retried": retried})
    else:
        watch_it = f"; see them with ringfence jobs watch{naming(tenant)}" if retried else ""
        out.print(f"{retried:,} {'job waits' if retried == 1 else 'jobs wait'} again{watch_it}")


@_jobs.command("cancel")
def cancel(
    job: Annotated[list[UUID], typer.Argument(help="Ids of jobs.")],
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """End ingestions that wait or run. Nothing but the original stays; it can be retried, or the document erased."""
    with connected(loaded(data), tenant) as client:
        cancelled = [client.call("POST", f"/v1/jobs/{one}/cancel") for one in job]
    if as_json:
        print_json(cancelled)
        return
    for one in cancelled:
        out.print(f"{one['id']}: cancelled; document {one['document_id']} can be retried or erased")


@_jobs.command("pause")
def pause(tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Hold the tenant's jobs back, but for erasures. What runs now is finished; nothing waits in vain or is lost."""
    with connected(loaded(data), tenant) as client:
        intake = client.call("POST", "/v1/jobs/pause")
    if as_json:
        print_json(intake)
    else:
        out.print(f"paused since {intake['paused_at']}; go on with ringfence jobs resume{naming(tenant)}")


@_jobs.command("resume")
def resume(tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Let the tenant's jobs go on."""
    with connected(loaded(data), tenant) as client:
        intake = client.call("POST", "/v1/jobs/resume")
    if as_json:
        print_json(intake)
    else:
        out.print("the tenant's jobs go on")


@_jobs.command("watch")
def watch(
    tenant: TenantName = None,
    data: DataDir = None,
    *,
    until_done: Annotated[bool, typer.Option("--until-done", help="End when no job waits or runs.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what runs, live, until Ctrl-C. With --until-done the exit code is 4 where something failed.

    With --json one line per second is printed for scripts.
    """
    with connected(loaded(data), tenant) as client:
        ended = _lines(client, until_done) if as_json else _live(client, until_done)
    if until_done and ended["dead"]:
        raise typer.Exit(EXIT_SOME_FAILED)


def status(tenant: TenantName = None, data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Say how things stand: parts, workers, documents, jobs by state and stage, failures by reason, what is stuck."""
    with connected(loaded(data), tenant) as client:
        found = client.call("GET", "/v1/jobs/status")
    if as_json:
        print_json(found)
    else:
        print_glance(found, option=naming(tenant))


def _lines(client: Client, until_done: bool) -> dict[str, Any]:  # noqa: FBT001 - private
    while True:
        now: dict[str, Any] = client.call("GET", "/v1/jobs/status")
        typer.echo(msgspec.json.encode(now).decode())
        if until_done and not now["open_jobs"]:
            return now
        time.sleep(_POLL_SECONDS)


def _live(client: Client, until_done: bool) -> dict[str, Any]:  # noqa: FBT001 - private
    with Live(console=err if not out.is_terminal else out, auto_refresh=False) as live:
        while True:
            now: dict[str, Any] = client.call("GET", "/v1/jobs/status")
            running = {"state": "running", "limit": _RUNNING_SHOWN}
            live.update(glance_of(now, client.call("GET", "/v1/jobs", params=running)["jobs"]), refresh=True)
            if until_done and not now["open_jobs"]:
                return now
            time.sleep(_POLL_SECONDS)
