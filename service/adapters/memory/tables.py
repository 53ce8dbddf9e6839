"""The tables of one tenant in memory: what PostgreSQL's constraints refuse, these refuse."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import TypeVar
from uuid import UUID

from typing_extensions import override

from service.errors import ConflictError, NotFoundError, RingfenceError
from service.policy.access import (
    ConversationId,
    DocumentId,
    ErasureId,
    ExportId,
    JobId,
    KeyId,
    MatterId,
    RunId,
    Scope,
    SourceId,
    TenantId,
    TurnId,
)
from service.ports import (
    ApiKeyRecord,
    ApiKeyTable,
    AuditCheckpoint,
    AuditLeaf,
    AuditRecord,
    CanaryRecord,
    ChunkRecord,
    ChunkTable,
    ConversationRecord,
    DocumentRecord,
    DocumentState,
    DocumentTable,
    ErasureItem,
    ErasureRecord,
    IntakeRecord,
    JobKind,
    JobRecord,
    JobState,
    LabellingCounts,
    PolicyRecord,
    Refusal,
    ReviewRecord,
    SubjectMark,
    Tallied,
    Tombstone,
    TombstoneTable,
    TurnMark,
    TurnRecord,
)
from service.ports.exporting import ExportRecord
from service.ports.holding import MatterRecord
from service.ports.receipting import ReceiptId, ReceiptRecord
from service.ports.retaining import RetentionRecord
from service.ports.sourcing import RunRecord, SourceItem, SourceRecord
from service.ports.spaces import SpaceId, SpaceRecord

_Aged = TypeVar("_Aged", DocumentRecord, JobRecord, ConversationRecord)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Everything that belongs to one tenant."""

    tenant_id: TenantId
    documents: dict[DocumentId, DocumentRecord] = field(default_factory=dict)
    chunks: dict[DocumentId, tuple[ChunkRecord, ...]] = field(default_factory=dict)
    reviews: dict[tuple[DocumentId, int], ReviewRecord] = field(default_factory=dict)
    jobs: dict[JobId, JobRecord] = field(default_factory=dict)
    intake: dict[TenantId, IntakeRecord] = field(default_factory=dict)
    usage_versions: dict[TenantId, int] = field(default_factory=dict)
    tallies: dict[tuple[Tallied, str], int] = field(default_factory=dict)
    tombstones: dict[DocumentId, Tombstone] = field(default_factory=dict)
    audit: list[AuditRecord] = field(default_factory=list)
    audit_leaves: list[AuditLeaf] = field(default_factory=list)
    audit_checkpoints: list[AuditCheckpoint] = field(default_factory=list)
    api_keys: dict[KeyId, ApiKeyRecord] = field(default_factory=dict)
    conversations: dict[ConversationId, ConversationRecord] = field(default_factory=dict)
    turns: dict[TurnId, TurnRecord] = field(default_factory=dict)
    hidden: set[UUID] = field(default_factory=set)
    policies: list[PolicyRecord] = field(default_factory=list)
    canaries: dict[UUID, CanaryRecord] = field(default_factory=dict)
    subject_marks: dict[DocumentId, frozenset[SubjectMark]] = field(default_factory=dict)
    turn_marks: dict[TurnId, frozenset[TurnMark]] = field(default_factory=dict)
    refusals: dict[DocumentId, Refusal] = field(default_factory=dict)
    erasures: dict[ErasureId, ErasureRecord] = field(default_factory=dict)
    erasure_items: dict[tuple[ErasureId, UUID], ErasureItem] = field(default_factory=dict)
    receipts: dict[ReceiptId, ReceiptRecord] = field(default_factory=dict)
    exports: dict[ExportId, ExportRecord] = field(default_factory=dict)
    export_documents: dict[ExportId, frozenset[DocumentId]] = field(default_factory=dict)
    export_turns: dict[ExportId, frozenset[TurnId]] = field(default_factory=dict)
    retention: dict[int, RetentionRecord] = field(default_factory=dict)
    matters: dict[MatterId, MatterRecord] = field(default_factory=dict)
    matter_documents: set[tuple[MatterId, DocumentId]] = field(default_factory=set)
    sources: dict[SourceId, SourceRecord] = field(default_factory=dict)
    source_runs: dict[RunId, RunRecord] = field(default_factory=dict)
    source_items: dict[tuple[SourceId, str], SourceItem] = field(default_factory=dict)
    vector_spaces: dict[SpaceId, SpaceRecord] = field(default_factory=dict)
    space_documents: dict[tuple[SpaceId, DocumentId], bool] = field(default_factory=dict)

    def copied(self) -> "Rows":
        """Return rows of their own; the records are frozen, so sharing those is safe."""
        return Rows(
            tenant_id=self.tenant_id,
            documents=dict(self.documents),
            chunks=dict(self.chunks),
            reviews=dict(self.reviews),
            jobs=dict(self.jobs),
            intake=dict(self.intake),
            usage_versions=dict(self.usage_versions),
            tallies=dict(self.tallies),
            tombstones=dict(self.tombstones),
            audit=list(self.audit),
            audit_leaves=list(self.audit_leaves),
            audit_checkpoints=list(self.audit_checkpoints),
            api_keys=dict(self.api_keys),
            conversations=dict(self.conversations),
            turns=dict(self.turns),
            hidden=set(self.hidden),
            policies=list(self.policies),
            canaries=dict(self.canaries),
            subject_marks=dict(self.subject_marks),
            turn_marks=dict(self.turn_marks),
            refusals=dict(self.refusals),
            erasures=dict(self.erasures),
            erasure_items=dict(self.erasure_items),
            receipts=dict(self.receipts),
            exports=dict(self.exports),
            export_documents=dict(self.export_documents),
            export_turns=dict(self.export_turns),
            retention=dict(self.retention),
            matters=dict(self.matters),
            matter_documents=set(self.matter_documents),
            sources=dict(self.sources),
            source_runs=dict(self.source_runs),
            source_items=dict(self.source_items),
            vector_spaces=dict(self.vector_spaces),
            space_documents=dict(self.space_documents),
        )

    def admit(self, tenant_id: TenantId) -> None:
        """Refuse a row of another tenant, as row-level security does."""
        if tenant_id != self.tenant_id:
            message = "The database refused a statement."
            raise RingfenceError(message)


class InMemoryDocumentTable(DocumentTable):
    """The documents."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    @override
    def add(self, record: DocumentRecord) -> None:
        self._rows.admit(record.tenant_id)
        if record.id in self._rows.documents:
            raise ConflictError
        self._refuse_taken(record)
        self._rows.documents[record.id] = record

    @override
    def get(self, document_id: DocumentId, *, lock: bool = False) -> DocumentRecord | None:
        return self._rows.documents.get(document_id)

    @override
    def by_external_fingerprint(self, fingerprint: str) -> DocumentRecord | None:
        found = (record for record in self._rows.documents.values() if record.external_fingerprint == fingerprint)
        return next(found, None)

    @override
    def by_content_fingerprint(self, fingerprint: str) -> DocumentRecord | None:
        oldest_first = reversed(_newest_first(self._rows.documents.values()))
        return next((record for record in oldest_first if record.content_fingerprint == fingerprint), None)

    @override
    def page(self, *, scope: Scope, limit: int, after: DocumentId | None = None) -> tuple[DocumentRecord, ...]:
        visible = [
            record
            for record in self._rows.documents.values()
            if scope.sees(tenant_id=record.tenant_id, groups=record.groups)
        ]
        return paged(visible, limit=limit, after=after)

    @override
    def ids(self, *, states: Collection[DocumentState] | None = None) -> tuple[DocumentId, ...]:
        oldest_first = reversed(_newest_first(self._rows.documents.values()))
        return tuple(record.id for record in oldest_first if states is None or record.state in states)

    @override
    def children(self, parent_ids: Collection[DocumentId]) -> tuple[DocumentRecord, ...]:
        oldest_first = reversed(_newest_first(self._rows.documents.values()))
        return tuple(record for record in oldest_first if record.parent_id in parent_ids)

    @override
    def abandoned(self, *, before: datetime) -> tuple[DocumentRecord, ...]:
        told = {job.document_id for job in self._rows.jobs.values()}
        oldest_first = reversed(_newest_first(self._rows.documents.values()))
        return tuple(record for record in oldest_first if record.created_at < before and record.id not in told)

    @override
    def handed_in_until(
        self, moment: datetime, *, limit: int, after: tuple[datetime, DocumentId] | None = None
    ) -> tuple[DocumentRecord, ...]:
        old = (record for record in self._rows.documents.values() if record.created_at <= moment)
        following = (record for record in old if after is None or (record.created_at, record.id) > after)
        return tuple(reversed(_newest_first(following)))[:limit]

    @override
    def stale(self, *, version: str, limit: int, failed: bool = False) -> tuple[DocumentRecord, ...]:
        being_done = {
            job.document_id
            for job in self._rows.jobs.values()
            if job.kind is JobKind.RELABEL and job.state in {JobState.QUEUED, JobState.RUNNING}
        }
        stale = (
            record
            for record in reversed(_newest_first(self._rows.documents.values()))
            if record.state is DocumentState.READY
            and record.labeller_version != version
            and record.id not in being_done
            and (failed or record.relabel_failed != version)
        )
        return tuple(islice(stale, limit))

    @override
    def labelling(self, *, version: str) -> LabellingCounts:
        ready = [record for record in self._rows.documents.values() if record.state is DocumentState.READY]
        stale = [record for record in ready if record.labeller_version != version]
        failed = sum(record.relabel_failed == version for record in stale)
        return LabellingCounts(current=len(ready) - len(stale), stale=len(stale) - failed, failed=failed)

    @override
    def counts(self) -> Mapping[DocumentState, int]:
        counted = Counter(record.state for record in self._rows.documents.values())
        return {state: counted[state] for state in DocumentState}

    @override
    def update(self, record: DocumentRecord) -> None:
        if record.id not in self._rows.documents:
            raise NotFoundError
        self._rows.admit(record.tenant_id)
        self._refuse_taken(record)
        self._rows.documents[record.id] = record

    @override
    def delete(self, document_id: DocumentId) -> None:
        self._rows.documents.pop(document_id, None)
        self._rows.chunks.pop(document_id, None)
        self._rows.subject_marks.pop(document_id, None)
        for key in [key for key, item in self._rows.source_items.items() if item.document_id == document_id]:
            del self._rows.source_items[key]
        for mark in [mark for mark in self._rows.space_documents if mark[1] == document_id]:
            del self._rows.space_documents[mark]
        for place in [place for place in self._rows.reviews if place[0] == document_id]:
            del self._rows.reviews[place]

    def _refuse_taken(self, record: DocumentRecord) -> None:
        if record.external_fingerprint is None:
            return
        holder = self.by_external_fingerprint(record.external_fingerprint)
        if holder is not None and holder.id != record.id:
            raise ConflictError


class InMemoryChunkTable(ChunkTable):
    """The chunks."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    @override
    def replace(self, document_id: DocumentId, records: Sequence[ChunkRecord]) -> None:
        if records and document_id not in self._rows.documents:
            raise NotFoundError
        self._rows.chunks[document_id] = tuple(sorted(records, key=lambda record: record.ordinal))

    @override
    def fetch(self, places: Iterable[tuple[DocumentId, int]]) -> tuple[ChunkRecord, ...]:
        wanted = set(places)
        ready = {key for key, record in self._rows.documents.items() if record.state is DocumentState.READY}
        return tuple(
            chunk
            for document_id in {place[0] for place in wanted} & ready
            for chunk in self.of(document_id)
            if (document_id, chunk.ordinal) in wanted
        )

    @override
    def of(self, document_id: DocumentId) -> tuple[ChunkRecord, ...]:
        return self._rows.chunks.get(document_id, ())

    @override
    def count(self, document_id: DocumentId) -> int:
        return len(self.of(document_id))


class InMemoryTombstoneTable(TombstoneTable):
    """What was erased."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    @override
    def add(self, tombstone: Tombstone) -> None:
        self._rows.admit(tombstone.tenant_id)
        self._rows.tombstones.setdefault(tombstone.document_id, tombstone)

    @override
    def get(self, document_id: DocumentId) -> Tombstone | None:
        return self._rows.tombstones.get(document_id)

    @override
    def of_identity(self, identity: str) -> Tombstone | None:
        return next((one for one in self._rows.tombstones.values() if one.identity == identity), None)

    @override
    def all(self) -> tuple[Tombstone, ...]:
        return tuple(sorted(self._rows.tombstones.values(), key=lambda one: (one.erased_at, one.document_id)))

    @override
    def mark_gone(self, document_id: DocumentId, at: datetime) -> None:
        found = self.get(document_id)
        if found is not None:
            self._rows.tombstones[document_id] = replace(found, gone_at=at)


class InMemoryApiKeyTable(ApiKeyTable):
    """The API keys."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    @override
    def add(self, record: ApiKeyRecord) -> None:
        self._rows.admit(record.tenant_id)
        if any(key.secret_sha256 == record.secret_sha256 for key in self.all()):
            raise ConflictError
        self._rows.api_keys[record.id] = record

    @override
    def all(self) -> tuple[ApiKeyRecord, ...]:
        return tuple(sorted(self._rows.api_keys.values(), key=lambda key: (key.created_at, key.id)))

    @override
    def revoke(self, key_id: KeyId, at: datetime) -> bool:
        found = self._rows.api_keys.get(key_id)
        if found is not None:
            self._rows.api_keys[key_id] = replace(found, revoked_at=at)
        return found is not None


def paged(records: Iterable[_Aged], *, limit: int, after: UUID | None) -> tuple[_Aged, ...]:
    """Return records, newest first, after the one with this id. Raises NotFoundError where that is not among them."""
    newest_first = _newest_first(records)
    if after is None:
        return tuple(newest_first[:limit])
    places = [place for place, record in enumerate(newest_first) if record.id == after]
    if not places:
        raise NotFoundError
    return tuple(newest_first[places[0] + 1 :][:limit])


def _newest_first(records: Iterable[_Aged]) -> list[_Aged]:
    return sorted(records, key=lambda record: (record.created_at, record.id), reverse=True)
