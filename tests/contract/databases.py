"""The databases that the contract of ports.Database runs against."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from service.adapters.database import SqlDatabase
from service.adapters.memory.database import InMemoryDatabase
from service.adapters.memory.keeping import InMemoryKeyStore
from service.policy.access import KeyId, Principal, Role, Scope, TenantId
from service.ports import Database
from tests.records import a_tenant
from tests.servers.postgres import migrated_database, postgres

__all__ = ["database", "migrated_database", "postgres", "tenant"]


@pytest.fixture(params=["memory", "postgres"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Yield the twin, then PostgreSQL."""
    if request.param == "memory":
        yield InMemoryDatabase()
        return
    adapter = SqlDatabase(request.getfixturevalue("migrated_database").app_url, keys=InMemoryKeyStore())
    yield adapter
    adapter.close()


@pytest.fixture
def tenant(database: Database) -> TenantId:
    """Return a tenant of its own for each test."""
    return tenant_in(database)


def tenant_in(database: Database) -> TenantId:
    """Add one more tenant."""
    tenant = a_tenant()
    database.add_tenant(tenant)
    return tenant.id


def a_scope(tenant_id: TenantId, *groups: str, role: Role = Role.READER) -> Scope:
    """Return what a member of these groups may retrieve."""
    return Scope.of(Principal(tenant_id=tenant_id, key_id=KeyId(uuid4()), role=role, groups=frozenset(groups)))
