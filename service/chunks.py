"""The chunks of a document as they are stored: read back for people and models, written with the labels that count."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from ingestion.reviewing import Review, effective
from ingestion.sensitivity import Label
from service.places import chunk_place, external_id_place, file_name_place, title_place
from service.ports import (
    IN_NAME,
    ChunkIndex,
    ChunkRecord,
    Database,
    DocumentRecord,
    DocumentState,
    JobRecord,
    Point,
    ReviewRecord,
    SubjectMark,
    Transaction,
    Vectors,
)
from service.sealing import Key
from service.subjects import MARKS_VERSION, marks_of_text, marks_of_words


def text_of(key: Key, record: DocumentRecord, chunk: ChunkRecord) -> str:
    """Return a chunk's text. Raises DamagedError."""
    return key.open(chunk.text, place=chunk_place(record.tenant_id, record.id, chunk.ordinal)).decode()


def title_of(key: Key, record: DocumentRecord) -> str:
    """Return a document's title. Raises DamagedError."""
    return key.open(record.title, place=title_place(record.tenant_id, record.id)).decode()


def file_name_of(key: Key, record: DocumentRecord) -> str:
    """Return a document's file name. Raises DamagedError."""
    return key.open(record.file_name, place=file_name_place(record.tenant_id, record.id)).decode()


def external_id_of(key: Key, record: DocumentRecord) -> str | None:
    """Return a document's external id, None where it has none. Raises DamagedError."""
    if record.external_id is None:
        return None
    return key.open(record.external_id, place=external_id_place(record.tenant_id, record.id)).decode()


def marks_of(
    tenant_key: Key, record: DocumentRecord, texts: Sequence[str], labels: Sequence[Label], *, names: Iterable[str]
) -> frozenset[SubjectMark]:
    """Return the marks of everybody whom the chunks name, by the labeller's findings, and whom the `names` may name.

    `texts` and `labels` are those of the chunks, in order; the labels are the labeller's own.
    """
    found = {
        SubjectMark(document_id=record.id, ordinal=ordinal, mark=mark)
        for ordinal, (text, label) in enumerate(zip(texts, labels, strict=True))
        for mark in marks_of_text(tenant_key, text, label.findings)
    }
    named = (mark for name in names for mark in marks_of_words(tenant_key, name))
    return frozenset(found | {SubjectMark(document_id=record.id, ordinal=IN_NAME, mark=mark) for mark in named})


def reviews_of(transaction: Transaction, record: DocumentRecord, *, version: str) -> Mapping[int, Review]:
    """Return what reviewers said of a document's chunks, by ordinal, as far as it stands against this labeller."""
    return {found.ordinal: standing(found, version) for found in transaction.reviews.of(record.id)}


def standing(found: ReviewRecord, version: str) -> Review:
    """Return a review without what it said of another labeller's doubts: what this one doubts is a new question."""
    if found.labeller_version == version:
        return found.review
    return replace(found.review, doubts_dismissed=False)


def relabelled(chunk: ChunkRecord, machine: Label, record: DocumentRecord, review: Review | None) -> ChunkRecord:
    """Return the chunk with the label that counts, and beside it the labeller's own where that differs.

    Where the document's text was recognised or guessed, the labeller's own carries that doubt.
    """
    machine = machine.doubted(sorted(remark for remark in record.remarks if remark.doubtful))
    label = effective(machine, review, declared=record.declared)
    return replace(chunk, label=label, machine_label=None if machine == label else machine)


def rowed(
    transaction: Transaction, record: DocumentRecord, chunks: Sequence[ChunkRecord], marks: Collection[SubjectMark]
) -> None:
    """Write a document's row, chunks and marks. Call it under the document's row lock and the job's fence."""
    transaction.chunks.replace(record.id, chunks)
    transaction.documents.update(replace(record, subjects_version=MARKS_VERSION))
    transaction.subjects.replace(record.id, marks)


def pointed(
    index: ChunkIndex,
    record: DocumentRecord,
    chunks: Sequence[ChunkRecord],
    vectors: Vectors | Sequence[Vectors],
) -> None:
    """Make these chunks the document's points in one space. Call it under the row lock."""
    index.replace(tenant_id=record.tenant_id, document_id=record.id, points=points_of(record, chunks, vectors))


def points_of(
    record: DocumentRecord, chunks: Sequence[ChunkRecord], vectors: Vectors | Sequence[Vectors]
) -> list[Point]:
    """Return the points of a document's chunks in one space; a quarantined document has rows and no points."""
    shown = [] if record.state is DocumentState.QUARANTINED else zip(chunks, vectors, strict=True)
    return [_point(record, chunk, vector) for chunk, vector in shown]


def unwritten(database: Database, index: ChunkIndex, job: JobRecord) -> None:
    """Take out of the index what a write of this job left there of a document that is gone (R43).

    Where the database restarts under a write, its row lock is lost, and an erasure counts nothing before the points
    come. So every job that may have written looks once more before it ends as one of an erased document.
    """
    with database.transaction(job.tenant_id) as transaction:
        gone = transaction.documents.get(job.document_id) is None
    if gone and index.count(tenant_id=job.tenant_id, document_id=job.document_id):
        index.erase(tenant_id=job.tenant_id, document_ids=[job.document_id])


def counted(chunks: Iterable[ChunkRecord]) -> dict[str, int]:
    """Return how many chunks carry each verdict and each category."""
    labels = [chunk.label for chunk in chunks]
    counts = Counter(label.verdict.value for label in labels)
    counts.update(category.value for label in labels for category in label.categories)
    return dict(counts)


def _point(record: DocumentRecord, chunk: ChunkRecord, vector: Vectors) -> Point:
    return Point(
        document_id=record.id,
        ordinal=chunk.ordinal,
        vector=vector,
        harmless=chunk.label.harmless,
        categories=chunk.label.categories,
        groups=record.groups,
    )
