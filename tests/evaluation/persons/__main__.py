"""Prints how well people are located: `python -m tests.evaluation.persons`."""

import sys
import time

import typer

from tests.evaluation.persons.company import company
from tests.evaluation.persons.measuring import IDENTIFIERS, measured


def main() -> None:
    """Print a row for each kind of form, then recall, precision and what was missed."""
    began, made = time.perf_counter(), company()
    findings = measured(made)
    typer.echo(f"{len(made.papers)} documents, {time.perf_counter() - began:.0f} s")
    typer.echo(f"{'form':<16}{'chunks':>8}{'recall':>9}{'certain':>9}{'by index':>10}")
    for kind, one in sorted(findings.by_kind.items(), key=lambda pair: (pair[0] not in IDENTIFIERS, pair[0])):
        shares = (one.recall, one.certain / one.all, one.indexed / one.all)
        typer.echo(f"{kind:<16}{one.all:>8}{shares[0]:>9.3f}{shares[1]:>9.3f}{shares[2]:>10.3f}")
    for way, kinds in (("identifiers", IDENTIFIERS), ("names", findings.names)):
        recall, precision = findings.recall(kinds), findings.precision(way)
        typer.echo(f"{way}: recall {recall:.4f}, precision of certain {precision:.4f} ({findings.claimed[way]} places)")
    for mention in findings.missed if "--missed" in sys.argv else ():
        typer.echo(f"missed {mention.kind}: {mention.said!r}")


if __name__ == "__main__":
    main()
