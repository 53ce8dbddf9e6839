"""`python -m tests.proof`: have the conversations, print what was counted, take each guard away in turn."""

import argparse
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

from service import bootstrap, settings
from service.labels import LabellerParts
from tests.proof.company import canaries
from tests.proof.guards import GUARDS, found_without
from tests.proof.judging import Record
from tests.proof.playing import play
from tests.proof.sinks import Sinks, watched
from tests.proof.stage import a_stage
from tests.servers.postgres import a_database

_out = Console(file=sys.__stdout__, highlight=False, width=110)


def main() -> int:
    """Return 0 only if nothing leaked, and taking any guard away is noticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof", description=__doc__)
    parser.add_argument("--conversations", type=int, default=2_000)
    parser.add_argument("--without-each", type=int, default=150, help="conversations without each guard; 0: none")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write what was counted to this file")
    chosen = parser.parse_args()
    with a_database() as (server, database), watched(server, database) as sinks:
        parts = bootstrap.labeller_parts(settings.load())
        leaks = _played(chosen, parts, sinks)
        unnoticed = _guards_taken_away(chosen, parts) if chosen.without_each else 0
    return int(bool(leaks or unnoticed))


def _played(chosen: argparse.Namespace, parts: LabellerParts, sinks: Sinks) -> int:
    """Have the conversations on a real database; return the number of leaks."""
    began = time.monotonic()
    random = Random(chosen.seed)
    with a_stage(random, parts, sinks.database.app_url) as stage:
        record = play(stage, random, count=chosen.conversations)
        found = sinks.grepped(canaries(tuple(stage.truth.values())))
    _print(record, seconds=time.monotonic() - began)
    if chosen.json:
        chosen.json.write_text(json.dumps(_counted(record, found), indent=2))
    _out.print("canaries found in " + ", ".join(f"{sink}: {number}" for sink, number in found.items()))
    return len(record.violations) + sum(found.values())


def _guards_taken_away(chosen: argparse.Namespace, parts: LabellerParts) -> int:
    """Take each guard away in turn; return how many nobody missed."""
    unnoticed = 0
    for guard in GUARDS:
        found = found_without(guard, parts, seed=chosen.seed, count=chosen.without_each)
        unnoticed += not found
        _out.print(f"without {guard.name}:\n    {found or '[red]NOT NOTICED[/]'}")
    return unnoticed


def _counted(record: Record, found: Mapping[str, int]) -> dict[str, object]:
    return {
        "routes": {f"{route} {reason}": number for (route, reason), number in sorted(record.routes.items())},
        "faults": dict(record.faults),
        "requests": record.requests,
        "bytes": record.sent_bytes,
        "violations": [f"{one.what} ({one.tenant}, {one.fault})" for one in record.violations],
        "canaries_found": dict(found),
    }


def _print(record: Record, *, seconds: float) -> None:
    table = Table("route", "reason", "answers", box=None)
    for (route, reason), number in sorted(record.routes.items()):
        table.add_row(route, reason, str(number))
    _out.print(table)
    faults = ", ".join(f"{name} {number}" for name, number in sorted(record.faults.items()))
    _out.print(f"faults: {faults}")
    _out.print(
        f"{sum(record.routes.values())} questions in {seconds:.0f} s; {record.requests} requests with "
        f"{record.sent_bytes} bytes reached the stand-in; {len(record.violations)} violations"
    )
    for violation in record.violations[:20]:
        _out.print(f"[red]{violation.what}[/] (tenant {violation.tenant}, fault {violation.fault})")


sys.exit(main())
