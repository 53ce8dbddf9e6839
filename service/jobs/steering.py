"""What operators do to jobs: retry, cancel, pause, resume. What is erased stays erased (R43, R60)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from service.auditing import entry
from service.doorbell import ring
from service.errors import ConflictError, InvalidRequestError, NotFoundError, NotPermittedError
from service.jobs.reviving import Revived, revived
from service.policy.access import DocumentId, JobId, Permission, Principal
from service.policy.failing import REASONS, Remedy, Setback, reason_of
from service.ports import (
    ChunkIndex,
    Clock,
    Database,
    DocumentRecord,
    DocumentState,
    IntakeRecord,
    JobKind,
    JobQueue,
    JobRecord,
    JobState,
    Transaction,
)

_AT_ONCE = 64
"""Jobs retried in one transaction: so many documents are locked for its time."""
_RINGS = 32
"""Rings after a retry of many; the sweep rings for the rest, a few at a time."""
_BY_CANCELLING = "Somebody cancelled it."
_UNDONE = frozenset({DocumentState.REGISTERED, DocumentState.PROCESSING})
_NOT_INGESTION = {
    JobKind.ERASE: "An erasure is not cancelled or retried: it goes on until every store was found empty.",
    JobKind.RELABEL: "A relabelling is not cancelled or retried by itself: pause the tenant, or ask for "
    "`ringfence labels relabel`.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Steering:
    """Changes what becomes of jobs. The document's row is locked first, then the job, so an erasure wins or waits."""

    database: Database
    index: ChunkIndex
    queue: JobQueue
    clock: Clock

    def retry(self, principal: Principal, job_id: JobId) -> JobRecord:
        """Queue an ingestion that ended without a result once more, as if it were new.

        Raises NotFoundError, and ConflictError where there is nothing to retry.
        """
        self._check(principal)
        with self.database.transaction(principal.tenant_id) as transaction:
            job = _ingestion(transaction, job_id)
            done = self._revived(transaction, principal, [job])
        if not done.queued:
            message = "Only an ingestion that failed or was cancelled is retried, and only while its document exists."
            raise ConflictError(message)
        ring(self.queue, done.queued[0])
        return done.queued[0]

    def retry_all(self, principal: Principal, reason: str) -> int:
        """Queue every ingestion of the tenant that ended for this reason once more; return how many.

        Page by page, each in a transaction of its own: whoever dies in between has retried the first ones, and doing
        it again retries the rest. Raises InvalidRequestError for a reason that nothing ends for.
        """
        self._check(principal)
        _check_reason(reason)
        queued, first = 0, list[JobRecord]()
        after: tuple[DocumentId, JobId] | None = None
        while True:
            with self.database.transaction(principal.tenant_id) as transaction:
                page = transaction.jobs.dead(limit=_AT_ONCE, reason=reason, after=after)
                done = self._revived(transaction, principal, page)
            queued += len(done.queued)
            first += done.queued[: _RINGS - len(first)]
            if len(page) < _AT_ONCE:
                break
            after = page[-1].document_id, page[-1].id
        for job in first:
            ring(self.queue, job)
        return queued

    def cancel(self, principal: Principal, job_id: JobId) -> JobRecord:
        """End an ingestion: one that waits at once, one that runs by lifting its fence, so that it writes no more.

        Its document fails as `cancelled` and can be retried or erased; what an attempt left of it is removed.
        Cancelling twice changes nothing. Raises NotFoundError, and ConflictError for what has ended.
        """
        self._check(principal)
        with self.database.transaction(principal.tenant_id) as transaction:
            job = _ingestion(transaction, job_id)
            record = transaction.documents.get(job.document_id, lock=True)
            job = transaction.jobs.get(job_id, lock=True) or job
            if job.state is JobState.CANCELLED:
                return job
            cancelled = self._cancelled(transaction, job)
            self._audit(transaction, principal, "job_cancelled", job)
            if record is not None and record.state in _UNDONE:
                self._undone(transaction, record, written=job.fence > 0)
        return cancelled

    def pause(self, principal: Principal) -> IntakeRecord:
        """Hold the tenant's jobs back: no worker takes one, but for erasures. What runs now is finished."""
        self._check(principal)
        now = self.clock.now()
        with self.database.transaction(principal.tenant_id) as transaction:
            if transaction.intake.pause(now, principal.key_id):
                self._audit(transaction, principal, "jobs_paused", None)
            return transaction.intake.get() or IntakeRecord(tenant_id=principal.tenant_id)

    def resume(self, principal: Principal) -> IntakeRecord:
        """Let the tenant's jobs go on, and ring for the oldest; the sweep rings for the others."""
        self._check(principal)
        now = self.clock.now()
        with self.database.transaction(principal.tenant_id) as transaction:
            if transaction.intake.resume():
                self._audit(transaction, principal, "jobs_resumed", None)
            waiting = transaction.jobs.waiting(now=now, queued_before=now, limit=_RINGS)
            intake = transaction.intake.get() or IntakeRecord(tenant_id=principal.tenant_id)
        for job in waiting:
            ring(self.queue, job)
        return intake

    def _revived(self, transaction: Transaction, principal: Principal, jobs: Sequence[JobRecord]) -> Revived:
        done = revived(transaction, jobs, at=self.clock.now())
        for job in done.queued:
            self._audit(transaction, principal, "job_retried", job, reason=done.reasons[job.id])
        return done

    def _cancelled(self, transaction: Transaction, job: JobRecord) -> JobRecord:
        if job.state not in {JobState.QUEUED, JobState.RUNNING}:
            message = f"This job has ended already: it is {job.state.value}."
            raise ConflictError(message)
        ended = replace(job, state=JobState.CANCELLED, lease_until=None, not_before=None, updated_at=self.clock.now())
        because = replace(ended, failure=Setback.CANCELLED.value, failure_detail=_BY_CANCELLING)
        cancelled = transaction.jobs.revoke(because)
        if cancelled is None:  # the row is locked, so nobody else can have taken it
            raise ConflictError
        return cancelled

    def _undone(self, transaction: Transaction, record: DocumentRecord, *, written: bool) -> None:
        """Let nothing be left of an ingestion that did not come to its end; `written` where one has begun.

        Points can be there without rows where the database went away under a write. They go before the commit, so
        that a cancelled document never has any; where the index is down nothing is cancelled.
        """
        failed = replace(record, state=DocumentState.FAILED, failure=Setback.CANCELLED.value)
        transaction.documents.update(replace(failed, failure_detail=_BY_CANCELLING))
        if written:
            transaction.chunks.replace(record.id, ())
            transaction.subjects.replace(record.id, ())
            self.index.replace(tenant_id=record.tenant_id, document_id=record.id, points=())

    def _audit(
        self,
        transaction: Transaction,
        principal: Principal,
        action: str,
        job: JobRecord | None,
        *,
        reason: str | None = None,
    ) -> None:
        now: datetime = self.clock.now()
        facts = {"job": str(job.id), "attempts": job.attempts} if job is not None else {}
        facts |= {"reason": reason} if reason is not None else {}
        transaction.audit.append(
            entry(
                principal.tenant_id,
                action,
                actor=principal.key_id,
                at=now,
                subject=job.document_id if job is not None else None,
                facts=facts,
            )
        )

    @staticmethod
    def _check(principal: Principal) -> None:
        if not principal.may(Permission.STEER_JOBS):
            raise NotPermittedError


def _ingestion(transaction: Transaction, job_id: JobId) -> JobRecord:
    job = transaction.jobs.get(job_id)
    if job is None:
        raise NotFoundError
    if job.kind is not JobKind.INGEST:
        raise ConflictError(_NOT_INGESTION.get(job.kind, "Only ingestions are cancelled or retried."))
    return job


def _check_reason(reason: str) -> None:
    if reason not in REASONS:
        message = f"there is no reason of this name; there are: {', '.join(sorted(REASONS))}"
        raise InvalidRequestError(message)
    if reason_of(reason).remedy is Remedy.NONE:
        message = f"nothing is retried for this reason: {reason_of(reason).meaning}"
        raise InvalidRequestError(message)
