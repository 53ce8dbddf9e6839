"""Asks the planned backend, cites, and records the decision before anything is sent."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

import structlog

from service.answering.evidence import broken_off, decision, ending, refusal
from service.answering.grounds import held, raised
from service.answering.planning import Planner
from service.answering.plans import Plan
from service.answering.retelling import draft_of, retold
from service.answering.saying import Saying, Sayings, stopping
from service.answering.tiers import answered
from service.answering.told import Told, answer_of, heard, quotes_of, told_of
from service.answering.values import Answer, PromptRefusedError, Question
from service.citing import nothing_found
from service.conversations import Keeping
from service.errors import (
    CloudModelError,
    ConflictError,
    EgressRefusedError,
    LocalModelUnavailableError,
    NotFoundError,
)
from service.policy.access import Principal
from service.policy.routing import Cause, Reason
from service.ports import AuditEntry, Clock, CloudModel, Database, LocalModel, TurnRecord
from service.tracing import note, traced
from service.watching import Watch

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """The ask journey."""

    planner: Planner
    keeping: Keeping
    sayings: Sayings
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
        return self.keeping.repeated(
            principal,
            request,
            question.text,
            conversation_id=question.conversation,
            harmless_only=question.harmless_only,
        )

    def _events(self, plan: Plan, *, stream: bool) -> Generator[str, None, Answer]:
        plan = self._recorded(plan)
        note(answer=str(plan.id), route=plan.route.value, cause=plan.reasons[0].cause.value, hits=len(plan.hits))
        if not plan.hits:
            found = nothing_found(plan.question.text, harmless_only=plan.question.harmless_only)
            return (yield from self._at_once(plan, Told(found=found), "none"))
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
        saying = self._saying(plan)
        try:
            with self._watched(plan, "anthropic"), self._stops(plan, saying):
                if stream:
                    pieces = saying.of_stream(model.stream(plan.cloud), model=model.name)
                    generation = yield from heard(pieces, said, plan)
                else:
                    text, generation = saying.of_whole(model.generate(plan.cloud))
                    said.append(text)
                told = told_of(plan, said, generation, saying)
        except (CloudModelError, EgressRefusedError) as error:
            _log.warning("cloud_answer_failed", answer=str(plan.id), pieces=len(said), error=error.code)
            if said:
                self._stopped(plan, "anthropic", "cloud_failed")
                raise
            return None
        return self._answer(plan, told, "anthropic")

    def _locally(self, plan: Plan, *, stream: bool) -> Generator[str, None, Answer]:
        if self.local is None:
            saying = self._saying(plan)
            with self._stops(plan, saying):
                told = quotes_of(plan, saying)
            return (yield from self._at_once(plan, told, "quotes"))
        models = [model for model in (self.fast, self.local) if model is not None]
        with self._watched(plan, "vllm"):
            told = yield from answered(models, lambda model: self._by_local(plan, model, stream=stream))
        return self._answer(plan, told, "vllm")

    def _by_local(self, plan: Plan, model: LocalModel, *, stream: bool) -> Generator[str, None, Told]:
        said: list[str] = []
        saying = self._saying(plan)
        with self._stops(plan, saying):
            if stream:
                pieces = saying.of_stream(model.stream(plan.prompt), model=model.name)
                generation = yield from heard(pieces, said, plan)
            else:
                text, generation = saying.of_whole(model.generate(plan.prompt))
                said.append(text)
            return told_of(plan, said, generation, saying)

    def _saying(self, plan: Plan) -> Saying:
        """Return what the answer passes on its way out; made before any model is asked."""
        return self.sayings.of(plan.prompt, tenant_id=plan.principal.tenant_id, values=plan.redacted)

    def _at_once(self, plan: Plan, told: Told, backend: str) -> Generator[str, None, Answer]:
        """Say what no model made, of sources that are still there."""
        with self.database.transaction(plan.principal.tenant_id) as transaction:
            held(transaction, plan)
        with self._watched(plan, backend):
            yield told.found.text
        return self._answer(plan, told, backend)

    @contextmanager
    def _stops(self, plan: Plan, saying: Saying) -> Iterator[None]:
        """Record a stop as soon as the model is heard no more: also where the listener goes with its last piece."""
        try:
            yield
        finally:
            if saying.stopped is not None:
                self._record(stopping(saying.stopped, plan.principal, plan.id, route=plan.route, at=self.clock.now()))

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
            against = (*raised(transaction, held(transaction, plan), plan), *self.planner.lapsed(plan, transaction))
            if plan.cloud is not None and against:
                plan = self.planner.kept_local(plan, *against)
            local = self.local.name if self.local else None
            labeller = self.planner.labels.version
            transaction.audit.append(decision(plan, labeller=labeller, local=local, at=self.clock.now()))
        self.watch.routed(plan.route, plan.reasons)
        return plan

    def _refused(self, who: Principal, answer_id: UUID, reasons: tuple[Reason, ...]) -> None:
        """Write down that a question got no answer, and why."""
        self._record(refusal(who, answer_id, reasons, at=self.clock.now()))
        self.watch.refused()

    def _stopped(self, plan: Plan, backend: str, stopped: str) -> None:
        """Write down why an answer is not told to its end."""
        self._record(broken_off(plan, backend, stopped, at=self.clock.now()))

    def _answer(self, plan: Plan, told: Told, backend: str) -> Answer:
        """Put the answer together, unless a source was erased while it was made: its words would outlive it.

        Its end is recorded, and the turn kept, in the same transaction as that check. What was stopped is not kept.
        Where that check fails, the answer ends in the audit all the same: a model was asked.
        """
        answer = answer_of(plan, told, backend)
        end = ending(plan, answer, at=self.clock.now())
        who = plan.principal
        turn_of = nullcontext() if answer.stopped else draft_of(self.keeping, plan, answer)
        try:
            with turn_of as turn, self.database.transaction(who.tenant_id) as transaction:
                held(transaction, plan)
                transaction.audit.append(end)
                if turn is not None:
                    self.keeping.keep(transaction, who, turn, plan.context)
        except (ConflictError, NotFoundError) as error:  # a source or the conversation is gone, or it was told already
            self._record(ending(plan, replace(answer, stopped=error.code), at=self.clock.now()))
            raise
        return answer

    def _record(self, made: AuditEntry) -> None:
        """Write an entry down by itself, whatever becomes of the rest of the answer."""
        with self.database.transaction(made.tenant_id) as transaction:
            transaction.audit.append(made)
