"""The vector spaces of a tenant: which one questions are served from, and which one is being built beside it (R63)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol
from uuid import UUID

from service.policy.access import DocumentId, KeyId, TenantId
from service.ports.index import VectorSpace
from service.ports.models import Embedder

SpaceId = NewType("SpaceId", UUID)


class SpaceState(StrEnum):
    """The life of a vector space: built beside the one that serves, serving, then retired; or given up half-built."""

    BUILDING = "building"
    SERVING = "serving"
    RETIRED = "retired"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderChoice:
    """Which embedder: `packaged`, a folder or a model id, and the precision that it computes in, never `auto`."""

    model: str
    precision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceRecord:
    """One vector space of one tenant. A tenant has at most one that serves and one that is being built.

    `name` is the embedder's own. `hold` waits for an operator before the switch. `seen_whole_at` is when every document
    was first found built and counted. `dropped_at` is when the last point of a retired or cancelled one was removed:
    until then no other of this name begins. `fence` grows with every claim of whoever builds.
    """

    id: SpaceId
    tenant_id: TenantId
    state: SpaceState
    name: str
    model: str
    precision: str
    dimensions: int
    created_at: datetime
    created_by: KeyId | None = None
    hold: bool = False
    fence: int = 0
    lease_until: datetime | None = None
    seen_whole_at: datetime | None = None
    served_at: datetime | None = None
    ended_at: datetime | None = None
    dropped_at: datetime | None = None

    @property
    def space(self) -> VectorSpace:
        """The space as the index knows it."""
        return VectorSpace(name=self.name, dimensions=self.dimensions)

    @property
    def choice(self) -> EmbedderChoice:
        """The embedder that makes its vectors."""
        return EmbedderChoice(model=self.model, precision=self.precision)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceCounts:
    """How many documents belong into a space, how many have their points there, and of how many those were counted."""

    documents: int
    built: int
    verified: int


class SpaceTable(Protocol):
    """The vector spaces of one tenant, and which documents the one being built has."""

    def begin(self, record: SpaceRecord) -> bool:
        """Insert; False where there is one in this state, or of this name that is not dropped yet."""
        ...

    def live(self, *, lock: bool = False) -> tuple[SpaceRecord, ...]:
        """Return the one that serves, then the one being built.

        With `lock` neither is changed until the transaction ends; others may hold this lock at the same time.
        """
        ...

    def get(self, space_id: SpaceId, *, lock: bool = False) -> SpaceRecord | None:
        """Return the row; with `lock` nobody else locks it in any way until the transaction ends."""
        ...

    def all(self) -> tuple[SpaceRecord, ...]:
        """Return every space, newest first."""
        ...

    def leaving(self) -> tuple[SpaceRecord, ...]:
        """Return those retired or cancelled whose points are not dropped yet, oldest first."""
        ...

    def update(self, record: SpaceRecord) -> None:
        """Write every column of an existing row. Raises ConflictError where another one is in its state."""
        ...

    def claim(self, space_id: SpaceId, *, now: datetime, lease_until: datetime) -> SpaceRecord | None:
        """Take the building of it, unless somebody has it or it is not being built; `fence` comes back one higher."""
        ...

    def renew(self, space_id: SpaceId, fence: int, *, lease_until: datetime | None) -> bool:
        """Keep what was claimed, or with None give it back; False where it is somebody else's or no more built."""
        ...

    def mark(self, space_id: SpaceId, document_id: DocumentId, *, verified: bool) -> None:
        """Note that the document's points are in the space, and whether they were counted there."""
        ...

    def unmark(self, space_id: SpaceId, document_id: DocumentId | None = None) -> None:
        """Note that the document's points, or with None anybody's, are not in the space."""
        ...

    def unbuilt(self, space_id: SpaceId, *, limit: int) -> Sequence[DocumentId]:
        """Return documents, ready or quarantined, whose points are not in the space."""
        ...

    def unverified(self, space_id: SpaceId, *, limit: int) -> Sequence[DocumentId]:
        """Return documents whose points are in the space and were not counted."""
        ...

    def counts(self, space_id: SpaceId) -> SpaceCounts:
        """Return how far the space is."""
        ...


class Embedders(Protocol):
    """The embedders whose files are on this machine."""

    @property
    def default(self) -> EmbedderChoice:
        """The one that a tenant begins with."""
        ...

    def choice(self, model: str, *, precision: str | None = None) -> EmbedderChoice:
        """Return a full choice; without a precision the one that suits this machine."""
        ...

    def of(self, choice: EmbedderChoice) -> Embedder:
        """Return the embedder, the same every time. Raises SettingsError where its files are not here or unfit."""
        ...

    def prepare(self, choice: EmbedderChoice) -> None:
        """Begin to load it, so that the first question does not wait. Returns at once and never raises."""
        ...
