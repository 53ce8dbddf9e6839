"""Rings for a job. A bell that nobody hears loses nothing: the job is in the ledger and the sweep rings again."""

import structlog

from service.errors import PartUnavailableError
from service.ports import JobQueue, JobRecord

_log = structlog.get_logger()


def ring(queue: JobQueue, job: JobRecord) -> bool:
    """Ring after the commit that wrote the job; say whether the broker took it."""
    try:
        queue.ring(kind=job.kind, tenant_id=job.tenant_id, job_id=job.id, priority=job.priority)
    except PartUnavailableError:
        _log.warning("job_not_rung", job=str(job.id), kind=job.kind.value)
        return False
    return True
