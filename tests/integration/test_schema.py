"""The schema that the migrations make: from empty, back to empty, and equal to the models."""

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, make_url
from sqlalchemy.pool import NullPool

import migrations
from service.adapters.database import SqlDatabase
from service.adapters.database.tables import metadata
from service.adapters.memory.keeping import InMemoryKeyStore
from service.errors import SettingsError
from tests.servers.postgres import PostgresDatabase, PostgresServer, empty_database, migrated_database, postgres

__all__ = ["empty_database", "migrated_database", "postgres"]


def _connected(url: str) -> psycopg.Connection[tuple[object, ...]]:
    address = make_url(url).set(drivername="postgresql")
    return psycopg.connect(address.render_as_string(hide_password=False), autocommit=True)


def _tables(url: str) -> set[object]:
    with _connected(url) as connection:
        rows = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
    return {row[0] for row in rows}


def test_models_and_migrations_agree(migrated_database: PostgresDatabase) -> None:
    with create_engine(migrated_database.owner_url, poolclass=NullPool).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_migrations_start_from_empty_and_go_back_to_empty(empty_database: str) -> None:
    assert migrations.current(empty_database) is None
    migrations.upgrade(empty_database)
    assert migrations.current(empty_database) == migrations.head()
    migrations.downgrade(empty_database)
    assert migrations.current(empty_database) is None
    assert _tables(empty_database) == {"alembic_version"}
    migrations.upgrade(empty_database)
    assert _tables(empty_database) == {"alembic_version", *metadata.tables}


def test_upgrading_twice_changes_nothing(migrated_database: PostgresDatabase) -> None:
    migrations.upgrade(migrated_database.owner_url)
    assert migrations.current(migrated_database.owner_url) == migrations.head()


def test_a_database_is_ready_only_with_the_current_schema(empty_database: str) -> None:
    with _connected(empty_database) as connection:
        connection.execute("drop role if exists early")
        connection.execute("create role early login")
    database = SqlDatabase(empty_database.replace("postgres@", "early@"), keys=InMemoryKeyStore())
    assert not database.ready()
    migrations.upgrade(empty_database, role="early")
    assert database.ready()
    with _connected(empty_database) as connection:
        connection.execute("update alembic_version set version_num = 'later'")
    assert not database.ready()
    database.close()


def test_the_application_refuses_a_role_that_row_level_security_does_not_bind(
    migrated_database: PostgresDatabase,
) -> None:
    database = SqlDatabase(migrated_database.owner_url, keys=InMemoryKeyStore())
    with pytest.raises(SettingsError, match="bypasses row-level security"):
        database.tenants()
    assert not database.ready()
    database.close()


def test_a_migration_refuses_a_role_that_row_level_security_does_not_bind(empty_database: str) -> None:
    with _connected(empty_database) as connection:
        connection.execute("drop role if exists unbound")
        connection.execute("create role unbound login bypassrls")
    with pytest.raises(migrations.SchemaError, match="bypasses row-level security"):
        migrations.upgrade(empty_database, role="unbound")
    assert _tables(empty_database) == set()


def test_a_database_that_does_not_answer_is_said_in_one_line(postgres: PostgresServer) -> None:
    with pytest.raises(migrations.SchemaError) as raised:
        migrations.upgrade(postgres.url("absent"))
    assert "\n" not in str(raised.value)
