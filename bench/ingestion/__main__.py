"""Ingest real documents of this machine, and measure in the same run what bare encoding and other indexers take.

`python -m bench.ingestion --documents 20000` stops by itself, after `--minutes` at the latest. One worker process with
one encoder thread takes documents from the job ledger as a worker does; PostgreSQL syncs. After every twentieth of the
documents the worker pauses, and a sample of what it just did is encoded barely, by the same model in the same
precision and with one thread, and indexed by haystack and langchain where `scripts/rivals setup` was run.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from random import Random
from time import perf_counter

from rich.console import Console

from bench.ingestion.bare import Bare
from bench.ingestion.corpus import Source, documents
from bench.ingestion.measuring import Memory, Stages
from bench.ingestion.rivals import Rivals
from bench.ingestion.stores import Bench, opened
from bench.ingestion.telling import Totals, told
from service import telemetry
from service.chunks import text_of
from service.documents import Upload
from service.policy.access import Scope
from service.ports import JobState
from workers.tasks import SWITCH_SECONDS

_SEGMENTS = 20
_LEAST_SEGMENT = 200
_SAMPLE = 64
_MAX_SLOPE = 5.0
"""MB that the worker may grow by per 1,000 documents in the second half."""
_EVERY_SECONDS = 2.0
out = Console(highlight=False, soft_wrap=True)


def main() -> int:
    """Measure, print the tables, and fail where memory grows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=2_000)
    parser.add_argument("--largest", type=int, default=600, help="most bytes of a document; one in fifty has more")
    parser.add_argument("--minutes", type=float, default=30)
    asked = parser.parse_args()
    telemetry.warnings_only()
    sys.setswitchinterval(SWITCH_SECONDS)
    sources = documents(asked.documents, largest=asked.largest)
    kinds = Counter(source.suffix or "none" for source in sources)
    out.print(
        f"{len(sources):,} documents, {sum(one.size for one in sources) / 1e6:.1f} MB: {dict(kinds.most_common())}"
    )
    with opened() as bench:
        totals = _measured(bench, sources, until=perf_counter() + asked.minutes * 60)
    for line in told(totals):
        out.print(line)
    return 0 if totals.memory.slope() < _MAX_SLOPE else 1


def _measured(bench: Bench, sources: Sequence[Source], *, until: float) -> Totals:
    totals = Totals(stages=Stages.watching(), memory=Memory(), precision=bench.embedder.name.rpartition("/")[2])
    rivals, bare = Rivals(totals.precision), Bare(totals.precision)
    size = max(len(sources) // _SEGMENTS, _LEAST_SEGMENT)
    bench.parts.embedder.embed(["warm"])
    for start in range(0, len(sources), size):
        segment = sources[start : start + size]
        with totals.registering.counting():
            _register(bench, segment)
        before = bench.embedder.texts
        with totals.ingesting.counting():
            _work(bench, totals)
        totals.embedded += bench.embedder.texts - before
        sample = _sample(bench, totals, len(segment))
        bare.encode(sample)
        totals.bare, totals.bare_texts = bare.spent, bare.texts
        with totals.alone.counting():
            bench.parts.embedder.embed(sample)
        rivals.index(Random(start).sample(segment, min(_SAMPLE, len(segment))))
        out.print(totals.line())
        if perf_counter() > until:
            out.print("time is up")
            break
    bare.end()
    totals.rivals = rivals.ended()
    return totals


def _register(bench: Bench, segment: Sequence[Source]) -> None:
    for source in segment:
        upload = Upload(content=source.path.read_bytes(), file_name=source.path.name)
        bench.product.documents.register(bench.who, upload)


def _work(bench: Bench, totals: Totals) -> None:
    """Do what a worker does until nobody rings: one ring for each document, most of them for work already done."""
    noted = perf_counter()
    while bench.queue.rings:
        ring = bench.queue.rings.pop(0)
        bench.product.ingestion.run(ring.tenant_id, ring.job_id)
        if perf_counter() - noted > _EVERY_SECONDS:
            totals.memory.note(sum(_ended(bench).values()))
            noted = perf_counter()
    ended = _ended(bench)
    totals.documents, totals.failed = sum(ended.values()), ended[JobState.FAILED]
    totals.memory.note(totals.documents)


def _ended(bench: Bench) -> dict[JobState, int]:
    with bench.adapters.database.transaction(bench.who.tenant_id) as transaction:
        counts = transaction.jobs.counts()
    return {state: counts[state] for state in (JobState.SUCCEEDED, JobState.FAILED)}


def _sample(bench: Bench, totals: Totals, number: int) -> list[str]:
    """Return different chunks of the documents that came last, as they are stored, and count all of theirs."""
    tenant = bench.who.tenant_id
    texts = list[str]()
    with bench.adapters.database.transaction(tenant) as transaction:
        for record in transaction.documents.page(scope=Scope.of(bench.who), limit=number):
            totals.chunks += record.chunk_count
            if len(texts) < _SAMPLE * 2 and record.chunk_count:
                key = bench.adapters.keys.document_key(tenant_id=tenant, document_id=record.id)
                texts += [text_of(key, record, chunk) for chunk in transaction.chunks.of(record.id)]
    return list(dict.fromkeys(texts))


if __name__ == "__main__":
    sys.exit(main())
