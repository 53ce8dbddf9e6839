"""What a receipt is about: what was asked, what became of each thing, and the verifier's counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from service.policy.access import TenantId
from service.policy.erasures import ErasureAction, ErasureKind, ErasureReason, LeaveReason
from service.ports.erasing import ItemKind
from service.ports.receipting import Outcome
from service.verifying import Verification


class Fate(StrEnum):
    """What became of one thing."""

    GONE = "gone"
    REMAINS = "remains"
    HELD = "held"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requested:
    """What was asked for, when, why (Art. 17(1) GDPR), and by how many API keys it was approved."""

    id: UUID
    kind: ErasureKind
    reason: ErasureReason
    received_at: datetime
    due_at: datetime
    approved_at: datetime | None = None
    approvals: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One document or turn of the request and what was decided about it.

    `held_by` names the matters whose hold kept it; `left_because` says why it was to stay; `replaced_by` is the
    document without the person that took its place. `originals_of` are the documents, itself or what it was found in,
    whose original was to go with it: the texts of the others stay.
    """

    target: UUID
    kind: ItemKind = ItemKind.DOCUMENT
    action: ErasureAction = ErasureAction.ERASE
    unreachable_at: datetime | None = None
    chunk_count: int = 0
    held_by: tuple[UUID, ...] = ()
    left_because: LeaveReason | None = None
    replaced_by: UUID | None = None
    originals_of: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """How many things were found by which means (codes), and what was not searched (codes)."""

    found_by: Mapping[str, int] = field(default_factory=dict)
    not_searched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Everything that a receipt tells. What became of an item, and the outcome, follow from it and cannot be set.

    `about` is the request, or the document that was erased by itself. Raises ValueError where two items are of one
    thing, or where there is none.
    """

    about: UUID
    verification: Verification
    items: tuple[Item, ...]
    requested: Requested | None = None
    located: Located | None = None

    def __post_init__(self) -> None:
        """Refuse what could not be read unambiguously."""
        if not self.items or len({item.target for item in self.items}) != len(self.items):
            message = "a receipt tells of each thing once, and of one at least"
            raise ValueError(message)

    @property
    def tenant_id(self) -> TenantId:
        """Whose things these are."""
        return self.verification.tenant_id

    def fates(self) -> tuple[Fate, ...]:
        """Return what became of each item: gone only where the verifier was asked about it and found nothing."""
        asked = frozenset[UUID](target.document_id for target in self.verification.targets)
        gone = asked - self.verification.remains
        return tuple(_fate(item, gone) for item in self.items)

    @property
    def outcome(self) -> Outcome:
        """Verified only where nothing remains of any target, and every item was a target or was to stay."""
        fates = frozenset(self.fates())
        complete = self.verification.nothing and Fate.GONE in fates and fates <= {Fate.GONE, Fate.LEFT}
        return Outcome.VERIFIED if complete else Outcome.PARTIAL


def _fate(item: Item, gone: frozenset[UUID]) -> Fate:
    if item.held_by:
        return Fate.HELD
    if item.action is ErasureAction.LEAVE:
        return Fate.LEFT
    return Fate.GONE if item.target in gone else Fate.REMAINS
