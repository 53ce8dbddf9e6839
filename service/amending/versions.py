"""A document as it was read, and the version that is to take its place, sealed under a key of its own."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from service.amending.editing import Wording, as_text
from service.places import (
    external_id_place,
    file_name_place,
    original_place,
    release_note_place,
    title_place,
)
from service.policy.access import DocumentId, KeyId
from service.ports import ChunkRecord, DocumentRecord, DocumentState, KeyStore
from service.sealing import Key, Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A document, opened."""

    record: DocumentRecord
    key: Key
    chunks: tuple[ChunkRecord, ...]
    wording: Wording = field(repr=False)

    def still(self, current: DocumentRecord) -> bool:
        """Whether the row still says what it said when the document was read."""
        one, other = self.record, current
        return (one.state, one.released_at, one.title, one.file_name, one.external_fingerprint) == (
            other.state,
            other.released_at,
            other.title,
            other.file_name,
            other.external_fingerprint,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A row and a sealed original."""

    record: DocumentRecord
    original: Sealed


def sealed_version(keys: KeyStore, original: Original, wording: Wording, *, by: KeyId, at: datetime) -> Version:
    """Return the wording as a new document: groups, floor, external id and release are those of the old one."""
    old, tenant_id, document_id = original.record, original.record.tenant_id, DocumentId(uuid4())
    key = keys.create_document_key(tenant_id=tenant_id, document_id=document_id)
    content = wording.text.encode()
    external, note = wording.external_id, wording.note
    record = DocumentRecord(
        id=document_id,
        tenant_id=tenant_id,
        state=DocumentState.REGISTERED,
        title=key.seal(wording.title.encode(), place=title_place(tenant_id, document_id)),
        file_name=key.seal(as_text(wording.file_name).encode(), place=file_name_place(tenant_id, document_id)),
        external_id=key.seal(external.encode(), place=external_id_place(tenant_id, document_id)) if external else None,
        # One that was found in another document is known by where: it has a fingerprint and no external id.
        external_fingerprint=old.external_fingerprint if external or old.external_id is None else None,
        content_fingerprint=keys.tenant_key(tenant_id).fingerprint(content, purpose="content"),
        media_type="text/plain",
        size=len(content),
        groups=old.groups,
        declared=old.declared,
        parent_id=old.parent_id,
        created_at=at,
        created_by=by,
        remarks=old.remarks,
        released_at=old.released_at,
        released_by=old.released_by,
        release_reason=old.release_reason,
        release_note=key.seal(note.encode(), place=release_note_place(tenant_id, document_id)) if note else None,
    )
    return Version(record=record, original=key.seal(content, place=original_place(tenant_id, document_id)))
