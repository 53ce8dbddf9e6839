"""What an answer rests on, as it is now: its sources, and the earlier turns with theirs."""

from collections.abc import Mapping

from ingestion.sensitivity import Label, Verdict
from service.answering.plans import Plan
from service.answering.redacting import not_hidden
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


def raised(transaction: Transaction, now: Grounds, plan: Plan) -> tuple[Reason, ...]:
    """Return why the plan may not leave any more: what was raised since it was made (R6).

    What a redacted prompt hides may be sensitive, as long as it is what it was when it was hidden.
    """
    own = {(hit.document_id, hit.ordinal) for hit in plan.hits}
    sources = [chunk for place, chunk in now.items() if place in own and not chunk.label.harmless]
    earlier = [chunk for place, chunk in now.items() if place not in own and not chunk.label.harmless]
    if plan.redacted is not None:
        sources = list(not_hidden(transaction, plan.hits, sources))
    found = (
        *(_reason(chunk.label, Origin.CHUNK) for chunk in sources),
        *(_reason(chunk.label, Origin.EARLIER_ANSWER) for chunk in earlier),
    )
    return tuple(dict.fromkeys(found))


def _reason(label: Label, origin: Origin) -> Reason:
    cause = Cause.SENSITIVE if label.verdict is Verdict.SENSITIVE else Cause.UNKNOWN
    return Reason(cause=cause, origin=origin, categories=tuple(sorted(label.categories)))
