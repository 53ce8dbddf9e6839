"""`python -m tests.proof`: have the conversations, print what was counted, take each guard away in turn."""

import argparse
import sys
import time
from random import Random

from rich.console import Console
from rich.table import Table

from service import bootstrap, settings, telemetry
from tests.proof.guards import GUARDS, found_without
from tests.proof.judging import Record
from tests.proof.playing import play
from tests.proof.stage import a_stage

_out = Console(highlight=False, width=110)


def main() -> int:
    """Return 0 only if nothing leaked, and taking any guard away is noticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof", description=__doc__)
    parser.add_argument("--conversations", type=int, default=2_000)
    parser.add_argument("--without-each", type=int, default=150, help="conversations without each guard; 0: none")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with telemetry.warnings_only():
        parts = bootstrap.labeller_parts(settings.load())
        began = time.monotonic()
        random = Random(chosen.seed)
        with a_stage(random, parts) as stage:
            record = play(stage, random, count=chosen.conversations)
        _print(record, seconds=time.monotonic() - began)
        unnoticed = []
        for guard in GUARDS if chosen.without_each else ():
            found = found_without(guard, parts, seed=chosen.seed, count=chosen.without_each)
            _out.print(f"without {guard.name:58} {found or '[red]NOT NOTICED[/]'}")
            if not found:
                unnoticed.append(guard)
    return int(bool(record.violations or unnoticed))


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
