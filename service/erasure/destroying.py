"""Erases a document: unreachable at the commit, then gone from every store, then counted to be sure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from service.auditing import entry
from service.conversations import Forgetting
from service.doorbell import ring
from service.erasure.listing import listed
from service.errors import NotPermittedError, PartUnavailableError
from service.lease import Lease
from service.policy.access import DocumentId, JobId, KeyId, Permission, Principal, TenantId
from service.ports import (
    ChunkIndex,
    Clock,
    Database,
    DocumentRecord,
    ErasureLedger,
    JobKind,
    JobQueue,
    JobRecord,
    JobState,
    KeyStore,
    Tombstone,
    Transaction,
    Vault,
)
from service.refusing import refuse_again
from service.tracing import traced
from service.visibility import visible

_BATCH = 64
"""Erasures taken at once: the index rewrites its segments once for all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """What each store still holds of a document and of the turns that rest on it, counted after the deletion."""

    rows: int
    points: int
    originals: int
    keys: int
    turns: int = 0

    @property
    def nothing(self) -> bool:
        """Whether every store was found empty."""
        return not (self.rows or self.points or self.originals or self.keys or self.turns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """Takes erasures and carries them out."""

    database: Database
    index: ChunkIndex
    keys: KeyStore
    vault: Vault
    queue: JobQueue
    clock: Clock
    lease: Lease
    forgetting: Forgetting
    ledger: ErasureLedger

    def request(self, principal: Principal, document_id: DocumentId) -> JobRecord:
        """Make the document unreachable for every reader, now; return the job that destroys it."""
        if not principal.may(Permission.ERASE):
            raise NotPermittedError
        with self.database.transaction(principal.tenant_id) as transaction:
            record = visible(transaction, principal, document_id, lock=True)
            job = self.entomb(transaction, record, by=principal.key_id, refuse=True)
        ring(self.queue, job)
        return job

    def entomb(self, transaction: Transaction, record: DocumentRecord, *, by: KeyId | None, refuse: bool) -> JobRecord:
        """Put a tombstone and a job where the row was, inside the caller's transaction; `by` None is the system.

        `refuse` where somebody asked for the erasure: the same is not taken in again. Not for what an upload replaces.
        """
        now = self.clock.now()
        # The row first: everybody locks it before anything else, so that two erasures never wait for each other.
        transaction.documents.delete(record.id)
        transaction.turns.erase_of(record.id, now)
        transaction.tombstones.add(
            Tombstone(
                document_id=record.id,
                tenant_id=record.tenant_id,
                chunk_count=record.chunk_count,
                erased_at=now,
                erased_by=by,
            )
        )
        if refuse:
            refuse_again(transaction, record, at=now)
        job = JobRecord(
            id=JobId(uuid4()),
            tenant_id=record.tenant_id,
            kind=JobKind.ERASE,
            document_id=record.id,
            state=JobState.QUEUED,
            created_at=now,
            updated_at=now,
        )
        transaction.jobs.add(job)
        facts = {"job": str(job.id), "chunks": record.chunk_count, "refused": refuse}
        transaction.audit.append(
            entry(record.tenant_id, "document_erased", actor=by, at=now, subject=record.id, facts=facts)
        )
        return job

    @traced("erase")
    def run(self, tenant_id: TenantId, job_id: JobId) -> None:
        """Destroy what the job names and whatever else waits for erasure in this tenant."""
        with self.lease.taken(JobKind.ERASE, tenant_id, job_id, limit=_BATCH) as jobs:
            if jobs:
                self._destroy(tenant_id, [job.document_id for job in jobs])
                for job in jobs:
                    self._conclude(job)

    def remains(self, tenant_id: TenantId, document_id: DocumentId) -> Remains:
        """Ask every store what it still holds."""
        with self.database.transaction(tenant_id) as transaction:
            row = transaction.documents.get(document_id)
            reviews = len(transaction.reviews.of(document_id))
            marks = transaction.subjects.count(document_id)
            rows = transaction.chunks.count(document_id) + reviews + marks + (row is not None)
            turns = transaction.turns.count(document_id)
        return Remains(
            rows=rows,
            points=self.index.count(tenant_id=tenant_id, document_id=document_id),
            originals=int(self.vault.exists(tenant_id=tenant_id, document_id=document_id)),
            keys=int(self.keys.has_document_key(tenant_id=tenant_id, document_id=document_id)),
            turns=turns,
        )

    def _list(self, tenant_id: TenantId, document_ids: Sequence[DocumentId]) -> None:
        """Write them into the ledger before the first key goes, so that what was concluded is in it, whoever dies when.

        Raises PartUnavailableError where it does not hold them then: nothing is destroyed that a restore would revive.
        """
        with self.database.transaction(tenant_id) as transaction:
            entries = listed(transaction, document_ids)
        self.ledger.append(entries)
        if self.ledger.missing(document_ids):
            message = "The erasure ledger does not hold what was written into it. Nothing was destroyed."
            raise PartUnavailableError(message)

    def _destroy(self, tenant_id: TenantId, document_ids: Sequence[DocumentId]) -> None:
        self._list(tenant_id, document_ids)
        for document_id in document_ids:
            self.keys.destroy_document_key(tenant_id=tenant_id, document_id=document_id)
        self.forgetting.finish(tenant_id)
        self.index.erase(tenant_id=tenant_id, document_ids=document_ids)
        for document_id in document_ids:
            self.vault.delete(tenant_id=tenant_id, document_id=document_id)

    def _conclude(self, job: JobRecord) -> None:
        remains = self.remains(job.tenant_id, job.document_id)
        now = self.clock.now()
        facts = {
            "rows": remains.rows,
            "points": remains.points,
            "originals": remains.originals,
            "keys": remains.keys,
            "turns": remains.turns,
        }
        done = replace(job, state=JobState.SUCCEEDED, stage="gone", lease_until=None, updated_at=now)
        again = replace(job, state=JobState.QUEUED, stage="remains_found", lease_until=None, updated_at=now)
        with self.database.transaction(job.tenant_id) as transaction:
            if not transaction.jobs.update(done if remains.nothing else again):
                return
            action = "erasure_verified" if remains.nothing else "erasure_incomplete"
            transaction.audit.append(entry(job.tenant_id, action, at=now, subject=job.document_id, facts=facts))
            if remains.nothing:
                transaction.tombstones.mark_gone(job.document_id, now)
