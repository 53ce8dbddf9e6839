"""Runs ingest jobs: one batch of documents at a time."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass

import numpy as np

from ingestion.pipeline import Source, labelled
from service.ingesting.ahead import ahead, batched
from service.ingesting.expanding import Expanding, Nesting
from service.ingesting.failing import Failing
from service.ingesting.reading import Reading
from service.ingesting.reusing import KnownVectors, Reusing
from service.ingesting.tallying import Tallying
from service.ingesting.work import Labelled, Work
from service.ingesting.writing import Writing
from service.lease import Lease
from service.policy.access import JobId, TenantId
from service.ports import (
    ChunkIndex,
    Clock,
    Database,
    Embedder,
    JobQueue,
    JobRecord,
    KeyStore,
    Parser,
    Stage,
    Tokenizer,
    Vault,
    Vectors,
)
from service.quarantine import Quarantine
from service.remembering import RememberingLabellers
from service.spaces import Spaces
from service.stages import Stages
from service.tracing import traced

_JOBS_AT_ONCE = 64
"""Documents of one turn. With more, less is wasted at its ends, where stages idle; others wait longer for theirs."""
_CHARACTERS_AT_ONCE = 100_000
"""Text embedded together: some batches of the encoder, sorted by length."""
_CHARACTERS_AHEAD = 400_000
"""Text read ahead. One document may be longer, so memory is bounded by the longest one that is accepted."""
_CHUNKS_AT_ONCE = 256
_WRITTEN_TOGETHER = 16
"""Documents that share a commit and a flush of the index. An erasure of one of them waits for all."""
_LEAST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingestion:
    """Runs ingest jobs. Every write is under the job's fence and the document's row lock."""

    lease: Lease
    reading: Reading
    reusing: Reusing
    labellers: RememberingLabellers
    writing: Writing
    failing: Failing
    stages: Stages
    tallying: Tallying
    overlapping: bool = True

    @classmethod
    def of(  # noqa: PLR0913 - everything that a document passes through
        cls,
        *,
        database: Database,
        index: ChunkIndex,
        spaces: Spaces,
        keys: KeyStore,
        vault: Vault,
        parser: Parser,
        tokenizer: Tokenizer,
        embedder: Embedder,
        labellers: RememberingLabellers,
        clock: Clock,
        lease: Lease,
        quarantine: Quarantine,
        max_attempts: int,
        known: KnownVectors,
        overlapping: bool = True,
        queue: JobQueue,
        nesting: Nesting,
    ) -> "Ingestion":
        """Return the use case around these parts."""
        failing = Failing(database=database, index=index, clock=clock)
        stages = Stages(database=database, clock=clock)
        reading = Reading(
            database=database,
            keys=keys,
            vault=vault,
            parser=parser,
            tokenizer=tokenizer,
            clock=clock,
            failing=failing,
            stages=stages,
            expanding=Expanding(database=database, keys=keys, vault=vault, queue=queue, clock=clock, nesting=nesting),
            max_attempts=max_attempts,
        )
        writing = Writing(database=database, spaces=spaces, keys=keys, clock=clock, quarantine=quarantine)
        return cls(
            lease=lease,
            reading=reading,
            reusing=Reusing(keys=keys, embedder=embedder, known=known),
            labellers=labellers,
            writing=writing,
            failing=failing,
            stages=stages,
            tallying=Tallying(database=database),
            overlapping=overlapping,
        )

    @traced("ingest")
    def run(self, tenant_id: TenantId, job_id: JobId) -> None:
        """Ingest documents that wait, of the tenant whose turn it is: the ring for a job only says that some do.

        While one batch is embedded, the documents after it are read and the batch before it is labelled and written;
        unless this is not `overlapping`: then one thing is done after the other.
        """
        with self.lease.taken_in_turn(tenant_id, job_id, limit=_JOBS_AT_ONCE) as jobs:
            if self.overlapping:
                self._overlapped(self._readable(jobs))
            else:
                for batch in batched(self._readable(jobs), weight=_weight, limit=_CHARACTERS_AT_ONCE):
                    self._finish(batch, self._embedded(batch))

    def _overlapped(self, works: Iterable[Work]) -> None:
        with (
            ahead(works, weight=_weight, room=_CHARACTERS_AHEAD) as coming,
            ThreadPoolExecutor(1, thread_name_prefix="behind") as behind,
        ):
            before: Future[None] | None = None
            for batch in coming.batches(limit=_CHARACTERS_AT_ONCE):
                vectors = self._embedded(batch)
                if before is not None:
                    before.result()
                before = behind.submit(copy_context().run, self._finish, batch, vectors)
            if before is not None:
                before.result()

    def _readable(self, jobs: Iterable[JobRecord]) -> Iterator[Work]:
        return (work for job in jobs if (work := self.reading.read(job)) is not None)

    def _embedded(self, batch: Sequence[Work]) -> Vectors:
        """Return the vectors of all chunks of the batch, made some at a time however long a document is."""
        tenant_id = batch[0].job.tenant_id
        texts = [chunk.text for work in batch for chunk in work.chunks]
        steps = self.stages.reached([work.job for work in batch], Stage.EMBEDDING, total=len(texts))
        vectors = []
        for at in range(0, max(len(texts), 1), _CHUNKS_AT_ONCE):
            window = texts[at : at + _CHUNKS_AT_ONCE]
            vectors.append(self.reusing.embed(tenant_id, window))
            steps.done(len(window))
        return np.concatenate(vectors)

    @traced("batch")
    def _finish(self, batch: Sequence[Work], vectors: Vectors) -> None:
        """Label document by document, and write some documents at a time."""
        labeller, version = self.labellers.of(batch[0].job.tenant_id), self.labellers.version
        steps = self.stages.reached([work.job for work in batch], Stage.LABELLING, total=len(vectors))
        start, written = 0, list[int]()
        ready: list[Labelled] = []
        for work in batch:
            own = vectors[start : start + len(work.chunks)]
            start += len(work.chunks)
            source = Source(document=work.document, title=work.title, file_name=work.file_name)
            ready.append(Labelled(work=work, chunks=labelled(source, work.chunks, own, labeller=labeller)))
            steps.done(len(work.chunks))
            if len(ready) == _WRITTEN_TOGETHER:
                written += self._write(ready, version)
                ready = []
        written += self._write(ready, version)
        self.tallying.batch(batch[0].job.tenant_id, chunks=[len(work.chunks) for work in batch], written=written)

    def _write(self, ready: Sequence[Labelled], version: str) -> list[int]:
        """Write these; return of each that was written how many chunks it has."""
        if not ready:
            return []
        self.stages.reached([one.work.job for one in ready], Stage.WRITING, total=len(ready))
        with self.lease.turns.pace.timed():
            lost = self.writing.write(ready, labeller=version)
        for one in ready:
            if one.work in lost:
                self.failing.abandon(one.work.job)
            else:
                self.reusing.remember(one.work, one.chunks)
        return [len(one.chunks) for one in ready if one.work not in lost]


def _weight(work: Work) -> int:
    """Return about how much memory a document takes, in characters; an empty one takes some, too."""
    return len(work.document.text) + _LEAST
