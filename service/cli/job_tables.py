"""How jobs look in a terminal."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from service.cli.options import identifier, out

_COLOURS = {"running": "cyan", "succeeded": "green", "failed": "red", "cancelled": "yellow"}
_ENDED = frozenset({"succeeded", "failed", "cancelled"})


def jobs_table(jobs: Sequence[dict[str, Any]]) -> Table:
    """Return a row per job."""
    table = Table(identifier(), "kind", "state", "stage", "tries", "reason", box=None)
    for one in jobs:
        table.add_row(one["id"], _kind(one), _state(one["state"]), _stage(one), str(one["attempts"]), _why(one))
    return table


def job_lines(one: dict[str, Any]) -> Iterator[str]:
    """Yield what there is to say of one job, line by line."""
    said = one["explanation"]
    yield f"job {one['id']} ({_kind(one)}, {one['priority']}) of document {one['document_id']}"
    yield f"    state: {one['state']}{_of_stage(one)}, attempts: {one['attempts']}"
    yield f"    queued {_time(one['created_at'])}, last changed {_time(one['updated_at'])}"
    if one["not_before"] is not None and one["state"] == "queued":
        yield f"    not tried before {_time(one['not_before'])}"
    if one["setback"] is not None and one["state"] != "succeeded":
        yield f"    last attempt ended with: {one['setback']}"
    if one["failure"] is not None:
        yield f"    reason: {one['failure']}: {one['failure_detail'] or ''}".rstrip(": ")
    yield f"    {'STUCK: ' if said['stuck'] else ''}{said['meaning']}"
    if said["advice"] != "Nothing.":
        yield f"    next: {said['advice']}"


def print_glance(now: dict[str, Any], *, option: str) -> None:
    """Print how things stand, and what helps."""
    for part in _summary(now):
        out.print(part)
    if now["dead"]:
        out.print(f"retry all of a reason: ringfence jobs retry --reason CODE{option}", markup=False)


def glance_of(now: dict[str, Any], running: Sequence[dict[str, Any]]) -> RenderableType:
    """Return how things stand, with the jobs that run."""
    table = Table("running", "document", "stage", "tries", "since", box=None)
    for one in running:
        since = _seconds(one["updated_at"], now["at"])
        table.add_row(_kind(one), one["document_id"], _stage(one), str(one["attempts"]), f"{since:.0f} s")
    shown: list[RenderableType] = list(_summary(now))
    if running:
        shown.append(table)
    return Group(*shown)


def _summary(now: dict[str, Any]) -> Iterator[RenderableType]:
    yield _parts(now)
    documents = ", ".join(f"{count:,} {state}" for state, count in now["documents"].items() if count)
    yield Text(f"documents: {documents or 'none'}")
    yield Text(f"jobs: {_states(now)}")
    stages = Counter[str]()
    for one in now["jobs"]:
        if one["state"] == "running":
            stages[one["stage"] or "started"] += one["jobs"]
    if stages:
        yield Text(f"running, by stage: {', '.join(f'{stage} {count:,}' for stage, count in sorted(stages.items()))}")
    if now["oldest"] is not None:
        waited = _seconds(now["oldest"]["created_at"], now["at"])
        yield Text(f"oldest that waits: {now['oldest']['id']}, {_kind(now['oldest'])}, for {waited:,.0f} s")
    yield from _troubles(now)


def _parts(now: dict[str, Any]) -> Text:
    line = Text("parts: ")
    for number, (part, up) in enumerate(sorted(now["parts"].items())):
        line.append(f"{', ' if number else ''}{part} ")
        line.append("up" if up else "DOWN", style="green" if up else "red")
    workers = now["workers"]
    line.append(f"; workers alive: {'not seen from here' if workers is None else workers}")
    if now["swept_at"] is not None:
        line.append(f" (last heard of {_seconds(now['swept_at'], now['at']):,.0f} s ago)")
    return line


def _states(now: dict[str, Any]) -> str:
    counted = Counter[str]()
    for one in now["jobs"]:
        counted[one["state"]] += one["jobs"]
    bulk = sum(one["jobs"] for one in now["jobs"] if one["priority"] == "bulk" and one["state"] == "queued")
    said = ", ".join(f"{count:,} {state}" for state, count in sorted(counted.items())) or "none"
    return f"{said}{f' ({bulk:,} of those queued are bulk)' if bulk else ''}"


def _troubles(now: dict[str, Any]) -> Iterator[RenderableType]:
    if now["paused_at"] is not None:
        yield Text(f"PAUSED since {_time(now['paused_at'])}: only erasures go on", style="yellow")
    if now["dead"]:
        table = Table("failed", "jobs", "what it means", "what to do next", box=None)
        for one in now["dead"]:
            table.add_row(Text(one["reason"], style="red"), f"{one['jobs']:,}", one["meaning"], one["advice"])
        yield table
    for one in now["stuck"]:
        words = f"STUCK ({one['code']}): {one['jobs']:,} or more, such as {one['example']}. {one['meaning']}"
        yield Text(f"{words} {one['advice']}", style="yellow")
    if not now["stuck"]:
        yield Text("nothing is stuck")


def _kind(one: dict[str, Any]) -> str:
    return str(one["kind"]).removeprefix("documents.")


def _state(state: str) -> Text:
    return Text(state, style=_COLOURS.get(state, ""))


def _stage(one: dict[str, Any]) -> str:
    if one["state"] in _ENDED and one["state"] != "succeeded":
        return ""
    return f"{one['stage']} {one['done']:,}/{one['total']:,}" if one["total"] else str(one["stage"])


def _of_stage(one: dict[str, Any]) -> str:
    stage = _stage(one)
    return f", {stage}" if stage else ""


def _why(one: dict[str, Any]) -> Text:
    if one["failure"] is not None:
        return Text(f"{one['failure']}: {one['failure_detail'] or ''}".rstrip(": "))
    waits = one["state"] == "queued" and one["setback"] is not None
    return Text(f"waits after {one['setback']}" if waits else "")


def _time(moment: str) -> str:
    return datetime.fromisoformat(moment).strftime("%Y-%m-%d %H:%M:%S UTC")


def _seconds(since: str, until: str) -> float:
    return max((datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds(), 0)
