"""Carries approved requests out, item by item. Whoever dies anywhere leaves what the next run needs (R40, R43)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from service.erasure.requests.changing import locked, moved
from service.erasure.requests.concluding import Concluding
from service.erasure.requests.ending import EndOfTenant
from service.erasure.requests.finding import Finding, documents_of, merged
from service.erasure.requests.holding import held
from service.erasure.requests.taking import Taking, executor
from service.errors import PartUnavailableError
from service.locating import Obstacle
from service.policy.access import DocumentId, ErasureId, TenantId
from service.policy.erasures import ErasureAction, ErasureKind, ErasureState, starts_at
from service.ports import Clock, Database, ErasureItem, ErasureRecord, ItemKind, ItemState, Transaction
from service.tracing import traced

_log = structlog.get_logger()
_MOVING = (ErasureState.APPROVED, ErasureState.EXECUTING, ErasureState.PARTIAL, ErasureState.ON_HOLD)
_PROCESSING = Obstacle.PROCESSING.value
_PATIENCE = timedelta(hours=1)
"""So long an execution waits for documents that are still being ingested."""
_AGAIN_AFTER = timedelta(minutes=15)
"""What remained is asked about again so often; sooner once the erase jobs themselves found it gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Executing:
    """Run every few seconds and after each erase job. Running twice, or at the same time, does no harm."""

    database: Database
    clock: Clock
    finding: Finding
    taking: Taking
    ending: EndOfTenant
    concluding: Concluding

    @traced("erasures")
    def advance_all(self) -> None:
        """Take every tenant's requests as far as they get now."""
        for tenant in self.database.tenants():
            self.advance_tenant(tenant.id)

    def advance_tenant(self, tenant_id: TenantId) -> None:
        """Take a tenant's requests as far as they get now. One that fails keeps no other from going on."""
        with self.database.transaction(tenant_id) as transaction:
            moving = transaction.erasures.in_state(_MOVING)
            unclosed = transaction.erasures.unclosed()
        for record in moving:
            try:
                self.advance(tenant_id, record.id)
            except PartUnavailableError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, other requests have deadlines, too
                _log.warning("erasure_not_advanced", erasure=str(record.id), error=type(error).__name__)
        for record in unclosed:
            self.concluding.close(record)

    def advance(self, tenant_id: TenantId, erasure_id: ErasureId) -> None:
        """Take one request as far as it gets now."""
        with self.database.transaction(tenant_id) as transaction:
            record = transaction.erasures.get(erasure_id)
        if record is not None and record.state is ErasureState.APPROVED:
            record = self._begun(record)
        if record is not None and record.state in {ErasureState.PARTIAL, ErasureState.ON_HOLD}:
            record = self._resumed(record)
        if record is None or record.state is not ErasureState.EXECUTING:
            return
        if record.kind is ErasureKind.TENANT:
            self.ending.work(record)
        else:
            self.taking.work(record)
        self.concluding.conclude(record)

    def _begun(self, record: ErasureRecord) -> ErasureRecord | None:
        """Look once more, then begin; where something undecided was found, people have to look again first."""
        now = self.clock.now()
        if record.approved_at is None or now < starts_at(
            record.approved_at, cooling_off_hours=record.cooling_off_hours
        ):
            return None
        with self.database.transaction(record.tenant_id) as transaction:
            known = transaction.erasures.items(record.id)
        found = self.finding.find(executor(record), record, known)
        if found.not_searched.get(_PROCESSING) and now < record.approved_at + _PATIENCE:
            return None  # what is being ingested may name the person: look again when it can be read
        with self.database.transaction(record.tenant_id) as transaction:
            record = locked(transaction, record.id)
            if record.state is not ErasureState.APPROVED:
                return record
            known = tuple(map(_settled, transaction.erasures.items(record.id)))
            later = found_later(known, merged(known, found.items))
            items = (*known, *later)
            transaction.erasures.put_items(items)
            return self._started(transaction, record, later)

    def _started(self, transaction: Transaction, record: ErasureRecord, later: Sequence[ErasureItem]) -> ErasureRecord:
        now = self.clock.now()
        facts = {"documents": len(documents_of(later)), "turns": len(later) - len(documents_of(later))}
        if any(item.action is None for item in later):
            undone = replace(record, approvals=(), approved_at=None)
            return moved(
                transaction, undone, ErasureState.LOCATED, action="erasure_found_more", now=now, facts={"later": facts}
            )
        return moved(
            transaction, record, ErasureState.EXECUTING, action="erasure_started", now=now, facts={"later": facts}
        )

    def _resumed(self, record: ErasureRecord) -> ErasureRecord | None:
        """Go on where a hold was lifted, or where what remained may be gone by now."""
        now = self.clock.now()
        with self.database.transaction(record.tenant_id) as transaction:
            record = locked(transaction, record.id)
            items = transaction.erasures.items(record.id)
            if record.state is ErasureState.ON_HOLD:
                free = self._lifted(transaction, record, items)
            elif record.state is ErasureState.PARTIAL:
                free = self._worth_asking(transaction, record, items)
            else:
                return record
            if free is None:
                return None
            transaction.erasures.put_items(free)
            return moved(
                transaction,
                record,
                ErasureState.EXECUTING,
                action="erasure_resumed",
                now=now,
                facts={"after": record.state.value, "items": len(free)},
            )

    @staticmethod
    def _lifted(
        transaction: Transaction, record: ErasureRecord, items: Sequence[ErasureItem]
    ) -> list[ErasureItem] | None:
        waiting = [item for item in items if item.state is ItemState.HELD]
        holds = held(transaction, waiting)
        if record.kind is ErasureKind.TENANT:
            return None if holds else [replace(item, state=ItemState.WAITING, held_by=()) for item in waiting]
        free = [item for item in waiting if item.target not in holds]
        return [replace(item, state=ItemState.WAITING, held_by=()) for item in free] or None

    def _worth_asking(
        self, transaction: Transaction, record: ErasureRecord, items: Sequence[ErasureItem]
    ) -> list[ErasureItem] | None:
        remaining = [item for item in items if item.state is ItemState.REMAINS and item.action is not None]
        again = record.tried_at is None or self.clock.now() >= record.tried_at + _AGAIN_AFTER
        if not remaining:
            return None  # people have to decide about what is left
        if not again and not all(_found_gone(transaction, item) for item in remaining):
            return None
        return [replace(item, state=ItemState.WAITING) for item in remaining]


def found_later(known: Sequence[ErasureItem], now: Sequence[ErasureItem]) -> tuple[ErasureItem, ...]:
    """Return what nobody has seen, marked so.

    What is certainly the person's is included: taken out of documents, so that nothing else of them is destroyed
    unseen, and erased where it is a turn. What only may be theirs stays undecided.
    """
    before = {item.target for item in known}
    return tuple(replace(item, added_later=True, action=_by_itself(item)) for item in now if item.target not in before)


def _by_itself(item: ErasureItem) -> ErasureAction | None:
    if not item.certain:
        return None
    return ErasureAction.REDACT if item.kind is ItemKind.DOCUMENT else ErasureAction.ERASE


def _settled(item: ErasureItem) -> ErasureItem:
    return replace(item, state=ItemState.LEFT) if item.action is ErasureAction.LEAVE else item


def _found_gone(transaction: Transaction, item: ErasureItem) -> bool:
    if item.kind is not ItemKind.DOCUMENT:
        return False
    tombstone = transaction.tombstones.get(DocumentId(item.target))
    return tombstone is not None and tombstone.gone_at is not None
