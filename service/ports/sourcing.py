"""Places that documents come from and are kept in step with: what the use cases need of them, and of their tables."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from ingestion.sensitivity import Category
from service.policy.access import DocumentId, KeyId, RunId, SourceId, TenantId
from service.ports.records import DocumentRecord
from service.sealing import Sealed


class SourceKind(StrEnum):
    """What kind of place documents come from."""

    FOLDER = "folder"
    S3 = "s3"
    IMAP = "imap"
    MBOX = "mbox"
    MAILDIR = "maildir"
    MANIFEST = "manifest"


class GonePolicy(StrEnum):
    """What becomes of a document that is gone at its source."""

    KEEP = "keep"
    ERASE = "erase"


class Trouble(StrEnum):
    """Why a thing at a source is no document here."""

    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    EMPTY = "empty"
    UNMAPPED = "unmapped"
    """Nobody here was said to be who may read it there."""
    SYMLINK = "symlink"
    SPECIAL = "special"
    OUTSIDE = "outside"
    MALFORMED = "malformed"
    REFUSED = "refused"
    """It was erased on request."""
    HELD = "held"
    """A legal hold keeps the document as it was."""
    TAKEN = "taken"
    """A document that somebody handed in, or that another line names, has the same external id."""
    LET_GO = "let_go"
    """Its document was erased by a retention rule, or replaced by a person: it waits until it changes at the source."""


class SourceTroubleError(Exception):
    """A thing at a source cannot be taken. It never leaves the run: it is counted, and told by its code."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """Where a source lies and who may see what comes from it.

    `location` is a path inside an allowed root, or the name of a connection that the operator set up; `within` narrows
    it to a prefix of the bucket or a mailbox. `groups` are those of everything that has no access list; `access` maps
    `user:NAME`, `group:NAME` and `others` of a file system to groups of ours.
    """

    location: str
    within: str = ""
    groups: frozenset[str] = frozenset()
    declared: frozenset[Category] = frozenset()
    access: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One thing at a source. `place` names it there, the same at every walk, and two things never share one.

    `hint` changes whenever the content does, as far as the source tells without being read; None where it tells
    nothing. `groups` may be empty: then nobody was said who may see it. A `trouble` means that it cannot be taken.
    From the day `until` on it counts as gone.
    """

    place: str
    name: str
    read: Callable[[], bytes]
    """Return its content. Raises SourceTroubleError."""
    hint: str | None = None
    groups: frozenset[str] = frozenset()
    declared: frozenset[Category] = frozenset()
    title: str | None = None
    media_type: str | None = None
    external_id: str | None = None
    until: date | None = None
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Blind:
    """A part of a source that could not be listed: of what lies there nobody knows whether it is gone."""

    trouble: Trouble = Trouble.UNREADABLE


class Source(Protocol):
    """A place that can be walked in an order of its own."""

    def walk(self, *, after: str | None = None) -> Iterator[Found | Blind]:
        """Yield everything that lies there, or what comes after a place; a few things may come once more.

        Raises SourceUnreachableError where it does not answer (any more).
        """
        ...


class SourceOpener(Protocol):
    """Opens sources within what the operator allowed to a tenant."""

    def check(self, tenant: str, kind: SourceKind, settings: SourceSettings) -> None:
        """Raise InvalidRequestError where the tenant of this name may not read there."""
        ...

    def opened(self, tenant: str, kind: SourceKind, settings: SourceSettings) -> AbstractContextManager[Source]:
        """Open a source. Raises InvalidRequestError where that is not allowed (any more), SourceUnreachableError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """A source; what it is called and where it lies are sealed under the tenant's key.

    At most `brake_percent` of what is known may be gone at once before a person has to confirm it. It runs again
    `every_seconds` after a run began, None: only when asked.
    """

    id: SourceId
    tenant_id: TenantId
    kind: SourceKind
    name: Sealed
    settings: Sealed
    gone: GonePolicy
    brake_percent: int
    every_seconds: int | None
    created_at: datetime
    created_by: KeyId
    due_at: datetime | None = None
    paused_at: datetime | None = None


class RunState(StrEnum):
    """The life of a run. A braked one found too much gone and erased nothing."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    BRAKED = "braked"
    FAILED = "failed"


class RunPhase(StrEnum):
    """What a run is doing."""

    WALKING = "walking"
    CLEARING = "clearing"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One walk through a source. `fence` grows with every claim; only the highest may write.

    `cursor` is the last place that was dealt with, sealed; `seen` marks, packed, the numbers of the things that were
    found, and `matched`, of a dry run, of those whose content was found elsewhere; `floor` is the highest number there
    was before; `known` how many things were known then; `cleared` the last number that was looked at for being gone.
    """

    id: RunId
    tenant_id: TenantId
    source_id: SourceId
    state: RunState
    asked_at: datetime
    updated_at: datetime
    asked_by: KeyId | None = None
    dry: bool = False
    verify: bool = False
    confirmed: bool = False
    phase: RunPhase = RunPhase.WALKING
    started_at: datetime | None = None
    ended_at: datetime | None = None
    fence: int = 0
    lease_until: datetime | None = None
    cursor: Sealed | None = None
    cleared: int = 0
    seen: bytes = b""
    matched: bytes = b""
    floor: int = 0
    known: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceItem:
    """A thing at a source as it was last seen. `place`, `hint`, `access` and `content` are keyed hashes.

    `name` is its place in words: sealed under the key of its document, and, where there is none because it cannot be
    read, under the tenant's. `owned` where the document came from a source, so that it goes with its last place.
    """

    tenant_id: TenantId
    source_id: SourceId
    place: str
    number: int
    hint: str | None = None
    access: str | None = None
    content: str | None = None
    document_id: DocumentId | None = None
    owned: bool = False
    trouble: Trouble | None = None
    name: Sealed | None = None
    gone_at: datetime | None = None


class SourceTable(Protocol):
    """The sources of one tenant."""

    def add(self, record: SourceRecord) -> None:
        """Insert."""
        ...

    def get(self, source_id: SourceId, *, lock: bool = False) -> SourceRecord | None:
        """Return the row; with `lock` nobody else locks or changes it until the transaction ends."""
        ...

    def all(self) -> tuple[SourceRecord, ...]:
        """Return every source, oldest first."""
        ...

    def update(self, record: SourceRecord) -> None:
        """Write what can change. Raises NotFoundError where it is gone."""
        ...

    def remove(self, source_id: SourceId) -> None:
        """Forget a source with its runs and items; the documents stay."""
        ...

    def clear(self) -> None:
        """Forget every source: the tenant ends."""
        ...


class SourceRunTable(Protocol):
    """The runs of one tenant's sources."""

    def add(self, record: RunRecord) -> None:
        """Insert. Raises ConflictError where the source has an open run."""
        ...

    def get(self, run_id: RunId) -> RunRecord | None:
        """Return the row."""
        ...

    def of(self, source_id: SourceId, *, limit: int) -> tuple[RunRecord, ...]:
        """Return a source's runs, newest first."""
        ...

    def claimable(self, *, now: datetime) -> tuple[RunRecord, ...]:
        """Return open runs that nobody works on, of sources that are not paused, the longest untouched first."""
        ...

    def claim(self, run_id: RunId, *, now: datetime, lease_until: datetime) -> RunRecord | None:
        """Take the run if it is open and nobody holds it; its fence is one higher. Two callers never both get it."""
        ...

    def update(self, record: RunRecord) -> bool:
        """Write every column if the row is running and still has the record's fence; say whether it had."""
        ...

    def holds(self, record: RunRecord, *, lock: bool = False) -> bool:
        """Whether the row is running with this fence; with `lock` it stays so until the transaction ends."""
        ...

    def prune(self, source_id: SourceId, *, keep: int) -> None:
        """Forget all but the newest ended runs."""
        ...


class SourceItemTable(Protocol):
    """What is known of the things at one tenant's sources."""

    def at(self, source_id: SourceId, places: Collection[str]) -> tuple[SourceItem, ...]:
        """Return those of these places that are known."""
        ...

    def put(self, item: SourceItem) -> None:
        """Write the place's only row. Raises NotFoundError where the source or the document is gone."""
        ...

    def drop(self, source_id: SourceId, places: Collection[str]) -> None:
        """Forget these places."""
        ...

    def page(self, source_id: SourceId, *, after: int, limit: int, troubled: bool = False) -> tuple[SourceItem, ...]:
        """Return items by number, after the given one; with `troubled` only those with a trouble."""
        ...

    def count(self, source_id: SourceId) -> int:
        """Return how many there are that are not gone."""
        ...

    def last(self, source_id: SourceId) -> int:
        """Return the highest number of an item, 0 where there is none."""
        ...

    def of_documents(self, document_ids: Collection[DocumentId]) -> tuple[SourceItem, ...]:
        """Return the places of these documents, in order of source and number."""
        ...

    def twin(
        self, *, content: str, groups: frozenset[str], declared: frozenset[Category]
    ) -> tuple[DocumentRecord, ...]:
        """Return documents with this very content, these very groups and declared categories, oldest first."""
        ...

    def let_go(self, document_ids: Collection[DocumentId], *, forget: bool) -> None:
        """Take documents out that are being erased, under the lock of their rows.

        With `forget` their places are forgotten. Otherwise those that are still there are kept as let go.
        """
        ...
