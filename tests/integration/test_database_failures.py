"""What the product hears when PostgreSQL fails: one of its own errors, without SQL, values or addresses."""

import threading
import traceback
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from service.adapters.database import SqlDatabase
from service.adapters.memory.keeping import InMemoryKeyStore
from service.errors import ConflictError, PartUnavailableError, SettingsError
from service.policy.access import TenantId
from service.ports import JobState
from service.sealing import Sealed
from tests.records import MINUTE, NOON, a_document, a_job, a_tenant
from tests.servers.postgres import PostgresDatabase, PostgresServer, empty_database, migrated_database, postgres

__all__ = ["empty_database", "migrated_database", "postgres"]


@pytest.fixture
def database(migrated_database: PostgresDatabase) -> Iterator[SqlDatabase]:
    adapter = SqlDatabase(migrated_database.app_url, keys=InMemoryKeyStore())
    yield adapter
    adapter.close()


@pytest.fixture
def tenant(database: SqlDatabase) -> TenantId:
    tenant = a_tenant()
    database.add_tenant(tenant)
    return tenant.id


def _end_all_connections(server: PostgresServer) -> None:
    with psycopg.connect(host=str(server.folder), user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'ringfence_app'")


def test_a_server_that_is_not_there_is_unavailable(postgres: PostgresServer) -> None:
    database = SqlDatabase(postgres.url("absent", role="ringfence_app"), keys=InMemoryKeyStore())
    with pytest.raises(PartUnavailableError):
        database.tenants()
    assert not database.ready()


@pytest.mark.usefixtures("migrated_database")
def test_a_database_without_the_schema_says_what_to_do(empty_database: str) -> None:
    database = SqlDatabase(empty_database.replace("postgres@", "ringfence_app@"), keys=InMemoryKeyStore())
    with pytest.raises(PartUnavailableError, match="ringfence init"):
        database.tenants()
    assert not database.ready()
    database.close()


@pytest.mark.parametrize("address", ["nonsense", "sqlite:///secret", "postgresql://user:secret@host:port/db"])
def test_a_wrong_address_is_one_line_without_the_password(address: str) -> None:
    with pytest.raises(SettingsError) as raised:
        SqlDatabase(address, keys=InMemoryKeyStore())
    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_connections_that_died_in_the_pool_are_replaced(
    database: SqlDatabase, tenant: TenantId, postgres: PostgresServer
) -> None:
    _end_all_connections(postgres)
    with database.transaction(tenant) as transaction:
        assert transaction.jobs.page(limit=1) == ()


def test_a_connection_that_dies_inside_a_transaction_is_unavailable_and_writes_nothing(
    database: SqlDatabase, tenant: TenantId, postgres: PostgresServer
) -> None:
    """R60."""
    job = a_job(tenant)

    def interrupted() -> None:
        with database.transaction(tenant) as transaction:
            transaction.jobs.add(job)
            _end_all_connections(postgres)

    with pytest.raises(PartUnavailableError):
        interrupted()
    with database.transaction(tenant) as transaction:
        assert transaction.jobs.get(job.id) is None


def test_an_error_quotes_neither_sql_nor_values(database: SqlDatabase, tenant: TenantId) -> None:
    """R54: a traceback holds no row."""
    record = replace(a_document(tenant, external="canary-fingerprint"), title=Sealed(b"canary-title"))
    other = a_document(tenant)

    def collide() -> None:
        with database.transaction(tenant) as transaction:
            transaction.documents.add(record)
            transaction.documents.add(other)
            transaction.documents.update(replace(record, id=other.id))

    with pytest.raises(ConflictError) as raised:
        collide()
    told = "".join(traceback.format_exception(raised.value))
    assert "canary" not in told
    assert "UPDATE documents" not in told


def test_a_locked_document_waits_for_whoever_holds_it(database: SqlDatabase, tenant: TenantId) -> None:
    """R43: of an ingestion and an erasure that lock the same document, the second sees what the first did."""
    record = a_document(tenant)
    with database.transaction(tenant) as transaction:
        transaction.documents.add(record)
    locked, seen = threading.Event(), []

    def wait_for_it() -> None:
        locked.wait(timeout=30)
        with database.transaction(tenant) as transaction:
            seen.append(transaction.documents.get(record.id, lock=True))

    second = threading.Thread(target=wait_for_it)
    second.start()
    with database.transaction(tenant) as transaction:
        transaction.documents.get(record.id, lock=True)
        locked.set()
        second.join(timeout=0.3)
        assert second.is_alive()
        transaction.documents.delete(record.id)
    second.join(timeout=30)
    assert seen == [None]


def test_a_held_job_cannot_be_taken_over_until_the_holder_is_done(database: SqlDatabase, tenant: TenantId) -> None:
    """R60: a lease that runs out during the last write does not give the job to two."""
    job = a_job(tenant, state=JobState.RUNNING, lease_until=NOON)
    with database.transaction(tenant) as transaction:
        transaction.jobs.add(job)
    with database.transaction(tenant) as holder:
        assert holder.jobs.holds(job, lock=True)
        with database.transaction(tenant) as thief:
            assert thief.jobs.claim(job.id, kind=job.kind, now=NOON + MINUTE, lease_until=NOON + 2 * MINUTE) is None
        assert holder.jobs.update(replace(job, state=JobState.SUCCEEDED))
    with database.transaction(tenant) as late:
        assert late.jobs.claim(job.id, kind=job.kind, now=NOON + MINUTE, lease_until=NOON + 2 * MINUTE) is None
