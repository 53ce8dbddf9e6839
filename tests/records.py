"""Records for tests: each call makes a new valid one; name only what the test is about."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from ingestion.injection import Injection, SuspectChunk
from ingestion.reviewing import Review
from ingestion.sensitivity import Category, Finding, Label, Verdict
from service.policy.access import (
    EVERYONE,
    ConversationId,
    DocumentId,
    ErasureId,
    ExportId,
    JobId,
    KeyId,
    MatterId,
    Role,
    RunId,
    SourceId,
    TenantId,
    TurnId,
)
from service.policy.erasures import ErasureAction, ErasureKind, ErasureReason, ErasureState, due_at
from service.policy.retention import Keeping, RetentionRule
from service.policy.tightening import TenantPolicy
from service.ports import (
    ApiKeyRecord,
    Approval,
    AuditCheckpoint,
    AuditEntry,
    AuditLeaf,
    CanaryRecord,
    ChunkRecord,
    ConversationRecord,
    DocumentRecord,
    DocumentState,
    ErasureItem,
    ErasureRecord,
    ExportRecord,
    GonePolicy,
    ItemKind,
    JobKind,
    JobRecord,
    JobState,
    MatterRecord,
    PolicyRecord,
    Refusal,
    RetentionRecord,
    ReviewReason,
    ReviewRecord,
    RunRecord,
    RunState,
    SourceItem,
    SourceKind,
    SourceRecord,
    Tenant,
    TurnRecord,
    TurnSource,
)
from service.ports.spaces import SpaceId, SpaceRecord, SpaceState
from service.sealing import Sealed

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def a_tenant() -> Tenant:
    return Tenant(id=TenantId(uuid4()), slug=f"tenant-{uuid4()}", created_at=NOON)


def a_document(
    tenant_id: TenantId,
    *,
    state: DocumentState = DocumentState.READY,
    groups: frozenset[str] = frozenset({EVERYONE}),
    created_at: datetime = NOON,
    external: str | None = None,
    content: str | None = None,
) -> DocumentRecord:
    return DocumentRecord(
        id=DocumentId(uuid4()),
        tenant_id=tenant_id,
        state=state,
        title=Sealed(b"\x00sealed title"),
        file_name=Sealed(b"\xffsealed name"),
        external_id=None if external is None else Sealed(b"sealed external id"),
        external_fingerprint=external,
        content_fingerprint=content or uuid4().hex,
        media_type="text/plain",
        size=3_000_000_000,
        groups=groups,
        declared=frozenset({Category.PHI, Category.PII}),
        created_at=created_at,
        created_by=KeyId(uuid4()),
        label_counts={"sensitive": 2, "PII": 1},
    )


def an_injection() -> Injection:
    cues = ("override", "dictates_answer")
    return Injection(score=0.8075, cues=cues, chunks=(SuspectChunk(ordinal=3, score=0.8075, cues=cues),))


def a_label() -> Label:
    finding = Finding(category=Category.PII, kind="email", start=3, end=9, confidence=0.75, detector="patterns")
    return Label(
        verdict=Verdict.SENSITIVE,
        labeller_version="v1",
        categories=frozenset({Category.PII, Category.PCI}),
        findings=(finding,),
        language="de",
        reasons=("declared",),
    )


def a_chunk(document_id: DocumentId, ordinal: int) -> ChunkRecord:
    return ChunkRecord(
        document_id=document_id,
        ordinal=ordinal,
        start=ordinal * 10,
        end=ordinal * 10 + 12,
        first_page=1,
        last_page=2,
        text=Sealed(b"\x00\x01sealed text"),
        label=a_label(),
    )


def a_job(
    tenant_id: TenantId,
    *,
    document_id: DocumentId | None = None,
    state: JobState = JobState.QUEUED,
    created_at: datetime = NOON,
    lease_until: datetime | None = None,
    attempts: int = 0,
) -> JobRecord:
    return JobRecord(
        id=JobId(uuid4()),
        tenant_id=tenant_id,
        kind=JobKind.INGEST,
        document_id=document_id or DocumentId(uuid4()),
        state=state,
        created_at=created_at,
        updated_at=created_at,
        lease_until=lease_until,
        attempts=attempts,
    )


def a_review(tenant_id: TenantId, document_id: DocumentId, ordinal: int = 0) -> ReviewRecord:
    return ReviewRecord(
        tenant_id=tenant_id,
        document_id=document_id,
        ordinal=ordinal,
        review=Review(dismissed=frozenset({Category.PII, Category.PCI}), added=frozenset({Category.PHI})),
        reason=ReviewReason.FALSE_POSITIVE,
        note=Sealed(b"\x00sealed note"),
        labeller_version="v1",
        reviewed_at=NOON,
        reviewed_by=KeyId(uuid4()),
    )


def a_refusal(tenant_id: TenantId, document_id: DocumentId | None = None) -> Refusal:
    return Refusal(
        document_id=document_id or DocumentId(uuid4()),
        tenant_id=tenant_id,
        content_fingerprint="c",
        external_fingerprint="e",
        sketch=(1, 2, 2**31 - 1),
        groups=frozenset({"board"}),
        refused_at=NOON,
        reason="erased",
    )


def a_policy(tenant_id: TenantId, version: int = 1, policy: TenantPolicy | None = None) -> PolicyRecord:
    wanted = policy or TenantPolicy(cloud=False)
    return PolicyRecord(tenant_id=tenant_id, version=version, policy=wanted, set_at=NOON, set_by=KeyId(uuid4()))


def a_matter(
    tenant_id: TenantId, *, groups: frozenset[str] = frozenset(), whole_tenant: bool = False, opened_at: datetime = NOON
) -> MatterRecord:
    return MatterRecord(
        id=MatterId(uuid4()),
        tenant_id=tenant_id,
        name=Sealed(b"\x00sealed matter"),
        note=Sealed(b"\xffsealed note"),
        whole_tenant=whole_tenant,
        groups=groups,
        opened_at=opened_at,
        opened_by=KeyId(uuid4()),
    )


def a_space(tenant: TenantId, state: SpaceState = SpaceState.BUILDING, name: str = "new/float32") -> SpaceRecord:
    """Return a vector space in this state."""
    return SpaceRecord(
        id=SpaceId(uuid4()),
        tenant_id=tenant,
        state=state,
        name=name,
        model="packaged",
        precision="float32",
        dimensions=384,
        created_at=NOON,
    )


def some_retention(tenant_id: TenantId, version: int = 1) -> RetentionRecord:
    rules = (
        RetentionRule(category=Category.PII, keep_days=365, keeping=Keeping.SHORTEST),
        RetentionRule(category=None, keep_days=3650),
    )
    return RetentionRecord(tenant_id=tenant_id, version=version, rules=rules, set_at=NOON, set_by=KeyId(uuid4()))


def an_export(tenant_id: TenantId, *, expires_at: datetime = NOON + MINUTE, ready: bool = True) -> ExportRecord:
    return ExportRecord(
        id=ExportId(uuid4()),
        tenant_id=tenant_id,
        subject=Sealed(b"\x00sealed subject"),
        made_at=NOON,
        made_by=KeyId(uuid4()),
        expires_at=expires_at,
        size=3_000_000_000,
        ready_at=NOON if ready else None,
    )


def an_api_key(tenant_id: TenantId) -> ApiKeyRecord:
    return ApiKeyRecord(
        id=KeyId(uuid4()),
        tenant_id=tenant_id,
        name="reporting",
        secret_sha256=uuid4().hex * 2,
        role=Role.READER,
        groups=frozenset({"finance", "legal"}),
        created_at=NOON,
        expires_at=NOON + MINUTE,
    )


def a_canary(tenant_id: TenantId) -> CanaryRecord:
    return CanaryRecord(
        id=uuid4(),
        tenant_id=tenant_id,
        length=24,
        stem="stem",
        fingerprint=uuid4().hex,
        created_at=NOON,
        created_by=KeyId(uuid4()),
    )


def an_audit_entry(tenant_id: TenantId, *, action: str = "route", at: datetime = NOON) -> AuditEntry:
    facts = {"route": "local", "reasons": ["sensitive"], "sources": 3, "harmless": False}
    return AuditEntry(
        id=uuid4(), tenant_id=tenant_id, at=at, actor=KeyId(uuid4()), action=action, subject=uuid4(), facts=facts
    )


def a_conversation(
    tenant_id: TenantId, *, owner: KeyId | None = None, created_at: datetime = NOON
) -> ConversationRecord:
    return ConversationRecord(
        id=ConversationId(uuid4()),
        tenant_id=tenant_id,
        owner=owner or KeyId(uuid4()),
        created_at=created_at,
        updated_at=created_at,
        turns=1,
    )


def a_turn(
    conversation: ConversationRecord, *sources: TurnSource, ordinal: int = 0, request: str | None = None
) -> TurnRecord:
    return TurnRecord(
        id=TurnId(uuid4()),
        tenant_id=conversation.tenant_id,
        conversation_id=conversation.id,
        ordinal=ordinal,
        question=Sealed(b"\x00sealed question"),
        answer=Sealed(b"\xffsealed answer"),
        question_label=a_label(),
        context=tuple(range(ordinal)),
        sources=sources,
        route="local",
        labeller_version="v1",
        asked_at=NOON,
        answered_at=NOON + MINUTE,
        request_fingerprint=request,
    )


def a_leaf(tenant_id: TenantId, index: int = 0, number: int = 1) -> AuditLeaf:
    return AuditLeaf(tenant_id=tenant_id, leaf_index=index, entry_number=number, leaf_hash=bytes([index]) * 32)


def a_checkpoint(tenant_id: TenantId, size: int = 1) -> AuditCheckpoint:
    return AuditCheckpoint(
        tenant_id=tenant_id,
        size=size,
        root=b"r" * 32,
        at=NOON,
        signature=b"s" * 64,
        key_id="k" * 16,
        peaks=b"p" * 32 * size.bit_count(),
    )


def an_erasure(
    tenant_id: TenantId, *, state: ErasureState = ErasureState.LOCATED, received_at: datetime = NOON
) -> ErasureRecord:
    return ErasureRecord(
        id=ErasureId(uuid4()),
        tenant_id=tenant_id,
        kind=ErasureKind.SUBJECT,
        reason=ErasureReason.CONSENT_WITHDRAWN,
        state=state,
        requested_by=KeyId(uuid4()),
        received_at=received_at,
        due_at=due_at(received_at),
        approvals_needed=2,
        cooling_off_hours=24,
        subject=Sealed(b"\x00sealed subject"),
        note=Sealed(b"\xffsealed note"),
        approvals=(Approval(by=KeyId(uuid4()), at=received_at),),
    )


def an_item(erasure: ErasureRecord, *, target: DocumentId | None = None) -> ErasureItem:
    return ErasureItem(
        erasure_id=erasure.id,
        tenant_id=erasure.tenant_id,
        kind=ItemKind.DOCUMENT,
        target=target or DocumentId(uuid4()),
        action=ErasureAction.REDACT,
        certain=False,
        chunk_count=7,
        held_by=(uuid4(), uuid4()),
    )


def a_source(tenant_id: TenantId, *, gone: GonePolicy = GonePolicy.ERASE) -> SourceRecord:
    return SourceRecord(
        id=SourceId(uuid4()),
        tenant_id=tenant_id,
        kind=SourceKind.FOLDER,
        name=Sealed(b"\x00\x01sealed name"),
        settings=Sealed(b"\x00\x01sealed settings"),
        gone=gone,
        brake_percent=30,
        every_seconds=3_600,
        created_at=NOON,
        created_by=KeyId(uuid4()),
        due_at=NOON,
    )


def a_run(source: SourceRecord, *, asked_at: datetime = NOON) -> RunRecord:
    return RunRecord(
        id=RunId(uuid4()),
        tenant_id=source.tenant_id,
        source_id=source.id,
        state=RunState.QUEUED,
        asked_at=asked_at,
        updated_at=asked_at,
    )


def a_thing(source: SourceRecord, number: int, *, document_id: DocumentId | None = None) -> SourceItem:
    return SourceItem(
        tenant_id=source.tenant_id,
        source_id=source.id,
        place=f"place-{number}",
        number=number,
        hint="hint",
        access="access",
        content="content",
        document_id=document_id,
        owned=document_id is not None,
        name=Sealed(b"\x00\x01sealed place"),
    )
