"""How the demonstration runs `ringfence` and its neighbours, and tells what it does."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.rule import Rule

from service.cli.client import Client, connected
from service.settings import load

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".demo"
say = Console(highlight=False, soft_wrap=True)


def ringfence(*arguments: str) -> None:
    """Run `ringfence …` to its end, printing what it prints; leave the program where it fails."""
    sys.stdout.flush()
    finished = subprocess.run(command(*arguments), check=False)
    if finished.returncode:
        sys.exit(f"`ringfence {' '.join(arguments)}` ended with exit code {finished.returncode}")


def command(*arguments: str) -> list[str]:
    """Return the command line of `ringfence …` in this environment."""
    return [sys.executable, "-c", "from service.cli import main; main()", *arguments]


@contextmanager
def client(tenant: str) -> Iterator[Client]:
    """Connect with the admin key that `tenants add` saved."""
    with connected(load(), tenant) as connection:
        yield connection


def step(title: str) -> None:
    """Begin a part of the story."""
    say.print(Rule(title, align="left"))
