"""Reports over HTTP and on the command line: whoever may read the audit reads them all, everybody their own budget."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from service.auditing import pseudonym_of
from service.errors import InvalidRequestError, NotFoundError, NotPermittedError
from service.policy.access import DocumentId, Permission, Principal, TenantId
from service.ports import AuditRecord, Database, KeyStore
from service.reporting.budget import Budget, budget
from service.reporting.journeys import ACTIONS, Journey, journeys
from service.reporting.statements import AnswerReport, DocumentReport, of_answer, of_document

_STEP = timedelta(days=1)
"""How much of the log one query reads, so that a year of it never lies in memory at once."""
_LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From `since` up to, but not including, `until`. Raises InvalidRequestError where that is nothing or too long."""

    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        """Refuse what cannot be reported on."""
        if self.since.tzinfo is None or self.until.tzinfo is None:
            message = "say the times with their zone, such as 2026-01-31T00:00:00Z"
            raise InvalidRequestError(message)
        if not self.since < self.until <= self.since + _LONGEST:
            message = "a period ends after it begins and lasts at most 366 days"
            raise InvalidRequestError(message)

    def steps(self) -> Iterator[tuple[datetime, datetime]]:
        """Yield the period piece by piece, oldest first."""
        start = self.since
        while start < self.until:
            end = min(start + _STEP, self.until)
            yield start, end
            start = end


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """Reads the audit log of the principal's tenant and nothing else."""

    database: Database
    keys: KeyStore

    def budget(self, principal: Principal, period: Period) -> Budget:
        """Count every question of the tenant. Raises NotPermittedError."""
        return budget(self.journeys(principal, period))

    def journeys(self, principal: Principal, period: Period) -> Iterator[Journey]:
        """Yield every question of the tenant as it ended. Raises NotPermittedError."""
        self._check(principal)
        return self._journeys(principal.tenant_id, period)

    def own_budget(self, principal: Principal, period: Period) -> Budget:
        """Count the principal's own questions."""
        if not principal.may(Permission.ASK):
            raise NotPermittedError
        own = pseudonym_of(self.keys, principal.tenant_id, principal.key_id)
        return budget(one for one in self._journeys(principal.tenant_id, period) if one.user == own)

    def answer(self, principal: Principal, answer_id: UUID) -> AnswerReport:
        """Tell where the data of one answer went. Raises NotFoundError."""
        self._check(principal)
        with self.database.transaction(principal.tenant_id) as transaction:
            newest_first = transaction.audit.page(limit=100, subject=answer_id)
        for journey in journeys(reversed(newest_first)):
            return of_answer(journey)
        raise NotFoundError

    def document(self, principal: Principal, document_id: DocumentId, period: Period) -> DocumentReport:
        """Tell who was shown parts of a document; an erased one, too, for the log keeps its id and nothing else."""
        return of_document(document_id, self.journeys(principal, period))

    def _journeys(self, tenant_id: TenantId, period: Period) -> Iterator[Journey]:
        return journeys(self.entries(tenant_id, period))

    def entries(self, tenant_id: TenantId, period: Period) -> Iterator[AuditRecord]:
        """Yield the entries about questions, oldest first."""
        for since, until in period.steps():
            with self.database.transaction(tenant_id) as transaction:
                found = transaction.audit.between(since=since, until=until, actions=ACTIONS)
            yield from found

    @staticmethod
    def _check(principal: Principal) -> None:
        if not principal.may(Permission.SEE_AUDIT):
            raise NotPermittedError
