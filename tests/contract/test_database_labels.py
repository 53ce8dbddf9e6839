"""The promises about reviews and labeller versions, kept by the twin and by PostgreSQL alike (R6)."""

from dataclasses import replace
from uuid import uuid4

import pytest

from ingestion.reviewing import Review
from service.errors import NotFoundError, RingfenceError
from service.policy.access import DocumentId, TenantId
from service.ports import Database, DocumentState, JobKind, JobState, LabellingCounts
from tests.contract.databases import database, migrated_database, postgres, tenant, tenant_in
from tests.records import MINUTE, NOON, a_chunk, a_document, a_job, a_label, a_review

__all__ = ["database", "migrated_database", "postgres", "tenant"]


def test_a_chunk_keeps_what_the_labeller_said_beside_what_counts(database: Database, tenant: TenantId) -> None:
    record = a_document(tenant)
    lowered = replace(a_label(), dismissed=frozenset(), doubts_dismissed=True, reasons=())
    chunks = (
        replace(a_chunk(record.id, 0), label=lowered, machine_label=a_label()),
        a_chunk(record.id, 1),
    )
    with database.transaction(tenant) as transaction:
        transaction.documents.add(record)
        transaction.chunks.replace(record.id, chunks)
        assert transaction.chunks.of(record.id) == chunks
        assert [chunk.machine for chunk in transaction.chunks.of(record.id)] == [a_label(), a_label()]


def test_a_chunk_has_one_review_and_it_is_the_last(database: Database, tenant: TenantId) -> None:
    record = a_document(tenant)
    first, second = a_review(tenant, record.id, 1), a_review(tenant, record.id, 0)
    later = replace(first, review=Review(doubts_dismissed=True), note=None, reviewed_at=NOON + MINUTE)
    with database.transaction(tenant) as transaction:
        transaction.documents.add(record)
        for review in (first, second, later):
            transaction.reviews.put(review)
        assert transaction.reviews.of(record.id) == (second, later)
        assert transaction.reviews.of(DocumentId(uuid4())) == ()


def test_reviews_outlive_the_chunks_rows_and_go_with_the_document(database: Database, tenant: TenantId) -> None:
    """R41: relabelling writes the rows anew; an erasure leaves nothing."""
    record, other = a_document(tenant), a_document(tenant)
    kept = a_review(tenant, other.id)
    with database.transaction(tenant) as transaction:
        for one in (record, other):
            transaction.documents.add(one)
        transaction.reviews.put(a_review(tenant, record.id))
        transaction.reviews.put(kept)
        transaction.chunks.replace(record.id, [])
        assert len(transaction.reviews.of(record.id)) == 1
        transaction.documents.delete(record.id)
        assert transaction.reviews.of(record.id) == ()
        assert transaction.reviews.of(other.id) == (kept,)
        transaction.reviews.clear(other.id)
        assert transaction.reviews.of(other.id) == ()


def test_a_document_that_is_gone_cannot_be_reviewed(database: Database, tenant: TenantId) -> None:
    """R43."""

    def review() -> None:
        with database.transaction(tenant) as transaction:
            transaction.reviews.put(a_review(tenant, DocumentId(uuid4())))

    with pytest.raises(NotFoundError):
        review()


def test_a_review_of_another_tenants_document_is_refused(database: Database, tenant: TenantId) -> None:
    """R30: neither under its own tenant nor under ours."""
    record = a_document(tenant)
    with database.transaction(tenant) as transaction:
        transaction.documents.add(record)
    other = tenant_in(database)

    def review(owner: TenantId) -> None:
        with database.transaction(other) as transaction:
            transaction.reviews.put(a_review(owner, record.id))

    for owner in (tenant, other):
        with pytest.raises(RingfenceError):
            review(owner)


def test_stale_documents_come_oldest_first_and_without_those_being_done(database: Database, tenant: TenantId) -> None:
    ages = {name: NOON + minute * MINUTE for minute, name in enumerate(["old", "new", "open", "done"])}
    record = {name: replace(a_document(tenant, created_at=age), labeller_version="v1") for name, age in ages.items()}
    unnoted = a_document(tenant, created_at=NOON - MINUTE)
    current = replace(a_document(tenant), labeller_version="v2")
    processing = replace(a_document(tenant, state=DocumentState.PROCESSING), labeller_version="v1")
    with database.transaction(tenant) as transaction:
        for one in (*record.values(), unnoted, current, processing):
            transaction.documents.add(one)
        for name, state in [("open", JobState.RUNNING), ("done", JobState.SUCCEEDED)]:
            job = a_job(tenant, document_id=record[name].id, state=state)
            transaction.jobs.add(replace(job, kind=JobKind.RELABEL))
        transaction.jobs.add(a_job(tenant, document_id=record["old"].id))  # of another kind
        expected = (unnoted, record["old"], record["new"], record["done"])
        assert transaction.documents.stale(version="v2", limit=10) == expected
        assert transaction.documents.stale(version="v2", limit=2) == expected[:2]
        assert transaction.documents.stale(version="v2", limit=0) == ()


def test_what_a_version_could_not_label_is_left_out_until_asked_for(database: Database, tenant: TenantId) -> None:
    failed = replace(a_document(tenant), labeller_version="v1", relabel_failed="v2")
    with database.transaction(tenant) as transaction:
        transaction.documents.add(failed)
        assert transaction.documents.stale(version="v2", limit=9) == ()
        assert transaction.documents.stale(version="v2", limit=9, failed=True) == (failed,)
        assert transaction.documents.stale(version="v3", limit=9) == (failed,)


def test_ready_documents_are_counted_by_what_a_version_did(database: Database, tenant: TenantId) -> None:
    with database.transaction(tenant) as transaction:
        for version, failed in [("v2", None), ("v2", None), ("v2", "v2"), ("v1", None), (None, "v1"), ("v1", "v2")]:
            record = replace(a_document(tenant), labeller_version=version, relabel_failed=failed)
            transaction.documents.add(record)
        transaction.documents.add(a_document(tenant, state=DocumentState.FAILED))
        assert transaction.documents.labelling(version="v2") == LabellingCounts(current=3, stale=2, failed=1)


def test_open_jobs_are_those_queued_and_running_of_a_kind(database: Database, tenant: TenantId) -> None:
    jobs = {
        state: replace(a_job(tenant, state=state, created_at=NOON + minute * MINUTE), kind=JobKind.RELABEL)
        for minute, state in enumerate(JobState)
    }
    with database.transaction(tenant) as transaction:
        for job in (*jobs.values(), a_job(tenant)):
            transaction.jobs.add(job)
        queued, running = jobs[JobState.QUEUED], jobs[JobState.RUNNING]
        assert transaction.jobs.open(JobKind.RELABEL) == (queued, running)
        assert transaction.jobs.open(JobKind.RELABEL, document_id=running.document_id) == (running,)
