"""The promises about tenants' policies, kept by the twin and by PostgreSQL alike (R14, R15)."""

import pytest

from ingestion.sensitivity import Category
from service.errors import ConflictError, RingfenceError
from service.policy.access import TenantId
from service.policy.providers import Attestation
from service.policy.tightening import TenantPolicy
from service.ports import Database
from tests.contract.databases import database, migrated_database, postgres, tenant, tenant_in
from tests.records import a_policy

__all__ = ["database", "migrated_database", "postgres", "tenant"]

FULL = TenantPolicy(
    cloud=False,
    required=frozenset({Attestation.ZDR, Attestation.BAA}),
    providers=frozenset({"anthropic", "other"}),
    residency="us",
    redact=frozenset({Category.PII}),
)


def test_a_tenant_that_never_set_one_has_none(database: Database, tenant: TenantId) -> None:
    with database.transaction(tenant) as transaction:
        assert transaction.policies.latest() is None


def test_the_highest_version_counts_and_comes_back_whole(database: Database, tenant: TenantId) -> None:
    first, second = a_policy(tenant, 1, FULL), a_policy(tenant, 2, TenantPolicy())
    for record in (first, second):
        with database.transaction(tenant) as transaction:
            transaction.policies.add(record)
            assert transaction.policies.latest() == record
    with database.transaction(tenant) as transaction:
        assert transaction.policies.latest() == second


def test_a_version_is_written_once(database: Database, tenant: TenantId) -> None:
    """Two admins at the same moment: the second is told, and nothing is lost silently."""
    kept = a_policy(tenant, 1)
    with database.transaction(tenant) as transaction:
        transaction.policies.add(kept)

    def again() -> None:
        with database.transaction(tenant) as transaction:
            transaction.policies.add(a_policy(tenant, 1, TenantPolicy()))

    with pytest.raises(ConflictError):
        again()
    with database.transaction(tenant) as transaction:
        assert transaction.policies.latest() == kept


def test_a_policy_is_its_tenants_alone(database: Database, tenant: TenantId) -> None:
    """R30."""
    other = tenant_in(database)
    with database.transaction(tenant) as transaction:
        transaction.policies.add(a_policy(tenant, 1))
    with database.transaction(other) as transaction:
        assert transaction.policies.latest() is None

    def foreign() -> None:
        with database.transaction(other) as transaction:
            transaction.policies.add(a_policy(tenant, 2))

    with pytest.raises(RingfenceError):
        foreign()
