"""Puts the commands together and turns every error into one line and an exit code."""

import io
import sys
from collections.abc import Sequence

import typer
from rich.console import Console
from rich.markup import escape

from service.cli import (
    administering,
    asking,
    auditing,
    backing_up,
    canaries,
    conversations,
    documents,
    erasures,
    evaluating,
    exports,
    holds,
    jobs,
    labelling,
    labels,
    library,
    models,
    policies,
    receipts,
    refusals,
    reporting,
    retention,
    running,
    sources,
    subjects,
)
from service.errors import PartUnavailableError, RingfenceError, SettingsError

EXIT_FAILED = 1
EXIT_WRONG = 2
EXIT_UNAVAILABLE = 3

_HELP = """Ask your own documents; what is sensitive never leaves.

First steps: `ringfence init`, then `ringfence up` in one terminal; in another `ringfence tenants add acme`,
`ringfence ingest --tenant acme FOLDER`, `ringfence ask --tenant acme "How many days off do I get?"`.

Exit codes: 0 done, 1 refused or failed, 2 wrong usage or setting, 3 a part does not answer (try again),
4 some documents failed or were quarantined.
"""

app = typer.Typer(help=_HELP, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
running.register(app)
administering.register(app)
documents.register(app)
jobs.register(app)
library.register(app)
sources.register(app)
subjects.register(app)
asking.register(app)
conversations.register(app)
labels.register(app)
auditing.register(app)
backing_up.register(app)
policies.register(app)
canaries.register(app)
erasures.register(app)
receipts.register(app)
refusals.register(app)
holds.register(app)
retention.register(app)
exports.register(app)
reporting.register(app)
labelling.register(app)
evaluating.register(app)
models.register(app)


def _spoken_anyhow() -> None:
    """Let a terminal that has no blocks and dashes show something else for them."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line: these arguments, or those that the program was started with."""
    _spoken_anyhow()
    try:
        app(args=arguments)
    except RingfenceError as error:
        Console(stderr=True, soft_wrap=True).print(f"[red]ringfence:[/] {escape(error.detail)}", highlight=False)
        sys.exit(_exit_code(error))
    except KeyboardInterrupt:
        sys.exit(130)


def _exit_code(error: RingfenceError) -> int:
    if isinstance(error, SettingsError):
        return EXIT_WRONG
    return EXIT_UNAVAILABLE if isinstance(error, PartUnavailableError) else EXIT_FAILED
