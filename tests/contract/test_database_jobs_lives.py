"""The promises of ports.JobTable on waiting, progress, cancelling, dead letters, and of ports.IntakeTable (R60)."""

from dataclasses import replace
from uuid import uuid4

import pytest

from service.policy.access import JobId, KeyId, TenantId
from service.ports import (
    Database,
    DocumentState,
    IntakeRecord,
    JobCount,
    JobFilter,
    JobKind,
    JobRecord,
    JobState,
    Priority,
    Stage,
    Transaction,
)
from tests.contract.databases import database, migrated_database, postgres, tenant
from tests.records import MINUTE, NOON, a_document, a_job

__all__ = ["database", "migrated_database", "postgres", "tenant"]


def _claim(transaction: Transaction, job: JobRecord, *, minute: int = 0) -> JobRecord | None:
    now = NOON + minute * MINUTE
    return transaction.jobs.claim(job.id, kind=job.kind, now=now, lease_until=now + 2 * MINUTE)


def test_every_field_of_a_job_is_kept(database: Database, tenant: TenantId) -> None:
    job = replace(
        a_job(tenant),
        priority=Priority.BULK,
        not_before=NOON + MINUTE,
        stage=Stage.EMBEDDING.value,
        done=3,
        total=17,
        deferrals=2,
        setback="part_unavailable",
    )
    with database.transaction(tenant) as transaction:
        transaction.jobs.add(job)
    with database.transaction(tenant) as transaction:
        assert transaction.jobs.get(job.id, lock=True) == job


def test_a_job_whose_time_has_not_come_is_taken_by_nobody_and_rung_for_by_nobody(
    database: Database, tenant: TenantId
) -> None:
    job = replace(a_job(tenant), not_before=NOON + 5 * MINUTE)
    with database.transaction(tenant) as transaction:
        transaction.jobs.add(job)
        early, due = NOON + 4 * MINUTE, NOON + 5 * MINUTE
        assert _claim(transaction, job, minute=4) is None
        assert transaction.jobs.claim_fresh(job.kind, now=early, lease_until=due, limit=5) == ()
        assert transaction.jobs.waiting(now=early, queued_before=early, limit=5) == ()
        assert transaction.jobs.waiting(now=due, queued_before=due, limit=5) == (job,)
        assert _claim(transaction, job, minute=5) is not None


def test_kinds_that_are_not_asked_for_are_not_rung_for(database: Database, tenant: TenantId) -> None:
    ingest, erase = a_job(tenant), replace(a_job(tenant), kind=JobKind.ERASE)
    with database.transaction(tenant) as transaction:
        for job in (ingest, erase):
            transaction.jobs.add(job)
        later = NOON + MINUTE
        only = transaction.jobs.waiting(now=later, queued_before=later, limit=5, kinds={JobKind.ERASE})
        assert only == (erase,)


def test_whoever_held_a_revoked_job_writes_no_more(database: Database, tenant: TenantId) -> None:
    job = a_job(tenant)
    with database.transaction(tenant) as transaction:
        transaction.jobs.add(job)
        held = _claim(transaction, job)
        assert held is not None
        cancelled = transaction.jobs.revoke(replace(held, state=JobState.CANCELLED, lease_until=None))
        assert cancelled == replace(held, state=JobState.CANCELLED, lease_until=None, fence=2)
        assert transaction.jobs.get(job.id) == cancelled
        assert not transaction.jobs.holds(held)
        assert not transaction.jobs.update(replace(held, state=JobState.SUCCEEDED))
        assert transaction.jobs.revoke(held) is None


def test_progress_is_told_by_the_holder_only(database: Database, tenant: TenantId) -> None:
    mine, lost, queued = a_job(tenant), a_job(tenant), a_job(tenant)
    with database.transaction(tenant) as transaction:
        for job in (mine, lost, queued):
            transaction.jobs.add(job)
        _claim(transaction, mine)
        _claim(transaction, lost)
        held = [(mine.id, 1), (lost.id, 0), (queued.id, 0)]
        transaction.jobs.progress(held, stage=Stage.LABELLING, done=4, total=9, at=NOON + MINUTE)
        transaction.jobs.progress([], stage=Stage.WRITING, done=1, total=1, at=NOON)
        told = [transaction.jobs.get(job.id) for job in (mine, lost, queued)]
        assert [(job.stage, job.done, job.total, job.updated_at) for job in told if job] == [
            ("labelling", 4, 9, NOON + MINUTE),
            ("", 0, 0, NOON),
            ("", 0, 0, NOON),
        ]


def test_running_jobs_with_an_expired_lease_are_found_oldest_first(database: Database, tenant: TenantId) -> None:
    old = a_job(tenant, state=JobState.RUNNING, lease_until=NOON, created_at=NOON - 2 * MINUTE)
    new = a_job(tenant, state=JobState.RUNNING, lease_until=NOON)
    alive = a_job(tenant, state=JobState.RUNNING, lease_until=NOON + MINUTE)
    with database.transaction(tenant) as transaction:
        for job in (new, alive, a_job(tenant), old):
            transaction.jobs.add(job)
        assert transaction.jobs.expired(now=NOON, limit=9) == (old, new)
        assert transaction.jobs.expired(now=NOON, limit=1) == (old,)


@pytest.mark.parametrize(
    "only",
    [
        JobFilter(state=JobState.FAILED),
        JobFilter(kind=JobKind.RELABEL),
        JobFilter(priority=Priority.BULK),
        JobFilter(reason="encrypted"),
        JobFilter(state=JobState.FAILED, reason="encrypted"),
    ],
    ids=["state", "kind", "priority", "reason", "two at once"],
)
def test_a_page_holds_what_is_asked_for(database: Database, tenant: TenantId, only: JobFilter) -> None:
    meant = replace(
        a_job(tenant, state=JobState.FAILED), kind=JobKind.RELABEL, priority=Priority.BULK, failure="encrypted"
    )
    other = a_job(tenant, created_at=NOON + MINUTE)
    with database.transaction(tenant) as transaction:
        for job in (meant, other):
            transaction.jobs.add(job)
        assert transaction.jobs.page(limit=9, only=only) == (meant,)
        # The last one of a page may have changed its state before the next page is asked for.
        assert transaction.jobs.page(limit=9, after=other.id, only=only) == (meant,)


def test_dead_are_ingestions_without_a_result_whose_document_waits(database: Database, tenant: TenantId) -> None:
    failed, cancelled, elsewhere = (a_document(tenant, state=DocumentState.FAILED) for _ in range(3))
    ready = a_document(tenant, state=DocumentState.READY)
    encrypted = replace(a_job(tenant, document_id=failed.id, state=JobState.FAILED), failure="encrypted")
    stopped = replace(a_job(tenant, document_id=cancelled.id, state=JobState.CANCELLED), failure="cancelled")
    others = [
        replace(a_job(tenant, state=JobState.FAILED), failure="encrypted"),  # its document was erased
        replace(a_job(tenant, document_id=ready.id, state=JobState.FAILED), failure="encrypted"),
        replace(a_job(tenant, document_id=elsewhere.id, state=JobState.FAILED), kind=JobKind.RELABEL),
        a_job(tenant, document_id=elsewhere.id),
    ]
    with database.transaction(tenant) as transaction:
        for document in (failed, cancelled, elsewhere, ready):
            transaction.documents.add(document)
        for job in (encrypted, stopped, *others):
            transaction.jobs.add(job)
        first, second = sorted((encrypted, stopped), key=lambda job: job.document_id)
        assert transaction.jobs.dead(limit=9) == (first, second)
        assert transaction.jobs.dead(limit=1) == (first,)
        assert transaction.jobs.dead(limit=9, after=(first.document_id, first.id)) == (second,)
        assert transaction.jobs.dead(limit=9, reason="encrypted") == (encrypted,)
        assert transaction.jobs.reasons() == {"encrypted": 1, "cancelled": 1}
        assert transaction.documents.counts()[DocumentState.FAILED] == 3


def test_jobs_are_counted_by_kind_priority_state_and_stage(database: Database, tenant: TenantId) -> None:
    bulk = replace(a_job(tenant), priority=Priority.BULK, stage="waiting")
    with database.transaction(tenant) as transaction:
        for job in (bulk, replace(bulk, id=JobId(uuid4())), a_job(tenant, state=JobState.FAILED)):
            transaction.jobs.add(job)
        assert transaction.jobs.tally() == (
            JobCount(kind=JobKind.INGEST, priority=Priority.BULK, state=JobState.QUEUED, stage="waiting", jobs=2),
            JobCount(kind=JobKind.INGEST, priority=Priority.INTERACTIVE, state=JobState.FAILED, stage="", jobs=1),
        )


def test_a_tenant_is_paused_and_resumed_once(database: Database, tenant: TenantId) -> None:
    who = KeyId(uuid4())
    with database.transaction(tenant) as transaction:
        assert transaction.intake.get() is None
        assert not transaction.intake.resume()
        assert transaction.intake.pause(NOON, who)
        assert not transaction.intake.pause(NOON + MINUTE, KeyId(uuid4()))
        assert transaction.intake.get() == IntakeRecord(tenant_id=tenant, paused_at=NOON, paused_by=who)
        assert transaction.intake.resume()
        assert transaction.intake.get() == IntakeRecord(tenant_id=tenant)


def test_a_sweep_is_noted_now_and_then(database: Database, tenant: TenantId) -> None:
    with database.transaction(tenant) as transaction:
        transaction.intake.swept(NOON, unless_since=NOON - MINUTE)
        transaction.intake.swept(NOON + MINUTE, unless_since=NOON)
        assert transaction.intake.get() == IntakeRecord(tenant_id=tenant, swept_at=NOON)
        transaction.intake.swept(NOON + 2 * MINUTE, unless_since=NOON + MINUTE)
        assert transaction.intake.get() == IntakeRecord(tenant_id=tenant, swept_at=NOON + 2 * MINUTE)
