"""What the ledger is told of erased documents."""

from collections.abc import Iterable
from dataclasses import replace

from service.policy.access import DocumentId
from service.ports import ErasedDocument, Tombstone, Transaction


def listed(transaction: Transaction, document_ids: Iterable[DocumentId]) -> list[ErasedDocument]:
    """Return the lines of these documents, as far as they have a tombstone."""
    tombstones = (transaction.tombstones.get(document_id) for document_id in document_ids)
    return [line for tombstone in tombstones if tombstone is not None for line in lines_of(transaction, tombstone)]


def lines_of(transaction: Transaction, tombstone: Tombstone) -> list[ErasedDocument]:
    """Return the line of one tombstone, and one for each original apart that goes with it: it has a key, too."""
    line = line_of(transaction, tombstone)
    originals = [replace(line, document_id=one, chunk_count=0, refusal=None) for one in tombstone.original_ids]
    return [line, *originals]


def line_of(transaction: Transaction, tombstone: Tombstone) -> ErasedDocument:
    """Return the line of one tombstone with its refusal, if it has one."""
    return ErasedDocument(
        tenant_id=tombstone.tenant_id,
        document_id=tombstone.document_id,
        chunk_count=tombstone.chunk_count,
        erased_at=tombstone.erased_at,
        erased_by=tombstone.erased_by,
        refusal=transaction.refusals.get(tombstone.document_id),
    )
