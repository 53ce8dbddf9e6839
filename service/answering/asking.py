"""Asks the planned backend, cites, and records the decision before anything is sent."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

import structlog

from ingestion.sensitivity import Verdict
from service.answering.planning import Plan, Planner
from service.answering.redacting import not_hidden
from service.answering.saying import Saying, Sayings, stopping
from service.answering.values import Answer, Citation, Question
from service.auditing import entry, reasons_as_facts
from service.citing import Cited, cited, quoted
from service.errors import CloudModelError, SourceErasedError
from service.policy.access import Principal
from service.policy.prompt import Origin
from service.policy.routing import Cause, Reason
from service.ports import AuditEntry, ChunkRecord, Clock, CloudModel, Database, Generation, LocalModel, Transaction
from service.retrieval import Retrieved

_log = structlog.get_logger()

NOTHING_FOUND = "The documents that you may see do not contain an answer to this."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """The ask journey."""

    planner: Planner
    sayings: Sayings
    database: Database
    clock: Clock
    local: LocalModel | None
    cloud: CloudModel | None

    def ask(self, principal: Principal, question: Question) -> Answer:
        """Return the whole answer at once."""
        events = self._events(self.planner.plan(principal, question, stream=False), stream=False)
        while True:
            try:
                next(events)
            except StopIteration as end:
                answer: Answer = end.value
                return answer

    def stream(self, principal: Principal, question: Question) -> Generator[str, None, Answer]:
        """Yield pieces of the answer as they come; return the whole with its evidence.

        Raises LocalModelUnavailableError when the answer must be local and nothing local answers: never
        the cloud instead (R12).
        """
        return (yield from self._events(self.planner.plan(principal, question, stream=True), stream=True))

    def _events(self, plan: Plan, *, stream: bool) -> Generator[str, None, Answer]:
        plan = self._recorded(plan)
        if not plan.hits:
            yield NOTHING_FOUND
            return self._answer(plan, Cited(text=NOTHING_FOUND, numbers=()), "none", None)
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
            if stream:
                generation = yield from _heard(saying.of_stream(model.stream(plan.cloud), model=model.name), said)
            else:
                text, generation = saying.of_whole(model.generate(plan.cloud))
                said.append(text)
        except CloudModelError:
            _log.warning("cloud_answer_failed", answer=str(plan.id), pieces=len(said))
            if said:
                raise
            return None
        return self._answer(plan, cited("".join(said), _texts(plan.hits)), "anthropic", generation, saying)

    def _locally(self, plan: Plan, *, stream: bool) -> Generator[str, None, Answer]:
        saying = self._saying(plan)
        if self.local is None:
            found = quoted(plan.question.text, _texts(plan.hits))
            found = replace(found, text=saying.of_text(found.text))
            answer = self._answer(plan, found, "quotes", None, saying)
            yield found.text
            return answer
        said: list[str] = []
        if stream:
            generation = yield from _heard(
                saying.of_stream(self.local.stream(plan.prompt), model=self.local.name), said
            )
        else:
            text, generation = saying.of_whole(self.local.generate(plan.prompt))
            said.append(text)
        return self._answer(plan, cited("".join(said), _texts(plan.hits)), "vllm", generation, saying)

    def _saying(self, plan: Plan) -> Saying:
        """Return what the answer passes on its way out; made before any model is asked."""
        return self.sayings.of(plan.prompt, tenant_id=plan.principal.tenant_id, values=plan.redacted)

    def _recorded(self, plan: Plan) -> Plan:
        """Write the decision: what cannot be recorded does not happen, nor does what rests on an erased source.

        A source that a reviewer raised since it was read keeps the plan local: a review counts from its commit on.
        """
        who = plan.principal
        with self.database.transaction(who.tenant_id) as transaction:
            now = _sources(transaction, plan)
            raised = tuple(dict.fromkeys(map(_raised, _not_leaving(transaction, plan, now))))
            if plan.cloud is not None and raised:
                plan = self.planner.kept_local(plan, *raised)
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
        return plan

    def _facts(self, plan: Plan) -> dict[str, object]:
        local = self.local.name if self.local else None
        return {
            "route": plan.route.value,
            "reasons": reasons_as_facts(plan.reasons),
            "sources": [_source_facts(hit) for hit in plan.hits],
            "labeller": self.planner.labels.version,
            "model": plan.cloud.model if plan.cloud else local,
            "sha256": plan.cloud.sha256 if plan.cloud else None,
            "redacted": len(plan.redacted) if plan.redacted is not None else 0,
        }

    def _answer(
        self, plan: Plan, found: Cited, backend: str, generation: Generation | None, saying: Saying | None = None
    ) -> Answer:
        """Put the answer together, unless a source was erased while it was made: its words would outlive it."""
        stop = saying.stopped if saying is not None else None
        if stop is not None:
            self._record(stopping(stop, plan.principal, plan.id, route=plan.route, at=self.clock.now()))
        with self.database.transaction(plan.principal.tenant_id) as transaction:
            _sources(transaction, plan)
        sources = tuple(Citation(number=number, hit=hit) for number, hit in enumerate(plan.hits, start=1))
        return Answer(
            id=plan.id,
            text=found.text,
            citations=tuple(source for source in sources if source.number in found.numbers),
            sources=sources,
            route=plan.route,
            backend=backend,
            model=generation.model if generation else None,
            reasons=plan.reasons,
            generation=generation,
            redacted=len(plan.redacted) if plan.redacted is not None else 0,
            stopped=stop.cause.value if stop is not None else None,
            neutralised=saying.neutralised if saying is not None else 0,
        )

    def _record(self, made: AuditEntry) -> None:
        """Write an entry down by itself, whatever becomes of the rest of the answer."""
        with self.database.transaction(made.tenant_id) as transaction:
            transaction.audit.append(made)


def _sources(transaction: Transaction, plan: Plan) -> tuple[ChunkRecord, ...]:
    """Return the plan's sources as they are now. Raises SourceErasedError where one is not there any more (R41)."""
    places = {(hit.document_id, hit.ordinal) for hit in plan.hits}
    now = transaction.chunks.fetch(places)
    if len(now) < len(places):
        raise SourceErasedError
    return now


def _not_leaving(transaction: Transaction, plan: Plan, now: Sequence[ChunkRecord]) -> Sequence[ChunkRecord]:
    """Return the sources that may not leave as they are now; what a redacted prompt hides may be sensitive."""
    sensitive = [chunk for chunk in now if not chunk.label.harmless]
    return sensitive if plan.redacted is None else not_hidden(transaction, plan.hits, sensitive)


def _raised(chunk: ChunkRecord) -> Reason:
    cause = Cause.SENSITIVE if chunk.label.verdict is Verdict.SENSITIVE else Cause.UNKNOWN
    return Reason(cause=cause, origin=Origin.CHUNK, categories=tuple(sorted(chunk.label.categories)))


def _heard(pieces: Generator[str, None, Generation], said: list[str]) -> Generator[str, None, Generation]:
    """Pass the pieces on, keeping them."""
    while True:
        try:
            piece = next(pieces)
        except StopIteration as end:
            generation: Generation = end.value
            return generation
        said.append(piece)
        yield piece


def _texts(hits: Sequence[Retrieved]) -> list[str]:
    return [hit.text for hit in hits]


def _source_facts(hit: Retrieved) -> dict[str, object]:
    return {
        "document": str(hit.document_id),
        "ordinal": hit.ordinal,
        "verdict": hit.label.verdict.value,
        "lowered": hit.label.lowered,
    }
