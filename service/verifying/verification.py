"""What the verifier saw, as one value: it says nothing is left only where every store was asked and counted none."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from service.policy.access import DocumentId, TenantId
from service.ports.inspecting import Target, Unchecked

REQUIRED = frozenset({"database", "index", "keys", "vault"})
"""Stores without whose counts nothing is ever verified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How many of one thing one store held of one document."""

    document_id: DocumentId
    store: str
    thing: str
    method: str
    found: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many of one thing one store held of all targets together, and by what means that was counted."""

    store: str
    thing: str
    method: str
    found: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What every store held of the targets at this time, by the inspectors' own counts.

    `unanswered` are stores whose inspector failed or said nothing. What remains follows from the counts and cannot be
    set: a target that some store was not asked about remains.
    """

    tenant_id: TenantId
    at: datetime
    targets: tuple[Target, ...]
    seen: tuple[Seen, ...]
    unchecked: tuple[Unchecked, ...] = ()
    unanswered: frozenset[str] = frozenset()

    @property
    def counts(self) -> tuple[Counted, ...]:
        """The counts of all targets together, by store and thing."""
        found: Counter[tuple[str, str, str]] = Counter()
        for one in self.seen:
            found[one.store, one.thing, one.method] += one.found
        return tuple(
            Counted(store=store, thing=thing, method=method, found=number)
            for (store, thing, method), number in sorted(found.items())
        )

    @property
    def remains(self) -> frozenset[DocumentId]:
        """The documents of which something is left, or about which some store was not asked or did not answer."""
        everything = frozenset(target.document_id for target in self.targets)
        looked_for = {(one.store, one.thing) for one in self.seen}
        if self.unanswered or not {store for store, _ in looked_for} >= REQUIRED:
            return everything
        counted: defaultdict[DocumentId, set[tuple[str, str]]] = defaultdict(set)
        for one in self.seen:
            if one.found == 0:
                counted[one.document_id].add((one.store, one.thing))
        left = {one.document_id for one in self.seen if one.found != 0}
        return frozenset(document for document in everything if document in left or counted[document] != looked_for)

    @property
    def nothing(self) -> bool:
        """Whether there were targets and every store was found empty of every one of them."""
        return bool(self.targets) and not self.remains

    def of(self, *document_ids: DocumentId) -> "Verification":
        """Return what this says of these documents; where one of them was no target it verifies nothing."""
        asked = tuple(target for target in self.targets if target.document_id in document_ids)
        complete = {target.document_id for target in asked} == set(document_ids)
        return replace(
            self,
            targets=asked if complete else (),
            seen=tuple(one for one in self.seen if one.document_id in document_ids),
        )

    def found(self, *things: str) -> int:
        """Return how many of these things all stores held together."""
        return sum(one.found for one in self.seen if one.thing in things)

    def facts(self) -> dict[str, object]:
        """Return the counts by store, what did not answer and what was not checked, as an audit entry keeps them."""
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for one in self.seen:
            counts[one.store][one.thing] += one.found
        return {
            "counts": {store: dict(things) for store, things in sorted(counts.items())},
            "unanswered": sorted(self.unanswered),
            "unchecked": _by_store(self.unchecked),
        }


def _by_store(unchecked: Iterable[Unchecked]) -> dict[str, list[str]]:
    told: defaultdict[str, list[str]] = defaultdict(list)
    for one in unchecked:
        told[one.store].append(one.thing)
    return dict(told)
