"""Turns registered originals into labelled, searchable chunks: one batch of jobs at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from ingestion.document import Document
from ingestion.errors import UnreadableError
from ingestion.injection import suspicion_of_document
from ingestion.pipeline import LabelledChunk, Source, chunk_and_label
from service.auditing import entry
from service.chunks import counted, external_id_of, file_name_of, marks_of, relabelled, title_of, unwritten, written
from service.errors import DamagedError, KeyDestroyedError, LeaseLostError, NotFoundError
from service.lease import Lease
from service.places import chunk_place, original_place, title_place
from service.policy.access import JobId, TenantId
from service.ports import (
    ChunkIndex,
    ChunkRecord,
    Clock,
    Database,
    DocumentRecord,
    DocumentState,
    Embedder,
    JobKind,
    JobRecord,
    JobState,
    KeyStore,
    Parser,
    SubjectMark,
    Tokenizer,
    Vault,
)
from service.quarantine import Quarantine, record_quarantine
from service.refusing import compared, sketched
from service.remembering import RememberingLabellers
from service.sealing import Key
from service.tracing import traced

_log = structlog.get_logger()
_JOBS_AT_ONCE = 16
_CHARACTERS_AT_ONCE = 1_000_000
"""Text embedded together: enough to fill batches, little enough to bound memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """A job whose document was read."""

    job: JobRecord
    record: DocumentRecord
    key: Key
    document: Document
    title: str
    file_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingestion:
    """Runs ingest jobs. Every write is under the job's fence and the document's row lock."""

    database: Database
    index: ChunkIndex
    keys: KeyStore
    vault: Vault
    parser: Parser
    tokenizer: Tokenizer
    embedder: Embedder
    labellers: RememberingLabellers
    clock: Clock
    lease: Lease
    quarantine: Quarantine
    max_attempts: int

    @traced("ingest")
    def run(self, tenant_id: TenantId, job_id: JobId) -> None:
        """Ingest what the job names, and waiting documents beside it so that batches are full."""
        with self.lease.taken(JobKind.INGEST, tenant_id, job_id, limit=_JOBS_AT_ONCE) as jobs:
            batch: list[_Work] = []
            for job in jobs:
                work = self._read(job)
                if work is not None:
                    batch.append(work)
                if sum(len(work.document.text) for work in batch) >= _CHARACTERS_AT_ONCE:
                    self._finish(batch)
                    batch = []
            self._finish(batch)

    @traced("parse")
    def _read(self, job: JobRecord) -> _Work | None:
        """Return the parsed document, or fail the job by itself."""
        if job.attempts > self.max_attempts:
            self._fail(job, "attempts_exhausted", f"Tried {self.max_attempts} times without a result.")
            return None
        tenant_id, document_id = job.tenant_id, job.document_id
        try:
            record = self._started(job)
            key = self.keys.document_key(tenant_id=tenant_id, document_id=document_id)
            sealed = self.vault.get(tenant_id=tenant_id, document_id=document_id)
            content = key.open(sealed, place=original_place(tenant_id, document_id))
            name, title = file_name_of(key, record), title_of(key, record)
            document = self.parser.parse(content, name=name, media_type=_known(record.media_type))
        except UnreadableError as error:
            self._fail(job, error.reason.value, error.detail)
        except DamagedError:
            self._fail(job, "original_damaged", "The stored original was changed and cannot be opened.")
        except (KeyDestroyedError, NotFoundError, LeaseLostError):
            self._abandon(job)
        else:
            # A document that nobody gave a title has its own.
            own = document.title if document.title and title == name else title
            return _Work(job=job, record=record, key=key, document=document, title=own, file_name=name)
        return None

    def _started(self, job: JobRecord) -> DocumentRecord:
        with self.database.transaction(job.tenant_id) as transaction:
            record = transaction.documents.get(job.document_id, lock=True)
            if record is None or not transaction.jobs.holds(job):
                raise LeaseLostError
            transaction.documents.update(replace(record, state=DocumentState.PROCESSING))
            transaction.jobs.update(replace(job, stage="reading", updated_at=self.clock.now()))
        return record

    @traced("batch")
    def _finish(self, batch: Sequence[_Work]) -> None:
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
                self._write(work, chunks)
            except (LeaseLostError, KeyDestroyedError):
                self._abandon(work.job)

    @traced("write")
    def _write(self, work: _Work, chunks: Sequence[LabelledChunk]) -> None:
        """Write points and rows while holding the document's row: an erasure waits, or has already won."""
        now = self.clock.now()
        rows = [_row(work, chunk) for chunk in chunks]
        injection = suspicion_of_document([one.chunk for one in chunks], (work.title, work.file_name))
        marks = self._marks(work, chunks)
        sketch = sketched(work.document.text, self.keys.tenant_key(work.job.tenant_id))
        with self.database.transaction(work.job.tenant_id) as transaction:
            record = transaction.documents.get(work.record.id, lock=True)
            if record is None or not transaction.jobs.holds(work.job, lock=True):
                raise LeaseLostError
            transaction.reviews.clear(record.id)
            known = compared(transaction, record, sketch, at=now)
            ready = self.quarantine.judged(self._ready(work, known, rows), injection)
            transaction.jobs.update(
                replace(work.job, state=JobState.SUCCEEDED, stage=ready.state.value, lease_until=None, updated_at=now)
            )
            facts = self._facts(work, ready)
            transaction.audit.append(
                entry(record.tenant_id, "document_ingested", at=now, subject=record.id, facts=facts)
            )
            record_quarantine(transaction, ready, at=now)
            written(transaction, self.index, ready, rows, [chunk.vector for chunk in chunks], marks)

    def _marks(self, work: _Work, chunks: Sequence[LabelledChunk]) -> frozenset[SubjectMark]:
        external = external_id_of(work.key, work.record)
        return marks_of(
            self.keys.tenant_key(work.record.tenant_id),
            work.record,
            [one.chunk.text for one in chunks],
            [one.label for one in chunks],
            names=filter(None, (work.title, work.file_name, external)),
        )

    def _ready(self, work: _Work, record: DocumentRecord, rows: Sequence[ChunkRecord]) -> DocumentRecord:
        return replace(
            record,
            state=DocumentState.READY,
            title=work.key.seal(work.title.encode(), place=title_place(record.tenant_id, record.id)),
            media_type=work.document.media_type,
            chunk_count=len(rows),
            page_count=len(work.document.pages),
            label_counts=counted(rows),
            failure=None,
            failure_detail=None,
            labeller_version=self.labellers.version,
            relabel_failed=None,
        )

    def _facts(self, work: _Work, ready: DocumentRecord) -> dict[str, object]:
        return {
            "job": str(work.job.id),
            "labels": ready.label_counts,
            "labeller": self.labellers.version,
            "injection": ready.injection.score if ready.injection else None,
        }

    def _fail(self, job: JobRecord, reason: str, detail: str) -> None:
        """Fail this document and its job, with a reason that a person understands."""
        unwritten(self.database, self.index, job)
        now = self.clock.now()
        failed = replace(job, state=JobState.FAILED, lease_until=None, updated_at=now)
        with self.database.transaction(job.tenant_id) as transaction:
            record = transaction.documents.get(job.document_id, lock=True)
            if not transaction.jobs.update(replace(failed, failure=reason, failure_detail=detail)) or record is None:
                return
            transaction.documents.update(
                replace(record, state=DocumentState.FAILED, failure=reason, failure_detail=detail)
            )
            facts = {"job": str(job.id), "reason": reason}
            transaction.audit.append(
                entry(job.tenant_id, "document_failed", at=now, subject=job.document_id, facts=facts)
            )

    def _abandon(self, job: JobRecord) -> None:
        """End a job whose document is gone. If another worker holds it, the fence leaves it alone."""
        _log.info("job_abandoned", job=str(job.id))
        unwritten(self.database, self.index, job)
        ended = replace(job, state=JobState.FAILED, lease_until=None, updated_at=self.clock.now())
        with self.database.transaction(job.tenant_id) as transaction:
            if transaction.documents.get(job.document_id) is None:
                detail = "The document was erased before it was ready."
                transaction.jobs.update(replace(ended, failure="erased", failure_detail=detail))


def _row(work: _Work, labelled: LabelledChunk) -> ChunkRecord:
    chunk = labelled.chunk
    place = chunk_place(work.record.tenant_id, work.record.id, chunk.ordinal)
    row = ChunkRecord(
        document_id=work.record.id,
        ordinal=chunk.ordinal,
        start=chunk.start,
        end=chunk.end,
        first_page=chunk.first_page,
        last_page=chunk.last_page,
        text=work.key.seal(chunk.text.encode(), place=place),
        label=labelled.label,
    )
    return relabelled(row, labelled.label, work.record, None)


def _known(media_type: str) -> str | None:
    return None if media_type == "application/octet-stream" else media_type
