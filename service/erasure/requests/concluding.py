"""Ends a request by what the verifier counted, and by nothing else (R42)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from service.erasure.requests.changing import locked, moved, noted
from service.erasure.requests.finding import Finding, documents_of
from service.erasure.requests.sealed import Written
from service.erasure.requests.taking import executor
from service.erasure.requests.telling import targets, told, tombstones_of
from service.policy.access import DocumentId
from service.policy.erasures import ErasureAction, ErasureKind, ErasureState
from service.ports import Clock, Database, DocumentState, ErasureItem, ErasureRecord, ItemKind, ItemState, Transaction
from service.ports.receipting import Outcome
from service.receipts import Contents, Receipts
from service.verifying import Verification, Verifier

_INGESTED = frozenset({DocumentState.REGISTERED, DocumentState.PROCESSING})
_UNDER_WAY = frozenset({ItemState.WAITING, ItemState.DESTROYING})


@dataclass(frozen=True, slots=True, kw_only=True)
class _StillFound:
    """What is certainly the person's: new things, versions that were to be without them; and what went unread."""

    later: tuple[ErasureItem, ...] = ()
    undecided: tuple[ErasureItem, ...] = ()
    not_searched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Concluding:
    """Asks the verifier once nothing is under way any more."""

    database: Database
    clock: Clock
    written: Written
    finding: Finding
    verifier: Verifier
    receipts: Receipts

    def conclude(self, record: ErasureRecord) -> None:
        """End the request, put it on hold, or say that something is left. Nothing happens while items are under way."""
        with self.database.transaction(record.tenant_id) as transaction:
            items = transaction.erasures.items(record.id)
            unread = any(_unread(transaction, item) for item in items)
        if unread or any(item.state in _UNDER_WAY for item in items):
            return
        found = self._still_found(record, items)
        if found.later:
            self._add(record, found.later)
            return
        # One that was redacted and still names the person is for people to decide about: no loop of redactions.
        items = (*(item for item in items if item.action is not None), *found.undecided)
        with self.database.transaction(record.tenant_id) as transaction:
            tombstones = tombstones_of(transaction, items)
        verification = self.verifier.verify(record.tenant_id, targets(items, tombstones))
        judged = tuple(_judged(item, verification) for item in items)
        self._end(record, judged, told(record, judged, tombstones, verification, found.not_searched))

    def close(self, record: ErasureRecord) -> None:
        """Make what a person wrote in an ended request unreadable for ever, and forget even its ciphertext."""
        if record.subject is not None or record.note is not None:
            self.written.destroy(record)
        with self.database.transaction(record.tenant_id) as transaction:
            found = locked(transaction, record.id)
            transaction.erasures.update(replace(found, subject=None, note=None, closed_at=self.clock.now()))

    def _still_found(self, record: ErasureRecord, items: Sequence[ErasureItem]) -> _StillFound:
        """Look for the person once more, where the request is about one."""
        if record.kind is not ErasureKind.SUBJECT:
            return _StillFound()
        looked = self.finding.find(executor(record), record, items)
        known = {item.target for item in items if item.action is not None}
        replacements = {item.replaced_by for item in items}
        certain = [item for item in looked.items if item.certain and item.target not in known]
        later = [item for item in certain if item.target not in replacements]
        undecided = [item for item in certain if item.target in replacements]
        return _StillFound(
            later=tuple(replace(item, added_later=True, action=_action(item)) for item in later),
            undecided=tuple(replace(item, added_later=True, state=ItemState.REMAINS) for item in undecided),
            not_searched=tuple(looked.not_searched),
        )

    def _add(self, record: ErasureRecord, later: Sequence[ErasureItem]) -> None:
        facts = {"documents": len(documents_of(later)), "turns": len(later) - len(documents_of(later))}
        with self.database.transaction(record.tenant_id) as transaction:
            found = locked(transaction, record.id)
            if found.state is ErasureState.EXECUTING:
                transaction.erasures.put_items(later)
                noted(transaction, found, action="erasure_found_more", now=self.clock.now(), facts={"later": facts})

    def _end(self, record: ErasureRecord, items: Sequence[ErasureItem], contents: Contents | None) -> None:
        """Write what became of the request, with its receipt, in one transaction: all of it, or nothing."""
        held = sum(item.state is ItemState.HELD for item in items)
        left = sum(item.state is ItemState.REMAINS for item in items)
        now = self.clock.now()
        facts: dict[str, object] = {"items": len(items), "held": held, "remains": left}
        with self.database.transaction(record.tenant_id) as transaction:
            found = locked(transaction, record.id)
            if found.state is not ErasureState.EXECUTING:
                return  # another worker was here
            known, targets_now = transaction.erasures.items(record.id), {item.target for item in items}
            transaction.erasures.remove_items(item for item in known if item.target not in targets_now)
            transaction.erasures.put_items(items)
            if held:
                moved(transaction, found, ErasureState.ON_HOLD, action="erasure_on_hold", now=now, facts=facts)
            elif left or (contents is not None and contents.outcome is not Outcome.VERIFIED):
                tried = replace(found, tried_at=now)
                moved(transaction, tried, ErasureState.PARTIAL, action="erasure_partial", now=now, facts=facts)
            else:
                moved(transaction, found, ErasureState.VERIFIED, action="erasure_concluded", now=now, facts=facts)
            # What remains is tried again and again: one receipt tells of it, until something else can be told.
            if contents is not None and (found.tried_at is None or contents.outcome is Outcome.VERIFIED):
                self.receipts.issue(transaction, contents)


def _unread(transaction: Transaction, item: ErasureItem) -> bool:
    """Whether what took its place is still being ingested: nobody knows yet whom that names."""
    found = transaction.documents.get(item.replaced_by) if item.replaced_by is not None else None
    return found is not None and found.state in _INGESTED


def _judged(item: ErasureItem, verification: Verification) -> ErasureItem:
    left = item.kind is not ItemKind.TENANT and DocumentId(item.target) in verification.remains
    return replace(item, state=ItemState.REMAINS) if left else item


def _action(item: ErasureItem) -> ErasureAction:
    return ErasureAction.REDACT if item.kind is ItemKind.DOCUMENT else ErasureAction.ERASE
