"""Puts an amended version in the place of a document: the new one is kept, and the old one entombed, at one commit."""

from dataclasses import dataclass, replace
from uuid import UUID

from ingestion.errors import UnreadableError
from service.amending.editing import Correction, Wording, as_text, checked, corrected, redacted
from service.amending.versions import Original, Version, sealed_version
from service.auditing import entry
from service.chunks import external_id_of, file_name_of, text_of, title_of
from service.doorbell import ring
from service.erasure import Erasure
from service.errors import (
    ConflictError,
    DamagedError,
    HeldError,
    InvalidRequestError,
    NotFoundError,
    NotPermittedError,
    OriginalDestroyedError,
    RingfenceError,
)
from service.families import descendants, lock_families
from service.holding import refuse_held
from service.originals import opened_original
from service.policy.access import DocumentId, Permission, Principal, TenantId
from service.ports import (
    ChunkRecord,
    Clock,
    Database,
    DocumentRecord,
    DocumentState,
    JobKind,
    JobQueue,
    JobRecord,
    KeyStore,
    Parser,
    Transaction,
    Vault,
)
from service.quarantine import released
from service.refusing import Refusals
from service.subjects import Matcher, Subject
from service.visibility import visible

_REDACTED, _RECTIFIED = "document_redacted", "document_rectified"
_READ = frozenset({DocumentState.READY, DocumentState.QUARANTINED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Amended:
    """The new version with the job that ingests it, and the job that destroys the old one."""

    record: DocumentRecord
    job: JobRecord
    erasing: JobRecord
    places: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Amending:
    """Makes new versions. What a version says is text: the layout of the file it came from goes with that file."""

    database: Database
    keys: KeyStore
    vault: Vault
    parser: Parser
    queue: JobQueue
    clock: Clock
    erasure: Erasure
    refusals: Refusals

    def redact(self, principal: Principal, document_id: DocumentId, subject: Subject) -> Amended:
        """Take the person out of the document, its title, file name and external id; the old one is not taken in again.

        Raises NotPermittedError, NotFoundError; ConflictError where it is not ready, held, or names no such person;
        RedactionFailedError where the person could still be found afterwards, and then nothing was changed.
        """
        original = self._original(principal, document_id)
        wording, places = redacted(original.wording, subject)
        content = wording.text.encode()
        self._verified(content, wording, Matcher(subject))
        return self._put(principal, original, wording, action=_REDACTED, places=places)

    def rectify(self, principal: Principal, document_id: DocumentId, correction: Correction) -> Amended:
        """Have the document, or one of its chunks, say something else (Art. 16).

        Raises NotPermittedError, NotFoundError, InvalidRequestError, and ConflictError where it is not ready, held, or
        reads differently by now.
        """
        original = self._original(principal, document_id)
        stored = {chunk.ordinal: chunk for chunk in original.chunks}

        def chunk(ordinal: int) -> tuple[ChunkRecord, str]:
            if ordinal not in stored:
                message = f"the document has no chunk {ordinal}; it has {len(stored)}"
                raise InvalidRequestError(message)
            return stored[ordinal], text_of(original.key, original.record, stored[ordinal])

        wording = corrected(original.wording, correction, chunk)
        return self._put(principal, original, wording, action=_RECTIFIED, places=1)

    def successor(self, tenant_id: TenantId, document_id: DocumentId) -> DocumentId | None:
        """Return the version that took the document's place, None where none did: for who repeats what was done."""
        with self.database.transaction(tenant_id) as transaction:
            for action in (_REDACTED, _RECTIFIED):
                for found in transaction.audit.page(limit=1, action=action, subject=document_id):
                    return DocumentId(UUID(str(found.facts["version"])))
        return None

    def _original(self, principal: Principal, document_id: DocumentId) -> Original:
        if not principal.may(Permission.ERASE):
            raise NotPermittedError
        with self.database.transaction(principal.tenant_id) as transaction:
            record = visible(transaction, principal, document_id)
            chunks = transaction.chunks.of(document_id)
        if record.state not in _READ:
            message = "The document is not ready: it cannot be amended, only erased."
            raise ConflictError(message)
        key = self.keys.document_key(tenant_id=record.tenant_id, document_id=record.id)
        name, release = file_name_of(key, record), released(key, record)
        try:
            content = opened_original(self.keys, self.vault, record)
            text = self.parser.parse(content, name=name, media_type=record.media_type).text
        except (DamagedError, NotFoundError, OriginalDestroyedError, UnreadableError) as error:
            message = "The original cannot be read any more: the document can only be erased."
            raise ConflictError(message) from error
        wording = Wording(
            text=text,
            title=title_of(key, record),
            file_name=name,
            external_id=external_id_of(key, record),
            note=release.note if release else None,
        )
        return Original(record=record, key=key, chunks=chunks, wording=wording)

    def _verified(self, content: bytes, wording: Wording, matcher: Matcher) -> None:
        """Look for the person in what ingestion will read. Raises RedactionFailedError."""
        try:
            document = self.parser.parse(content, name=as_text(wording.file_name), media_type="text/plain")
        except UnreadableError as error:
            message = "Nothing would be left of the document: erase it instead."
            raise ConflictError(message) from error
        checked(replace(wording, text=document.text), matcher)

    def _put(self, principal: Principal, original: Original, wording: Wording, *, action: str, places: int) -> Amended:
        """Have the version take the old one's place, and ring for both. A hold that forbids it is on record."""
        version = sealed_version(self.keys, original, wording, by=principal.key_id, at=self.clock.now())
        try:
            self._wait(principal, original, version)
            amended = self._let_in(principal, original, version, action=action, places=places)
        except HeldError as held:
            self.erasure.audit_refusal(principal, original.record.id, held)
            raise
        ring(self.queue, amended.erasing)
        ring(self.queue, amended.job)
        return amended

    def _wait(self, principal: Principal, original: Original, version: Version) -> None:
        """Write the version's row, which nobody works on yet; where it may not be, its key goes."""
        waiting = replace(version.record, external_id=None, external_fingerprint=None)
        try:
            with self.database.transaction(principal.tenant_id) as transaction:
                # Here already: a hold on the group or the tenant would keep the waiting version as well.
                refuse_held(transaction, [original.record.id])
                self.refusals.check(transaction, principal, content=waiting.content_fingerprint, external=None)
                transaction.documents.add(waiting)
        except RingfenceError:
            self.keys.destroy_document_key(tenant_id=waiting.tenant_id, document_id=waiting.id)
            raise

    def _let_in(
        self, principal: Principal, original: Original, version: Version, *, action: str, places: int
    ) -> Amended:
        """Keep the version's original, then give it the old one's place, or take it back."""
        record = version.record
        try:
            self.vault.put(tenant_id=record.tenant_id, document_id=record.id, sealed=version.original)
            with self.database.transaction(principal.tenant_id) as transaction:
                return self._changed(transaction, principal, original, version, action=action, places=places)
        except RingfenceError:
            self._withdraw(record)
            raise

    def _changed(
        self,
        transaction: Transaction,
        principal: Principal,
        original: Original,
        version: Version,
        *,
        action: str,
        places: int,
    ) -> Amended:
        """Entomb the old document and give its place to the new one, or raise and leave everything as it was."""
        now, tenant_id = self.clock.now(), principal.tenant_id
        lock_families(transaction, [original.record.id])
        current = visible(transaction, principal, original.record.id, lock=True)
        if not original.still(current):
            message = "The document was changed meanwhile: try again."
            raise ConflictError(message)
        # What reviewers added counts for every chunk from now on: nobody knows which of the new ones they meant.
        added = (found.review.added for found in transaction.reviews.of(current.id))
        # Its time runs from when the document was handed in: an amendment keeps nobody's data longer.
        declared = current.declared.union(*added)
        record = replace(version.record, declared=declared, created_at=current.created_at)
        self._kept(transaction, current, record)
        erasing = self.erasure.entomb(transaction, current, by=principal.key_id, refuse=action == _REDACTED)
        transaction.documents.update(record)
        job = JobRecord.queued(JobKind.INGEST, tenant_id, record.id, at=now)
        transaction.jobs.add(job)
        self._note(transaction, principal, action, current, job, {"places": places})
        self._note(transaction, principal, "document_registered", record, job, {"before": str(current.id)})
        return Amended(record=record, job=job, erasing=erasing, places=places)

    @staticmethod
    def _kept(transaction: Transaction, current: DocumentRecord, version: DocumentRecord) -> None:
        """Have what was found in the document belong to its version: it says what it said, and lies by itself."""
        refuse_held(transaction, [one.id for one in descendants(transaction, [current.id])])
        for child in transaction.documents.children([current.id]):
            transaction.documents.update(replace(child, parent_id=version.id))

    def _note(  # who did what to which document, by which job
        self,
        transaction: Transaction,
        principal: Principal,
        action: str,
        subject: DocumentRecord,
        job: JobRecord,
        more: dict[str, object],
    ) -> None:
        """Write the lineage down from both ends: what took the old one's place, and what the new one was before."""
        facts = {"job": str(job.id), "version": str(job.document_id), "size": subject.size} | more
        facts["declared"] = sorted(subject.declared)
        made = entry(
            subject.tenant_id, action, actor=principal.key_id, at=self.clock.now(), subject=subject.id, facts=facts
        )
        transaction.audit.append(made)

    def _withdraw(self, record: DocumentRecord) -> None:
        """Take back a version that was not let in. Where this fails, the sweep finds a document without a job."""
        with self.database.transaction(record.tenant_id) as transaction:
            kept = transaction.documents.get(record.id, lock=True)
            job = self.erasure.entomb(transaction, kept, by=None, refuse=False) if kept is not None else None
        if job is not None:
            ring(self.queue, job)
