"""The rows of the truth, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from ingestion.document import Remark
from ingestion.injection import Injection
from ingestion.reviewing import Review
from ingestion.sensitivity import Category, Label
from service.policy.access import ConversationId, DocumentId, KeyId, Role, TenantId, TurnId
from service.policy.facts import checked, is_code
from service.policy.tightening import TenantPolicy
from service.sealing import Sealed


class DocumentState(StrEnum):
    """The life of a document. An erased one has no row, only a tombstone; a quarantined one is never retrieved."""

    REGISTERED = "registered"
    PROCESSING = "processing"
    READY = "ready"
    QUARANTINED = "quarantined"
    FAILED = "failed"


class ReleaseReason(StrEnum):
    """Why somebody released a document from quarantine."""

    FALSE_POSITIVE = "false_positive"
    ABOUT_INJECTIONS = "about_injections"
    TRUSTED_SOURCE = "trusted_source"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRecord:
    """A document as SQL knows it; what people wrote is sealed under the document's key.

    `external_fingerprint` and `content_fingerprint` are keyed hashes under the tenant's key.
    `label_counts` says how many chunks carry each verdict and each category. `labeller_version` is the one that
    labelled every chunk, None where nobody noted it; `relabel_failed` the one that could not.
    `injection` says how much the text reads like instructions to a model, None where it was never scored. A document
    with `released_at` is not quarantined again; the note is sealed under the document's key.
    `subjects_version` says what the marks of the subject index are made of, None where there are none yet.
    `remarks` say how its text was read: what was recognised or guessed is doubted in every label.
    `sketch` and `resembles` (an erased document, by the share `resemblance`) are those of `service.refusing`.
    `parent_id` is the archive or message that it was found in. A document in which others may be found is `apart`: its
    original lies under a key of its own, `service.originals`, so that it can go while the document stays.
    """

    id: DocumentId
    tenant_id: TenantId
    state: DocumentState
    title: Sealed
    file_name: Sealed
    external_id: Sealed | None
    external_fingerprint: str | None
    content_fingerprint: str
    media_type: str
    size: int
    groups: frozenset[str]
    declared: frozenset[Category]
    created_at: datetime
    created_by: KeyId
    chunk_count: int = 0
    page_count: int = 0
    label_counts: Mapping[str, int] = field(default_factory=dict)
    failure: str | None = None
    failure_detail: str | None = None
    labeller_version: str | None = None
    relabel_failed: str | None = None
    injection: Injection | None = None
    released_at: datetime | None = None
    released_by: KeyId | None = None
    release_reason: ReleaseReason | None = None
    release_note: Sealed | None = None
    subjects_version: str | None = None
    sketch: tuple[int, ...] = ()
    resembles: DocumentId | None = None
    resemblance: float | None = None
    parent_id: DocumentId | None = None
    apart: bool = False
    remarks: frozenset[Remark] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkRecord:
    """A chunk as SQL knows it: where it lies, what it is, its text sealed.

    `label` is the one that counts; `machine_label` what the labeller said, None where that is the same.
    """

    document_id: DocumentId
    ordinal: int
    start: int
    end: int
    first_page: int
    last_page: int
    text: Sealed
    label: Label
    machine_label: Label | None = None

    @property
    def machine(self) -> Label:
        """What the labeller said, before any floor or review."""
        return self.machine_label or self.label


class ReviewReason(StrEnum):
    """Why a reviewer overrode a label."""

    FALSE_POSITIVE = "false_positive"
    PUBLIC_INFORMATION = "public_information"
    CONSENT_GIVEN = "consent_given"
    MISSED = "missed"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRecord:
    """What stands against the labeller's word on one chunk; the note is sealed under the document's key."""

    tenant_id: TenantId
    document_id: DocumentId
    ordinal: int
    review: Review
    reason: ReviewReason
    note: Sealed | None
    labeller_version: str
    reviewed_at: datetime
    reviewed_by: KeyId


@dataclass(frozen=True, slots=True, kw_only=True)
class LabellingCounts:
    """Ready documents by whether the labeller in force labelled them, is to do so, or could not."""

    current: int
    stale: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """The mark of an erased document: unreachable since `erased_at`, gone everywhere since `gone_at`.

    `turn_ids` are the turns that rested on it: whoever verifies asks for their keys when their rows are no more.
    `original_ids` are the originals under keys of their own that held it, its own and those of what it was found in:
    they go with it. `identity` is the external fingerprint of what was found in another document, so that a repeated
    ingestion of that one does not bring it back.
    """

    document_id: DocumentId
    tenant_id: TenantId
    chunk_count: int
    erased_at: datetime
    erased_by: KeyId | None
    gone_at: datetime | None = None
    turn_ids: tuple[TurnId, ...] = ()
    original_ids: tuple[DocumentId, ...] = ()
    identity: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationRecord:
    """A conversation of one API key. `turns` counts every turn it ever had: the ordinal of the next one."""

    id: ConversationId
    tenant_id: TenantId
    owner: KeyId
    created_at: datetime
    updated_at: datetime
    turns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnSource:
    """A chunk that a turn rests on. `number` is what the answer called it, None where an earlier turn rested on it."""

    document_id: DocumentId
    ordinal: int
    number: int | None = None
    score: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRecord:
    """One question with its answer, both sealed under a key of this turn alone.

    `context` holds the ordinals of the earlier turns that the answer was made with, `sources` every chunk that it
    or any of those was made from: destroy one, and the turn has to go. `request_fingerprint` is a keyed hash.
    """

    id: TurnId
    tenant_id: TenantId
    conversation_id: ConversationId
    ordinal: int
    question: Sealed
    answer: Sealed
    question_label: Label
    context: tuple[int, ...]
    sources: tuple[TurnSource, ...]
    route: str
    labeller_version: str
    asked_at: datetime
    answered_at: datetime
    request_fingerprint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyRecord:
    """One API key; only the SHA-256 of its secret is known."""

    id: KeyId
    tenant_id: TenantId
    name: str
    secret_sha256: str
    role: Role
    groups: frozenset[str]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryRecord:
    """One planted token, known by its length and by keyed hashes (tenant's key) of its start and of all of it (R19)."""

    id: UUID
    tenant_id: TenantId
    length: int
    stem: str
    fingerprint: str
    created_at: datetime
    created_by: KeyId


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """A company or department whose documents nobody else sees."""

    id: TenantId
    slug: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRecord:
    """One version of what a tenant wants beyond the operator's policy; the highest counts."""

    tenant_id: TenantId
    version: int
    policy: TenantPolicy
    set_at: datetime
    set_by: KeyId


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did what, when, decided how: ids, labels, versions, reasons; never content.

    `facts` are plain JSON as `policy.facts.checked` returns it; ValueError where they are not. What a person wrote or
    is called goes into `personal`, sealed under a key that can be destroyed.
    """

    id: UUID
    tenant_id: TenantId
    at: datetime
    actor: KeyId | None
    action: str
    subject: UUID | None
    facts: Mapping[str, object]
    personal: Sealed | None = None

    def __post_init__(self) -> None:
        """Refuse what could be content."""
        if not is_code(self.action):
            message = "the action of an audit entry is not a code"
            raise ValueError(message)
        if checked(self.facts) != self.facts:
            message = "the facts of an audit entry are not plain JSON: pass them through policy.facts.checked"
            raise ValueError(message)
