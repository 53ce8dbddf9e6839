"""The end of a tenant: everything of it, its key last. Its audit stays (R40)."""

from dataclasses import dataclass, replace
from uuid import UUID

from service.doorbell import ring
from service.erasure.requests.changing import locked, moved, noted
from service.erasure.requests.holding import held
from service.erasure.requests.taking import Taking
from service.families import lock_families
from service.policy.access import DocumentId
from service.policy.erasures import ErasureAction, ErasureKind, ErasureState
from service.ports import (
    Clock,
    Database,
    ErasedTenant,
    ErasureItem,
    ErasureRecord,
    EstateCounts,
    ItemKind,
    ItemState,
    KeyStore,
    Transaction,
)

_BATCH = 100
_NOT_BEGUN = frozenset({ErasureState.RECEIVED, ErasureState.LOCATED, ErasureState.APPROVED})
_BEGUN = frozenset({ErasureState.EXECUTING, ErasureState.PARTIAL, ErasureState.ON_HOLD})


@dataclass(frozen=True, slots=True, kw_only=True)
class EndOfTenant:
    """Each step finds out for itself what is left to do."""

    database: Database
    keys: KeyStore
    clock: Clock
    taking: Taking

    def work(self, record: ErasureRecord) -> None:
        """Take whatever the tenant still has; destroy its key once there is nothing else."""
        if not self._closed(record):
            return
        while self._hidden(record) or self._entombed(record):
            pass
        self._others_cancelled(record)
        self._others_decided(record)
        self._exports_removed(record)
        self.taking.work(record)
        self.taking.forgetting.finish(record.tenant_id)
        self._finish(record)

    def _closed(self, record: ErasureRecord) -> bool:
        """Let nobody in any more and make everything unreachable; say whether no hold keeps it from that.

        Holds come before anything else: whoever could release them needs an API key.
        """
        now = self.clock.now()
        with self.database.transaction(record.tenant_id) as transaction:
            record = locked(transaction, record.id)
            if record.state is not ErasureState.EXECUTING:
                return False
            tenant = _itself(transaction, record)
            holds = held(transaction, [tenant]).get(tenant.target, ())
            if holds:
                transaction.erasures.put_items([replace(tenant, state=ItemState.HELD, held_by=holds)])
                return False
            before = transaction.estate.counts()
            transaction.estate.end_api_keys(now)
            transaction.sources.clear()
            if before.api_keys:
                noted(transaction, record, action="tenant_closed", now=now, facts=_facts(before))
        return True

    def _hidden(self, record: ErasureRecord) -> bool:
        """Make the next turns unreachable, each an item; at last conversations without any. Say whether there were."""
        now = self.clock.now()
        with self.database.transaction(record.tenant_id) as transaction:
            if locked(transaction, record.id).state is not ErasureState.EXECUTING:
                return False
            turns = transaction.estate.turns(limit=_BATCH)
            for turn_id in turns:
                transaction.turns.erase(turn_id, now)
            transaction.erasures.put_items(
                replace(_item(record, turn_id, ItemKind.TURN), state=ItemState.DESTROYING) for turn_id in turns
            )
            if not turns:
                transaction.estate.hide_conversations(now)
        return bool(turns)

    def _entombed(self, record: ErasureRecord) -> bool:
        """Make the next documents unreachable, each in a transaction of its own; say whether any was taken."""
        with self.database.transaction(record.tenant_id) as transaction:
            document_ids = transaction.estate.documents(limit=_BATCH)
        return sum(self._entomb(record, document_id) for document_id in document_ids) > 0

    def _entomb(self, record: ErasureRecord, document_id: DocumentId) -> bool:
        item = _item(record, document_id, ItemKind.DOCUMENT)
        with self.database.transaction(record.tenant_id) as transaction:
            lock_families(transaction, [document_id])
            document = transaction.documents.get(document_id, lock=True)
            if document is None or locked(transaction, record.id).state is not ErasureState.EXECUTING:
                return False
            taken, job = self.taking.entombed(transaction, record, item, document)
            transaction.erasures.put_items(taken)
        ring(self.taking.queue, job)
        return True

    def _others_cancelled(self, record: ErasureRecord) -> None:
        """End what was not begun of other requests: it goes with the tenant, and nobody is left who could decide.

        One at a time: nobody locks two requests of whom another may lock the second first.
        """
        with self.database.transaction(record.tenant_id) as transaction:
            others = [one for one in transaction.erasures.in_state(_NOT_BEGUN) if one.id != record.id]
        for one in others:
            with self.database.transaction(record.tenant_id) as transaction:
                found = locked(transaction, one.id)
                if found.state in _NOT_BEGUN:
                    facts, now = {"because": "tenant_erased", "by": record.id}, self.clock.now()
                    moved(transaction, found, ErasureState.CANCELLED, action="erasure_cancelled", now=now, facts=facts)

    def _others_decided(self, record: ErasureRecord) -> None:
        """Let begun requests end: what nobody has decided in them is erased, as everything of the tenant is."""
        with self.database.transaction(record.tenant_id) as transaction:
            others = [one for one in transaction.erasures.in_state(_BEGUN) if one.id != record.id]
        for one in others:
            with self.database.transaction(record.tenant_id) as transaction:
                locked(transaction, one.id)
                undecided = [item for item in transaction.erasures.items(one.id) if item.action is None]
                transaction.erasures.put_items(replace(item, action=ErasureAction.ERASE) for item in undecided)

    def _exports_removed(self, record: ErasureRecord) -> None:
        """Destroy exports, those that rest on nothing, too: each has a name in it."""
        with self.database.transaction(record.tenant_id) as transaction:
            for export in transaction.exports.all():
                transaction.exports.update(replace(export, removed_at=self.clock.now()))
        self.taking.erasure.discarding.finish(record.tenant_id)

    def _finish(self, record: ErasureRecord) -> None:
        """Replace the name and destroy the key once nothing else is left."""
        with self.database.transaction(record.tenant_id) as transaction:
            items = transaction.erasures.items(record.id)
            counts = transaction.estate.counts()
            # They need the key, to look whether anything is left of whom they are about.
            begun = [one for one in transaction.erasures.in_state(_BEGUN) if one.kind is not ErasureKind.TENANT]
        if begun or any(item.kind is not ItemKind.TENANT and item.state is not ItemState.GONE for item in items):
            return
        if counts.documents or counts.conversations or counts.turns:
            return
        with self.database.transaction(record.tenant_id) as transaction:
            transaction.estate.rename(f"erased-{record.tenant_id}")
            transaction.estate.clear()
        line = ErasedTenant(tenant_id=record.tenant_id, erased_at=self.clock.now())
        self.taking.erasure.ledger.append([line])
        self.keys.destroy_tenant_key(record.tenant_id)
        with self.database.transaction(record.tenant_id) as transaction:
            locked(transaction, record.id)
            gone = replace(_itself(transaction, record), state=ItemState.GONE, held_by=())
            transaction.erasures.put_items([gone])


def _itself(transaction: Transaction, record: ErasureRecord) -> ErasureItem:
    return next(item for item in transaction.erasures.items(record.id) if item.kind is ItemKind.TENANT)


def _facts(counts: EstateCounts) -> dict[str, object]:
    return {
        "documents": counts.documents,
        "conversations": counts.conversations,
        "turns": counts.turns,
        "canaries": counts.canaries,
        "policies": counts.policies,
        "api_keys": counts.api_keys,
    }


def _item(record: ErasureRecord, target: UUID, kind: ItemKind) -> ErasureItem:
    return ErasureItem(
        erasure_id=record.id,
        tenant_id=record.tenant_id,
        kind=kind,
        target=target,
        action=ErasureAction.ERASE,
    )
