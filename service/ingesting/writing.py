"""From labelled chunks to rows and points, under the document's row lock and the job's fence."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from ingestion.document import Remark
from ingestion.injection import Injection, suspicion_of_document
from ingestion.pipeline import LabelledChunk
from service import tracing
from service.auditing import entry
from service.chunks import counted, external_id_of, marks_of, relabelled, rowed
from service.errors import PartUnavailableError, RingfenceError
from service.ingesting.expanding import originals_entombed
from service.ingesting.work import Labelled, Work
from service.places import chunk_place, title_place
from service.ports import (
    ChunkRecord,
    Clock,
    Database,
    DocumentRecord,
    DocumentState,
    JobState,
    KeyStore,
    SubjectMark,
    Transaction,
)
from service.quarantine import Quarantine, record_quarantine
from service.refusing import compared, sketched
from service.spaces import Embedded, Placed, Spaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """Makes documents ready."""

    database: Database
    spaces: Spaces
    keys: KeyStore
    clock: Clock
    quarantine: Quarantine

    def write(self, ready: Sequence[Labelled], *, labeller: str) -> Collection[Work]:
        """Write points and rows while holding the documents' rows: an erasure waits, or has already won.

        The documents share a transaction and a flush of the index. Returns those that are gone or that another worker
        has taken over; nothing is written of them. `labeller` is the version that made the labels.
        """
        prepared = [self._prepared(one, labeller) for one in sorted(ready, key=lambda one: one.work.record.id)]
        began = self.clock.now()
        try:
            lost = self._written(prepared)
        except PartUnavailableError:
            raise
        except RingfenceError:
            if len(prepared) == 1:
                raise
            # One of them is refused: it may fail alone.
            lost = {work for one in prepared for work in self._written([one])}
        ended = self.clock.now()
        for job in (one.work.job for one in prepared if one.work not in lost):
            tracing.stage("write", job.id, begun=began, ended=ended)
            tracing.whole_journey("document", job.id, begun=job.created_at, ended=ended, failed=False)
        return lost

    def _prepared(self, ready: Labelled, labeller: str) -> "_Prepared":
        work, chunks = ready.work, ready.chunks
        texts = [one.chunk.text for one in chunks]
        return _Prepared(
            work=work,
            rows=[_row(work, chunk) for chunk in chunks],
            embedded=self.spaces.embedded(work.job.tenant_id, texts, [chunk.vector for chunk in chunks]),
            injection=suspicion_of_document([one.chunk for one in chunks], (work.title, work.file_name)),
            marks=self._marks(work, chunks),
            sketch=sketched(work.document.text, self.keys.tenant_key(work.job.tenant_id)),
            labeller=labeller,
        )

    @tracing.traced("write")
    def _written(self, prepared: Sequence["_Prepared"]) -> set[Work]:
        """Write these, by ascending id of their documents, as everybody locks several."""
        tenant_id, lost = prepared[0].work.job.tenant_id, set[Work]()
        placed: list[Placed] = []
        with self.database.transaction(tenant_id) as transaction:
            for one in prepared:
                ready = self._recorded(transaction, one)
                if ready is None:
                    lost.add(one.work)
                else:
                    placed.append(Placed(record=ready, chunks=one.rows, embedded=one.embedded))
            # The index comes last: what SQL refuses is in no index.
            self.spaces.all_pointed(transaction, placed)
        return lost

    def _recorded(self, transaction: Transaction, one: "_Prepared") -> DocumentRecord | None:
        """Write a document's rows under its lock and its job's fence; None where it is gone or another's."""
        now, work = self.clock.now(), one.work
        record = transaction.documents.get(work.record.id, lock=True)
        if record is None or not transaction.jobs.holds(work.job, lock=True):
            return None
        transaction.reviews.clear(record.id)
        known = compared(transaction, record, one.sketch, at=now)
        ready = self.quarantine.judged(_ready(one, known), one.injection)
        transaction.jobs.update(
            replace(work.job, state=JobState.SUCCEEDED, stage=ready.state.value, lease_until=None, updated_at=now)
        )
        facts = _facts(one, ready)
        transaction.audit.append(entry(record.tenant_id, "document_ingested", at=now, subject=record.id, facts=facts))
        record_quarantine(transaction, ready, at=now)
        if work.refused:
            originals_entombed(transaction, ready, at=now)
        rowed(transaction, ready, one.rows, one.marks)
        return ready

    def _marks(self, work: Work, chunks: Sequence[LabelledChunk]) -> frozenset[SubjectMark]:
        external = external_id_of(work.key, work.record)
        return marks_of(
            self.keys.tenant_key(work.record.tenant_id),
            work.record,
            [one.chunk.text for one in chunks],
            [one.label for one in chunks],
            names=filter(None, (work.title, work.file_name, external)),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Prepared:
    """All that is written of a document, worked out before its row is locked."""

    work: Work
    rows: Sequence[ChunkRecord]
    embedded: Embedded
    injection: Injection
    marks: frozenset[SubjectMark]
    sketch: tuple[int, ...]
    labeller: str


def _ready(one: _Prepared, record: DocumentRecord) -> DocumentRecord:
    work, rows = one.work, one.rows
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
        labeller_version=one.labeller,
        relabel_failed=None,
        remarks=_remarks(work),
    )


def _facts(one: _Prepared, ready: DocumentRecord) -> dict[str, object]:
    return {
        "job": str(one.work.job.id),
        "labels": ready.label_counts,
        "labeller": one.labeller,
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
