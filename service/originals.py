"""Where the original of a document lies, and under which key.

An archive or a message holds other documents. Were it sealed under its own document's key, none of them could be erased
alone: copies of it would stay readable for as long as that key is needed. So such an original lies **apart**, under an
id of its own with a key of its own. To every store that is one more document, which has a key, an original, and no row.
"""

from uuid import UUID

from service.errors import KeyDestroyedError, NotFoundError, OriginalDestroyedError
from service.places import original_place
from service.policy.access import DocumentId
from service.ports import DocumentRecord, KeyStore, Vault
from service.sealing import Sealed

_APART = 0x6F726967_696E616C_20617061_72740A01
"""What turns the id of a document into the id of its original apart, and back: a number as good as any other."""


def counterpart(document_id: DocumentId) -> DocumentId:
    """Return the id of the original apart of a document, or the document of an original apart."""
    return DocumentId(UUID(int=document_id.int ^ _APART))


def original_id(record: DocumentRecord) -> DocumentId:
    """Return under which id the document's original is stored and its key is kept."""
    return counterpart(record.id) if record.apart else record.id


def sealed_original(keys: KeyStore, record: DocumentRecord, content: bytes) -> Sealed:
    """Return the content sealed under the key of the original: the document's, or where it lies apart one made now."""
    lies_at = original_id(record)
    found = keys.create_document_key if record.apart else keys.document_key
    key = found(tenant_id=record.tenant_id, document_id=lies_at)
    return key.seal(content, place=original_place(record.tenant_id, lies_at))


def opened_original(keys: KeyStore, vault: Vault, record: DocumentRecord) -> bytes:
    """Return the content.

    Raises KeyDestroyedError where the document is being erased, OriginalDestroyedError where only its original was
    because something in it was erased, NotFoundError, and DamagedError.
    """
    tenant_id, lies_at = record.tenant_id, original_id(record)
    keys.document_key(tenant_id=tenant_id, document_id=record.id)
    try:
        key = keys.document_key(tenant_id=tenant_id, document_id=lies_at)
        sealed = vault.get(tenant_id=tenant_id, document_id=lies_at)
    except (KeyDestroyedError, NotFoundError):
        if record.apart and not keys.has_document_key(tenant_id=tenant_id, document_id=lies_at):
            raise OriginalDestroyedError from None
        raise
    return key.open(sealed, place=original_place(tenant_id, lies_at))


def withdrawn(keys: KeyStore, vault: Vault, record: DocumentRecord) -> None:
    """Destroy original and keys of a document whose row was never written."""
    for one in {record.id, original_id(record)}:
        vault.delete(tenant_id=record.tenant_id, document_id=one)
        keys.destroy_document_key(tenant_id=record.tenant_id, document_id=one)
