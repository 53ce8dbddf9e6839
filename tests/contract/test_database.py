"""The promises of ports.Database, kept by the twin and by PostgreSQL alike: tenants, keys, evidence."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from service.errors import ConflictError, NotFoundError, RingfenceError
from service.policy.access import DocumentId, JobId, KeyId, TenantId
from service.ports import Database, DocumentState, JobKind, Tombstone, Transaction
from tests.contract.databases import a_scope, database, migrated_database, postgres, tenant, tenant_in
from tests.records import (
    MINUTE,
    NOON,
    a_canary,
    a_chunk,
    a_document,
    a_job,
    a_refusal,
    a_review,
    a_tenant,
    an_api_key,
    an_audit_entry,
)

__all__ = ["database", "migrated_database", "postgres", "tenant"]


def test_what_a_transaction_wrote_is_there_after_it(database: Database, tenant: TenantId) -> None:
    record = a_document(tenant, external="e1")
    with database.transaction(tenant) as transaction:
        transaction.documents.add(record)
    with database.transaction(tenant) as transaction:
        assert transaction.documents.get(record.id) == record


def test_a_transaction_that_fails_leaves_no_trace(database: Database, tenant: TenantId) -> None:
    kept = a_document(tenant)
    with database.transaction(tenant) as transaction:
        transaction.documents.add(kept)

    def change_and_fail() -> None:
        with database.transaction(tenant) as transaction:
            transaction.documents.add(a_document(tenant))
            transaction.documents.update(replace(kept, state=DocumentState.FAILED))
            transaction.audit.append(an_audit_entry(tenant))
            transaction.chunks.replace(kept.id, [a_chunk(kept.id, 0)])
            raise LookupError

    with pytest.raises(LookupError):
        change_and_fail()
    with database.transaction(tenant) as transaction:
        assert transaction.documents.page(scope=a_scope(tenant), limit=10) == (kept,)
        assert transaction.audit.page(limit=10) == ()
        assert transaction.chunks.count(kept.id) == 0


def test_a_transaction_sees_its_own_tenant_only(database: Database, tenant: TenantId) -> None:
    """R30: every table, read from another tenant, is empty."""
    other = tenant_in(database)
    document, job = a_document(tenant, external="e", content="c"), a_job(tenant)
    with database.transaction(tenant) as transaction:
        transaction.documents.add(document)
        transaction.chunks.replace(document.id, [a_chunk(document.id, 0)])
        transaction.reviews.put(a_review(tenant, document.id))
        transaction.jobs.add(job)
        transaction.tombstones.add(_tombstone(tenant, document.id))
        transaction.audit.append(an_audit_entry(tenant))
        transaction.api_keys.add(an_api_key(tenant))
        transaction.canaries.add(a_canary(tenant))
        transaction.refusals.add(a_refusal(tenant, document.id))
        transaction.intake.pause(NOON, KeyId(uuid4()))
    with database.transaction(other) as transaction:
        assert _everything(transaction, document.id, job.id) == [None] * 7 + [()] * 17 + [0, 0, 0, 0, 0]
        # Not even with a scope of the tenant that owns it.
        assert transaction.documents.page(scope=a_scope(tenant), limit=10) == ()


def _everything(transaction: Transaction, document_id: DocumentId, job_id: JobId) -> list[object]:
    later = NOON + 9 * MINUTE
    return [
        transaction.documents.get(document_id),
        transaction.documents.by_external_fingerprint("e"),
        transaction.documents.by_content_fingerprint("c"),
        transaction.jobs.get(job_id),
        transaction.tombstones.get(document_id),
        transaction.refusals.get(document_id),
        transaction.intake.get(),
        transaction.documents.abandoned(before=later),
        transaction.chunks.of(document_id),
        transaction.chunks.fetch([(document_id, 0)]),
        transaction.documents.stale(version="v2", limit=10, failed=True),
        transaction.reviews.of(document_id),
        transaction.jobs.page(limit=10),
        transaction.jobs.open(JobKind.INGEST),
        transaction.jobs.waiting(now=later, queued_before=later, limit=10),
        transaction.jobs.expired(now=later, limit=10),
        transaction.jobs.dead(limit=10),
        transaction.jobs.tally(),
        transaction.audit.page(limit=10),
        transaction.api_keys.all(),
        transaction.canaries.all(),
        transaction.refusals.page(limit=10),
        transaction.refusals.against(content="c", external="e"),
        transaction.refusals.sharing((1, 2, 3)),
        transaction.chunks.count(document_id),
        sum(transaction.jobs.counts().values()),
        sum(transaction.jobs.reasons().values()),
        sum(transaction.documents.counts().values()),
        transaction.documents.labelling(version="v2").stale,
    ]


def test_another_tenants_rows_cannot_be_changed(database: Database, tenant: TenantId) -> None:
    """R30."""
    other = tenant_in(database)
    document, job, key = a_document(tenant), a_job(tenant), an_api_key(tenant)
    with database.transaction(tenant) as transaction:
        transaction.documents.add(document)
        transaction.jobs.add(job)
        transaction.api_keys.add(key)
    with database.transaction(other) as transaction:
        transaction.documents.delete(document.id)
        assert transaction.jobs.claim(job.id, kind=job.kind, now=NOON, lease_until=NOON + MINUTE) is None
        assert transaction.jobs.claim_fresh(job.kind, now=NOON, lease_until=NOON + MINUTE, limit=9) == ()
        assert not transaction.api_keys.revoke(key.id, NOON)
    with database.transaction(tenant) as transaction:
        assert transaction.documents.get(document.id) == document
        assert transaction.jobs.get(job.id) == job
        assert transaction.api_keys.all() == (key,)


def test_canaries_are_listed_oldest_first_until_they_are_removed(database: Database, tenant: TenantId) -> None:
    """R19, R30."""
    other = tenant_in(database)
    first, second = a_canary(tenant), replace(a_canary(tenant), created_at=NOON + MINUTE)
    with database.transaction(tenant) as transaction:
        transaction.canaries.add(second)
        transaction.canaries.add(first)
    with database.transaction(other) as transaction:
        assert not transaction.canaries.remove(first.id)
    with database.transaction(tenant) as transaction:
        assert transaction.canaries.all() == (first, second)
        assert transaction.canaries.remove(first.id)
        assert not transaction.canaries.remove(first.id)
        assert transaction.canaries.all() == (second,)


def test_a_row_for_another_tenant_is_refused(database: Database, tenant: TenantId) -> None:
    """R30."""
    other = tenant_in(database)

    def smuggle() -> None:
        with database.transaction(tenant) as transaction:
            transaction.documents.add(a_document(other))

    with pytest.raises(RingfenceError, match="refused"):
        smuggle()


def test_a_tenant_that_does_not_exist_can_own_nothing(database: Database) -> None:
    nobody = TenantId(uuid4())

    def write() -> None:
        with database.transaction(nobody) as transaction:
            transaction.documents.add(a_document(nobody))

    with pytest.raises(NotFoundError):
        write()


def test_a_tenants_name_is_taken_once(database: Database) -> None:
    tenant = a_tenant()
    database.add_tenant(tenant)
    with pytest.raises(ConflictError):
        database.add_tenant(replace(a_tenant(), slug=tenant.slug))
    assert [known for known in database.tenants() if known.slug == tenant.slug] == [tenant]


def test_the_database_is_ready(database: Database) -> None:
    assert database.ready()


# API keys


def test_an_api_key_is_found_by_its_hash_before_its_tenant_is_known(database: Database, tenant: TenantId) -> None:
    key = an_api_key(tenant)
    with database.transaction(tenant) as transaction:
        transaction.api_keys.add(key)
        transaction.api_keys.add(an_api_key(tenant))
    assert database.api_key(key.secret_sha256) == key
    assert database.api_key("f" * 64) is None
    assert database.api_key("") is None


def test_a_revoked_key_says_since_when(database: Database, tenant: TenantId) -> None:
    key = an_api_key(tenant)
    with database.transaction(tenant) as transaction:
        transaction.api_keys.add(key)
        assert transaction.api_keys.revoke(key.id, NOON)
        assert not transaction.api_keys.revoke(KeyId(uuid4()), NOON)
    assert database.api_key(key.secret_sha256) == replace(key, revoked_at=NOON)


def test_a_secret_belongs_to_one_key(database: Database, tenant: TenantId) -> None:
    key = an_api_key(tenant)

    def add_twice() -> None:
        with database.transaction(tenant) as transaction:
            transaction.api_keys.add(key)
            transaction.api_keys.add(replace(key, id=KeyId(uuid4())))

    with pytest.raises(ConflictError):
        add_twice()


# Tombstones and audit


def _tombstone(tenant_id: TenantId, document_id: DocumentId) -> Tombstone:
    return Tombstone(
        document_id=document_id, tenant_id=tenant_id, chunk_count=3, erased_at=NOON, erased_by=KeyId(uuid4())
    )


def test_erasing_twice_keeps_the_first_tombstone(database: Database, tenant: TenantId) -> None:
    first = _tombstone(tenant, DocumentId(uuid4()))
    with database.transaction(tenant) as transaction:
        transaction.tombstones.add(first)
        transaction.tombstones.add(replace(first, erased_at=NOON + MINUTE, erased_by=None))
        assert transaction.tombstones.get(first.document_id) == first
        transaction.tombstones.mark_gone(first.document_id, NOON + MINUTE)
        assert transaction.tombstones.get(first.document_id) == replace(first, gone_at=NOON + MINUTE)
        assert transaction.tombstones.get(DocumentId(uuid4())) is None


def test_audit_entries_come_newest_first_and_by_action_or_subject(database: Database, tenant: TenantId) -> None:
    """R50: who, what, when, decided how."""
    early, late = an_audit_entry(tenant), an_audit_entry(tenant, at=NOON + MINUTE)
    erased = replace(an_audit_entry(tenant, action="erase"), actor=None, facts={})
    with database.transaction(tenant) as transaction:
        for entry in (late, early, erased):
            transaction.audit.append(entry)

        def ids(**wanted: Any) -> list[UUID]:  # noqa: ANN401 - of page
            return [record.id for record in transaction.audit.page(**({"limit": 9} | wanted))]

        assert ids() == [late.id, erased.id, early.id]
        assert ids(limit=1) == [late.id]
        assert ids(action="erase") == [erased.id]
        assert ids(subject=early.subject) == [early.id]
        assert ids(after=late.id) == [erased.id, early.id]
        assert ids(after=early.id) == []
        with pytest.raises(NotFoundError):
            ids(after=uuid4())


def test_audit_entries_between_two_times_come_oldest_first(database: Database, tenant: TenantId) -> None:
    """R51: a report reads the log in order; the end of a period is the beginning of the next."""
    at = [NOON + number * MINUTE for number in range(4)]
    made = [an_audit_entry(tenant, at=moment) for moment in at]
    other = an_audit_entry(tenant, action="erase", at=at[1])
    with database.transaction(tenant) as transaction:
        for entry in (made[3], made[1], made[0], made[2], other):
            transaction.audit.append(entry)
        found = transaction.audit.between(since=at[1], until=at[3], actions={made[0].action})
    assert [record.id for record in found] == [made[1].id, made[2].id]
