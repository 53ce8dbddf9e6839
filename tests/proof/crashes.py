"""`python -m tests.proof.crashes`: kill every part at every stage, many documents each time, and print the table.

By default the documents of one run are hit by one part at every stage in turn; with `--apart` each pair of a part and a
stage has a run of its own. Every run is compared with one in peace: states, chunks, labels, points, vectors, keys,
originals, jobs and audit.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.acceptance import stock
from tests.acceptance.handing_in import Run
from tests.acceptance.services import Broker, Services
from tests.acceptance.stages import EXPLAINED, OF_A_WORKER, OF_THE_API, Stage
from tests.acceptance.storm import Report, Storm, Strike, Victim
from tests.servers.postgres import created_database, started
from tests.servers.rabbitmq import a_rabbit
from tests.servers.valkey import a_redis

_BROKERS: dict[str, Callable[[], Broker]] = {"rabbitmq": a_rabbit, "redis": a_redis}
_out = Console(file=sys.__stdout__, highlight=False, width=140)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One run: what was hit, what happened, and what is wrong afterwards."""

    strikes: tuple[Strike, ...]
    report: Report
    found: stock.Stock
    wrong: list[str]


def main() -> int:
    """Return 0 only if every run ended as the undisturbed one, and every stage was reached."""
    chosen = _arguments()
    bad = 0
    with _services(chosen.broker) as services:
        calm = _run(services, "calm", (), chosen.documents, calm=None)
        _tell(calm, "nothing")
        for number, strikes in enumerate(_runs(chosen)):
            row = _run(services, f"run-{number}", strikes, chosen.documents, calm=calm.found)
            _tell(row, strikes[0].victim.value)
            bad += len(row.wrong) + len(row.report.missed)
    return int(bool(bad))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.proof.crashes", description=__doc__)
    parser.add_argument("--documents", type=int, default=500)
    parser.add_argument("--broker", choices=sorted(_BROKERS), default="rabbitmq")
    parser.add_argument("--apart", action="store_true", help="a run of its own for every part at every stage")
    victims = ", ".join(victim.value for victim in Victim)
    parser.add_argument("--part", action="append", type=Victim, help=f"only this one: {victims}")
    parser.add_argument("--stage", action="append", type=Stage, help="only this one: " + ", ".join(Stage))
    return parser.parse_args()


def _runs(chosen: argparse.Namespace) -> Iterator[tuple[Strike, ...]]:
    for victim in chosen.part or Victim:
        stages = [one for one in Stage if one in (chosen.stage or Stage) and _met(victim, one)]
        strikes = tuple(Strike(victim=victim, stage=stage) for stage in stages)
        if strikes:
            yield from ((one,) for one in strikes) if chosen.apart else (strikes,)


def _met(victim: Victim, stage: Stage) -> bool:
    """Whether this part can be hit there: a worker takes no part in handing in."""
    of_a_worker = {Victim.WORKER_CHILD, Victim.WORKER_PARENT}
    return stage in OF_A_WORKER or (stage in OF_THE_API and victim not in of_a_worker)


@contextmanager
def _services(broker: str) -> Iterator[Services]:
    """Start everything in a folder that is gone afterwards."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crashes-")))
        server = started()
        stack.callback(server.stop)
        bell = _BROKERS[broker]()
        stack.callback(bell.stop)
        address = stack.enter_context(created_database(server))
        services = Services(home / "data", server=server, database=address, broker=bell)
        services.command("init")
        stack.callback(services.stop)
        services.start()
        yield services


def _run(
    services: Services, tenant: str, strikes: tuple[Strike, ...], documents: int, *, calm: stock.Stock | None
) -> Row:
    services.command("tenants", "add", tenant)
    run = Run(stack=services, tenant=tenant, documents=documents)
    report = Storm(services=services, run=run).rage(strikes)
    found = stock.taken(run)
    begun_anew = sum(strike.counts for strike in strikes)
    wrong = stock.wrong(found, as_in=calm or found, strikes=begun_anew)
    return Row(strikes=strikes, report=report, found=found, wrong=wrong)


def _tell(row: Row, victim: str) -> None:
    """Print one run: seconds from each strike to the next document that ended, and what was found."""
    states = ", ".join(f"{number} {state}" for state, number in sorted(row.found.states().items()))
    began = ", ".join(f"{number}: {jobs}" for number, jobs in sorted(row.found.attempts().items()))
    _out.print(
        f"[bold]{victim}[/] hit: {states}; jobs by attempts {began}; {row.report.seconds:.0f} s, longest standstill "
        f"{row.report.standstill:.0f} s; {len(row.wrong)} differences"
    )
    if row.strikes:
        table = Table("stage", "what that is", "s to the next document", box=None)
        for strike, seconds in row.report.strikes:
            table.add_row(strike.stage.value, EXPLAINED[strike.stage], f"{seconds:.1f}")
        _out.print(table)
    for strike in row.report.missed:
        _out.print(f"[red]never reached: {strike.stage}[/]")
    for one in row.wrong[:20]:
        _out.print(f"[red]{one}[/]", markup=True)


if __name__ == "__main__":
    sys.exit(main())
