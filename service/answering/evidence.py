"""The audit entries that an answer leaves: how it ended, or why there was none; ids and counts, never content."""

from datetime import datetime
from uuid import UUID

from service.answering.planning import Plan
from service.auditing import entry, reasons_as_facts
from service.policy.access import Principal
from service.policy.routing import Reason
from service.ports import AuditEntry, Generation


def ending(
    plan: Plan, backend: str, generation: Generation | None, *, at: datetime, citations: int, stopped: str | None
) -> AuditEntry:
    """Return the entry that ends an answer; there is one for each. `stopped` says why it was not told to its end."""
    plan.watch.lap("generation")
    facts = {
        "route": plan.route.value,
        "backend": backend,
        "model": generation.model if generation else None,
        "finish": generation.finish if generation else None,
        "input_tokens": generation.input_tokens if generation else None,
        "output_tokens": generation.output_tokens if generation else None,
        "citations": citations,
        "stopped": stopped,
        "timings": plan.watch.facts(),
    }
    who = plan.principal
    return entry(who.tenant_id, "answer_made", at=at, actor=who.key_id, subject=plan.id, facts=facts)


def refusal(who: Principal, answer_id: UUID, reasons: tuple[Reason, ...], *, at: datetime) -> AuditEntry:
    """Return the entry of a question that got no answer, with the reasons."""
    facts = {"reasons": reasons_as_facts(reasons)}
    return entry(who.tenant_id, "prompt_refused", at=at, actor=who.key_id, subject=answer_id, facts=facts)


def context_facts(plan: Plan) -> dict[str, object]:
    """Return which conversation it is, which of its turns are in the context, and how the question was searched for.

    The turn whose verdict is not harmless is the one that keeps the prompt local.
    """
    context = plan.context
    searched = {"by": plan.searched[0].by, "verdict": plan.searched[1].verdict.value} if plan.searched else None
    return {
        "conversation": str(context.conversation) if context.conversation else None,
        "context": context.facts(),
        "searched": searched,
        "scope": "non_sensitive" if plan.question.harmless_only else "all",
        "timings": plan.watch.facts(),
    }
