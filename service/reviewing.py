"""Reviews of labels: a person who may see a document says what it is, with a reason, and is on record (R6)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ingestion.reviewing import Change, Review
from ingestion.sensitivity import Label
from service.auditing import entry
from service.chunks import counted, relabelled, standing, text_of
from service.doorbell import ring
from service.errors import ConflictError, InvalidRequestError, NotPermittedError
from service.places import note_place
from service.policy.access import DocumentId, KeyId, Permission, Principal
from service.ports import (
    AuditEntry,
    ChunkRecord,
    Clock,
    Database,
    DocumentRecord,
    DocumentState,
    JobQueue,
    JobRecord,
    KeyStore,
    ReviewReason,
    ReviewRecord,
)
from service.relabelling import Relabelling
from service.sealing import Key
from service.visibility import visible

_LONGEST_NOTE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRequest:
    """What a reviewer asks for; `ordinals` None means every chunk of the document."""

    ordinals: frozenset[int] | None
    change: Change
    reason: ReviewReason
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """A review as people read it; `note` is None too where the reader may not read the document."""

    review: Review
    reason: ReviewReason
    note: str | None
    labeller_version: str
    reviewed_at: datetime
    reviewed_by: KeyId


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkView:
    """A chunk with the label that counts, the labeller's own, and what stands between them."""

    ordinal: int
    first_page: int
    last_page: int
    text: str | None
    label: Label
    machine: Label
    stale: bool
    review: ReviewView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What a review changed: the ordinals, the document's labels now, and the job that tells the index."""

    changed: tuple[int, ...]
    labels: Mapping[str, int]
    job: JobRecord | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewing:
    """Shows labels with their reasons, and lets reviewers override them."""

    database: Database
    keys: KeyStore
    queue: JobQueue
    clock: Clock
    relabelling: Relabelling

    def chunks(
        self, principal: Principal, document_id: DocumentId, *, limit: int, after: int | None = None
    ) -> tuple[ChunkView, ...]:
        """Return a document's chunks in order, after the given ordinal.

        Who may not ask (an operator, an auditor) sees labels and no text.
        """
        with self.database.transaction(principal.tenant_id) as transaction:
            record = visible(transaction, principal, document_id)
            chunks = transaction.chunks.of(record.id)
            reviews = {found.ordinal: found for found in transaction.reviews.of(record.id)}
        reads = principal.may(Permission.ASK)
        key = self.keys.document_key(tenant_id=record.tenant_id, document_id=record.id) if reads else None
        page = [chunk for chunk in chunks if after is None or chunk.ordinal > after][:limit]
        return tuple(self._view(record, chunk, reviews.get(chunk.ordinal), key) for chunk in page)

    def review(self, principal: Principal, document_id: DocumentId, request: ReviewRequest) -> Reviewed:
        """Override labels, now: what is raised is kept back from this commit on.

        What is lowered counts from now on too; the index learns both from the job that relabels the document.
        Asking for what is so already changes nothing.
        """
        _check(principal, request)
        with self.database.transaction(principal.tenant_id) as transaction:
            record = visible(transaction, principal, document_id, lock=True)
            _refuse(record, request)
            chunks = transaction.chunks.of(record.id)
            versions = {chunk.ordinal: chunk.label.labeller_version for chunk in chunks}
            known = {
                found.ordinal: standing(found, versions[found.ordinal])
                for found in transaction.reviews.of(record.id)
                if found.ordinal in versions
            }
            amended = _amended(_chosen(chunks, request), known, request.change)
            if not amended:
                return Reviewed(changed=(), labels=record.label_counts, job=None)
            rows = [
                relabelled(chunk, chunk.machine, record, amended[chunk.ordinal]) if chunk.ordinal in amended else chunk
                for chunk in chunks
            ]
            for before, after in zip(chunks, rows, strict=True):
                if before.ordinal in amended:
                    transaction.reviews.put(self._kept(principal, before, amended[before.ordinal], request))
                    transaction.audit.append(self._entry(principal, before, after, request))
            labels = counted(rows)
            transaction.chunks.replace(record.id, rows)
            transaction.documents.update(replace(record, label_counts=labels))
            job = self.relabelling.requested(transaction, record)
        ring(self.queue, job)
        return Reviewed(changed=tuple(sorted(amended)), labels=labels, job=job)

    def _kept(self, principal: Principal, chunk: ChunkRecord, review: Review, request: ReviewRequest) -> ReviewRecord:
        tenant_id, document_id = principal.tenant_id, chunk.document_id
        note = None
        if request.note:
            key = self.keys.document_key(tenant_id=tenant_id, document_id=document_id)
            note = key.seal(request.note.encode(), place=note_place(tenant_id, document_id, chunk.ordinal))
        return ReviewRecord(
            tenant_id=tenant_id,
            document_id=document_id,
            ordinal=chunk.ordinal,
            review=review,
            reason=request.reason,
            note=note,
            labeller_version=chunk.label.labeller_version,
            reviewed_at=self.clock.now(),
            reviewed_by=principal.key_id,
        )

    def _entry(
        self, principal: Principal, before: ChunkRecord, after: ChunkRecord, request: ReviewRequest
    ) -> AuditEntry:
        """Return the record of one override. The note is the document's, not the audit's."""
        facts = {
            "ordinal": before.ordinal,
            "reason": request.reason.value,
            "labeller": before.label.labeller_version,
            "before": _summary(before.label),
            "after": _summary(after.label),
        }
        return entry(
            principal.tenant_id,
            "label_reviewed",
            at=self.clock.now(),
            actor=principal.key_id,
            subject=before.document_id,
            facts=facts,
        )

    def _view(
        self, record: DocumentRecord, chunk: ChunkRecord, found: ReviewRecord | None, key: Key | None
    ) -> ChunkView:
        return ChunkView(
            ordinal=chunk.ordinal,
            first_page=chunk.first_page,
            last_page=chunk.last_page,
            text=text_of(key, record, chunk) if key is not None else None,
            label=chunk.label,
            machine=chunk.machine,
            stale=chunk.label.labeller_version != self.relabelling.labellers.version,
            review=_review_view(found, key) if found is not None else None,
        )


def _review_view(found: ReviewRecord, key: Key | None) -> ReviewView:
    note = None
    if key is not None and found.note is not None:
        note = key.open(found.note, place=note_place(found.tenant_id, found.document_id, found.ordinal)).decode()
    return ReviewView(
        review=found.review,
        reason=found.reason,
        note=note,
        labeller_version=found.labeller_version,
        reviewed_at=found.reviewed_at,
        reviewed_by=found.reviewed_by,
    )


def _check(principal: Principal, request: ReviewRequest) -> None:
    """Refuse who may not, before anything is looked up; then what cannot be meant."""
    change = request.change
    if not principal.may(Permission.LOWER_LABEL if change.lowers else Permission.RAISE_LABEL):
        raise NotPermittedError
    if change.empty or change.dismissed & change.added:
        message = "say what is dismissed, what is added, or what of the doubts; one category is either or"
        raise InvalidRequestError(message)
    if request.ordinals is not None and not request.ordinals:
        message = "name the chunks by their ordinals, or say `all`"
        raise InvalidRequestError(message)
    if request.note and (len(request.note) > _LONGEST_NOTE or "\x00" in request.note):
        message = f"a note has at most {_LONGEST_NOTE:,} characters"
        raise InvalidRequestError(message)


def _refuse(record: DocumentRecord, request: ReviewRequest) -> None:
    """Raise ConflictError where the document does not allow the review."""
    if record.state is not DocumentState.READY:
        message = "The document is not ready: it has no labels yet."
        raise ConflictError(message)
    declared = sorted(request.change.dismissed & record.declared)
    if declared:
        message = f"{', '.join(declared)} was declared at upload: a review can never dismiss it."
        raise ConflictError(message)


def _chosen(chunks: Sequence[ChunkRecord], request: ReviewRequest) -> list[ChunkRecord]:
    """Return the chunks that the request is about. Raises InvalidRequestError for one that is not there."""
    wanted = request.ordinals
    if wanted is None:
        return list(chunks)
    missing = wanted - {chunk.ordinal for chunk in chunks}
    if missing:
        message = f"the document has no chunk {min(missing)}; its chunks are 0 to {len(chunks) - 1}"
        raise InvalidRequestError(message)
    return [chunk for chunk in chunks if chunk.ordinal in wanted]


def _amended(chunks: Iterable[ChunkRecord], known: Mapping[int, Review], change: Change) -> dict[int, Review]:
    """Return the reviews that the change makes other than they were, by ordinal."""
    amended = {}
    for chunk in chunks:
        before = known.get(chunk.ordinal, Review())
        after = before.amended(chunk.machine, change)
        if after != before:
            amended[chunk.ordinal] = after
    return amended


def _summary(label: Label) -> dict[str, object]:
    return {
        "verdict": label.verdict.value,
        "categories": sorted(label.categories),
        "dismissed": sorted(label.dismissed),
        "doubts_dismissed": label.doubts_dismissed,
    }
