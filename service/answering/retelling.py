"""An answer becomes a turn, and a turn the same answer again."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from ingestion.sensitivity import Label
from service.answering.plans import Plan
from service.answering.values import Answer, Citation
from service.citing import Credited
from service.conversations import Keeping, StoredAnswer
from service.conversations.keeping import lineage
from service.conversations.reading import opened, owned
from service.errors import NotFoundError
from service.policy.access import Principal, Scope, TurnId
from service.policy.prompt import Origin
from service.policy.routing import Route
from service.ports import TurnRecord, TurnSource
from service.retrieval import Retriever
from service.sealing import Sealed

_TO_BE_SEALED = Sealed(b"")
_UNLABELLED = Label.unknown("unlabelled")


@contextmanager
def draft_of(keeping: Keeping, plan: Plan, answer: Answer) -> Iterator[TurnRecord | None]:
    """Lend the sealed turn that is to be kept, or None where the question stands alone."""
    conversation = plan.context.conversation
    if conversation is None:
        yield None
        return
    stored = StoredAnswer(
        text=answer.text,
        credited=tuple(Credited(number=one.number, supports=one.supports) for one in answer.citations),
        quotations=answer.quotations,
        unsupported=answer.unsupported,
        backend=answer.backend,
        model=answer.model,
        reasons=answer.reasons,
        generation=answer.generation,
        redacted=answer.redacted,
        neutralised=answer.neutralised,
        harmless_only=plan.question.harmless_only,
    )
    own = [
        TurnSource(
            document_id=source.hit.document_id, ordinal=source.hit.ordinal, number=source.number, score=source.hit.score
        )
        for source in answer.sources
    ]
    asked = next(part.label for part in plan.prompt.parts if part.origin is Origin.QUESTION)
    now = keeping.clock.now()
    draft = TurnRecord(
        id=TurnId(answer.id),
        tenant_id=plan.principal.tenant_id,
        conversation_id=conversation,
        ordinal=-1,  # the next one, which the transaction that keeps it knows
        question=_TO_BE_SEALED,
        answer=_TO_BE_SEALED,
        question_label=asked or _UNLABELLED,
        context=tuple(turn.ordinal for turn in plan.context.turns),
        sources=lineage(own, plan.context),
        route=answer.route.value,
        labeller_version=asked.labeller_version if asked else "",
        asked_at=now,
        answered_at=now,
        request_fingerprint=keeping.request_fingerprint(plan.principal, plan.question.request),
    )
    with keeping.sealed(draft, question=plan.question.text, answer=stored) as turn:
        yield turn


def retold(retriever: Retriever, keeping: Keeping, principal: Principal, answer_id: UUID) -> Answer:
    """Return the answer that a turn of the principal's own holds.

    Raises NotFoundError where there is none, or one of its sources may not be seen any more (R31, R41).
    """
    with keeping.database.transaction(principal.tenant_id) as transaction:
        turn = transaction.turns.get(TurnId(answer_id))
        if turn is None:
            raise NotFoundError
        owned(transaction, principal, turn.conversation_id)
    texts = opened(keeping.keys, turn)
    if texts is None:
        raise NotFoundError
    hits = retriever.read(
        {(one.document_id, one.ordinal): one.score for one in turn.sources}, scope=Scope.of(principal)
    )
    stored = texts[1]
    sources = {one.number: hits[one.document_id, one.ordinal] for one in turn.sources if one.number}
    return Answer(
        id=turn.id,
        text=stored.text,
        citations=tuple(
            Citation(number=one.number, hit=sources[one.number], supports=one.supports) for one in stored.credited
        ),
        sources=tuple(Citation(number=number, hit=hit) for number, hit in sources.items()),
        quotations=stored.quotations,
        unsupported=stored.unsupported,
        route=Route(turn.route),
        backend=stored.backend,
        model=stored.model,
        reasons=stored.reasons,
        generation=stored.generation,
        redacted=stored.redacted,
        neutralised=stored.neutralised,
        conversation=turn.conversation_id,
    )
