"""Reports over the wire, version 1."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from service.reporting import Outcome
from service.reporting.budget import Budget, Count
from service.reporting.statements import AnswerReport, DocumentReport


class CountBody(Struct, kw_only=True):
    """Questions counted: by how they ended, and by the first reason of the last decision. `left`: prompts sent out."""

    questions: int
    outcomes: dict[Outcome, int]
    left: int
    reasons: dict[str, int]

    @classmethod
    def of(cls, count: Count) -> "CountBody":
        """Present a count."""
        return cls(
            questions=count.questions, outcomes=dict(count.outcomes), left=count.left, reasons=dict(count.reasons)
        )


class BudgetBody(Struct, kw_only=True):
    """The privacy budget of a period; users and days each sum to the total."""

    total: CountBody
    users: dict[str, CountBody]
    days: dict[date, CountBody]

    @classmethod
    def of(cls, budget: Budget) -> "BudgetBody":
        """Present a budget."""
        return cls(
            total=CountBody.of(budget.total),
            users={user: CountBody.of(count) for user, count in budget.users.items()},
            days={day: CountBody.of(count) for day, count in budget.days.items()},
        )


class AnswerReportBody(Struct, kw_only=True):
    """Where the data of one answer went, by the audit entries named in `entries`."""

    answer_id: UUID
    asked_at: datetime
    user: str
    outcome: Outcome
    left: bool
    statement: str
    sources: list[dict[str, Any]]
    decisions: list[dict[str, Any]]
    entries: list[UUID]

    @classmethod
    def of(cls, report: AnswerReport) -> "AnswerReportBody":
        """Present a report."""
        return cls(
            answer_id=report.answer_id,
            asked_at=report.asked_at,
            user=report.user,
            outcome=report.outcome,
            left=report.left,
            statement=report.statement,
            sources=[dict(source) for source in report.sources],
            decisions=[dict(decision) for decision in report.decisions],
            entries=list(report.entries),
        )


class DocumentReportBody(Struct, kw_only=True):
    """Who was shown parts of a document, and whether any of it was permitted to leave."""

    document_id: UUID
    statement: str
    users: list[str]
    left: int
    answers: list[AnswerReportBody]

    @classmethod
    def of(cls, report: DocumentReport) -> "DocumentReportBody":
        """Present a report."""
        return cls(
            document_id=report.document_id,
            statement=report.statement,
            users=list(report.users),
            left=report.left,
            answers=[AnswerReportBody.of(answer) for answer in report.answers],
        )
