"""Documents of a tenant: register one for ingestion, list what a principal may see."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import uuid4

from ingestion.document import Remark
from ingestion.injection import Injection
from ingestion.parsing import known_media_type, may_hold_attachments
from ingestion.sensitivity import Category
from service import tracing
from service.admitting import Admission
from service.auditing import entry
from service.chunks import external_id_of, file_name_of, title_of
from service.doorbell import ring
from service.erasure import Erasure
from service.errors import (
    ConflictError,
    InvalidRequestError,
    KeyDestroyedError,
    NotPermittedError,
    QuotaReachedError,
    RefusedError,
    TooLargeError,
)
from service.families import Lineage, lock_families, title_shown
from service.holding import held_for
from service.originals import original_id, sealed_original, withdrawn
from service.places import external_id_place, file_name_place, title_place
from service.policy.access import EVERYONE, DocumentId, MatterId, Permission, Principal, Role, Scope
from service.ports import (
    Clock,
    Database,
    DocumentRecord,
    DocumentState,
    JobFilter,
    JobKind,
    JobQueue,
    JobRecord,
    KeyStore,
    Priority,
    Transaction,
    Vault,
)
from service.quarantine import ReleaseView, released
from service.refusing import Refusals
from service.visibility import visible

_LONGEST_NAME = 1_000


class Placing(Protocol):
    """What else is written in the commit that adds a document: where it lies at its source."""

    def before(self, transaction: Transaction) -> tuple[JobRecord, ...]:
        """Make room for it; return the jobs of what was erased for that. Raises what keeps it from being added."""
        ...

    def after(self, transaction: Transaction, record: DocumentRecord) -> None:
        """Write where it lies. Raises what keeps it from being added."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What someone hands in. `declared` is a floor: it can raise a label, never lower it (R6)."""

    content: bytes
    file_name: str
    media_type: str | None = None
    title: str | None = None
    external_id: str | None = None
    groups: frozenset[str] = frozenset()
    declared: frozenset[Category] = frozenset()
    priority: Priority = Priority.INTERACTIVE
    placing: Placing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentView:
    """A document as a person who may see it reads it."""

    id: DocumentId
    title: str
    file_name: str
    external_id: str | None
    media_type: str
    size: int
    state: DocumentState
    groups: tuple[str, ...]
    declared: tuple[Category, ...]
    labels: dict[str, int]
    chunk_count: int
    page_count: int
    remarks: tuple[Remark, ...]
    created_at: datetime
    failure: str | None
    failure_detail: str | None
    injection: Injection | None
    released: ReleaseView | None
    resembles_erased: DocumentId | None
    resemblance: float | None
    held_by: tuple[MatterId, ...]
    parent_id: DocumentId | None
    parent_title: str | None
    children: tuple[DocumentId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """Registers and shows documents."""

    database: Database
    keys: KeyStore
    vault: Vault
    queue: JobQueue
    clock: Clock
    erasure: Erasure
    refusals: Refusals
    admission: Admission
    max_upload_bytes: int

    def register(self, principal: Principal, upload: Upload) -> tuple[DocumentView, JobRecord]:
        """Keep the sealed original and a job for it; return when both would survive a crash.

        Uploading under an external id again returns the document where the content is the same and
        replaces it where the content differs. What was declared for that id before is still declared.
        Raises RefusedError for what was erased on request, QuotaReachedError for more than the tenant may have, and
        OverloadedError where more waits than the workers can do soon: nothing is kept then.
        """
        begun = self.clock.now()
        self._check(principal, upload)
        identity = self._identity(principal, upload)
        same = self._same(principal, upload, identity)
        if same is not None:
            return same
        self.admission.backlog.check(principal.tenant_id)
        try:
            record, jobs, held = self._added(principal, upload, identity)
        except RefusedError as refused:
            self.refusals.record(principal, refused)
            raise
        tracing.stage("register", jobs[-1].id, begun=begun, ended=self.clock.now())
        for job in jobs:
            ring(self.queue, job)
        return self._view(principal, record, held, Lineage()), jobs[-1]

    def get(self, principal: Principal, document_id: DocumentId) -> DocumentView:
        """Return one document. Raises NotFoundError for an absent and for an invisible one alike."""
        with self.database.transaction(principal.tenant_id) as transaction:
            record = visible(transaction, principal, document_id)
            lineage = Lineage.of(transaction, [record], Scope.of(principal))
            return self._view(principal, record, held_for(transaction, principal, [record]), lineage)

    def page(self, principal: Principal, *, limit: int, after: DocumentId | None = None) -> tuple[DocumentView, ...]:
        """Return documents that the principal may see, newest first."""
        with self.database.transaction(principal.tenant_id) as transaction:
            records = transaction.documents.page(scope=Scope.of(principal), limit=limit, after=after)
            held = held_for(transaction, principal, records)
            lineage = Lineage.of(transaction, records, Scope.of(principal))
        views = []
        for record in records:
            try:
                views.append(self._view(principal, record, held, lineage))
            except KeyDestroyedError:
                continue  # erased since the page was read
        return tuple(views)

    def _check(self, principal: Principal, upload: Upload) -> None:
        if not principal.may(Permission.UPLOAD):
            raise NotPermittedError
        if not upload.content:
            message = "the file is empty"
            raise InvalidRequestError(message)
        if len(upload.content) > self.max_upload_bytes:
            message = f"the file has {len(upload.content):,} bytes; this server takes at most {self.max_upload_bytes:,}"
            raise TooLargeError(message)
        names = (upload.file_name, upload.title or "", upload.external_id or "", *upload.groups)
        if not upload.file_name.strip() or any(len(name) > _LONGEST_NAME or "\x00" in name for name in names):
            message = f"file name, title, external id and groups have 1 to {_LONGEST_NAME:,} characters"
            raise InvalidRequestError(message)
        if not _may_assign(principal, upload.groups):
            message = "a document can only be given groups that the API key itself belongs to"
            raise NotPermittedError(message)

    def _same(
        self, principal: Principal, upload: Upload, identity: str | None
    ) -> tuple[DocumentView, JobRecord] | None:
        if identity is None or upload.placing is not None:
            return None
        with self.database.transaction(principal.tenant_id) as transaction:
            record = transaction.documents.by_external_fingerprint(identity)
            if record is None or record.state is DocumentState.FAILED or not upload.declared <= record.declared:
                return None
            if record.groups != _kept_to(upload):
                return None
            if record.content_fingerprint != self._content_fingerprint(principal, upload):
                return None
            jobs = transaction.jobs.page(limit=1, only=JobFilter(document_id=record.id))
            held = held_for(transaction, principal, [record])
            lineage = Lineage.of(transaction, [record], Scope.of(principal))
        return (self._view(principal, record, held, lineage), jobs[0]) if jobs else None

    def _added(
        self, principal: Principal, upload: Upload, identity: str | None
    ) -> tuple[DocumentRecord, tuple[JobRecord, ...], Mapping[DocumentId, frozenset[MatterId]]]:
        """Add row and job; return the row, the jobs to ring for, its own last, and what holds it. Raises RefusedError.

        Key and original come first: nobody can erase the document before its one commit, so nothing of it comes after
        an erasure. Where that commit never comes, `Settling` removes both.
        A document that lives under the external id may be replaced, even where an earlier one under it was erased.
        """
        content = self._content_fingerprint(principal, upload)
        with self.database.transaction(principal.tenant_id) as transaction:
            live = transaction.documents.by_external_fingerprint(identity) if identity is not None else None
            self.refusals.check(transaction, principal, content=content, external=None if live else identity)
            self.admission.expect(transaction, size=len(upload.content), replaces=live is not None)
        record = self._sealed(principal, upload, identity, content)
        original = sealed_original(self.keys, record, upload.content)
        self.vault.put(tenant_id=record.tenant_id, document_id=original_id(record), sealed=original)
        try:
            return self._committed(principal, upload, record)
        except (ConflictError, QuotaReachedError):
            withdrawn(self.keys, self.vault, record)
            raise

    def _committed(
        self, principal: Principal, upload: Upload, record: DocumentRecord
    ) -> tuple[DocumentRecord, tuple[JobRecord, ...], Mapping[DocumentId, frozenset[MatterId]]]:
        identity, content = record.external_fingerprint, record.content_fingerprint
        with self.database.transaction(principal.tenant_id) as transaction:
            moved = upload.placing.before(transaction) if upload.placing is not None else ()
            record, replaced = self._in_place(transaction, principal, record)
            replaced = (*moved, *replaced)
            transaction.documents.add(record)
            job = self._enqueue(transaction, principal, record, upload.priority)
            if upload.placing is not None:
                upload.placing.after(transaction, record)
            held = held_for(transaction, principal, [record])
            # Once more: what was erased meanwhile gave up its external id only by committing its refusal.
            self.refusals.check(transaction, principal, content=content, external=None if replaced else identity)
            self.admission.settle(transaction, size=record.size, replaces=bool(replaced))
        return record, (*replaced, job), held

    def _sealed(self, principal: Principal, upload: Upload, identity: str | None, content: str) -> DocumentRecord:
        tenant_id, document_id = principal.tenant_id, DocumentId(uuid4())
        key = self.keys.create_document_key(tenant_id=tenant_id, document_id=document_id)
        external = upload.external_id
        return DocumentRecord(
            id=document_id,
            tenant_id=tenant_id,
            state=DocumentState.REGISTERED,
            title=key.seal((upload.title or upload.file_name).encode(), place=title_place(tenant_id, document_id)),
            file_name=key.seal(upload.file_name.encode(), place=file_name_place(tenant_id, document_id)),
            external_id=key.seal(external.encode(), place=external_id_place(tenant_id, document_id))
            if external
            else None,
            external_fingerprint=identity,
            content_fingerprint=content,
            media_type=known_media_type(upload.media_type) or "application/octet-stream",
            size=len(upload.content),
            groups=_kept_to(upload),
            declared=upload.declared,
            created_at=self.clock.now(),
            created_by=principal.key_id,
            apart=may_hold_attachments(upload.content, name=upload.file_name, media_type=upload.media_type),
        )

    def _in_place(
        self, transaction: Transaction, principal: Principal, record: DocumentRecord
    ) -> tuple[DocumentRecord, tuple[JobRecord, ...]]:
        """Entomb what has the external id now; return the record with its floor, and the job of the erasure."""
        fingerprint = record.external_fingerprint
        found = transaction.documents.by_external_fingerprint(fingerprint) if fingerprint is not None else None
        # Read again under its lock: what was erased meanwhile is replaced by nobody, and may be refused.
        if found is not None:
            lock_families(transaction, [found.id])
        earlier = transaction.documents.get(found.id, lock=True) if found is not None else None
        if earlier is None:
            return record, ()
        if not Scope.of(principal).sees(tenant_id=earlier.tenant_id, groups=earlier.groups):
            raise ConflictError  # handed in by somebody else at this very moment
        erasing = self.erasure.entomb(transaction, earlier, by=principal.key_id, refuse=False)
        return replace(record, declared=record.declared | earlier.declared), (erasing,)

    def _enqueue(
        self, transaction: Transaction, principal: Principal, record: DocumentRecord, priority: Priority
    ) -> JobRecord:
        """Write the job that ingests the document."""
        now = self.clock.now()
        job = JobRecord.queued(JobKind.INGEST, record.tenant_id, record.id, at=now, priority=priority)
        facts = {"job": str(job.id), "size": record.size, "declared": sorted(record.declared)}
        transaction.jobs.add(job)
        transaction.audit.append(
            entry(
                record.tenant_id,
                "document_registered",
                actor=principal.key_id,
                at=now,
                subject=record.id,
                facts=facts,
            )
        )
        return job

    def _identity(self, principal: Principal, upload: Upload) -> str | None:
        """Return the fingerprint of the external id.

        Where a document that the principal may not see has the id, it is another one: nobody learns of a
        document, or replaces it, by trying its external id.
        """
        if not upload.external_id:
            return None
        key = self.keys.tenant_key(principal.tenant_id)
        open_to_all = key.fingerprint(upload.external_id.encode(), purpose="external_id")
        with self.database.transaction(principal.tenant_id) as transaction:
            known = transaction.documents.by_external_fingerprint(open_to_all)
        if known is None or Scope.of(principal).sees(tenant_id=known.tenant_id, groups=known.groups):
            return open_to_all
        beside = "\x00".join((upload.external_id, *sorted(upload.groups)))
        return key.fingerprint(beside.encode(), purpose="external_id_beside")

    def _content_fingerprint(self, principal: Principal, upload: Upload) -> str:
        return self.keys.tenant_key(principal.tenant_id).fingerprint(upload.content, purpose="content")

    def _view(
        self,
        principal: Principal,
        record: DocumentRecord,
        held: Mapping[DocumentId, frozenset[MatterId]],
        lineage: Lineage,
    ) -> DocumentView:
        parent = lineage.parents.get(record.parent_id) if record.parent_id is not None else None
        key = self.keys.document_key(tenant_id=record.tenant_id, document_id=record.id)
        return DocumentView(
            id=record.id,
            title=title_of(key, record),
            file_name=file_name_of(key, record),
            external_id=external_id_of(key, record),
            media_type=record.media_type,
            size=record.size,
            state=record.state,
            groups=tuple(sorted(record.groups)),
            declared=tuple(sorted(record.declared)),
            labels=dict(record.label_counts),
            chunk_count=record.chunk_count,
            page_count=record.page_count,
            remarks=tuple(sorted(record.remarks)),
            created_at=record.created_at,
            failure=record.failure,
            failure_detail=record.failure_detail,
            injection=record.injection,
            released=released(key, record),
            # Of another's erased document nobody learns by handing in something like it.
            resembles_erased=record.resembles if principal.may(Permission.SEE_AUDIT) else None,
            resemblance=record.resemblance if principal.may(Permission.SEE_AUDIT) else None,
            held_by=tuple(sorted(held.get(record.id, ()))),
            parent_id=parent.id if parent is not None else None,
            parent_title=title_shown(self.keys, parent) if parent is not None else None,
            children=lineage.children.get(record.id, ()),
        )


def _may_assign(principal: Principal, groups: Iterable[str]) -> bool:
    return principal.role in {Role.ADMIN, Role.DATA_OWNER, Role.OPERATOR} or principal.groups.issuperset(groups)


def _kept_to(upload: Upload) -> frozenset[str]:
    return upload.groups or frozenset({EVERYONE})
