"""Opens everything that may name somebody, in bounded batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from service.chunks import external_id_of, file_name_of, text_of, title_of
from service.errors import DamagedError, KeyDestroyedError
from service.locating.values import Obstacle
from service.places import note_place, release_note_place
from service.policy.access import DocumentId, TenantId
from service.ports import ChunkRecord, Database, DocumentRecord, DocumentState, KeyStore, ReviewRecord
from service.sealing import Key

_DOCUMENTS_AT_ONCE = 64
_STANDING = {
    DocumentState.REGISTERED: Obstacle.PROCESSING,
    DocumentState.PROCESSING: Obstacle.PROCESSING,
    DocumentState.FAILED: Obstacle.FAILED,
}
"""A document in one of these states has an original that nobody has read, or could."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A document with its texts by ordinal, what people wrote about it by the field's name, and what is in the way."""

    record: DocumentRecord
    chunks: tuple[ChunkRecord, ...]
    texts: dict[int, str] = field(repr=False)
    fields: tuple[tuple[str, str], ...] = field(repr=False)
    obstacle: Obstacle | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    record: DocumentRecord
    chunks: tuple[ChunkRecord, ...]
    reviews: tuple[ReviewRecord, ...]


def opened_documents(
    database: Database, keys: KeyStore, tenant_id: TenantId, document_ids: Sequence[DocumentId]
) -> Iterator[Opened]:
    """Yield the documents that are still there, quarantined ones included. No transaction is open meanwhile."""
    for first in range(0, len(document_ids), _DOCUMENTS_AT_ONCE):
        stored = []
        with database.transaction(tenant_id) as transaction:
            for document_id in document_ids[first : first + _DOCUMENTS_AT_ONCE]:
                record = transaction.documents.get(document_id)
                if record is not None:
                    chunks, reviews = transaction.chunks.of(document_id), transaction.reviews.of(document_id)
                    stored.append(_Stored(record=record, chunks=chunks, reviews=reviews))
        for one in stored:
            yield _opened(keys, one)


def _opened(keys: KeyStore, stored: _Stored) -> Opened:
    record = stored.record
    obstacle = _STANDING.get(record.state)
    texts: dict[int, str] = {}
    fields: list[tuple[str, str]] = []
    try:
        key = keys.document_key(tenant_id=record.tenant_id, document_id=record.id)
        fields += _fields(key, stored)
        for chunk in stored.chunks:
            texts[chunk.ordinal] = text_of(key, record, chunk)
    except KeyDestroyedError:
        obstacle = Obstacle.KEY_DESTROYED
    except DamagedError:
        obstacle = Obstacle.DAMAGED
    return Opened(record=record, chunks=stored.chunks, texts=texts, fields=tuple(fields), obstacle=obstacle)


def _fields(key: Key, stored: _Stored) -> Iterator[tuple[str, str]]:
    record = stored.record
    yield "title", title_of(key, record)
    yield "file_name", file_name_of(key, record)
    external = external_id_of(key, record)
    if external is not None:
        yield "external_id", external
    if record.release_note is not None:
        yield "note", key.open(record.release_note, place=release_note_place(record.tenant_id, record.id)).decode()
    for review in stored.reviews:
        if review.note is not None:
            place = note_place(record.tenant_id, record.id, review.ordinal)
            yield "note", key.open(review.note, place=place).decode()
