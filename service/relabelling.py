"""Labels anew what another labeller version labelled, from the stored ciphertext: job by job, in the background."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from ingestion.document import Chunk
from ingestion.injection import Injection, suspicion_of_document
from ingestion.pipeline import label_chunks
from ingestion.sensitivity import Label
from service.auditing import entry
from service.chunks import (
    counted,
    external_id_of,
    file_name_of,
    marks_of,
    relabelled,
    reviews_of,
    text_of,
    title_of,
    unwritten,
)
from service.doorbell import ring
from service.errors import DamagedError, KeyDestroyedError, LeaseLostError, NotPermittedError
from service.lease import Lease
from service.policy.access import JobId, Permission, Principal, TenantId
from service.policy.failing import Setback
from service.ports import (
    ChunkIndex,
    ChunkRecord,
    Clock,
    Database,
    DocumentRecord,
    DocumentState,
    Embedder,
    JobKind,
    JobQueue,
    JobRecord,
    JobState,
    KeyStore,
    LabellingCounts,
    SubjectMark,
    Tokenizer,
    Transaction,
)
from service.quarantine import Quarantine, record_quarantine
from service.remembering import RememberingLabellers
from service.spaces import Embedded, Spaces
from service.subjects import MARKS_VERSION
from service.tracing import traced

_log = structlog.get_logger()
_JOBS_AT_ONCE = 4
_OPEN_AT_ONCE = 16
"""Relabel jobs open at a time per tenant: the ledger stays short, and what people hand in finds a worker soon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a tenant's documents are with the labeller in force."""

    labeller_version: str
    documents: LabellingCounts
    open_jobs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Labelled:
    """A document as it was read, and what the labeller in force says of its chunks."""

    record: DocumentRecord
    chunks: tuple[ChunkRecord, ...]
    labels: tuple[Label, ...]
    embedded: Embedded
    injection: Injection
    marks: frozenset[SubjectMark]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relabelling:
    """Keeps labels current. Every write is under the job's fence and the document's row lock."""

    database: Database
    index: ChunkIndex
    spaces: Spaces
    keys: KeyStore
    queue: JobQueue
    tokenizer: Tokenizer
    embedder: Embedder
    labellers: RememberingLabellers
    clock: Clock
    lease: Lease
    quarantine: Quarantine
    max_attempts: int

    def progress(self, principal: Principal) -> Progress:
        """Return how many documents are current, stale, or could not be labelled."""
        if not principal.may(Permission.SEE_LABELLING):
            raise NotPermittedError
        version = self.labellers.version
        with self.database.transaction(principal.tenant_id) as transaction:
            counts = transaction.documents.labelling(version=version)
            waiting = transaction.jobs.open(JobKind.RELABEL)
        return Progress(labeller_version=version, documents=counts, open_jobs=len(waiting))

    def ask(self, principal: Principal) -> Progress:
        """Begin now, and try again what could not be labelled; return the progress."""
        if not principal.may(Permission.RELABEL):
            raise NotPermittedError
        self.enqueue(principal.tenant_id, failed=True)
        return self.progress(principal)

    def enqueue(self, tenant_id: TenantId, *, failed: bool = False) -> int:
        """Write jobs for the oldest documents with stale labels or marks, up to the bound; ring; return how many."""
        with self.database.transaction(tenant_id) as transaction:
            room = _OPEN_AT_ONCE - len(transaction.jobs.open(JobKind.RELABEL))
            stale = transaction.documents.stale(version=self.labellers.version, limit=max(room, 0), failed=failed)
            jobs = [self.requested(transaction, record) for record in stale]
            # Only those without a job by now: the same transaction has written one for every stale document.
            unmarked = transaction.subjects.unmarked(
                version=MARKS_VERSION, labeller=self.labellers.version, limit=max(room - len(jobs), 0)
            )
            jobs += [self.requested(transaction, record) for record in unmarked]
        return sum(ring(self.queue, job) for job in jobs)

    def requested(self, transaction: Transaction, record: DocumentRecord) -> JobRecord:
        """Return the open job that relabels the document, written now if there is none.

        An open one will do: it writes under the row lock that the caller holds, so after what the caller writes.
        """
        waiting = transaction.jobs.open(JobKind.RELABEL, document_id=record.id)
        if waiting:
            return waiting[0]
        job = JobRecord.queued(JobKind.RELABEL, record.tenant_id, record.id, at=self.clock.now())
        transaction.jobs.add(job)
        return job

    @traced("relabel")
    def run(self, tenant_id: TenantId, job_id: JobId) -> None:
        """Relabel what the job names and a few waiting documents beside it; then see what else is stale."""
        with self.lease.taken(JobKind.RELABEL, tenant_id, job_id, limit=_JOBS_AT_ONCE) as jobs:
            for job in jobs:
                self._relabel(job)
        if jobs:
            self.enqueue(tenant_id)

    def _relabel(self, job: JobRecord) -> None:
        if job.attempts > self.max_attempts:
            self._fail(job, Setback.ATTEMPTS_EXHAUSTED, f"Tried {self.max_attempts} times without a result.")
            return
        try:
            self._write(job, self._labelled(job))
        except DamagedError:
            self._fail(job, Setback.TEXT_DAMAGED, "The stored text was changed and cannot be opened.")
        except KeyDestroyedError:
            self._fail(job, Setback.KEY_DESTROYED, "The key of this document is gone: its text is lost.")
        except LeaseLostError:
            self._abandon(job)

    def _labelled(self, job: JobRecord) -> _Labelled:
        """Read the chunks from SQL and label them, holding no lock."""
        with self.database.transaction(job.tenant_id) as transaction:
            record = transaction.documents.get(job.document_id)
            if record is None or record.state is not DocumentState.READY or not transaction.jobs.holds(job):
                raise LeaseLostError
            stored = transaction.chunks.of(record.id)
        key = self.keys.document_key(tenant_id=record.tenant_id, document_id=record.id)
        chunks = [self._chunk(chunk, text_of(key, record, chunk)) for chunk in stored]
        title, file_name = title_of(key, record), file_name_of(key, record)
        vectors = self.embedder.embed([chunk.text for chunk in chunks])
        labels = label_chunks(
            chunks,
            vectors,
            title=title,
            file_name=file_name,
            labeller=self.labellers.of(record.tenant_id),
        )
        injection = suspicion_of_document(chunks, (title, file_name))
        marks = marks_of(
            self.keys.tenant_key(record.tenant_id),
            record,
            [chunk.text for chunk in chunks],
            labels,
            names=filter(None, (title, file_name, external_id_of(key, record))),
        )
        embedded = self.spaces.embedded(job.tenant_id, [chunk.text for chunk in chunks], vectors)
        return _Labelled(
            record=record, chunks=stored, labels=labels, embedded=embedded, injection=injection, marks=marks
        )

    def _chunk(self, chunk: ChunkRecord, text: str) -> Chunk:
        return Chunk(
            ordinal=chunk.ordinal,
            start=chunk.start,
            end=chunk.end,
            text=text,
            tokens=len(self.tokenizer.offsets(text)),
            first_page=chunk.first_page,
            last_page=chunk.last_page,
        )

    def _write(self, job: JobRecord, done: _Labelled) -> None:
        """Write while holding the document's row: an erasure waits, or has won; a review is seen, or comes after."""
        now, version = self.clock.now(), self.labellers.version
        with self.database.transaction(job.tenant_id) as transaction:
            record = transaction.documents.get(job.document_id, lock=True)
            if record is None or not transaction.jobs.holds(job, lock=True):
                raise LeaseLostError
            if _texts(transaction.chunks.of(record.id)) != _texts(done.chunks):
                raise LeaseLostError  # other chunks by now: these labels are not theirs
            reviews = reviews_of(transaction, record, version=version)
            rows = [
                relabelled(chunk, label, record, reviews.get(chunk.ordinal))
                for chunk, label in zip(done.chunks, done.labels, strict=True)
            ]
            counts = counted(rows)
            current = replace(record, label_counts=counts, labeller_version=version, relabel_failed=None)
            current = self.quarantine.judged(current, done.injection)
            transaction.jobs.update(
                replace(job, state=JobState.SUCCEEDED, stage="relabelled", lease_until=None, updated_at=now)
            )
            facts = {"job": str(job.id), "labels": counts, "before": record.labeller_version, "labeller": version}
            transaction.audit.append(
                entry(job.tenant_id, "document_relabelled", at=now, subject=record.id, facts=facts)
            )
            record_quarantine(transaction, current, at=now)
            self.spaces.written(transaction, current, rows, done.embedded, done.marks)

    def _fail(self, job: JobRecord, reason: Setback, detail: str) -> None:
        """Fail the job with a reason. The document stays stale, so local, until somebody asks for it again."""
        unwritten(self.database, self.index, job)
        now = self.clock.now()
        failed = replace(job, state=JobState.FAILED, lease_until=None, updated_at=now)
        with self.database.transaction(job.tenant_id) as transaction:
            record = transaction.documents.get(job.document_id, lock=True)
            if record is None:
                reason, detail = Setback.ERASED, "The document was erased before it was labelled anew."
            if (
                not transaction.jobs.update(replace(failed, failure=reason.value, failure_detail=detail))
                or record is None
            ):
                return
            transaction.documents.update(replace(record, relabel_failed=self.labellers.version))
            facts = {"job": str(job.id), "reason": reason.value, "labeller": self.labellers.version}
            transaction.audit.append(entry(job.tenant_id, "relabelling_failed", at=now, subject=record.id, facts=facts))

    def _abandon(self, job: JobRecord) -> None:
        """End a job whose document is gone or other than it was. If another worker holds it, the fence decides."""
        _log.info("job_abandoned", job=str(job.id))
        unwritten(self.database, self.index, job)
        now = self.clock.now()
        ended = replace(job, state=JobState.FAILED, lease_until=None, updated_at=now, failure=Setback.SUPERSEDED.value)
        with self.database.transaction(job.tenant_id) as transaction:
            if transaction.documents.get(job.document_id) is None:
                detail = "The document was erased before it was labelled anew."
                transaction.jobs.update(replace(ended, failure=Setback.ERASED.value, failure_detail=detail))
            elif transaction.jobs.holds(job, lock=True):
                transaction.jobs.update(replace(ended, failure_detail="The document was read in anew meanwhile."))


def _texts(chunks: Sequence[ChunkRecord]) -> list[tuple[int, bytes]]:
    return [(chunk.ordinal, chunk.text) for chunk in chunks]
