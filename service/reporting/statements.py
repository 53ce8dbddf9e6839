"""What the audit log says of one answer or one document, as sentences that claim no more than it holds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from service.policy.access import DocumentId
from service.ports import AuditRecord
from service.reporting.journeys import Journey, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerReport:
    """Where the data of one answer went (R51)."""

    answer_id: UUID
    asked_at: datetime
    user: str
    outcome: Outcome
    left: bool
    statement: str
    sources: tuple[Mapping[str, object], ...]
    decisions: tuple[Mapping[str, object], ...]
    entries: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentReport:
    """Who was shown parts of one document, and whether any of it left (R51)."""

    document_id: DocumentId
    answers: tuple[AnswerReport, ...]
    users: tuple[str, ...]
    left: int

    @property
    def statement(self) -> str:
        """One sentence for people."""
        if not self.answers:
            return "No answer in this period rests on a document with this id."
        shown = f"{len(self.answers)} answers to {len(self.users)} users in this period rest on this document"
        if not self.left:
            return f"{shown}; none of its text was permitted to leave."
        return f"{shown}; in {self.left} of them harmless or redacted text of it was permitted to leave."


def of_answer(journey: Journey) -> AnswerReport:
    """Tell one journey."""
    return AnswerReport(
        answer_id=journey.answer_id,
        asked_at=journey.at,
        user=journey.user,
        outcome=journey.outcome,
        left=journey.left,
        statement=_statement(journey),
        sources=_sources(journey.decisions),
        decisions=tuple({"at": entry.at.isoformat(), **entry.facts} for entry in journey.decisions),
        entries=tuple(entry.id for entry in journey.entries),
    )


def of_document(document_id: DocumentId, found: Iterable[Journey]) -> DocumentReport:
    """Tell of every journey that had a chunk of the document among its sources, or those of its earlier turns."""
    answers = tuple(of_answer(journey) for journey in found if _rests_on(journey, document_id))
    return DocumentReport(
        document_id=document_id,
        answers=answers,
        users=tuple(sorted({answer.user for answer in answers})),
        left=sum(answer.left for answer in answers),
    )


def _statement(journey: Journey) -> str:
    if not journey.sent and journey.left:
        return "A prompt was permitted to leave, before the period that was asked for."
    if not journey.sent:
        ending = {
            Outcome.REFUSED: "it was refused",
            Outcome.UNFINISHED: "it has no recorded end",
        }.get(journey.outcome, "it was answered inside the building")
        return f"No permit to send this prompt was made; {ending}. First reason: {journey.cause}."
    facts = journey.sent[-1].facts
    hidden = facts.get("redacted")
    text = f"text with {hidden} values behind placeholders" if hidden else "harmless text"
    told = f"A prompt of {text} was permitted to go to {_receiver(facts)} under the hash {facts.get('sha256')}"
    if journey.outcome is Outcome.CLOUD:
        return f"{told}, and answered there."
    return f"{told}; the answer did not come from there ({journey.outcome})."


def _receiver(facts: Mapping[str, object]) -> str:
    terms = cast("Mapping[str, object]", facts.get("terms") or {})
    provider = terms.get("provider", "the cloud")
    return f"{provider} (model {facts.get('model')})"


def _sources(decisions: Sequence[AuditRecord]) -> tuple[Mapping[str, object], ...]:
    known = {
        (source["document"], source["ordinal"]): source
        for entry in decisions
        for source in cast("list[Mapping[str, object]]", entry.facts.get("sources") or [])
    }
    return tuple(known.values())


def _rests_on(journey: Journey, document_id: DocumentId) -> bool:
    """Whether a prompt of the journey held text of the document: as a source, or in an answer made from it before."""
    return document_id in shown_documents(journey)


def shown_documents(journey: Journey) -> frozenset[DocumentId]:
    """Return the documents of which a prompt of the journey held text, as a source or in an answer made before."""
    return frozenset(
        DocumentId(UUID(str(place["document"])))
        for entry in journey.decisions
        for name in ("sources", "context_sources")
        for place in cast("list[Mapping[str, object]]", entry.facts.get(name) or [])
    )
