"""How a job ends that made no document ready: with a reason, or because there is no document any more."""

from dataclasses import dataclass, replace

import structlog

from ingestion.errors import Unreadable
from service import tracing
from service.auditing import entry
from service.chunks import unwritten
from service.policy.failing import Setback
from service.ports import ChunkIndex, Clock, Database, DocumentState, JobRecord, JobState, Tallied

_log = structlog.get_logger()
_ERASED = "The document was erased before it was ready."


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """Ends jobs under their fence: one that another worker holds is left alone."""

    database: Database
    index: ChunkIndex
    clock: Clock

    def fail(self, job: JobRecord, reason: Unreadable | Setback, detail: str) -> None:
        """Fail this document and its job, with a reason that a person understands."""
        unwritten(self.database, self.index, job)
        now = self.clock.now()
        failed = replace(job, state=JobState.FAILED, lease_until=None, updated_at=now)
        with self.database.transaction(job.tenant_id) as transaction:
            record = transaction.documents.get(job.document_id, lock=True)
            if record is None:
                reason, detail = Setback.ERASED, _ERASED
            ended = replace(failed, failure=reason.value, failure_detail=detail)
            if not transaction.jobs.update(ended) or record is None:
                return
            transaction.documents.update(
                replace(record, state=DocumentState.FAILED, failure=reason.value, failure_detail=detail)
            )
            transaction.tallies.add({(Tallied.FAILURES, reason.value): 1})
            facts = {"job": str(job.id), "reason": reason.value}
            transaction.audit.append(
                entry(job.tenant_id, "document_failed", at=now, subject=job.document_id, facts=facts)
            )
        tracing.whole_journey("document", job.id, begun=job.created_at, ended=now, failed=True)

    def abandon(self, job: JobRecord) -> None:
        """End a job whose document is gone. If another worker holds it, the fence leaves it alone."""
        _log.info("job_abandoned", job=str(job.id))
        unwritten(self.database, self.index, job)
        ended = replace(job, state=JobState.FAILED, lease_until=None, updated_at=self.clock.now())
        with self.database.transaction(job.tenant_id) as transaction:
            if transaction.documents.get(job.document_id) is None:
                transaction.jobs.update(replace(ended, failure=Setback.ERASED.value, failure_detail=_ERASED))
