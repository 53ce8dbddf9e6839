"""Legal holds, as the use cases need them stored (R45)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from service.policy.access import DocumentId, KeyId, MatterId, TenantId
from service.sealing import Sealed


class HoldReleaseReason(StrEnum):
    """Why a hold ends."""

    MATTER_CLOSED = "matter_closed"
    COURT_ORDER = "court_order"
    PLACED_BY_MISTAKE = "placed_by_mistake"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterRecord:
    """What documents are held for; name and note are sealed under the tenant's key.

    It holds the documents listed for it, every document with one of the `groups`, and with `whole_tenant` all there
    are, those that come later too, until `released_at`. A release that was asked for and not confirmed changes nothing.
    """

    id: MatterId
    tenant_id: TenantId
    name: Sealed
    note: Sealed | None
    whole_tenant: bool
    groups: frozenset[str]
    opened_at: datetime
    opened_by: KeyId
    release_asked_at: datetime | None = None
    release_asked_by: KeyId | None = None
    release_reason: HoldReleaseReason | None = None
    released_at: datetime | None = None
    released_by: KeyId | None = None


class HoldTable(Protocol):
    """The matters of one tenant, and what each of them holds. Nothing here is ever deleted."""

    def lock(self) -> None:
        """Let nobody else read holds with `lock`, or change them, until the transaction ends; wait for those who do.

        Take it before anything else: whoever destroys has locked rows before, and whoever places a hold locks none.
        """
        ...

    def add(self, record: MatterRecord) -> None:
        """Insert."""
        ...

    def get(self, matter_id: MatterId) -> MatterRecord | None:
        """Return one matter."""
        ...

    def all(self) -> tuple[MatterRecord, ...]:
        """Return every matter, released ones too, oldest first."""
        ...

    def update(self, record: MatterRecord) -> None:
        """Write what can change: what it covers beyond the listed documents, and its release. NotFoundError."""
        ...

    def cover(self, matter_id: MatterId, document_ids: Collection[DocumentId], *, at: datetime, by: KeyId) -> None:
        """List documents for the matter; listing one twice keeps the first. Raises NotFoundError for no matter."""
        ...

    def documents(self, matter_id: MatterId) -> tuple[DocumentId, ...]:
        """Return the documents that are listed for the matter, those erased after its release too, by id."""
        ...

    def on(self, document_ids: Iterable[DocumentId], *, lock: bool = False) -> Mapping[DocumentId, frozenset[MatterId]]:
        """Return which of these documents are held, and for which matters; what is not held, or gone, is left out.

        With `lock` nobody places a hold until the transaction ends: what is not held now can be destroyed in it.
        """
        ...

    def whole(self) -> frozenset[MatterId]:
        """Return the matters that hold the whole tenant."""
        ...
