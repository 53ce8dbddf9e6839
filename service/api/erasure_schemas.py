"""Erasure requests over the wire, version 1."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from service.erasure.requests import (
    Asked,
    Choice,
    ErasureView,
    HitView,
    Preview,
    PreviewedDocument,
    PreviewedTurn,
    SubjectData,
)
from service.policy.access import DocumentId
from service.policy.erasures import (
    ARTICLE,
    EXCEPTION,
    ErasureAction,
    ErasureKind,
    ErasureReason,
    ErasureState,
    ExtensionReason,
    LeaveReason,
    Refusal,
)
from service.ports import ErasureItem, ItemKind, ItemState

Words = Annotated[list[Annotated[str, Meta(min_length=1, max_length=320)]], Meta(max_length=50)]


class SubjectBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """A person: identifiers (e-mail addresses, telephone and other numbers) and names, in every form known."""

    identifiers: Words = []
    names: Words = []


class ErasureRequestBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """What is to be erased and why. `received_at`: when it arrived, where that was earlier than now."""

    kind: ErasureKind
    reason: ErasureReason
    documents: Annotated[list[UUID], Meta(max_length=500)] = []
    subject: SubjectBody | None = None
    note: Annotated[str, Meta(min_length=1, max_length=4_000)] | None = None
    received_at: Annotated[datetime, Meta(tz=True)] | None = None

    def asked(self) -> Asked:
        """Return what the body asks for."""
        subject = self.subject
        return Asked(
            kind=self.kind,
            reason=self.reason,
            documents=tuple(map(DocumentId, self.documents)),
            subject=None
            if subject is None
            else SubjectData(identifiers=tuple(subject.identifiers), names=tuple(subject.names)),
            note=self.note,
            received_at=self.received_at,
        )


class ChoiceBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """What is to happen to one document or turn; leaving it needs a reason."""

    target: UUID
    action: ErasureAction
    reason: LeaveReason | None = None


class ChoicesBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """Choices about items of a request; what is not named stays as it was."""

    choices: Annotated[list[ChoiceBody], Meta(min_length=1, max_length=10_000)]

    def chosen(self) -> tuple[Choice, ...]:
        """Return the choices."""
        return tuple(Choice(target=one.target, action=one.action, reason=one.reason) for one in self.choices)


class RefusalBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """Under which exception of Art. 17(3) GDPR the request is refused."""

    refusal: Refusal


class ExtensionBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """Why the answer takes two further months (Art. 12(3) GDPR)."""

    reason: ExtensionReason


class ItemBody(Struct, kw_only=True):
    """One document or turn of a request, or the tenant; `action` is null until somebody has decided."""

    kind: ItemKind
    target: UUID
    state: ItemState
    action: ErasureAction | None
    certain: bool
    added_later: bool
    chunk_count: int
    left_because: LeaveReason | None
    held_by: list[UUID]
    job: UUID | None
    replaced_by: UUID | None

    @classmethod
    def of(cls, item: ErasureItem) -> "ItemBody":
        """Present an item."""
        return cls(
            kind=item.kind,
            target=item.target,
            state=item.state,
            action=item.action,
            certain=item.certain,
            added_later=item.added_later,
            chunk_count=item.chunk_count,
            left_because=item.left_because,
            held_by=list(item.held_by),
            job=item.job_id,
            replaced_by=item.replaced_by,
        )


class ApprovalBody(Struct, kw_only=True):
    """Which API key approved, and when."""

    by: UUID
    at: datetime


class ErasureBody(Struct, kw_only=True):
    """A request: how far it is, until when it has to be answered, and what became of each item."""

    id: UUID
    kind: ErasureKind
    reason: ErasureReason
    article: str | None
    state: ErasureState
    requested_by: UUID
    received_at: datetime
    due_at: datetime
    days_left: int
    extension: ExtensionReason | None
    located_at: datetime | None
    approvals: list[ApprovalBody]
    approvals_needed: int
    approved_at: datetime | None
    cooling_off_hours: int
    refusal: Refusal | None
    exception: str | None
    ended_at: datetime | None
    has_receipt: bool
    note: str | None
    items: list[ItemBody]

    @classmethod
    def of(cls, view: ErasureView) -> "ErasureBody":
        """Present a request."""
        record = view.record
        return cls(
            id=record.id,
            kind=record.kind,
            reason=record.reason,
            article=ARTICLE.get(record.reason),
            state=record.state,
            requested_by=record.requested_by,
            received_at=record.received_at,
            due_at=record.due_at,
            days_left=view.days_left,
            extension=record.extension,
            located_at=record.located_at,
            approvals=[ApprovalBody(by=one.by, at=one.at) for one in record.approvals],
            approvals_needed=record.approvals_needed,
            approved_at=record.approved_at,
            cooling_off_hours=record.cooling_off_hours,
            refusal=record.refusal,
            exception=EXCEPTION[record.refusal] if record.refusal is not None else None,
            ended_at=record.ended_at,
            has_receipt=view.has_receipt,
            note=view.note,
            items=[ItemBody.of(item) for item in view.items],
        )


class ErasurePage(Struct, kw_only=True):
    """Requests, newest first; `next` continues the listing."""

    erasures: list[ErasureBody]
    next: UUID | None


class HitBody(Struct, kw_only=True):
    """One place where the person was found, masked; where `certain` is false it may be somebody else."""

    place: str
    found_by: list[str]
    certain: bool
    snippet: str

    @classmethod
    def of(cls, hit: HitView) -> "HitBody":
        """Present a place."""
        return cls(place=hit.place, found_by=list(hit.found_by), certain=hit.certain, snippet=hit.snippet)


class PreviewedDocumentBody(Struct, kw_only=True):
    """One document: what it is called, how many turns go along with it, and which matters hold it.

    `children` were found in it and go along, too. `originals_of` are archives and messages that it was found in: their
    files are destroyed with it, for they hold it; what was read of them stays.
    """

    item: ItemBody
    title: str | None
    turns: int
    held_by: list[UUID]
    hits: list[HitBody]
    children: list[UUID]
    originals_of: list[UUID]

    @classmethod
    def of(cls, one: PreviewedDocument) -> "PreviewedDocumentBody":
        """Present a document of a preview."""
        return cls(
            item=ItemBody.of(one.item),
            title=one.title,
            turns=one.turns,
            held_by=list(one.held_by),
            hits=[HitBody.of(hit) for hit in one.hits],
            children=list(one.children),
            originals_of=list(one.originals_of),
        )


class PreviewedTurnBody(Struct, kw_only=True):
    """One turn of a conversation that names the person."""

    item: ItemBody
    hits: list[HitBody]

    @classmethod
    def of(cls, one: PreviewedTurn) -> "PreviewedTurnBody":
        """Present a turn of a preview."""
        return cls(item=ItemBody.of(one.item), hits=[HitBody.of(hit) for hit in one.hits])


class EstateBody(Struct, kw_only=True):
    """What ends with a tenant."""

    documents: int
    conversations: int
    turns: int
    canaries: int
    policies: int
    api_keys: int


class PreviewBody(Struct, kw_only=True):
    """What would go, what is held, and how much could not be searched, by reason."""

    request: ErasureBody
    documents: list[PreviewedDocumentBody]
    turns: list[PreviewedTurnBody]
    not_searched: dict[str, int]
    tenant: EstateBody | None

    @classmethod
    def of(cls, preview: Preview) -> "PreviewBody":
        """Present a preview."""
        counts = preview.tenant
        return cls(
            request=ErasureBody.of(preview.view),
            documents=[PreviewedDocumentBody.of(one) for one in preview.documents],
            turns=[PreviewedTurnBody.of(one) for one in preview.turns],
            not_searched=dict(preview.not_searched),
            tenant=None
            if counts is None
            else EstateBody(
                documents=counts.documents,
                conversations=counts.conversations,
                turns=counts.turns,
                canaries=counts.canaries,
                policies=counts.policies,
                api_keys=counts.api_keys,
            ),
        )
