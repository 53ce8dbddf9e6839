"""Finds what a request is about, and says what nobody could look at."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from service.erasure.requests.sealed import Written
from service.erasure.requests.values import HitView, SubjectData
from service.locating import LocatedDocument, LocatedTurn, Locating, NotSearched
from service.policy.access import Principal
from service.policy.erasures import ErasureKind
from service.ports import ErasureItem, ErasureRecord, ItemKind
from service.subjects import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Items as they were found, undecided, with the places where; and how often what was not searched."""

    items: tuple[ErasureItem, ...]
    hits: Mapping[UUID, tuple[HitView, ...]]
    not_searched: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Looks for a person; documents that were named need no looking for."""

    written: Written
    locating: Locating

    def find(self, principal: Principal, record: ErasureRecord, known: Sequence[ErasureItem]) -> Found:
        """Return what the request is about now. Raises KeyDestroyedError once the request has ended."""
        subject = self.subject(record)
        if subject is None:
            return Found(items=tuple(known), hits={}, not_searched={})
        located = self.locating.locate(principal, subject)
        items = [_document(record, one) for one in located.documents] + [_turn(record, one) for one in located.turns]
        hits: dict[UUID, tuple[HitView, ...]] = {one.id: _places(one) for one in located.documents}
        hits.update({one.id: (_said(one),) for one in located.turns})
        return Found(items=tuple(items), hits=hits, not_searched=_counted(located.not_searched))

    def subject(self, record: ErasureRecord) -> Subject | None:
        """Return whom the request is about, None where that is nobody."""
        data = self.written.subject(record) if record.kind is ErasureKind.SUBJECT else None
        return None if data is None else subject_of(data)


def subject_of(data: SubjectData) -> Subject:
    """Return the person to look for. Raises InvalidRequestError for what would find everybody, or nobody."""
    return Subject(identifiers=data.identifiers, names=data.names)


def merged(known: Sequence[ErasureItem], found: Sequence[ErasureItem]) -> tuple[ErasureItem, ...]:
    """Return what was found, each item as it was decided before."""
    before = {item.target: item for item in known}
    return tuple(
        replace(before[item.target], certain=item.certain, chunk_count=item.chunk_count)
        if item.target in before
        else item
        for item in found
    )


def documents_of(items: Sequence[ErasureItem]) -> tuple[ErasureItem, ...]:
    """Return the documents among them."""
    return tuple(item for item in items if item.kind is ItemKind.DOCUMENT)


def _document(record: ErasureRecord, found: LocatedDocument) -> ErasureItem:
    return ErasureItem(
        erasure_id=record.id,
        tenant_id=record.tenant_id,
        kind=ItemKind.DOCUMENT,
        target=found.id,
        certain=found.certain,
        chunk_count=found.chunk_count,
    )


def _turn(record: ErasureRecord, found: LocatedTurn) -> ErasureItem:
    return ErasureItem(
        erasure_id=record.id,
        tenant_id=record.tenant_id,
        kind=ItemKind.TURN,
        target=found.id,
        certain=found.certain,
    )


def _places(found: LocatedDocument) -> tuple[HitView, ...]:
    chunks = [
        HitView(
            place=f"chunk {one.ordinal}",
            found_by=tuple(sorted(by.value for by in one.found_by)),
            certain=one.certain,
            snippet=one.snippet,
        )
        for one in found.hits
    ]
    fields = [
        HitView(place=one.name, found_by=("exact",), certain=one.certain, snippet=one.snippet) for one in found.fields
    ]
    return (*fields, *chunks)


def _said(found: LocatedTurn) -> HitView:
    how = tuple(sorted(by.value for by in found.found_by))
    return HitView(place="turn", found_by=how, certain=found.certain, snippet=found.snippet)


def _counted(not_searched: Sequence[NotSearched]) -> dict[str, int]:
    return dict(Counter(one.reason.value for one in not_searched))
