"""Takes the items of a request one by one, each in a transaction of its own, and looks what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from service.amending import Amending
from service.conversations import Forgetting
from service.doorbell import ring
from service.erasure.destroying import Entombed, Erasure
from service.erasure.requests.changing import locked
from service.erasure.requests.finding import Finding
from service.erasure.requests.holding import held
from service.errors import ConflictError, HeldError, NotFoundError
from service.families import lock_families
from service.policy.access import DocumentId, Principal, Role, TurnId
from service.policy.erasures import ErasureAction, ErasureReason, ErasureState, LeaveReason
from service.ports import (
    Clock,
    Database,
    DocumentRecord,
    ErasureItem,
    ErasureRecord,
    ItemKind,
    ItemState,
    JobKind,
    JobQueue,
    JobRecord,
    KeyStore,
    Transaction,
)

_DESTROYED = frozenset({ErasureAction.ERASE, ErasureAction.REDACT})
_BACK = LeaveReason.BACK_AT_SOURCE
_REMAINS_FOUND = "remains_found"
"""The stage of an erase job that was not the last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """Each step reads anew what it rests on: the request's state, the item's, and the holds."""

    database: Database
    keys: KeyStore
    queue: JobQueue
    clock: Clock
    erasure: Erasure
    forgetting: Forgetting
    amending: Amending
    finding: Finding

    def work(self, record: ErasureRecord) -> None:
        """Take what waits, and note what is gone."""
        for item in self._items(record):
            if item.state is ItemState.WAITING and item.action in _DESTROYED and item.kind is not ItemKind.TENANT:
                self.take(record, item)
        self.look(record)

    def take(self, record: ErasureRecord, item: ErasureItem) -> None:
        """Make one item unreachable and have it destroyed, unless a hold covers it."""
        if item.kind is ItemKind.TURN:
            self._take_turn(record, item)
        elif item.action is ErasureAction.REDACT:
            self._redact(record, item)
        else:
            self._take_document(record, item)

    def look(self, record: ErasureRecord) -> None:
        """Note which of the items under destruction are gone, and which the verifier still found something of."""
        under_way = [item for item in self._items(record) if item.state is ItemState.DESTROYING]
        if any(item.kind is ItemKind.TURN for item in under_way):
            self.forgetting.finish(record.tenant_id)
        jobs = []
        with self.database.transaction(record.tenant_id) as transaction:
            locked(transaction, record.id)
            for item in under_way:
                seen, job = self._seen(transaction, item)
                transaction.erasures.put_items([seen])
                jobs += [job] if job is not None else []
        for job in jobs:
            ring(self.queue, job)

    def _items(self, record: ErasureRecord) -> tuple[ErasureItem, ...]:
        with self.database.transaction(record.tenant_id) as transaction:
            return transaction.erasures.items(record.id)

    def _take_document(self, record: ErasureRecord, item: ErasureItem) -> None:
        job = None
        with self.database.transaction(record.tenant_id) as transaction:
            # The document's row first, as everybody does, with those of what was found in it.
            lock_families(transaction, [DocumentId(item.target)])
            document = transaction.documents.get(DocumentId(item.target), lock=True)
            if not still_waiting(transaction, record, item):
                return
            holds = held(transaction, [item]).get(item.target, ())
            if holds:
                taken = [replace(item, state=ItemState.HELD, held_by=holds)]
            elif document is None:
                taken = [replace(item, state=ItemState.DESTROYING)]
            elif record.reason is ErasureReason.GONE_AT_SOURCE and _lies_somewhere(transaction, document.id):
                taken = [replace(item, state=ItemState.LEFT, action=ErasureAction.LEAVE, left_because=_BACK)]
            else:
                taken, job = self.entombed(transaction, record, item, document)
            transaction.erasures.put_items(taken)
        if job is not None:
            ring(self.queue, job)

    def _redact(self, record: ErasureRecord, item: ErasureItem) -> None:
        """Have a version without the person take the document's place. What cannot be redacted remains."""
        subject, document_id = self.finding.subject(record), DocumentId(item.target)
        if subject is None:
            return
        replaced_by = self.amending.successor(record.tenant_id, document_id)
        try:
            if replaced_by is None:
                replaced_by = self.amending.redact(executor(record), document_id, subject).record.id
            after = replace(item, state=ItemState.DESTROYING, replaced_by=replaced_by)
        except HeldError as held_by:
            after = replace(item, state=ItemState.HELD, held_by=held_by.matters)
        except NotFoundError:
            after = replace(item, state=ItemState.DESTROYING)
        except ConflictError:
            after = replace(item, state=ItemState.REMAINS)
        with self.database.transaction(record.tenant_id) as transaction:
            if still_waiting(transaction, record, item):
                transaction.erasures.put_items([after])

    def entombed(
        self, transaction: Transaction, record: ErasureRecord, item: ErasureItem, document: DocumentRecord
    ) -> tuple[list[ErasureItem], JobRecord]:
        """Make the document unreachable inside the transaction; return the items and the job that destroys it.

        What was found in it is an item of its own from now on.
        """
        # What is only gone at its source may come back there; everything else was asked for, and is refused.
        refuse = record.reason is not ErasureReason.GONE_AT_SOURCE
        entombed = self.erasure.entomb_family(transaction, document, by=record.approvals[-1].by, refuse=refuse)
        known = {one.target: one for one in transaction.erasures.items(record.id)} | {item.target: item}
        taken = [_taken(known.get(one.record.id) or replace(item, target=one.record.id), one) for one in entombed]
        return taken, entombed[0].job

    def _take_turn(self, record: ErasureRecord, item: ErasureItem) -> None:
        with self.database.transaction(record.tenant_id) as transaction:
            if not still_waiting(transaction, record, item):
                return
            holds = held(transaction, [item]).get(item.target, ())
            if holds:
                taken = replace(item, state=ItemState.HELD, held_by=holds)
            else:
                transaction.turns.erase(TurnId(item.target), self.clock.now())
                taken = replace(item, state=ItemState.DESTROYING, held_by=())
            transaction.erasures.put_items([taken])

    def _seen(self, transaction: Transaction, item: ErasureItem) -> tuple[ErasureItem, JobRecord | None]:
        """Return the item as it is now, and a job where nobody is left who would destroy it."""
        if item.kind is ItemKind.TURN:
            turn = TurnId(item.target)
            there = self.keys.has_turn_key(tenant_id=item.tenant_id, turn_id=turn) or transaction.turns.alive([turn])
            return (item if there else replace(item, state=ItemState.GONE)), None
        document_id = DocumentId(item.target)
        tombstone = transaction.tombstones.get(document_id)
        if tombstone is not None and tombstone.gone_at is not None:
            return replace(item, state=ItemState.GONE), None
        if transaction.documents.get(document_id) is not None:
            return replace(item, state=ItemState.REMAINS), None  # it lives: nobody may destroy its key
        waiting = transaction.jobs.open(JobKind.ERASE, document_id=document_id)
        if not waiting:
            job = self._job(item)
            transaction.jobs.add(job)
            return replace(item, job_id=job.id), job
        state = ItemState.REMAINS if waiting[0].stage == _REMAINS_FOUND else item.state
        return replace(item, state=state, job_id=waiting[0].id), None

    def _job(self, item: ErasureItem) -> JobRecord:
        return JobRecord.queued(JobKind.ERASE, item.tenant_id, DocumentId(item.target), at=self.clock.now())


def _taken(item: ErasureItem, entombed: Entombed) -> ErasureItem:
    return replace(
        item,
        state=ItemState.DESTROYING,
        action=ErasureAction.ERASE,
        left_because=None,
        job_id=entombed.job.id,
        chunk_count=entombed.record.chunk_count,
        held_by=(),
    )


def still_waiting(transaction: Transaction, record: ErasureRecord, item: ErasureItem) -> bool:
    """Lock the request; say whether it is still being executed and nobody has taken the item meanwhile."""
    if locked(transaction, record.id).state is not ErasureState.EXECUTING:
        return False
    return _now(transaction.erasures.items(record.id), item).state is ItemState.WAITING


def _now(items: Sequence[ErasureItem], item: ErasureItem) -> ErasureItem:
    return next((one for one in items if one.target == item.target), item)


def executor(record: ErasureRecord) -> Principal:
    """Return as whom a worker looks for a person: the key that approved last, with an owner's sight."""
    return Principal(tenant_id=record.tenant_id, key_id=record.approvals[-1].by, role=Role.DATA_OWNER)


def _lies_somewhere(transaction: Transaction, document_id: DocumentId) -> bool:
    """Whether a source has the document again, or another one has it, too."""
    return any(place.gone_at is None for place in transaction.source_items.of_documents([document_id]))
