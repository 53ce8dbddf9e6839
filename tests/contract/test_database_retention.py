"""The promises about retention rules, kept by the twin and by PostgreSQL alike (R47)."""

from dataclasses import replace
from uuid import uuid4

import pytest

from service.errors import ConflictError, NotFoundError, RingfenceError
from service.policy.access import KeyId, TenantId
from service.ports import Database
from tests.contract.databases import database, migrated_database, postgres, tenant, tenant_in
from tests.records import MINUTE, NOON, a_document, some_retention

__all__ = ["database", "migrated_database", "postgres", "tenant"]


def test_the_highest_version_is_the_newest_and_the_highest_approved_one_in_force(
    database: Database, tenant: TenantId
) -> None:
    first, second = some_retention(tenant), some_retention(tenant, version=2)
    with database.transaction(tenant) as transaction:
        assert transaction.retention.latest() is None
        assert transaction.retention.in_force() is None
        transaction.retention.add(first)
        transaction.retention.add(second)
    seen = replace(first, previewed_at=NOON, previewed_by=KeyId(uuid4()))
    approved = replace(seen, approved_at=NOON + MINUTE, approved_by=KeyId(uuid4()))
    for step, in_force in ((seen, None), (approved, approved)):
        with database.transaction(tenant) as transaction:
            transaction.retention.update(step)
            assert transaction.retention.latest(lock=True) == second
            assert transaction.retention.in_force() == in_force


def test_what_was_set_never_changes(database: Database, tenant: TenantId) -> None:
    kept = some_retention(tenant)
    with database.transaction(tenant) as transaction:
        transaction.retention.add(kept)
        transaction.retention.update(replace(kept, rules=(), set_by=KeyId(uuid4())))
        assert transaction.retention.latest() == kept


def test_a_version_is_written_once_and_an_absent_one_not_changed(database: Database, tenant: TenantId) -> None:
    kept = some_retention(tenant)
    with database.transaction(tenant) as transaction:
        transaction.retention.add(kept)

    def again() -> None:
        with database.transaction(tenant) as transaction:
            transaction.retention.add(some_retention(tenant))

    def absent() -> None:
        with database.transaction(tenant) as transaction:
            transaction.retention.update(some_retention(tenant, version=9))

    with pytest.raises(ConflictError):
        again()
    with pytest.raises(NotFoundError):
        absent()


def test_rules_are_their_tenants_alone(database: Database, tenant: TenantId) -> None:
    """R30."""
    other = tenant_in(database)
    with database.transaction(tenant) as transaction:
        transaction.retention.add(some_retention(tenant))
    with database.transaction(other) as transaction:
        assert transaction.retention.latest() is None

    def foreign() -> None:
        with database.transaction(other) as transaction:
            transaction.retention.add(some_retention(tenant, version=2))

    with pytest.raises(RingfenceError):
        foreign()


def test_old_documents_come_oldest_first_batch_by_batch_even_after_one_is_gone(
    database: Database, tenant: TenantId
) -> None:
    records = [a_document(tenant, created_at=NOON + (number // 2) * MINUTE) for number in range(6)]
    with database.transaction(tenant) as transaction:
        for record in records:
            transaction.documents.add(record)
    ordered = sorted(records, key=lambda record: (record.created_at, record.id))
    with database.transaction(tenant) as transaction:
        until = NOON + MINUTE
        assert transaction.documents.handed_in_until(until, limit=10) == tuple(ordered[:4])
        first = transaction.documents.handed_in_until(until, limit=3)
        assert first == tuple(ordered[:3])
        transaction.documents.delete(first[-1].id)
        after = (first[-1].created_at, first[-1].id)
        assert transaction.documents.handed_in_until(until, limit=3, after=after) == tuple(ordered[3:4])
        assert transaction.documents.handed_in_until(NOON - MINUTE, limit=3) == ()
