"""Finds what a request is about, and says what nobody looked at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from service.erasure.requests.sealed import Written
from service.erasure.requests.values import HitView
from service.policy.access import Principal
from service.policy.erasures import ErasureKind
from service.ports import ErasureItem, ErasureRecord, ItemKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Items as they were found, undecided, with the places where; and the codes of what was not searched."""

    items: tuple[ErasureItem, ...]
    hits: dict[UUID, tuple[HitView, ...]]
    not_searched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Looks for a person; documents that were named need no looking for."""

    written: Written

    def find(self, principal: Principal, record: ErasureRecord, known: Sequence[ErasureItem]) -> Found:
        """Return what the request is about now, as far as this principal may see it."""
        if record.kind is not ErasureKind.SUBJECT:
            return Found(items=tuple(known), hits={})
        return Found(items=tuple(known), hits={}, not_searched=("nothing",))


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
