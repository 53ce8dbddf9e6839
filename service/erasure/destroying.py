"""Erases a document: unreachable at the commit, then gone from every store, then counted to be sure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from service.auditing import entry
from service.conversations import Forgetting
from service.discarding import Discarding
from service.doorbell import ring
from service.erasure.at_once import refuse_at_once, requested_at_once
from service.erasure.listing import listed
from service.erasure.wanted import wanted_gone
from service.errors import HeldError, NotPermittedError, PartUnavailableError
from service.families import Family, ancestors, lock_families
from service.holding import refuse_held
from service.lease import Lease
from service.originals import counterpart, original_id
from service.policy.access import DocumentId, JobId, KeyId, Permission, Principal, TenantId
from service.policy.failing import Setback
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
from service.ports.inspecting import Target
from service.receipts import Contents, Item, Receipts
from service.refusing import refuse_again
from service.tracing import traced
from service.verifying import Verification, Verifier
from service.visibility import visible

_BATCH = 64
"""Erasures taken at once: the index rewrites its segments once for all of them."""
_OF_DOCUMENTS = (JobKind.INGEST, JobKind.RELABEL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entombed:
    """A document that nobody reaches any more, as it was, and the job that destroys it."""

    record: DocumentRecord
    job: JobRecord


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
    discarding: Discarding
    ledger: ErasureLedger
    verifier: Verifier
    receipts: Receipts

    def request(self, principal: Principal, document_id: DocumentId) -> JobRecord:
        """Make the document unreachable for every reader, now; return the job that destroys it.

        The request that it writes is received, located and approved at once. Raises ConflictError where the tenant's
        policy lets nobody erase alone.
        """
        if not principal.may(Permission.ERASE):
            raise NotPermittedError
        try:
            with self.database.transaction(principal.tenant_id) as transaction:
                lock_families(transaction, [document_id])
                record = visible(transaction, principal, document_id, lock=True)
                refuse_at_once(transaction)
                entombed = self.entomb_family(transaction, record, by=principal.key_id, refuse=True)
                every = [(one.record, one.job) for one in entombed]
                requested_at_once(transaction, every, by=principal.key_id, now=self.clock.now())
        except HeldError as held:
            self.audit_refusal(principal, document_id, held)
            raise
        ring(self.queue, entombed[0].job)
        return entombed[0].job

    def entomb(self, transaction: Transaction, record: DocumentRecord, *, by: KeyId | None, refuse: bool) -> JobRecord:
        """Make a document and what was found in it unreachable; return its own job. See `entomb_family`."""
        return self.entomb_family(transaction, record, by=by, refuse=refuse)[0].job

    def entomb_family(
        self, transaction: Transaction, record: DocumentRecord, *, by: KeyId | None, refuse: bool
    ) -> tuple[Entombed, ...]:
        """Put a tombstone and a job where the row was, inside the caller's transaction; `by` None is the system.

        What was found in the document goes with it: it comes first in what is returned, they after it. Where the
        document was found in another one, the original of that one goes, too, for it holds this one; its text stays.

        `refuse` where somebody asked for the erasure: the same is not taken in again. Not for what an upload replaces,
        nor for what retention lets go, unless an open request asks for that erasure, too.
        Raises HeldError, having changed nothing, where a legal hold covers one of them, or what it was found in, and
        ConflictError where somebody would replace what is approved to be erased.
        """
        # The rows first: everybody locks them before anything else, so that two erasures never wait for each other.
        lock_families(transaction, [record.id])
        family = Family.of(transaction, record)
        refuse_held(transaction, [record.id, *family.ids])
        above = {one.id: ancestors(transaction, one) for one in (record, *family.descendants)}
        return tuple(
            Entombed(record=one, job=self._entombed(transaction, one, above[one.id], by=by, refuse=refuse))
            for one in (record, *family.descendants)
        )

    def _entombed(
        self,
        transaction: Transaction,
        record: DocumentRecord,
        above: Sequence[DocumentRecord],
        *,
        by: KeyId | None,
        refuse: bool,
    ) -> JobRecord:
        now = self.clock.now()
        refuse = refuse or wanted_gone(transaction, record.id, replacing=by is not None)
        transaction.source_items.let_go([record.id], forget=refuse)
        transaction.documents.delete(record.id)
        turns = transaction.turns.erase_of(record.id, now)
        transaction.tombstones.add(
            Tombstone(
                document_id=record.id,
                tenant_id=record.tenant_id,
                chunk_count=record.chunk_count,
                erased_at=now,
                erased_by=by,
                turn_ids=turns,
                original_ids=tuple(original_id(one) for one in (record, *above) if one.apart),
                identity=record.external_fingerprint if record.parent_id is not None else None,
            )
        )
        if refuse:
            refuse_again(transaction, record, at=now)
        job = JobRecord.queued(JobKind.ERASE, record.tenant_id, record.id, at=now)
        transaction.jobs.add(job)
        facts = {"job": str(job.id), "chunks": record.chunk_count, "refused": refuse}
        transaction.audit.append(
            entry(record.tenant_id, "document_erased", actor=by, at=now, subject=record.id, facts=facts)
        )
        return job

    def audit_refusal(self, principal: Principal, document_id: DocumentId, held: HeldError) -> None:
        """Record in a transaction of its own what the refused one rolled back."""
        now, who, facts = self.clock.now(), principal.key_id, {"matters": list(held.matters)}
        with self.database.transaction(principal.tenant_id) as transaction:
            transaction.audit.append(
                entry(principal.tenant_id, "erasure_refused_held", at=now, actor=who, subject=document_id, facts=facts)
            )

    @traced("erase")
    def run(self, tenant_id: TenantId, job_id: JobId) -> None:
        """Destroy what the job names and whatever else waits for erasure in this tenant."""
        with self.lease.taken(JobKind.ERASE, tenant_id, job_id, limit=_BATCH) as jobs:
            if jobs:
                documents = [job.document_id for job in jobs]
                self._hide_what_rests(tenant_id, documents)
                self._destroy(tenant_id, documents)
                targets = self._targets(tenant_id, documents)
                verification = self.verifier.verify(tenant_id, targets)
                for job in jobs:
                    self._conclude(job, verification)

    def remains(self, tenant_id: TenantId, document_id: DocumentId) -> Verification:
        """Have every store asked what it still holds."""
        return self.verifier.verify(tenant_id, self._targets(tenant_id, [document_id]))

    def _targets(self, tenant_id: TenantId, document_ids: Sequence[DocumentId]) -> tuple[Target, ...]:
        with self.database.transaction(tenant_id) as transaction:
            tombstones = {document_id: transaction.tombstones.get(document_id) for document_id in document_ids}
        return targets_of(tombstones)

    def _list(self, tenant_id: TenantId, document_ids: Sequence[DocumentId]) -> None:
        """Write them into the ledger before the first key goes, so that what was concluded is in it, whoever dies when.

        Raises PartUnavailableError where it does not hold them then: nothing is destroyed that a restore would revive.
        """
        with self.database.transaction(tenant_id) as transaction:
            entries = listed(transaction, document_ids)
        self.ledger.append(entries)
        if self.ledger.missing([*document_ids, *(line.document_id for line in entries)]):
            message = "The erasure ledger does not hold what was written into it. Nothing was destroyed."
            raise PartUnavailableError(message)

    def _hide_what_rests(self, tenant_id: TenantId, document_ids: Sequence[DocumentId]) -> None:
        """Hide turns that rest on the documents, if any still show, and end jobs that nobody has begun.

        A job that runs finds its document gone and ends itself; until then it counts as something left.
        """
        now = self.clock.now()
        with self.database.transaction(tenant_id) as transaction:
            for document_id in document_ids:
                transaction.turns.erase_of(document_id, now)
                open_jobs = (transaction.jobs.open(kind, document_id=document_id) for kind in _OF_DOCUMENTS)
                for job in (job for jobs in open_jobs for job in jobs if job.state is JobState.QUEUED):
                    ended = replace(job, state=JobState.FAILED, failure=Setback.ERASED.value, updated_at=now)
                    transaction.jobs.update(replace(ended, failure_detail="The document was erased."))

    def _destroy(self, tenant_id: TenantId, document_ids: Sequence[DocumentId]) -> None:
        self._list(tenant_id, document_ids)
        everything = self._with_originals(tenant_id, document_ids)
        for document_id in everything:
            self.keys.destroy_document_key(tenant_id=tenant_id, document_id=document_id)
        self.forgetting.finish(tenant_id)
        self.discarding.finish(tenant_id)
        self.index.erase(tenant_id=tenant_id, document_ids=document_ids)
        for document_id in everything:
            self.vault.delete(tenant_id=tenant_id, document_id=document_id)

    def _with_originals(self, tenant_id: TenantId, document_ids: Sequence[DocumentId]) -> tuple[DocumentId, ...]:
        """Return these and the originals apart that go with them, each once."""
        with self.database.transaction(tenant_id) as transaction:
            tombstones = [transaction.tombstones.get(document_id) for document_id in document_ids]
        originals = (one for tombstone in tombstones if tombstone is not None for one in tombstone.original_ids)
        return tuple(dict.fromkeys((*document_ids, *originals)))

    def _conclude(self, job: JobRecord, verification: Verification) -> None:
        """End the job where the verifier found nothing; the deleters' own word counts for nothing here.

        Nothing of the document, and nothing of any original that held it.
        """
        now = self.clock.now()
        done = replace(job, state=JobState.SUCCEEDED, stage="gone", lease_until=None, updated_at=now)
        again = replace(job, state=JobState.QUEUED, stage="remains_found", lease_until=None, updated_at=now)
        with self.database.transaction(job.tenant_id) as transaction:
            tombstone = transaction.tombstones.get(job.document_id)
            verification = verification.of(job.document_id, *(tombstone.original_ids if tombstone else ()))
            if not transaction.jobs.update(done if verification.nothing else again):
                return
            action = "erasure_verified" if verification.nothing else "erasure_incomplete"
            facts = verification.facts()
            transaction.audit.append(entry(job.tenant_id, action, at=now, subject=job.document_id, facts=facts))
            if verification.nothing:
                transaction.tombstones.mark_gone(job.document_id, now)
                self._issue(transaction, job.document_id, verification)

    def _issue(self, transaction: Transaction, document_id: DocumentId, verification: Verification) -> None:
        tombstone = transaction.tombstones.get(document_id)
        item = Item(
            target=document_id,
            chunk_count=tombstone.chunk_count if tombstone else 0,
            unreachable_at=tombstone.erased_at if tombstone else None,
            originals_of=originals_of(tombstone),
        )
        self.receipts.issue(transaction, Contents(about=document_id, verification=verification, items=(item,)))


def targets_of(tombstones: Mapping[DocumentId, Tombstone | None]) -> tuple[Target, ...]:
    """Return what to look for of these documents and of the originals apart that go with them, each once."""
    found = {document_id: target_of(document_id, tombstone) for document_id, tombstone in tombstones.items()}
    for tombstone in filter(None, tombstones.values()):
        for original in tombstone.original_ids:
            found.setdefault(original, Target(document_id=original, chunk_count=0))
    return tuple(found.values())


def originals_of(tombstone: Tombstone | None) -> tuple[DocumentId, ...]:
    """Return the documents, this one or what it was found in, whose originals go with it."""
    return tuple(counterpart(one) for one in tombstone.original_ids) if tombstone is not None else ()


def target_of(document_id: DocumentId, tombstone: Tombstone | None) -> Target:
    """Return what to look for of a document: how many points it had and which turns rested on it, as was noted."""
    if tombstone is None:
        return Target(document_id=document_id, chunk_count=0)
    return Target(document_id=document_id, chunk_count=tombstone.chunk_count, turn_ids=tombstone.turn_ids)
