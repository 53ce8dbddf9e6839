"""Asks the planned backend, cites, and records the decision before anything is sent."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from uuid import UUID, uuid4

import structlog

from service.answering.evidence import context_facts, ending, refusal
from service.answering.grounds import held, raised
from service.answering.planning import Plan, Planner
from service.answering.retelling import draft_of, retold
from service.answering.tiers import answered
from service.answering.values import Answer, Citation, PromptRefusedError, Question
from service.auditing import entry, reasons_as_facts, terms_as_facts
from service.citing import Cited, cited, nothing_found, quoted
from service.conversations import Keeping
from service.errors import CloudModelError, EgressRefusedError, LocalModelUnavailableError
from service.policy.access import Principal
from service.policy.routing import Cause, Reason
from service.ports import Clock, CloudModel, Database, Generation, LocalModel, TurnRecord
from service.retrieval import Retrieved
from service.tracing import note, traced
from service.watching import Watch

_log = structlog.get_logger()
STOPPED = "stopped"
"""The finish of a generation that was ended before its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """The ask journey."""

    planner: Planner
    keeping: Keeping
    database: Database
    clock: Clock
    local: LocalModel | None
    fast: LocalModel | None = None
    cloud: CloudModel | None
    watch: Watch

    @traced("ask")
    def ask(self, principal: Principal, question: Question, *, answer_id: UUID | None = None) -> Answer:
        """Return the whole answer at once."""
        events = self._begun(principal, question, answer_id or uuid4(), stream=False)
        while True:
            try:
                next(events)
            except StopIteration as end:
                answer: Answer = end.value
                return answer

    @traced("ask")
    def stream(
        self, principal: Principal, question: Question, *, answer_id: UUID | None = None
    ) -> Generator[str, None, Answer]:
        """Yield pieces of the answer as they come; return the whole with its evidence.

        Raises LocalModelUnavailableError when the answer must be local and nothing local answers: never
        the cloud instead (R12). Close it where nobody listens any more: that is recorded, and no turn is kept.
        """
        return (yield from self._begun(principal, question, answer_id or uuid4(), stream=True))

    def answer_id(self, principal: Principal, question: Question) -> UUID:
        """Return the id that the answer will have: where this request was answered already, that answer's."""
        earlier = self._earlier(principal, question)
        return uuid4() if earlier is None else earlier.id

    def told(self, principal: Principal, answer_id: UUID) -> Answer:
        """Return an answer of the principal's own conversation again. Raises NotFoundError."""
        return retold(self.planner.retriever, self.keeping, principal, answer_id)

    def _begun(
        self, principal: Principal, question: Question, answer_id: UUID, *, stream: bool
    ) -> Generator[str, None, Answer]:
        """Answer, unless the same request was answered in a conversation already: then tell that answer again."""
        earlier = self._earlier(principal, question)
        if earlier is not None:
            answer = self.told(principal, earlier.id)
            yield answer.text
            return answer
        try:
            plan = self.planner.plan(principal, question, stream=stream, answer_id=answer_id)
            return (yield from self._events(plan, stream=stream))
        except PromptRefusedError as error:
            self._refused(principal, answer_id, error.reasons)
            raise

    def _earlier(self, principal: Principal, question: Question) -> TurnRecord | None:
        request = question.request if question.kept else None
        return self.keeping.repeated(principal, request, question.text, question.conversation)

    def _events(self, plan: Plan, *, stream: bool) -> Generator[str, None, Answer]:
        plan = self._recorded(plan)
        note(answer=str(plan.id), route=plan.route.value, cause=plan.reasons[0].cause.value, hits=len(plan.hits))
        if not plan.hits:
            found = nothing_found(plan.question.text, harmless_only=plan.question.harmless_only)
            return (yield from self._at_once(plan, found, "none"))
        if plan.cloud is not None and self.cloud is not None:
            answer = yield from self._by_cloud(plan, self.cloud, stream=stream)
            if answer is not None:
                return answer
            plan = self.planner.kept_local(plan, Reason(cause=Cause.CLOUD_FAILED))
            plan = self._recorded(plan)
        return (yield from self._locally(plan, stream=stream))

    def _by_cloud(self, plan: Plan, model: CloudModel, *, stream: bool) -> Generator[str, None, Answer | None]:
        """Return the cloud's answer, or None if it failed before anything was said."""
        if plan.cloud is None:
            return None
        said: list[str] = []
        try:
            with self._watched(plan, "anthropic"):
                if stream:
                    generation = yield from _heard(model.stream(plan.cloud), said, plan)
                else:
                    text, generation = model.generate(plan.cloud)
                    said.append(text)
        except (CloudModelError, EgressRefusedError) as error:
            _log.warning("cloud_answer_failed", answer=str(plan.id), pieces=len(said), error=error.code)
            if said:
                self._stopped(plan, "anthropic", "cloud_failed")
                raise
            return None
        return self._answer(plan, _cited(plan, said, generation), "anthropic", generation)

    def _locally(self, plan: Plan, *, stream: bool) -> Generator[str, None, Answer]:
        if self.local is None:
            found = quoted(plan.question.text, _texts(plan.hits))
            return (yield from self._at_once(plan, found, "quotes"))
        models = [model for model in (self.fast, self.local) if model is not None]
        with self._watched(plan, "vllm"):
            found, generation = yield from answered(models, lambda model: self._by_local(plan, model, stream=stream))
        return self._answer(plan, found, "vllm", generation)

    def _by_local(
        self, plan: Plan, model: LocalModel, *, stream: bool
    ) -> Generator[str, None, tuple[Cited, Generation]]:
        said: list[str] = []
        if stream:
            generation = yield from _heard(model.stream(plan.prompt), said, plan)
        else:
            text, generation = model.generate(plan.prompt)
            said.append(text)
        return _cited(plan, said, generation), generation

    def _at_once(self, plan: Plan, found: Cited, backend: str) -> Generator[str, None, Answer]:
        """Say what no model made, of sources that are still there."""
        with self.database.transaction(plan.principal.tenant_id) as transaction:
            held(transaction, plan)
        with self._watched(plan, backend):
            yield found.text
        return self._answer(plan, found, backend, None)

    @contextmanager
    def _watched(self, plan: Plan, backend: str) -> Iterator[None]:
        """Record it where the listener goes or nothing local answers: an answer that was begun ends in the audit."""
        try:
            yield
        except GeneratorExit:
            self._stopped(plan, backend, "client_gone")
            raise
        except LocalModelUnavailableError:
            reasons = (*plan.reasons, Reason(cause=Cause.LOCAL_UNAVAILABLE))
            self._refused(plan.principal, plan.id, reasons)
            raise

    def _recorded(self, plan: Plan) -> Plan:
        """Write the decision: what cannot be recorded does not happen, nor does what rests on an erased source.

        A source that a reviewer raised since it was read keeps the plan local, as does a policy that was tightened
        or an attestation that expired: each counts from its moment on.
        """
        who = plan.principal
        with self.database.transaction(who.tenant_id) as transaction:
            against = (*raised(held(transaction, plan), plan), *self.planner.lapsed(plan, transaction))
            if plan.cloud is not None and against:
                plan = self.planner.kept_local(plan, *against)
            transaction.audit.append(
                entry(
                    who.tenant_id,
                    "prompt_routed",
                    at=self.clock.now(),
                    actor=who.key_id,
                    subject=plan.id,
                    facts=self._facts(plan),
                )
            )
        self.watch.routed(plan.route, plan.reasons)
        return plan

    def _refused(self, who: Principal, answer_id: UUID, reasons: tuple[Reason, ...]) -> None:
        """Write down that a question got no answer, and why."""
        with self.database.transaction(who.tenant_id) as transaction:
            transaction.audit.append(refusal(who, answer_id, reasons, at=self.clock.now()))
        self.watch.refused()

    def _stopped(self, plan: Plan, backend: str, stopped: str) -> None:
        """Write down why an answer is not told to its end."""
        with self.database.transaction(plan.principal.tenant_id) as transaction:
            transaction.audit.append(ending(plan, backend, None, at=self.clock.now(), citations=0, stopped=stopped))

    def _facts(self, plan: Plan) -> dict[str, object]:
        local = self.local.name if self.local else None
        return {
            "route": plan.route.value,
            "reasons": reasons_as_facts(plan.reasons),
            "sources": [_source_facts(hit) for hit in plan.hits],
            "labeller": self.planner.labels.version,
            "model": plan.cloud.model if plan.cloud else local,
            "sha256": plan.cloud.sha256 if plan.cloud else None,
            **context_facts(plan),
            "policy": plan.policy,
            "terms": terms_as_facts(plan.agreement),
        }

    def _answer(
        self, plan: Plan, found: Cited, backend: str, generation: Generation | None, *, stopped: str | None = None
    ) -> Answer:
        """Put the answer together, unless a source was erased while it was made: its words would outlive it.

        Its end is recorded, and the turn kept, in the same transaction as that check. What was stopped is not kept.
        """
        shown = plan.hits[: generation.sources_shown] if generation else plan.hits
        answer = Answer(
            id=plan.id,
            text=found.text,
            citations=tuple(
                Citation(number=one.number, hit=shown[one.number - 1], supports=one.supports) for one in found.credited
            ),
            sources=tuple(Citation(number=number, hit=hit) for number, hit in enumerate(shown, start=1)),
            quotations=found.quotations,
            unsupported=found.unsupported,
            route=plan.route,
            backend=backend,
            model=generation.model if generation else None,
            reasons=plan.reasons,
            generation=generation,
            conversation=plan.context.conversation,
            context=plan.context.turns,
        )
        cites = len(answer.citations)
        end = ending(plan, backend, generation, at=self.clock.now(), citations=cites, stopped=stopped)
        who = plan.principal
        turn_of = nullcontext() if stopped else draft_of(self.keeping, plan, answer)
        with turn_of as turn, self.database.transaction(who.tenant_id) as transaction:
            held(transaction, plan)
            transaction.audit.append(end)
            if turn is not None:
                self.keeping.keep(transaction, who, turn, plan.context)
        return answer


def _heard(pieces: Generator[str, None, Generation], said: list[str], plan: Plan) -> Generator[str, None, Generation]:
    """Pass the pieces on, keeping them."""
    while True:
        try:
            piece = next(pieces)
        except StopIteration as end:
            generation: Generation = end.value
            return generation
        if not said:
            plan.watch.lap("first_token")
        said.append(piece)
        yield piece


def _cited(plan: Plan, said: Sequence[str], generation: Generation) -> Cited:
    """Verify the citations against what the model was finally shown: it may have been less than was planned."""
    shown = plan.hits[: generation.sources_shown]
    stopped = generation.finish == STOPPED
    return cited("".join(said), _texts(shown), question=plan.question.text, stopped=stopped)


def _texts(hits: Sequence[Retrieved]) -> list[str]:
    return [hit.text for hit in hits]


def _source_facts(hit: Retrieved) -> dict[str, object]:
    return {
        "document": str(hit.document_id),
        "ordinal": hit.ordinal,
        "verdict": hit.label.verdict.value,
        "lowered": hit.label.lowered,
    }
