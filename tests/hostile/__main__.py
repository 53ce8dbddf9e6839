"""`python -m tests.hostile`: have every file of the set parsed in the sandbox, and print what became of it.

Each file is read on behalf of a worker of its own. Seconds are wall-clock; the peak is the resident memory of the
largest process that the parser was, as the kernel counts it where it ended by itself, else as sampled.
"""

import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from multiprocessing.connection import Connection

import psutil

from ingestion.errors import UnreadableError
from service.adapters.sandbox import SandboxedParser
from tests.hostile.files import LIMITS, MEMORY, SECONDS, SET, Hostile

_NEXT = b"The next document."
_EVERY = 0.02
_WIDEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What became of a file: its code or `read`, wall-clock seconds, bytes at the peak, and of its worker."""

    outcome: str
    seconds: float
    peak: int
    alive: bool

    def good(self, hostile: Hostile) -> bool:
        """Whether it ended as it may, within its bounds."""
        ends = {"read" if end is None else end.value for end in hostile.ends}
        return self.alive and self.outcome in ends and self.peak <= MEMORY


def main() -> int:
    """Print the table; return 0 only if everything ended as it may, within its bounds, and left its worker alive."""
    print(f"{len(SET)} files; at most {SECONDS} s without OCR and {MEMORY >> 20} MB each.\n")  # noqa: T201
    print("| file | outcome | seconds | peak MB | worker |\n|---|---|---|---|---|")  # noqa: T201
    bad = 0
    for hostile in SET:
        told = measured(hostile)
        good = told.good(hostile)
        bad += not good
        worker = "alive" if told.alive else "lost"
        row = (_shown(hostile.name), told.outcome, f"{told.seconds:.1f}", f"{told.peak / (1 << 20):.0f}", worker)
        print(f"| {' | '.join(row)} |{'' if good else ' UNEXPECTED'}", flush=True)  # noqa: T201
    return int(bad > 0)


def measured(hostile: Hostile) -> Measured:
    """Have it parsed on behalf of a worker of its own, and watch."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    worker = context.Process(target=_work, args=(hostile, theirs))
    worker.start()
    theirs.close()
    sampled = 0
    while not ours.poll(_EVERY):
        sampled = max([sampled, *_memory(worker.pid)])
    try:
        told = Measured(**json.loads(ours.recv()))
    except EOFError:
        return Measured(outcome="worker died", seconds=0, peak=sampled, alive=False)
    finally:
        worker.join()
    return replace(told, peak=max(sampled, told.peak))


def _work(hostile: Hostile, answer: Connection) -> None:
    content = hostile.make()
    parser = SandboxedParser(limits=LIMITS, seconds=SECONDS, memory_bytes=MEMORY)
    parser.parse(_NEXT, name="warm.txt")
    began, outcome = time.monotonic(), "read"
    try:
        parser.parse(content, name=hostile.name)
    except UnreadableError as error:
        outcome = error.reason.value
    seconds = time.monotonic() - began
    alive = parser.parse(_NEXT, name="a.txt").text == _NEXT.decode()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    answer.send(json.dumps(asdict(Measured(outcome=outcome, seconds=seconds, peak=peak, alive=alive))))


def _memory(worker: int | None) -> Iterator[int]:
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(worker).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                yield child.memory_info().rss


def _shown(name: str) -> str:
    shown = name if len(name) < _WIDEST else f"{name[:20]}… ({len(name):,} characters)"
    return "".join(one if one.isprintable() else f"\\x{ord(one):02x}" for one in shown)


if __name__ == "__main__":
    sys.exit(main())
