"""What becomes of things that are gone at a source: only a place less, kept, or erased by an erasure request."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from service.auditing import entry
from service.policy.access import DocumentId, ErasureId
from service.policy.erasures import (
    ErasureAction,
    ErasureKind,
    ErasureReason,
    ErasureState,
    approvals_needed,
    due_at,
)
from service.policy.tightening import TenantPolicy
from service.ports import (
    Approval,
    Clock,
    Database,
    DocumentRecord,
    ErasureItem,
    ErasureRecord,
    GonePolicy,
    ItemKind,
    SourceItem,
    Transaction,
)
from service.sources.placing import Places
from service.sources.working import Work

_BATCH = 100
"""Things looked at, and documents named by one request, in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearing:
    """Runs after a walk that saw everything. Every batch is one transaction."""

    database: Database
    clock: Clock
    places: Places

    def braked(self, work: Work) -> bool:
        """Whether so much is gone at once that a person has to confirm it: a share that is not mounted, say.

        One thing alone may always go, unless it was the last.
        """
        if work.run.confirmed:
            return False
        lost, after = 0, 0
        while batch := self._page(work, after):
            after = batch[-1].number
            lost += len(self._lost(work, [item for item in batch if self._missing(work, item)]))
            work.kept(self.clock.now())
        work.counts["lost"] = lost
        return lost > 0 and (lost >= work.run.known or lost > max(1, work.run.known * work.source.brake_percent / 100))

    def step(self, work: Work) -> bool:
        """Deal with the next batch of known things; say whether there was one."""
        batch = self._page(work, work.run.cleared)
        missing = [item for item in batch if self._missing(work, item)]
        if missing and work.dry:
            self._foretell(work, missing)
        elif missing:
            self._clear(work, missing)
        if batch:
            work.kept(self.clock.now(), cleared=batch[-1].number)
        return bool(batch)

    def _page(self, work: Work, after: int) -> tuple[SourceItem, ...]:
        with self.database.transaction(work.source.tenant_id) as transaction:
            found = transaction.source_items.page(work.source.id, after=after, limit=_BATCH)
        return tuple(item for item in found if item.number <= work.run.floor)

    @staticmethod
    def _missing(work: Work, item: SourceItem) -> bool:
        return item.gone_at is None and item.number not in work.seen

    def _lost(self, work: Work, missing: Sequence[SourceItem]) -> tuple[SourceItem, ...]:
        """Return those whose documents lie nowhere any more."""
        ids = {item.document_id for item in missing if item.document_id is not None}
        with self.database.transaction(work.source.tenant_id) as transaction:
            places = transaction.source_items.of_documents(ids)
        living = {place.document_id for place in places if self._lives(work, place)}
        with_document = (item for item in missing if item.document_id is not None)
        return tuple(
            item for item in with_document if item.document_id not in living and item.number not in work.matched
        )

    @staticmethod
    def _lives(work: Work, place: SourceItem) -> bool:
        """Whether something lies there, as far as this run knows."""
        if place.gone_at is not None:
            return False
        return place.source_id != work.source.id or place.number > work.run.floor or place.number in work.seen

    def _foretell(self, work: Work, missing: Sequence[SourceItem]) -> None:
        lost = set(self._lost(work, missing))
        for item in missing:
            if item in lost:
                work.count(_fate(work, item))
            elif item.number in work.matched:
                work.count("moved")
            elif item.document_id is not None:
                work.count("removed")

    def _clear(self, work: Work, missing: Sequence[SourceItem]) -> None:
        now = self.clock.now()
        with self.database.transaction(work.source.tenant_id) as transaction:
            ids = sorted({item.document_id for item in missing if item.document_id is not None})
            # By id, as everybody locks several documents.
            locked = {one: transaction.documents.get(one, lock=True) for one in ids}
            work.hold(transaction)
            records = {one: record for one, record in locked.items() if record is not None}
            # Read again under the locks: what was erased meanwhile has no place any more.
            current = transaction.source_items.at(work.source.id, [item.place for item in missing])
            counted = [self._gone(transaction, work, item, records, now) for item in current]
            erased = sorted({one.id for fate, one in counted if fate == "erased" and one is not None})
            if erased:
                self._request(transaction, work, [records[one] for one in erased], now)
        for fate, _ in counted:
            if fate is not None:
                work.count(fate)

    def _gone(
        self,
        transaction: Transaction,
        work: Work,
        item: SourceItem,
        records: dict[DocumentId, DocumentRecord],
        now: datetime,
    ) -> tuple[str | None, DocumentRecord | None]:
        """Write what becomes of one thing; return what that is, and its document."""
        record = records.get(item.document_id) if item.document_id is not None else None
        if record is None or item.gone_at is not None:
            if record is None:
                transaction.source_items.drop(work.source.id, [item.place])
            return None, None
        places = transaction.source_items.of_documents([record.id])
        heirs = [place for place in places if self._lives(work, place)]
        if heirs:
            self.places.inherit(transaction, transaction.documents.get(record.id) or record, item, heirs[-1])
            transaction.source_items.drop(work.source.id, [item.place])
            moved = any(one.source_id == work.source.id and one.number > work.run.floor for one in heirs)
            return ("moved" if moved else "removed"), record
        fate = _fate(work, item)
        if fate == "released":
            transaction.source_items.drop(work.source.id, [item.place])
            return fate, record
        # All its places here at once: whoever carries out the request asks whether it lies somewhere.
        for place in places:
            if place.gone_at is None:
                transaction.source_items.put(replace(place, gone_at=now))
        return fate, record

    def _request(
        self, transaction: Transaction, work: Work, documents: Sequence[DocumentRecord], now: datetime
    ) -> None:
        """Write an erasure request that the source's policy has approved, as far as the tenant's lets one key do so."""
        found = transaction.policies.latest()
        wanted = found.policy if found is not None else TenantPolicy()
        needed = approvals_needed(ErasureKind.DOCUMENTS, wanted=wanted.erasure_approvals)
        by, enough = work.principal.key_id, needed == 1
        record = ErasureRecord(
            id=ErasureId(uuid4()),
            tenant_id=work.source.tenant_id,
            kind=ErasureKind.DOCUMENTS,
            reason=ErasureReason.GONE_AT_SOURCE,
            state=ErasureState.APPROVED if enough else ErasureState.LOCATED,
            requested_by=by,
            received_at=now,
            due_at=due_at(now),
            approvals_needed=needed,
            cooling_off_hours=wanted.cooling_off_hours,
            located_at=now,
            approvals=(Approval(by=by, at=now),),
            approved_at=now if enough else None,
        )
        transaction.erasures.add(record)
        transaction.erasures.put_items(_items(record, documents))
        held = len(transaction.holds.on([one.id for one in documents]))
        work.count("held_back", held)
        facts = {"kind": record.kind.value, "reason": record.reason.value, "documents": len(documents)}
        for action in ("erasure_requested", "erasure_approved")[: 2 if enough else 1]:
            told = facts | {"source": str(work.source.id), "due": record.due_at, "held": held}
            transaction.audit.append(entry(record.tenant_id, action, at=now, actor=by, subject=record.id, facts=told))


def _fate(work: Work, item: SourceItem) -> str:
    if not item.owned:
        return "released"
    return "erased" if work.source.gone is GonePolicy.ERASE else "kept"


def _items(record: ErasureRecord, documents: Sequence[DocumentRecord]) -> Iterator[ErasureItem]:
    for document in documents:
        yield ErasureItem(
            erasure_id=record.id,
            tenant_id=record.tenant_id,
            kind=ItemKind.DOCUMENT,
            target=document.id,
            action=ErasureAction.ERASE,
            chunk_count=document.chunk_count,
        )
