"""Retention over HTTP: show, set, preview, approve."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from litestar import Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from ingestion.sensitivity import Category
from service.api.problems import documented
from service.errors import ConflictError, NotFoundError
from service.policy.access import DocumentId, Principal
from service.policy.retention import LONGEST_DAYS, Keeping, RetentionRule, Standing
from service.ports import RetentionRecord
from service.product import Ringfence
from service.retaining import Preview, PreviewedDocument, RetentionView


class RuleCategory(StrEnum):
    """The categories, and `any` for documents that no other rule matches."""

    ANY = "any"
    PII = Category.PII
    PHI = Category.PHI
    PCI = Category.PCI
    LEGAL_PRIVILEGE = Category.LEGAL_PRIVILEGE
    TRADE_SECRET = Category.TRADE_SECRET


class RuleBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """How long documents of a category are kept; `any` is for those that no other rule matches."""

    category: RuleCategory
    keep_days: Annotated[int, Meta(ge=1, le=LONGEST_DAYS, description="Days since the document was handed in.")]
    keeping: Annotated[
        Keeping,
        Meta(description="Of several `longest` rules the longest decides; a `shortest` one decides against them."),
    ] = Keeping.LONGEST

    @classmethod
    def of(cls, rule: RetentionRule) -> "RuleBody":
        """Present a rule."""
        category = RuleCategory.ANY if rule.category is None else RuleCategory(rule.category.value)
        return cls(category=category, keep_days=rule.keep_days, keeping=rule.keeping)

    def rule(self) -> RetentionRule:
        """Return it as the use case takes it."""
        category = None if self.category is RuleCategory.ANY else Category(self.category.value)
        return RetentionRule(category=category, keep_days=self.keep_days, keeping=self.keeping)


class RulesRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """The rules wanted; they replace those before. An empty list stops erasing at once."""

    rules: Annotated[list[RuleBody], Meta(max_length=50)]


class ApprovalRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """The version that was previewed."""

    version: Annotated[int, Meta(ge=1)]


class PreviewRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """Which documents to tell: a page of those of this standing."""

    standing: Standing | None = None
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 200
    after: UUID | None = None


class RulesBody(Struct, kw_only=True):
    """One version of the rules. It is in force once it is approved, until the next one is."""

    version: int
    rules: list[RuleBody]
    set_at: datetime
    set_by: UUID
    previewed_at: datetime | None
    previewed_by: UUID | None
    approved_at: datetime | None
    approved_by: UUID | None

    @classmethod
    def of(cls, record: RetentionRecord) -> "RulesBody":
        """Present a version."""
        return cls(
            version=record.version,
            rules=[RuleBody.of(rule) for rule in record.rules],
            set_at=record.set_at,
            set_by=record.set_by,
            previewed_at=record.previewed_at,
            previewed_by=record.previewed_by,
            approved_at=record.approved_at,
            approved_by=record.approved_by,
        )


class RetentionBody(Struct, kw_only=True):
    """The newest rules, and those in force, which may be older."""

    latest: RulesBody | None
    in_force: RulesBody | None

    @classmethod
    def of(cls, view: RetentionView) -> "RetentionBody":
        """Present both."""
        return cls(
            latest=RulesBody.of(view.latest) if view.latest else None,
            in_force=RulesBody.of(view.in_force) if view.in_force else None,
        )


class PreviewedBody(Struct, kw_only=True):
    """A document: what becomes of it, by which rule, from when on, held for which matters."""

    id: UUID
    title: str
    standing: Standing
    rule: RuleBody | None
    due_at: datetime | None
    matters: list[UUID]

    @classmethod
    def of(cls, one: PreviewedDocument) -> "PreviewedBody":
        """Present a document."""
        rule = RuleBody.of(one.rule) if one.rule else None
        return cls(
            id=one.id, title=one.title, standing=one.standing, rule=rule, due_at=one.due_at, matters=list(one.matters)
        )


class PreviewBody(Struct, kw_only=True):
    """What the newest rules would do now: all documents counted by what becomes of them, and a page of them."""

    version: int
    at: datetime
    counts: dict[Standing, int]
    documents: list[PreviewedBody]
    next: UUID | None

    @classmethod
    def of(cls, preview: Preview, *, limit: int) -> "PreviewBody":
        """Present a preview."""
        documents = [PreviewedBody.of(one) for one in preview.documents]
        counts = {standing: preview.counts.get(standing, 0) for standing in Standing}
        following = documents[-1].id if len(documents) == limit else None
        return cls(version=preview.version, at=preview.at, counts=counts, documents=documents, next=following)


@get("/", sync_to_thread=True, summary="Show the rules", responses=documented())
def show_retention(principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]) -> RetentionBody:
    """Show the newest rules and those in force."""
    return RetentionBody.of(ringfence.retention.show(principal))


@put("/", sync_to_thread=True, summary="Set the rules", responses=documented(ConflictError))
def set_retention(
    data: JSONBody[RulesRequest], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> RetentionBody:
    """Write the next version of the rules. It erases nothing before it was previewed and approved."""
    return RetentionBody.of(ringfence.retention.set(principal, [body.rule() for body in data.rules]))


@post(
    "/preview",
    status_code=200,
    sync_to_thread=True,
    summary="Preview the newest rules",
    responses=documented(NotFoundError, ConflictError),
)
def preview_retention(
    data: JSONBody[PreviewRequest], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> PreviewBody:
    """Say what the newest rules would erase now, what is held or kept, and why. On record: it is needed to approve."""
    after = DocumentId(data.after) if data.after else None
    preview = ringfence.retention.preview(principal, limit=data.limit, after=after, standing=data.standing)
    return PreviewBody.of(preview, limit=data.limit)


@post(
    "/approval",
    status_code=200,
    sync_to_thread=True,
    summary="Put the newest rules in force",
    responses=documented(NotFoundError, ConflictError),
)
def approve_retention(
    data: JSONBody[ApprovalRequest], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> RetentionBody:
    """Put the previewed version in force: from the next daily run on it erases what is due."""
    return RetentionBody.of(ringfence.retention.approve(principal, data.version))


retention = Router(
    "/v1/retention",
    route_handlers=[show_retention, set_retention, preview_retention, approve_retention],
    tags=["retention"],
)
