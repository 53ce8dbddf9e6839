"""Ends a request by what the verifier counted, and by nothing else (R42)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from service.erasure.requests.changing import locked, moved, noted
from service.erasure.requests.finding import Finding, documents_of, merged
from service.erasure.requests.sealed import Written
from service.erasure.requests.taking import executor
from service.policy.access import DocumentId
from service.policy.erasures import ErasureAction, ErasureKind, ErasureState
from service.ports import Clock, Database, ErasureItem, ErasureRecord, ItemKind, ItemState
from service.ports.inspecting import Target
from service.verifying import Verification, Verifier

_UNDER_WAY = frozenset({ItemState.WAITING, ItemState.DESTROYING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Concluding:
    """Asks the verifier once nothing is under way any more."""

    database: Database
    clock: Clock
    written: Written
    finding: Finding
    verifier: Verifier

    def conclude(self, record: ErasureRecord) -> None:
        """End the request, put it on hold, or say that something is left. Nothing happens while items are under way."""
        with self.database.transaction(record.tenant_id) as transaction:
            items = transaction.erasures.items(record.id)
        if any(item.state in _UNDER_WAY for item in items):
            return
        later, again = self._still_found(record, items)
        if later:
            self._add(record, later)
            return
        items = tuple(replace(item, state=ItemState.REMAINS) if item.target in again else item for item in items)
        verification = self.verifier.verify(record.tenant_id, targets(items))
        self._end(record, items, verification)

    def close(self, record: ErasureRecord) -> None:
        """Make what a person wrote in an ended request unreadable for ever, and forget even its ciphertext."""
        if record.subject is not None or record.note is not None:
            self.written.destroy(record)
        with self.database.transaction(record.tenant_id) as transaction:
            found = locked(transaction, record.id)
            transaction.erasures.update(replace(found, subject=None, note=None, closed_at=self.clock.now()))

    def _still_found(
        self, record: ErasureRecord, items: Sequence[ErasureItem]
    ) -> tuple[tuple[ErasureItem, ...], frozenset[UUID]]:
        """Return what is certainly the person's and new, and the targets that were redacted and still hold them."""
        if record.kind is not ErasureKind.SUBJECT:
            return (), frozenset()
        found = merged(items, self.finding.find(executor(record), record, items).items)
        old: dict[UUID, UUID] = {item.replaced_by: item.target for item in items if item.replaced_by is not None}
        known = {item.target for item in items}
        certain = [item for item in found if item.certain and item.target not in known]
        later = [one for one in certain if one.target not in old]
        again = frozenset(old[one.target] for one in certain if one.target in old)
        return tuple(replace(one, added_later=True, action=_action(one)) for one in later), again

    def _add(self, record: ErasureRecord, later: Sequence[ErasureItem]) -> None:
        facts = {"documents": len(documents_of(later)), "turns": len(later) - len(documents_of(later))}
        with self.database.transaction(record.tenant_id) as transaction:
            found = locked(transaction, record.id)
            if found.state is ErasureState.EXECUTING:
                transaction.erasures.put_items(later)
                noted(transaction, found, action="erasure_found_more", now=self.clock.now(), facts={"later": facts})

    def _end(self, record: ErasureRecord, items: Sequence[ErasureItem], verification: Verification) -> None:
        held = sum(item.state is ItemState.HELD for item in items)
        judged = [_judged(item, verification) for item in items]
        left = sum(item.state is ItemState.REMAINS for item in judged)
        now = self.clock.now()
        facts = {"items": len(items), "held": held, "remains": left, **verification.facts()}
        with self.database.transaction(record.tenant_id) as transaction:
            found = locked(transaction, record.id)
            if found.state is not ErasureState.EXECUTING:
                return  # another worker was here
            transaction.erasures.put_items(judged)
            if held:
                moved(transaction, found, ErasureState.ON_HOLD, action="erasure_on_hold", now=now, facts=facts)
            elif left or not _nothing(judged, verification):
                tried = replace(found, tried_at=now)
                moved(transaction, tried, ErasureState.PARTIAL, action="erasure_partial", now=now, facts=facts)
            else:
                moved(transaction, found, ErasureState.VERIFIED, action="erasure_concluded", now=now, facts=facts)


def targets(items: Sequence[ErasureItem]) -> tuple[Target, ...]:
    """Return the documents that are to be gone, with the points that each had."""
    gone = (item for item in documents_of(items) if item.state in {ItemState.GONE, ItemState.REMAINS})
    return tuple(Target(document_id=DocumentId(item.target), chunk_count=item.chunk_count) for item in gone)


def _judged(item: ErasureItem, verification: Verification) -> ErasureItem:
    left = item.kind is ItemKind.DOCUMENT and DocumentId(item.target) in verification.remains
    return replace(item, state=ItemState.REMAINS) if left else item


def _nothing(items: Sequence[ErasureItem], verification: Verification) -> bool:
    """Whether the verifier was asked about every document that is to be gone, and found nothing of any."""
    to_go = [item for item in documents_of(items) if item.action is not ErasureAction.LEAVE]
    return verification.nothing or not to_go


def _action(item: ErasureItem) -> ErasureAction:
    return ErasureAction.REDACT if item.kind is ItemKind.DOCUMENT else ErasureAction.ERASE
