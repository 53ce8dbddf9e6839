"""Refusals: what was erased on request and is not taken in again, known by keyed hashes alone (R44)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from service.policy.access import DocumentId, KeyId, TenantId


class LiftReason(StrEnum):
    """Why an owner lets something in again that was erased."""

    ERASED_BY_MISTAKE = "erased_by_mistake"
    CONSENT_GIVEN = "consent_given"
    LEGAL_OBLIGATION = "legal_obligation"
    NEW_PURPOSE = "new_purpose"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What must not come back of one erased document; every hash is keyed with the tenant's key.

    `groups` are those that could see it: nobody else learns of it by trying its external id. `sketch` holds the
    smallest hashes of its runs of words in ascending order, empty where the text was too short or never read.
    """

    document_id: DocumentId
    tenant_id: TenantId
    content_fingerprint: str
    external_fingerprint: str | None
    sketch: tuple[int, ...]
    groups: frozenset[str]
    refused_at: datetime
    reason: str
    lifted_at: datetime | None = None
    lifted_by: KeyId | None = None
    lift_reason: LiftReason | None = None


class RefusalTable(Protocol):
    """The refusals of one tenant."""

    def add(self, refusal: Refusal) -> None:
        """Insert; a document that is refused already keeps its first refusal, lifted or not."""
        ...

    def get(self, document_id: DocumentId) -> Refusal | None:
        """Return the refusal of this erased document."""
        ...

    def page(self, *, limit: int, after: DocumentId | None = None) -> tuple[Refusal, ...]:
        """Return refusals, newest first, after the given one. Raises NotFoundError where that is not among them."""
        ...

    def against(self, *, content: str, external: str | None) -> tuple[Refusal, ...]:
        """Return those in force that have this content or this external id, oldest first."""
        ...

    def sharing(self, sketch: Sequence[int]) -> tuple[Refusal, ...]:
        """Return those in force whose sketch has at least one of these hashes, oldest first."""
        ...

    def lift(self, document_id: DocumentId, *, at: datetime, by: KeyId, reason: LiftReason) -> bool:
        """Stop refusing; say whether there was one in force."""
        ...
