"""Dumps by address on a real PostgreSQL server: whole, into an empty database, never half of the tenants (R44)."""

from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import make_url

from service.adapters.database import SqlDatabase
from service.adapters.database.dumping import PostgresDump
from service.adapters.memory.keeping import InMemoryKeyStore
from service.errors import ConflictError, PartUnavailableError, RingfenceError
from service.ports import Database
from tests.records import a_document, a_refusal, a_tenant
from tests.servers.postgres import PostgresDatabase, empty_database, migrated_database, postgres

__all__ = ["empty_database", "migrated_database", "postgres"]


def _filled(database: Database) -> dict[str, object]:
    """Put a document and a refusal into two tenants; return what is there by table."""
    found: dict[str, object] = {}
    for _ in range(2):
        tenant = a_tenant()
        database.add_tenant(tenant)
        document = a_document(tenant.id)
        with database.transaction(tenant.id) as transaction:
            transaction.documents.add(document)
            transaction.refusals.add(refusal := a_refusal(tenant.id))
        found[str(tenant.id)] = (document, refusal)
    return found


def test_a_dump_loaded_elsewhere_holds_every_tenant_and_binds_the_application(
    migrated_database: PostgresDatabase, empty_database: str, tmp_path: Path
) -> None:
    """R30, R44: the application's role works on it, and row-level security binds it there, too."""
    before = SqlDatabase(migrated_database.app_url, keys=InMemoryKeyStore())
    filled = _filled(before)
    PostgresDump(owner_url=migrated_database.owner_url).write(tmp_path / "dump")
    PostgresDump(owner_url=empty_database).load(tmp_path / "dump")
    after = SqlDatabase(empty_database.replace("postgres@", "ringfence_app@"), keys=InMemoryKeyStore())
    assert after.ready()
    for tenant in after.tenants():
        with after.transaction(tenant.id) as transaction:
            (document_id,) = transaction.documents.ids()
            document, (refusal,) = transaction.documents.get(document_id), transaction.refusals.page(limit=9)
        assert (document, refusal) == filled[str(tenant.id)]
    before.close()
    after.close()


def test_only_an_empty_database_passes_for_one(migrated_database: PostgresDatabase, empty_database: str) -> None:
    PostgresDump(owner_url=empty_database).check_empty()
    with pytest.raises(ConflictError, match="not empty"):
        PostgresDump(owner_url=migrated_database.owner_url).check_empty()


def test_loading_is_all_or_nothing(empty_database: str, tmp_path: Path) -> None:
    (tmp_path / "dump").write_bytes(b"no dump at all")
    with pytest.raises(RingfenceError, match="pg_restore failed"):
        PostgresDump(owner_url=empty_database).load(tmp_path / "dump")
    PostgresDump(owner_url=empty_database).check_empty()


def test_an_owner_whom_row_level_security_binds_is_told_what_it_lacks(
    migrated_database: PostgresDatabase, tmp_path: Path
) -> None:
    """A dump that left tenants out would look like a whole one."""
    role = f"bound_{uuid4().hex[:8]}"
    address = make_url(migrated_database.owner_url).set(drivername="postgresql")
    with psycopg.connect(address.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f"create role {role} login nobypassrls".encode())
        connection.execute(f"grant select on all tables in schema public to {role}".encode())
        connection.execute(f"grant select on all sequences in schema public to {role}".encode())
    bound = migrated_database.owner_url.replace("postgres@", f"{role}@")
    with pytest.raises(RingfenceError, match="BYPASSRLS"):
        PostgresDump(owner_url=bound).write(tmp_path / "dump")


def test_a_server_that_does_not_answer_is_a_part_that_does_not_answer(tmp_path: Path) -> None:
    nowhere = f"postgresql+psycopg://postgres@/x?host={tmp_path}"
    with pytest.raises(PartUnavailableError):
        PostgresDump(owner_url=nowhere).check_empty()
    with pytest.raises(RingfenceError, match="pg_dump failed"):
        PostgresDump(owner_url=nowhere).write(tmp_path / "dump")


def test_no_password_is_on_the_command_line() -> None:
    """R32: everybody on the machine can read those."""
    dump = PostgresDump(owner_url="postgresql+psycopg://owner:s3cret@db.example:6432/kb?sslmode=require")
    told = dump._environment()  # noqa: SLF001 - what the programs get
    assert told["PGPASSWORD"] == "s3cret"
    assert (told["PGHOST"], told["PGPORT"], told["PGDATABASE"]) == ("db.example", "6432", "kb")
    assert told["PGSSLMODE"] == "require"
