"""What an answer rests on, as it is now: its sources, and the earlier turns with theirs."""

from collections.abc import Mapping

from ingestion.sensitivity import Label, Verdict
from service.answering.planning import Plan
from service.errors import SourceErasedError
from service.policy.access import DocumentId
from service.policy.prompt import Origin
from service.policy.routing import Cause, Reason
from service.ports import ChunkRecord, Transaction

Grounds = Mapping[tuple[DocumentId, int], ChunkRecord]


def held(transaction: Transaction, plan: Plan) -> Grounds:
    """Return the plan's sources and its context's as they are now.

    Raises SourceErasedError where one of them, or an earlier turn, is not there any more (R41).
    """
    places = {(hit.document_id, hit.ordinal) for hit in plan.hits} | plan.context.places()
    now = {(chunk.document_id, chunk.ordinal): chunk for chunk in transaction.chunks.fetch(places)}
    turns = plan.context.ids()
    if len(now) < len(places) or (turns and transaction.turns.alive(turns) != turns):
        raise SourceErasedError
    return now


def raised(now: Grounds, plan: Plan) -> tuple[Reason, ...]:
    """Return why the plan may not leave any more: what was raised since it was made (R6)."""
    own = {(hit.document_id, hit.ordinal) for hit in plan.hits}
    found = (
        _reason(chunk.label, Origin.CHUNK if place in own else Origin.EARLIER_ANSWER)
        for place, chunk in now.items()
        if not chunk.label.harmless
    )
    return tuple(dict.fromkeys(found))


def _reason(label: Label, origin: Origin) -> Reason:
    cause = Cause.SENSITIVE if label.verdict is Verdict.SENSITIVE else Cause.UNKNOWN
    return Reason(cause=cause, origin=origin, categories=tuple(sorted(label.categories)))
