"""The audit entries of an answer: where it was routed, how it ended, or why there was none; ids and counts only."""

import hashlib
from datetime import datetime
from uuid import UUID

from service.answering.plans import Plan
from service.answering.values import Answer
from service.auditing import entry, reasons_as_facts, terms_as_facts
from service.policy.access import Principal
from service.policy.facts import is_code
from service.policy.routing import Reason
from service.ports import AuditEntry, Generation
from service.retrieval import Retrieved


def decision(plan: Plan, *, labeller: str, local: str | None, at: datetime) -> AuditEntry:
    """Return the entry of a plan as it is about to be carried out; `local` is the model that a local one goes to."""
    facts = {
        "route": plan.route.value,
        "reasons": reasons_as_facts(plan.reasons),
        "sources": [_source_facts(hit) for hit in plan.hits],
        "labeller": labeller,
        "model": plan.cloud.model if plan.cloud else local,
        "sha256": plan.cloud.sha256 if plan.cloud else None,
        **_context_facts(plan),
        "policy": plan.policy,
        "terms": terms_as_facts(plan.agreement),
        "redacted": len(plan.redacted) if plan.redacted is not None else 0,
    }
    who = plan.principal
    return entry(who.tenant_id, "prompt_routed", at=at, actor=who.key_id, subject=plan.id, facts=facts)


def ending(plan: Plan, answer: Answer, *, at: datetime) -> AuditEntry:
    """Return the entry that ends an answer; there is one for each. `stopped` says what the output filter found."""
    return _ending(
        plan, answer.backend, answer.generation, at=at, citations=len(answer.citations), stopped=answer.stopped
    )


def broken_off(plan: Plan, backend: str, stopped: str, *, at: datetime) -> AuditEntry:
    """Return the entry of an answer that is not told to its end, and why."""
    return _ending(plan, backend, None, at=at, citations=0, stopped=stopped)


def _ending(
    plan: Plan, backend: str, used: Generation | None, *, at: datetime, citations: int, stopped: str | None
) -> AuditEntry:
    plan.watch.lap("generation")
    facts = {
        "route": plan.route.value,
        "backend": backend,
        "model": used.model if used else None,
        "pin": _pin(used.pin) if used and used.pin else None,
        "finish": used.finish if used else None,
        "input_tokens": (used.input_tokens or None) if used else None,
        "output_tokens": (used.output_tokens or None) if used else None,
        "citations": citations,
        "stopped": stopped,
        "timings": plan.watch.facts(),
    }
    who = plan.principal
    return entry(who.tenant_id, "answer_made", at=at, actor=who.key_id, subject=plan.id, facts=facts)


def _pin(told: str) -> list[str]:
    """Return quantisation and fingerprint as the audit can hold them: what a server calls itself need not be a code."""
    return [word if is_code(word) else f"sha256:{hashlib.sha256(word.encode()).hexdigest()}" for word in told.split()]


def refusal(who: Principal, answer_id: UUID, reasons: tuple[Reason, ...], *, at: datetime) -> AuditEntry:
    """Return the entry of a question that got no answer, with the reasons."""
    facts = {"reasons": reasons_as_facts(reasons)}
    return entry(who.tenant_id, "prompt_refused", at=at, actor=who.key_id, subject=answer_id, facts=facts)


def _context_facts(plan: Plan) -> dict[str, object]:
    """Return which conversation it is, which of its turns are in the context, and how the question was searched for.

    The turn whose verdict is not harmless is the one that keeps the prompt local. `context_sources` is every chunk
    that those turns rest on: their words go wherever the prompt goes.
    """
    context = plan.context
    searched = {"by": plan.searched[0].by, "verdict": plan.searched[1].verdict.value} if plan.searched else None
    return {
        "conversation": str(context.conversation) if context.conversation else None,
        "context": context.facts(),
        "context_sources": [
            {"document": str(document_id), "ordinal": ordinal} for document_id, ordinal in sorted(context.places())
        ],
        "searched": searched,
        "scope": "non_sensitive" if plan.question.harmless_only else "all",
        "timings": plan.watch.facts(),
    }


def _source_facts(hit: Retrieved) -> dict[str, object]:
    return {
        "document": str(hit.document_id),
        "ordinal": hit.ordinal,
        "verdict": hit.label.verdict.value,
        "lowered": hit.label.lowered,
    }
