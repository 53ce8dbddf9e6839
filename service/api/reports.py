"""Reports over HTTP: the privacy budget, and where the data of an answer or a document went."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from service.api.problems import documented
from service.api.report_schemas import AnswerReportBody, BudgetBody, DocumentReportBody
from service.errors import ConflictError, NotFoundError
from service.policy.access import DocumentId, Principal
from service.product import Ringfence
from service.reporting.reports import Period

_ZIP = "application/zip"
Since = Annotated[datetime, QueryParameter(description="First moment, with its zone: 2026-01-01T00:00:00Z.")]
Until = Annotated[datetime, QueryParameter(description="First moment after the period; at most 366 days later.")]


@get("/budget", sync_to_thread=True, summary="Privacy budget", responses=documented())
def budget(
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
    since: Since,
    until: Until,
    *,
    mine: Annotated[bool, QueryParameter(description="Only the caller's own questions.")] = False,
) -> BudgetBody:
    """Count local and cloud answers with their reasons; the sums equal the audit."""
    ask = ringfence.reporting.own_budget if mine else ringfence.reporting.budget
    return BudgetBody.of(ask(principal, Period(since=since, until=until)))


@get("/answers/{answer_id:uuid}", sync_to_thread=True, summary="One answer", responses=documented(NotFoundError))
def answer_report(
    answer_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> AnswerReportBody:
    """Tell where the data of one answer went."""
    return AnswerReportBody.of(ringfence.reporting.answer(principal, answer_id))


@get("/documents/{document_id:uuid}", sync_to_thread=True, summary="One document", responses=documented())
def document_report(
    document_id: FromPath[UUID],
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
    since: Since,
    until: Until,
) -> DocumentReportBody:
    """Tell who was shown parts of a document, erased or not, and whether any of it was permitted to leave."""
    period = Period(since=since, until=until)
    return DocumentReportBody.of(ringfence.reporting.document(principal, DocumentId(document_id), period))


@get(
    "/evidence",
    sync_to_thread=True,
    summary="Evidence pack",
    media_type=_ZIP,
    responses=documented(ConflictError),
)
def evidence_pack(
    principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence], since: Since, until: Until
) -> Response[bytes]:
    """Return a zip for auditors: policy in force, register, routing evidence, signed log; nothing in it is content."""
    pack = ringfence.evidence.of(principal, Period(since=since, until=until))
    disposition = 'attachment; filename="ringfence-evidence.zip"'
    return Response(pack, media_type=_ZIP, headers={"content-disposition": disposition})


reports = Router(
    "/v1/reports", route_handlers=[budget, answer_report, document_report, evidence_pack], tags=["reports"]
)
