"""The tables of the ingestion benchmark."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bench.ingestion.measuring import Memory, Spent, Stages
from bench.ingestion.rivals import Indexed

_STAGES = ("parse", "embed", "batch")
"""Not `write`: it is told once for a group and once for each of its documents. It lies inside `batch`."""
_POINTS = 12


@dataclass(slots=True, kw_only=True)
class Totals:
    """Everything that was counted."""

    stages: Stages
    memory: Memory
    precision: str
    registering: Spent = field(default_factory=Spent)
    ingesting: Spent = field(default_factory=Spent)
    bare: Spent = field(default_factory=Spent)
    alone: Spent = field(default_factory=Spent)
    rivals: dict[str, Indexed] = field(default_factory=dict)
    documents: int = 0
    failed: int = 0
    chunks: int = 0
    embedded: int = 0
    bare_texts: int = 0

    def ratios(self) -> tuple[float, float]:
        """Return chunks a second against bare encoding: only those that were embedded, and all that became ready."""
        bare = self.bare_texts / self.bare.wall
        return self.embedded / self.ingesting.wall / bare, self.chunks / self.ingesting.wall / bare

    def line(self) -> str:
        """Say how far it is."""
        embedded, all_ready = self.ratios()
        return (
            f"{self.documents:,} documents, {self.chunks:,} chunks, {self.embedded:,} embedded; "
            f"{self.documents / self.ingesting.wall:.1f} documents/s, ratio {embedded:.2f} / {all_ready:.2f}, "
            f"{self.memory.curve[-1][1]:.0f} MB"
        )


def told(totals: Totals) -> Iterator[str]:
    """Yield the lines of the report."""
    wall, bare = totals.ingesting.wall, totals.bare_texts / totals.bare.wall
    embedded, all_ready = totals.ratios()
    yield (
        f"{totals.documents:,} documents ({totals.failed} failed with a reason), {totals.chunks:,} chunks, "
        f"{totals.embedded:,} embedded, {wall:.0f} s, {totals.precision}, one encoder thread"
    )
    yield f"registering: {totals.documents / totals.registering.wall:.1f} documents/s"
    yield f"ready: {totals.documents / wall:.1f} documents/s, {totals.chunks / wall:.1f} chunks/s, labelling on"
    yield f"bare encoding of {totals.bare_texts} of these chunks, batches of 32: {bare:.1f} chunks/s"
    yield f"ratio: {embedded:.2f} counting only embedded chunks, {all_ready:.2f} counting all that became ready"
    yield f"our embedder alone on the same chunks: {totals.bare_texts / totals.alone.wall:.1f} chunks/s"
    yield (
        f"processor seconds of the worker: {totals.ingesting.processor:.0f} in {wall:.0f} s; "
        f"of bare encoding: {totals.bare.processor:.0f} in {totals.bare.wall:.0f} s"
    )
    for name in _STAGES:
        seconds, times = totals.stages.seconds[name], totals.stages.times[name]
        if times:
            yield f"  {name}: {seconds:.0f} s, {seconds / times * 1000:.1f} ms each, {times / seconds:.1f} a second"
    for name, indexed in totals.rivals.items():
        if indexed.seconds:
            rate = indexed.documents / indexed.seconds
            yield (
                f"{name}: {rate:.1f} documents/s ({indexed.documents} of the same files, {indexed.chunks} chunks, "
                f"{indexed.processor:.0f} of {indexed.seconds:.0f} s processor); "
                f"ready here / there: {totals.documents / wall / rate:.2f}"
            )
    yield "memory, MB (worker, parsers) after so many documents:"
    curve = totals.memory.curve
    for documents, worker, parsers in curve[:: max(len(curve) // _POINTS, 1)]:
        yield f"  {documents:,}: {worker:.0f}, {parsers:.0f}"
    yield f"growth in the second half: {totals.memory.slope():.2f} MB per 1,000 documents"
