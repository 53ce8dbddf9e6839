"""Runs ingest jobs: one batch of documents at a time."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass

import numpy as np

from ingestion.pipeline import Source, labelled
from service.errors import KeyDestroyedError, LeaseLostError
from service.ingesting.ahead import ahead
from service.ingesting.failing import Failing
from service.ingesting.reading import Reading
from service.ingesting.reusing import KnownVectors, Reusing
from service.ingesting.work import Work
from service.ingesting.writing import Writing
from service.lease import Lease
from service.policy.access import JobId, TenantId
from service.ports import (
    ChunkIndex,
    Clock,
    Database,
    Embedder,
    JobKind,
    JobRecord,
    KeyStore,
    Parser,
    Tokenizer,
    Vault,
    Vectors,
)
from service.quarantine import Quarantine
from service.remembering import RememberingLabellers
from service.tracing import traced

_JOBS_AT_ONCE = 16
_SECONDS = 10.0
"""How long a run goes on taking jobs. Longer wastes less at its ends; others wait longer for this worker."""
_CHARACTERS_AT_ONCE = 100_000
"""Text embedded together: some batches of the encoder, sorted by length."""
_CHARACTERS_AHEAD = 400_000
"""Text read ahead. One document may be longer, so memory is bounded by the longest one that is accepted."""
_CHUNKS_AT_ONCE = 256
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

    @classmethod
    def of(  # noqa: PLR0913 - everything that a document passes through
        cls,
        *,
        database: Database,
        index: ChunkIndex,
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
    ) -> "Ingestion":
        """Return the use case around these parts."""
        failing = Failing(database=database, index=index, clock=clock)
        reading = Reading(
            database=database,
            keys=keys,
            vault=vault,
            parser=parser,
            tokenizer=tokenizer,
            clock=clock,
            failing=failing,
            max_attempts=max_attempts,
        )
        writing = Writing(database=database, index=index, keys=keys, clock=clock, quarantine=quarantine)
        return cls(
            lease=lease,
            reading=reading,
            reusing=Reusing(keys=keys, embedder=embedder, known=known),
            labellers=labellers,
            writing=writing,
            failing=failing,
        )

    @traced("ingest")
    def run(self, tenant_id: TenantId, job_id: JobId) -> None:
        """Ingest what the job names, and waiting documents beside it so that batches are full.

        While one batch is embedded, the documents after it are read and the batch before it is labelled and written.
        """
        with (
            self.lease.flowing(JobKind.INGEST, tenant_id, job_id, limit=_JOBS_AT_ONCE, seconds=_SECONDS) as jobs,
            ahead(self._readable(jobs), weight=_weight, room=_CHARACTERS_AHEAD) as coming,
            ThreadPoolExecutor(1, thread_name_prefix="behind") as behind,
        ):
            before: Future[None] | None = None
            for batch in coming.batches(limit=_CHARACTERS_AT_ONCE):
                vectors = self._embedded(tenant_id, batch)
                if before is not None:
                    before.result()
                before = behind.submit(copy_context().run, self._finish, batch, vectors)
            if before is not None:
                before.result()

    def _readable(self, jobs: Iterable[JobRecord]) -> Iterator[Work]:
        return (work for job in jobs if (work := self.reading.read(job)) is not None)

    def _embedded(self, tenant_id: TenantId, batch: Sequence[Work]) -> Vectors:
        """Return the vectors of all chunks of the batch, made some at a time however long a document is."""
        texts = [chunk.text for work in batch for chunk in work.chunks]
        windows = range(0, max(len(texts), 1), _CHUNKS_AT_ONCE)
        return np.concatenate([self.reusing.embed(tenant_id, texts[at : at + _CHUNKS_AT_ONCE]) for at in windows])

    @traced("batch")
    def _finish(self, batch: Sequence[Work], vectors: Vectors) -> None:
        """Label and write document by document."""
        labeller, version = self.labellers.of(batch[0].job.tenant_id), self.labellers.version
        start = 0
        for work in batch:
            own = vectors[start : start + len(work.chunks)]
            start += len(work.chunks)
            source = Source(document=work.document, title=work.title, file_name=work.file_name)
            chunks = labelled(source, work.chunks, own, labeller=labeller)
            try:
                self.writing.write(work, chunks, labeller=version)
            except (LeaseLostError, KeyDestroyedError):
                self.failing.abandon(work.job)
            else:
                texts = [(one.chunk.text, one.vector) for one in chunks]
                self.reusing.remember(work.job.tenant_id, work.record.id, work.key, texts)


def _weight(work: Work) -> int:
    """Return about how much memory a document takes, in characters; an empty one takes some, too."""
    return len(work.document.text) + _LEAST
