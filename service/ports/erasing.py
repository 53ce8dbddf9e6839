"""Erasure requests and what each of them is about, as the use cases need them stored."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from service.policy.access import DocumentId, ErasureId, JobId, KeyId, TenantId, TurnId
from service.policy.erasures import (
    ErasureAction,
    ErasureKind,
    ErasureReason,
    ErasureState,
    ExtensionReason,
    LeaveReason,
    Refusal,
)
from service.sealing import Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One API key's consent to exactly what the preview showed."""

    by: KeyId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRecord:
    """A request. What a person wrote is sealed under the request's own key, which is destroyed when it has ended.

    `subject` is None but for a person's request; `note` None where nobody wrote one. `approvals_needed` and
    `cooling_off_hours` are the tenant's policy at the moment of receipt. `tried_at` is when the verifier last found
    something left. `closed_at` says that the key is gone.
    """

    id: ErasureId
    tenant_id: TenantId
    kind: ErasureKind
    reason: ErasureReason
    state: ErasureState
    requested_by: KeyId
    received_at: datetime
    due_at: datetime
    approvals_needed: int
    cooling_off_hours: int = 0
    subject: Sealed | None = None
    note: Sealed | None = None
    extended_at: datetime | None = None
    extension: ExtensionReason | None = None
    located_at: datetime | None = None
    approvals: tuple[Approval, ...] = ()
    approved_at: datetime | None = None
    refusal: Refusal | None = None
    tried_at: datetime | None = None
    ended_at: datetime | None = None
    closed_at: datetime | None = None


class ItemKind(StrEnum):
    """What an item of a request is."""

    DOCUMENT = "document"
    TURN = "turn"
    TENANT = "tenant"


class ItemState(StrEnum):
    """How far one item is."""

    WAITING = "waiting"
    HELD = "held"
    DESTROYING = "destroying"
    GONE = "gone"
    LEFT = "left"
    REMAINS = "remains"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureItem:
    """One document or turn of a request, or the tenant itself. `action` is None until somebody has decided.

    `certain` is False where it may be about another person. `added_later` marks what was found after the preview that
    was approved. `held_by` names the matters whose hold covers it. `job_id` destroys it; `replaced_by` is the document
    without the person that took its place.
    """

    erasure_id: ErasureId
    tenant_id: TenantId
    kind: ItemKind
    target: UUID
    state: ItemState = ItemState.WAITING
    action: ErasureAction | None = None
    certain: bool = True
    added_later: bool = False
    chunk_count: int = 0
    left_because: LeaveReason | None = None
    held_by: tuple[UUID, ...] = ()
    job_id: JobId | None = None
    replaced_by: DocumentId | None = None


class ErasureTable(Protocol):
    """The erasure requests of one tenant. They stay as evidence; nothing is deleted."""

    def add(self, record: ErasureRecord) -> None:
        """Insert."""
        ...

    def get(self, erasure_id: ErasureId, *, lock: bool = False) -> ErasureRecord | None:
        """Return the row; with `lock` nobody else locks or changes it until the transaction ends."""
        ...

    def page(
        self, *, limit: int, after: ErasureId | None = None, target: UUID | None = None
    ) -> tuple[ErasureRecord, ...]:
        """Return requests, newest first; with `target`, those that this document or turn is an item of.

        Raises NotFoundError where `after` is not among them.
        """
        ...

    def in_state(self, states: Iterable[ErasureState]) -> tuple[ErasureRecord, ...]:
        """Return the requests in these states, oldest first."""
        ...

    def unclosed(self) -> tuple[ErasureRecord, ...]:
        """Return the requests that have ended and whose key is not known to be destroyed."""
        ...

    def update(self, record: ErasureRecord) -> None:
        """Write every column of an existing row. Raises NotFoundError where it is gone."""
        ...

    def put_items(self, items: Iterable[ErasureItem]) -> None:
        """Insert items, or write every column of those that exist."""
        ...

    def items(self, erasure_id: ErasureId) -> tuple[ErasureItem, ...]:
        """Return the items of a request, documents first, in one order."""
        ...

    def remove_items(self, items: Iterable[ErasureItem]) -> None:
        """Forget items that were found before and are not any more."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateCounts:
    """How much a tenant has, hidden turns included."""

    documents: int
    conversations: int
    turns: int
    canaries: int
    policies: int
    api_keys: int


class EstateTable(Protocol):
    """Everything of one tenant, for its end. Each step may be taken again."""

    def counts(self) -> EstateCounts:
        """Count what there is. API keys are counted while they can be used or still have a name."""
        ...

    def documents(self, *, limit: int) -> tuple[DocumentId, ...]:
        """Return documents of every group and state, oldest first."""
        ...

    def turns(self, *, limit: int) -> tuple[TurnId, ...]:
        """Return turns that are not hidden."""
        ...

    def hide_conversations(self, at: datetime) -> None:
        """Hide every conversation and turn from every reader."""
        ...

    def end_api_keys(self, at: datetime) -> None:
        """Make every API key useless from `at` and forget what it was called."""
        ...

    def clear(self) -> None:
        """Delete canaries and, of a tenant whose name was replaced by `erased-…`, policies and refusals."""
        ...

    def rename(self, slug: str) -> None:
        """Replace the tenant's name. Names that people choose have no business beginning with `erased-`."""
        ...
