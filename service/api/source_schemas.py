"""Sources and their runs as JSON."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from ingestion.sensitivity import Category
from service.ports import GonePolicy, RunPhase, RunState, SourceKind, SourceSettings, Trouble
from service.sources import Asked, ItemView, NewSource, RunView, SourceView
from service.sources.values import BRAKE_PERCENT

_Group = Annotated[str, Meta(min_length=1, max_length=1_000)]


class SourceRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """A source to set up. Where it may lie is the operator's decision: see the sources file."""

    name: Annotated[str, Meta(min_length=1, max_length=200, examples=["Contracts share"])]
    kind: SourceKind
    location: Annotated[
        str, Meta(min_length=1, max_length=4_000, description="A path in an allowed folder, or a connection's name.")
    ]
    within: Annotated[str, Meta(max_length=1_000, description="Prefix in a bucket, or a mailbox; empty: all.")] = ""
    groups: Annotated[list[_Group], Meta(max_length=100, description="Who may see what has no access list.")] = []
    declared: list[Category] = []
    access: Annotated[
        dict[str, list[_Group]],
        Meta(description="`user:NAME`, `group:NAME` and `others` of a folder's file system → groups."),
    ] = {}
    gone: Annotated[GonePolicy, Meta(description="What becomes of documents that are gone there.")] = GonePolicy.KEEP
    brake_percent: Annotated[
        int, Meta(ge=0, le=100, description="So much may be gone at once before somebody has to confirm it.")
    ] = BRAKE_PERCENT
    every_seconds: Annotated[int, Meta(description="Runs by itself so often; absent: only when asked.")] | None = None

    def wanted(self) -> NewSource:
        """Return it as the use case takes it."""
        settings = SourceSettings(
            location=self.location,
            within=self.within,
            groups=frozenset(self.groups),
            declared=frozenset(self.declared),
            access={who: tuple(groups) for who, groups in self.access.items()},
        )
        return NewSource(
            name=self.name,
            kind=self.kind,
            settings=settings,
            gone=self.gone,
            brake_percent=self.brake_percent,
            every_seconds=self.every_seconds,
        )


class RunRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """How a run is wanted."""

    dry: Annotated[bool, Meta(description="Say what would happen, and change nothing.")] = False
    verify: Annotated[bool, Meta(description="Read everything, whatever the source says of changes.")] = False
    confirmed: Annotated[bool, Meta(description="Let go what is gone, however much that is.")] = False

    def asked(self) -> Asked:
        """Return it as the use case takes it."""
        return Asked(dry=self.dry, verify=self.verify, confirmed=self.confirmed)


class RunBody(Struct, kw_only=True):
    """A run. `counts` says how many things became what; one that is braked erased nothing."""

    id: UUID
    source_id: UUID
    state: RunState
    phase: RunPhase
    dry: bool
    verify: bool
    confirmed: bool
    asked_at: datetime
    asked_by: UUID | None
    started_at: datetime | None
    ended_at: datetime | None
    known: int
    counts: dict[str, int]
    failure: str | None
    failure_detail: str | None

    @classmethod
    def of(cls, view: RunView) -> "RunBody":
        """Present a run."""
        return cls(**{name: getattr(view, name) for name in cls.__struct_fields__})


class ConnectedSourceBody(Struct, kw_only=True):
    """A source: where it lies, who may see what comes from it, and how its newest run went."""

    id: UUID
    name: str
    kind: SourceKind
    location: str
    within: str
    groups: list[str]
    declared: list[Category]
    access: dict[str, list[str]]
    gone: GonePolicy
    brake_percent: int
    every_seconds: int | None
    created_at: datetime
    created_by: UUID
    due_at: datetime | None
    paused_at: datetime | None
    things: int
    last_run: RunBody | None

    @classmethod
    def of(cls, view: SourceView) -> "ConnectedSourceBody":
        """Present a source."""
        settings = view.settings
        return cls(
            id=view.id,
            name=view.name,
            kind=view.kind,
            location=settings.location,
            within=settings.within,
            groups=sorted(settings.groups),
            declared=sorted(settings.declared),
            access={who: list(groups) for who, groups in sorted(settings.access.items())},
            gone=view.gone,
            brake_percent=view.brake_percent,
            every_seconds=view.every_seconds,
            created_at=view.created_at,
            created_by=view.created_by,
            due_at=view.due_at,
            paused_at=view.paused_at,
            things=view.things,
            last_run=RunBody.of(view.last_run) if view.last_run else None,
        )


class SourceList(Struct, kw_only=True):
    """The tenant's sources, oldest first."""

    sources: list[ConnectedSourceBody]


class RunList(Struct, kw_only=True):
    """A source's runs, newest first."""

    runs: list[RunBody]


class TroubleBody(Struct, kw_only=True):
    """A thing that is no document here, or not as it is there, and why. What was erased has no name."""

    number: int
    place: str | None
    trouble: Trouble
    document_id: UUID | None

    @classmethod
    def of(cls, view: ItemView) -> "TroubleBody":
        """Present a thing."""
        return cls(number=view.number, place=view.place, trouble=view.trouble, document_id=view.document_id)


class TroubleList(Struct, kw_only=True):
    """A page of them; `next` is the number to go on after."""

    troubles: list[TroubleBody]
    next: int | None
