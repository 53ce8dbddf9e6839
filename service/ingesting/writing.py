"""From labelled chunks to rows and points, under the document's row lock and the job's fence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingestion.document import Remark
from ingestion.injection import suspicion_of_document
from ingestion.pipeline import LabelledChunk
from service import tracing
from service.auditing import entry
from service.chunks import counted, external_id_of, marks_of, relabelled, written
from service.errors import LeaseLostError
from service.ingesting.expanding import originals_entombed
from service.ingesting.work import Work
from service.places import chunk_place, title_place
from service.ports import (
    ChunkIndex,
    ChunkRecord,
    Clock,
    Database,
    DocumentRecord,
    DocumentState,
    JobState,
    KeyStore,
    SubjectMark,
)
from service.quarantine import Quarantine, record_quarantine
from service.refusing import compared, sketched


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """Makes documents ready."""

    database: Database
    index: ChunkIndex
    keys: KeyStore
    clock: Clock
    quarantine: Quarantine

    def write(self, work: Work, chunks: Sequence[LabelledChunk], *, labeller: str) -> None:
        """Write points and rows while holding the document's row: an erasure waits, or has already won.

        `labeller` is the version that made the labels. Raises LeaseLostError and KeyDestroyedError.
        """
        job = work.job
        with tracing.journey(job.id), tracing.span("write"):
            self._write(work, chunks, labeller)
        tracing.whole_journey("document", job.id, begun=job.created_at, ended=self.clock.now(), failed=False)

    def _write(self, work: Work, chunks: Sequence[LabelledChunk], labeller: str) -> None:
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
            ready = self.quarantine.judged(_ready(work, known, rows, labeller), injection)
            transaction.jobs.update(
                replace(work.job, state=JobState.SUCCEEDED, stage=ready.state.value, lease_until=None, updated_at=now)
            )
            facts = _facts(work, ready, labeller)
            transaction.audit.append(
                entry(record.tenant_id, "document_ingested", at=now, subject=record.id, facts=facts)
            )
            record_quarantine(transaction, ready, at=now)
            if work.refused:
                originals_entombed(transaction, ready, at=now)
            written(transaction, self.index, ready, rows, [chunk.vector for chunk in chunks], marks)

    def _marks(self, work: Work, chunks: Sequence[LabelledChunk]) -> frozenset[SubjectMark]:
        external = external_id_of(work.key, work.record)
        return marks_of(
            self.keys.tenant_key(work.record.tenant_id),
            work.record,
            [one.chunk.text for one in chunks],
            [one.label for one in chunks],
            names=filter(None, (work.title, work.file_name, external)),
        )


def _ready(work: Work, record: DocumentRecord, rows: Sequence[ChunkRecord], labeller: str) -> DocumentRecord:
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
        labeller_version=labeller,
        relabel_failed=None,
        remarks=_remarks(work),
    )


def _facts(work: Work, ready: DocumentRecord, labeller: str) -> dict[str, object]:
    return {
        "job": str(work.job.id),
        "labels": ready.label_counts,
        "labeller": labeller,
        "injection": ready.injection.score if ready.injection else None,
    }


def _row(work: Work, labelled: LabelledChunk) -> ChunkRecord:
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
    return relabelled(row, labelled.label, replace(work.record, remarks=_remarks(work)), None)


def _remarks(work: Work) -> frozenset[Remark]:
    """Return how the text was read, now and, for a new wording of an older document, then."""
    return work.record.remarks | frozenset(work.document.remarks)
