"""Registers what an archive or a message holds: each file a document of its own, exactly once (R43).

Whoever dies in between leaves some of them registered. The next attempt finds those by their identity, a keyed
fingerprint of the parent's id and the path in it, and those that were erased since by their tombstone.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath
from uuid import uuid4

from ingestion.document import Attachment, Document
from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing import known_media_type, may_hold_attachments
from service.auditing import entry
from service.doorbell import ring
from service.errors import LeaseLostError, RingfenceError
from service.families import ancestors, descendants
from service.originals import original_id, sealed_original, withdrawn
from service.places import file_name_place, title_place
from service.policy.access import DocumentId
from service.ports import (
    Clock,
    Database,
    DocumentRecord,
    DocumentState,
    JobKind,
    JobQueue,
    JobRecord,
    JobState,
    KeyStore,
    Priority,
    Tombstone,
    Transaction,
    Vault,
)

_FEW = 50
"""So many children are as urgent as what they were found in; more wait with the bulk."""


class Fate(StrEnum):
    """What became of one file."""

    TAKEN = "taken"
    KNOWN = "known"
    ERASED = "erased"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nesting:
    """How deep archives and messages are taken apart, and how much may come out of one that was handed in."""

    depth: int = 3
    documents: int = 5_000
    size: int = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class _Child:
    """A file with what it is known by: its identity, and the fingerprint of its content."""

    attachment: Attachment
    identity: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expanding:
    """Gives each file a row, a key, an original and a job, under the parent's row lock and its job's fence."""

    database: Database
    keys: KeyStore
    vault: Vault
    queue: JobQueue
    clock: Clock
    nesting: Nesting

    def expand(self, job: JobRecord, parent: DocumentRecord, document: Document) -> bool:
        """Register what was found; return whether any of it was erased before, under whichever parent.

        Groups, floor, time and uploader are the parent's, and the priority that of its job, unless they are many.

        Raises UnreadableError
        where it is nested too deeply, there is too much of it, or nothing is left of an archive; LeaseLostError.
        """
        if not document.attachments:
            return False
        if not parent.apart:
            detail = "handed in when files inside others were not read, or under the name of another format"
            raise UnreadableError(Unreadable.UNSUPPORTED_TYPE, f"{detail}: hand it in again under its own name")
        self._check_bounds(parent, document.attachments)
        urgent = replace(job, priority=job.priority if len(document.attachments) <= _FEW else Priority.BULK)
        fates = Counter(self._one(urgent, parent, child) for child in self._children(parent, document.attachments))
        self._record(parent, fates)
        if not document.text and not fates[Fate.TAKEN] + fates[Fate.KNOWN]:
            if fates[Fate.REFUSED]:
                with self.database.transaction(parent.tenant_id) as transaction:
                    transaction.documents.get(parent.id, lock=True)
                    originals_entombed(transaction, parent, at=self.clock.now())
            raise UnreadableError(Unreadable.EMPTY, "everything in it was erased before and is not taken in again")
        return fates[Fate.REFUSED] > 0

    def _check_bounds(self, parent: DocumentRecord, found: Sequence[Attachment]) -> None:
        """Hold the whole of what was handed in, at the root of the family, to its bounds."""
        with self.database.transaction(parent.tenant_id) as transaction:
            above = ancestors(transaction, parent)
            root = above[-1] if above else parent
            family = descendants(transaction, [root.id])
        if len(above) >= self.nesting.depth:
            detail = f"files inside files are read {self.nesting.depth} levels deep; hand this one in by itself"
            raise UnreadableError(Unreadable.NESTED_TOO_DEEP, detail)
        others = [one for one in family if one.parent_id != parent.id]
        size = sum(one.size for one in others) + sum(len(one.content) for one in found)
        if len(others) + len(found) > self.nesting.documents or size > self.nesting.size:
            detail = (
                f"at most {self.nesting.documents:,} files, {self.nesting.size:,} bytes together, are taken out of "
                "one that is handed in; hand this one in by itself"
            )
            raise UnreadableError(Unreadable.TOO_MANY_ATTACHMENTS, detail)

    def _children(self, parent: DocumentRecord, found: Sequence[Attachment]) -> Iterator[_Child]:
        key, seen = self.keys.tenant_key(parent.tenant_id), Counter[str]()
        for one in found:
            seen[one.name] += 1  # two files may have one path
            place = "\x00".join((str(parent.id), one.name, str(seen[one.name])))
            identity = key.fingerprint(place.encode(), purpose="attachment")
            # What has no content is like nothing else.
            content = key.fingerprint(one.content or identity.encode(), purpose="content")
            yield _Child(attachment=one, identity=identity, content=content)

    def _one(self, job: JobRecord, parent: DocumentRecord, child: _Child) -> Fate:
        with self.database.transaction(parent.tenant_id) as transaction:
            fate = _fate(transaction, child)
        if fate is not Fate.TAKEN:
            return fate
        record = self._sealed(parent, child)
        try:
            if child.attachment.content:
                sealed = sealed_original(self.keys, record, child.attachment.content)
                self.vault.put(tenant_id=record.tenant_id, document_id=original_id(record), sealed=sealed)
            fate, own = self._committed(job, parent, record, child)
        except RingfenceError:
            withdrawn(self.keys, self.vault, record)
            raise
        if fate is not Fate.TAKEN:
            withdrawn(self.keys, self.vault, record)
        elif own.state is JobState.QUEUED:
            ring(self.queue, own)
        return fate

    def _committed(
        self, job: JobRecord, parent: DocumentRecord, record: DocumentRecord, child: _Child
    ) -> tuple[Fate, JobRecord]:
        """Write row and job, unless somebody was faster or the child was erased meanwhile."""
        now = self.clock.now()
        own = _job(record, job, at=now)
        with self.database.transaction(parent.tenant_id) as transaction:
            held = transaction.documents.get(parent.id, lock=True)
            if held is None or not transaction.jobs.holds(job, lock=True):
                raise LeaseLostError
            fate = _fate(transaction, child)
            if fate is Fate.TAKEN:
                # What was added to the parent's groups or floor since it was read counts, too.
                record = replace(record, groups=held.groups, declared=held.declared)
                transaction.documents.add(record)
                transaction.jobs.add(own)
                facts = {"job": str(own.id), "size": record.size, "parent": str(parent.id)}
                facts["declared"] = sorted(record.declared)
                action, who = "document_registered", record.created_by
                transaction.audit.append(
                    entry(record.tenant_id, action, actor=who, at=now, subject=record.id, facts=facts)
                )
        return fate, own

    def _sealed(self, parent: DocumentRecord, child: _Child) -> DocumentRecord:
        tenant_id, document_id, one = parent.tenant_id, DocumentId(uuid4()), child.attachment
        key = self.keys.create_document_key(tenant_id=tenant_id, document_id=document_id)
        file_name = PurePosixPath(one.name).name or one.name
        return DocumentRecord(
            id=document_id,
            tenant_id=tenant_id,
            state=DocumentState.FAILED if one.reason else DocumentState.REGISTERED,
            title=key.seal(one.name.encode(), place=title_place(tenant_id, document_id)),
            file_name=key.seal(file_name.encode(), place=file_name_place(tenant_id, document_id)),
            external_id=None,
            external_fingerprint=child.identity,
            content_fingerprint=child.content,
            media_type=known_media_type(one.media_type) or "application/octet-stream",
            size=len(one.content),
            groups=parent.groups,
            declared=parent.declared,
            created_at=parent.created_at,
            created_by=parent.created_by,
            failure=one.reason.value if one.reason else None,
            failure_detail=one.detail if one.reason else None,
            parent_id=parent.id,
            apart=bool(one.content) and may_hold_attachments(one.content, name=file_name, media_type=one.media_type),
        )

    def _record(self, parent: DocumentRecord, fates: Counter[Fate]) -> None:
        now, facts = self.clock.now(), {fate.value: fates[fate] for fate in Fate}
        with self.database.transaction(parent.tenant_id) as transaction:
            transaction.audit.append(
                entry(parent.tenant_id, "attachments_registered", at=now, subject=parent.id, facts=facts)
            )


def originals_entombed(transaction: Transaction, record: DocumentRecord, *, at: datetime) -> None:
    """Have the original of a document, and those that hold it, destroyed and their texts kept.

    Something was found in it that is erased.
    """
    for one in (record, *ancestors(transaction, record)):
        lies_at = original_id(one)
        if one.apart and transaction.tombstones.get(lies_at) is None:
            mark = Tombstone(document_id=lies_at, tenant_id=one.tenant_id, chunk_count=0, erased_at=at, erased_by=None)
            transaction.tombstones.add(mark)
            transaction.jobs.add(JobRecord.queued(JobKind.ERASE, one.tenant_id, lies_at, at=at))
            transaction.audit.append(entry(one.tenant_id, "original_not_kept", at=at, subject=one.id, facts={}))


def _fate(transaction: Transaction, child: _Child) -> Fate:
    """Say what is to become of a file. The row comes first: an erasure takes it away and leaves a tombstone."""
    if transaction.documents.by_external_fingerprint(child.identity) is not None:
        return Fate.KNOWN
    if transaction.tombstones.of_identity(child.identity) is not None:
        return Fate.ERASED
    refused = transaction.refusals.against(content=child.content, external=child.identity)
    return Fate.REFUSED if refused else Fate.TAKEN


def _job(record: DocumentRecord, parent: JobRecord, *, at: datetime) -> JobRecord:
    """Return the job that ingests the child; one that ended, with its reason, where nothing can be ingested."""
    job = JobRecord.queued(JobKind.INGEST, record.tenant_id, record.id, at=at, priority=parent.priority)
    if record.failure is None:
        return job
    return replace(job, state=JobState.FAILED, failure=record.failure, failure_detail=record.failure_detail)
