"""Erases what is due by the rules in force, batch by batch; runs once a day."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from service.auditing import entry
from service.doorbell import ring
from service.erasure import Erasure
from service.errors import RingfenceError
from service.families import held_with_families, lock_families
from service.policy.access import DocumentId, TenantId
from service.policy.retention import Standing
from service.ports import Clock, Database, DocumentRecord, JobQueue, JobRecord, RetentionRecord, Transaction
from service.retaining.judging import Judged, decided, judged

_log = structlog.get_logger()
_BATCH = 50
"""Documents looked at, and erased, in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """Carries the rules out. What is held, or no longer due when its row is locked, stays."""

    database: Database
    queue: JobQueue
    clock: Clock
    erasure: Erasure

    def run(self) -> int:
        """Erase what is due in every tenant; return how many documents. A tenant that fails hinders no other."""
        erased = 0
        for tenant in self.database.tenants():
            try:
                erased += self.run_for(tenant.id)
            except RingfenceError as error:
                _log.error("retention_failed", tenant=str(tenant.id), error=error.code)
        return erased

    def run_for(self, tenant_id: TenantId) -> int:
        """Erase what is due in one tenant; return how many documents."""
        now = self.clock.now()
        with self.database.transaction(tenant_id) as transaction:
            rules = transaction.retention.in_force()
        if rules is None or not rules.rules:
            return 0
        counts, after = Counter[Standing](), None
        oldest = now - timedelta(days=min(rule.keep_days for rule in rules.rules))
        while batch := self._batch(tenant_id, oldest, after):
            after = (batch[-1].created_at, batch[-1].id)
            counts += self._expire(tenant_id, rules, [record.id for record in batch], now)
        self._conclude(tenant_id, rules, now, counts)
        return counts[Standing.DUE]

    def _batch(
        self, tenant_id: TenantId, oldest: datetime, after: tuple[datetime, DocumentId] | None
    ) -> tuple[DocumentRecord, ...]:
        with self.database.transaction(tenant_id) as transaction:
            return transaction.documents.handed_in_until(oldest, limit=_BATCH, after=after)

    def _expire(
        self, tenant_id: TenantId, rules: RetentionRecord, document_ids: Sequence[DocumentId], now: datetime
    ) -> Counter[Standing]:
        with self.database.transaction(tenant_id) as transaction:
            # The rules once more: what was put in force meanwhile may keep these.
            if transaction.retention.in_force() != rules:
                return Counter()
            # By id, as an export and a new turn lock them: in another order two would wait for each other.
            lock_families(transaction, document_ids)
            locked = [transaction.documents.get(document_id) for document_id in sorted(document_ids)]
            records = [record for record in locked if record is not None]
            held = held_with_families(transaction, records, lock=True)
            found = judged(records, rules.rules, held, now=now)
            due = [one for one in found if one.standing is Standing.DUE]
            for one in due:
                self._keep_children(transaction, rules, one.record, now)
            # None goes along with another: what was due in one that is due was found here by itself.
            jobs = [self._erase(transaction, rules, one, now) for one in due if _there(transaction, one)]
        for job in jobs:
            ring(self.queue, job)
        return Counter(one.standing for one in found)

    @staticmethod
    def _keep_children(transaction: Transaction, rules: RetentionRecord, parent: DocumentRecord, now: datetime) -> None:
        """Let what was found in a document that is due outlive it where its own time has not come."""
        for child in transaction.documents.children([parent.id]):
            if decided(child, rules.rules, now=now).standing is not Standing.DUE:
                transaction.documents.update(replace(child, parent_id=parent.parent_id))

    def _erase(self, transaction: Transaction, rules: RetentionRecord, one: Judged, now: datetime) -> JobRecord:
        """Entomb one document. Nobody asked that it never come back: handed in again, it has a new time."""
        job = self.erasure.entomb(transaction, one.record, by=None, refuse=False)
        rule = one.decision.rule
        facts = {
            "reason": "retention",
            "job": str(job.id),
            "version": rules.version,
            "category": rule.category.value if rule and rule.category else "any",
            "keep_days": rule.keep_days if rule else None,
            "handed_in": one.record.created_at,
        }
        record = one.record
        transaction.audit.append(entry(record.tenant_id, "document_expired", at=now, subject=record.id, facts=facts))
        return job

    def _conclude(self, tenant_id: TenantId, rules: RetentionRecord, now: datetime, counts: Counter[Standing]) -> None:
        facts = {
            "version": rules.version,
            "erased": counts[Standing.DUE],
            "held": counts[Standing.HELD],
            "unlabelled": counts[Standing.UNLABELLED],
        }
        with self.database.transaction(tenant_id) as transaction:
            transaction.audit.append(entry(tenant_id, "retention_run", at=now, facts=facts))


def _there(transaction: Transaction, one: Judged) -> bool:
    """Whether it did not just go along with what it was found in."""
    return transaction.documents.get(one.record.id) is not None
