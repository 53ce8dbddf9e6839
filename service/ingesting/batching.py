"""Runs ingest jobs: one batch of documents at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingestion.pipeline import Source, chunk_and_label
from service.errors import KeyDestroyedError, LeaseLostError
from service.ingesting.expanding import Expanding, Nesting
from service.ingesting.failing import Failing
from service.ingesting.reading import Reading
from service.ingesting.work import Work
from service.ingesting.writing import Writing
from service.lease import Lease
from service.policy.access import JobId, TenantId
from service.ports import ChunkIndex, Clock, Database, Embedder, JobQueue, KeyStore, Parser, Tokenizer, Vault
from service.quarantine import Quarantine
from service.remembering import RememberingLabellers
from service.tracing import traced

_JOBS_AT_ONCE = 16
_CHARACTERS_AT_ONCE = 1_000_000
"""Text embedded together: enough to fill batches, little enough to bound memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingestion:
    """Runs ingest jobs. Every write is under the job's fence and the document's row lock."""

    lease: Lease
    reading: Reading
    tokenizer: Tokenizer
    embedder: Embedder
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
        queue: JobQueue,
        nesting: Nesting,
    ) -> "Ingestion":
        """Return the use case around these parts."""
        failing = Failing(database=database, index=index, clock=clock)
        reading = Reading(
            database=database,
            keys=keys,
            vault=vault,
            parser=parser,
            clock=clock,
            failing=failing,
            expanding=Expanding(database=database, keys=keys, vault=vault, queue=queue, clock=clock, nesting=nesting),
            max_attempts=max_attempts,
        )
        writing = Writing(database=database, index=index, keys=keys, clock=clock, quarantine=quarantine)
        return cls(
            lease=lease,
            reading=reading,
            tokenizer=tokenizer,
            embedder=embedder,
            labellers=labellers,
            writing=writing,
            failing=failing,
        )

    @traced("ingest")
    def run(self, tenant_id: TenantId, job_id: JobId) -> None:
        """Ingest documents that wait, of the tenant whose turn it is: the ring for a job only says that some do."""
        with self.lease.taken_in_turn(tenant_id, job_id, limit=_JOBS_AT_ONCE) as jobs:
            batch: list[Work] = []
            for job in jobs:
                work = self.reading.read(job)
                if work is not None:
                    batch.append(work)
                if sum(len(work.document.text) for work in batch) >= _CHARACTERS_AT_ONCE:
                    self._finish(batch)
                    batch = []
            self._finish(batch)

    @traced("batch")
    def _finish(self, batch: Sequence[Work]) -> None:
        """Chunk, embed and label the batch together; write document by document."""
        if not batch:
            return
        results = chunk_and_label(
            [Source(document=work.document, title=work.title, file_name=work.file_name) for work in batch],
            tokenizer=self.tokenizer,
            embed=self.embedder.embed,
            labeller=self.labellers.of(batch[0].job.tenant_id),
        )
        for work, chunks in zip(batch, results, strict=True):
            try:
                with self.lease.turns.pace.timed():
                    self.writing.write(work, chunks, labeller=self.labellers.version)
            except (LeaseLostError, KeyDestroyedError):
                self.failing.abandon(work.job)
