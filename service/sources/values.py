"""What is asked of sources and what is told of them."""

from dataclasses import dataclass
from datetime import datetime

from service.policy.access import DocumentId, KeyId, RunId, SourceId
from service.ports import GonePolicy, RunPhase, RunState, SourceKind, SourceSettings, Trouble

BRAKE_PERCENT = 30
"""So much of what is known may be gone at once, unless a source says otherwise."""

FAILURES = {
    "source_unreachable": "The source does not answer. Nothing was changed; the next run walks it again.",
    "not_allowed": "The operator's sources file does not let this tenant read there (any more).",
}
"""Why a run failed, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSource:
    """A source that somebody sets up."""

    name: str
    kind: SourceKind
    settings: SourceSettings
    gone: GonePolicy = GonePolicy.KEEP
    brake_percent: int = BRAKE_PERCENT
    every_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A run as people read it. `counts` say how many things became what; `failure_detail` says why it failed."""

    id: RunId
    source_id: SourceId
    state: RunState
    phase: RunPhase
    dry: bool
    verify: bool
    confirmed: bool
    asked_at: datetime
    asked_by: KeyId | None
    started_at: datetime | None
    ended_at: datetime | None
    known: int
    counts: dict[str, int]
    failure: str | None
    failure_detail: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """A source as people who keep it read it."""

    id: SourceId
    name: str
    kind: SourceKind
    settings: SourceSettings
    gone: GonePolicy
    brake_percent: int
    every_seconds: int | None
    created_at: datetime
    created_by: KeyId
    due_at: datetime | None
    paused_at: datetime | None
    things: int
    last_run: RunView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """A thing at a source that is no document here, or not as it is there, and why."""

    number: int
    place: str | None
    trouble: Trouble
    document_id: DocumentId | None
