"""Makes jobs that ended without a result wait once more, inside the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from service.policy.access import JobId
from service.policy.failing import Setback
from service.ports import DocumentState, JobRecord, JobState, Stage, Transaction

_ENDED = frozenset({JobState.FAILED, JobState.CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Revived:
    """The jobs that wait again, as they are now, and what each had ended for."""

    queued: tuple[JobRecord, ...]
    reasons: Mapping[JobId, str]


def revived(transaction: Transaction, jobs: Sequence[JobRecord], *, at: datetime) -> Revived:
    """Queue these ingestions as if they were new, but for their fence, which only ever grows.

    Passed over: one that has not ended, one whose document does not wait for it, and one whose document was erased
    meanwhile. Several documents are locked by ascending id, then their jobs, as everybody does.
    """
    ids = sorted({job.document_id for job in jobs})
    documents = {one: transaction.documents.get(one, lock=True) for one in ids}
    queued, reasons = list[JobRecord](), dict[JobId, str]()
    for known in jobs:
        document, job = documents[known.document_id], transaction.jobs.get(known.id, lock=True)
        if document is None or document.state is not DocumentState.FAILED or job is None or job.state not in _ENDED:
            continue
        fresh = replace(
            job,
            state=JobState.QUEUED,
            stage=Stage.WAITING.value,
            attempts=0,
            deferrals=0,
            done=0,
            total=0,
            lease_until=None,
            not_before=None,
            setback=None,
            failure=None,
            failure_detail=None,
            updated_at=at,
        )
        again = transaction.jobs.revoke(fresh)
        if again is None:
            continue
        registered = replace(document, state=DocumentState.REGISTERED, failure=None, failure_detail=None)
        transaction.documents.update(registered)
        documents[known.document_id] = registered
        queued.append(again)
        reasons[again.id] = job.failure or Setback.UNEXPECTED.value
    return Revived(queued=tuple(queued), reasons=reasons)
