"""What is asked for, what is shown before it is decided, and what was decided."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from service.policy.access import DocumentId
from service.policy.erasures import ErasureAction, ErasureKind, ErasureReason, LeaveReason
from service.ports import ErasureItem, ErasureRecord, EstateCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectData:
    """A person as somebody wrote them down; nothing of it shows in a repr."""

    identifiers: tuple[str, ...] = field(default=(), repr=False)
    names: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody asks to be erased. `received_at` is when it arrived, where that was earlier, on paper say."""

    kind: ErasureKind
    reason: ErasureReason
    documents: tuple[DocumentId, ...] = ()
    subject: SubjectData | None = None
    note: str | None = field(default=None, repr=False)
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is to happen to one item; leaving it needs a reason."""

    target: UUID
    action: ErasureAction
    reason: LeaveReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureView:
    """A request as people see it. `note` is None where it may not, or can no longer, be read."""

    record: ErasureRecord
    items: tuple[ErasureItem, ...]
    days_left: int
    has_receipt: bool = False
    note: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HitView:
    """One place that was found: a masked snippet, by which means, and whether it is certainly this person."""

    place: str
    found_by: tuple[str, ...]
    certain: bool
    snippet: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedDocument:
    """One document of a request. `title` is None where it is gone already; `turns` go along with it.

    So do `children`, which were found in it. `originals_of` are the archives and messages that it was found in: their
    files hold it and are destroyed with it, what was read of them stays.
    """

    item: ErasureItem
    title: str | None = field(repr=False)
    turns: int
    held_by: tuple[UUID, ...]
    hits: tuple[HitView, ...] = ()
    children: tuple[DocumentId, ...] = ()
    originals_of: tuple[DocumentId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedTurn:
    """One turn of a conversation that names the person."""

    item: ErasureItem
    hits: tuple[HitView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would go, what stays and why, and how often what was not searched, by the code of the reason."""

    view: ErasureView
    documents: tuple[PreviewedDocument, ...] = ()
    turns: tuple[PreviewedTurn, ...] = ()
    not_searched: Mapping[str, int] = field(default_factory=dict)
    tenant: EstateCounts | None = None
