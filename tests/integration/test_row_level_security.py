"""PostgreSQL itself keeps tenants apart, whatever the product's code forgets (R30)."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import LiteralString
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors, sql
from psycopg.rows import tuple_row
from sqlalchemy import make_url

from service.adapters.database import SqlDatabase
from service.adapters.database.tables import metadata
from service.adapters.memory.keeping import InMemoryKeyStore
from service.policy.access import DocumentId, KeyId, TenantId, TurnId
from service.ports import SubjectMark, Tallied, Tombstone, TurnMark, TurnSource
from tests.contract.test_database_receipts import a_receipt
from tests.records import (
    NOON,
    a_canary,
    a_checkpoint,
    a_chunk,
    a_conversation,
    a_document,
    a_job,
    a_leaf,
    a_matter,
    a_policy,
    a_refusal,
    a_review,
    a_run,
    a_source,
    a_space,
    a_tenant,
    a_thing,
    a_turn,
    an_api_key,
    an_audit_entry,
    an_erasure,
    an_export,
    an_item,
    some_retention,
)
from tests.servers.postgres import PostgresDatabase, migrated_database, postgres

__all__ = ["migrated_database", "postgres"]

_APPEND_ONLY = ("audit_entries", "audit_leaves", "audit_checkpoints")
_OWNED = sorted(set(metadata.tables) - {"tenants"})

Connection = psycopg.Connection[tuple[object, ...]]


def _connected(url: str) -> Connection:
    address = make_url(url).set(drivername="postgresql")
    return psycopg.connect(address.render_as_string(hide_password=False), row_factory=tuple_row, autocommit=True)


@pytest.fixture
def owner(migrated_database: PostgresDatabase) -> Iterator[Connection]:
    with _connected(migrated_database.owner_url) as connection:
        yield connection


@pytest.fixture
def app(migrated_database: PostgresDatabase) -> Iterator[Connection]:
    with _connected(migrated_database.app_url) as connection:
        yield connection


@pytest.fixture
def database(migrated_database: PostgresDatabase) -> Iterator[SqlDatabase]:
    adapter = SqlDatabase(migrated_database.app_url, pool_size=4, keys=InMemoryKeyStore())
    yield adapter
    adapter.close()


@pytest.fixture
def filled(database: SqlDatabase) -> TenantId:
    """Return a tenant with at least one row in every table."""
    tenant = a_tenant()
    database.add_tenant(tenant)
    document = a_document(tenant.id)
    gone = Tombstone(
        document_id=DocumentId(uuid4()), tenant_id=tenant.id, chunk_count=1, erased_at=NOON, erased_by=KeyId(uuid4())
    )
    with database.transaction(tenant.id) as transaction:
        transaction.documents.add(document)
        transaction.chunks.replace(document.id, [a_chunk(document.id, 0)])
        transaction.reviews.put(a_review(tenant.id, document.id))
        transaction.jobs.add(a_job(tenant.id))
        transaction.intake.pause(NOON, KeyId(uuid4()))
        transaction.usage.read(now=NOON)
        transaction.tallies.add({(Tallied.FAILURES, "encrypted"): 1})
        transaction.tombstones.add(gone)
        transaction.audit.append(an_audit_entry(tenant.id))
        transaction.api_keys.add(an_api_key(tenant.id))
        conversation = a_conversation(tenant.id)
        transaction.conversations.add(conversation)
        turn = a_turn(conversation, TurnSource(document_id=document.id, ordinal=0))
        transaction.turns.add(turn)
        transaction.subjects.replace(document.id, [SubjectMark(document_id=document.id, ordinal=0, mark=b"m" * 32)])
        transaction.subjects.keep([TurnMark(turn_id=turn.id, mark=b"m" * 32)])
        transaction.audit.seal([a_leaf(tenant.id)], a_checkpoint(tenant.id))
        transaction.policies.add(a_policy(tenant.id))
        transaction.canaries.add(a_canary(tenant.id))
        transaction.refusals.add(a_refusal(tenant.id))
        transaction.receipts.add(a_receipt(tenant.id))
        transaction.erasures.add(erasure := an_erasure(tenant.id))
        transaction.erasures.put_items([an_item(erasure)])
        export = an_export(tenant.id)
        transaction.exports.add(export, documents=[document.id], turns=[TurnId(uuid4())])
        transaction.retention.add(some_retention(tenant.id))
        transaction.spaces.begin(space := a_space(tenant.id))
        transaction.spaces.mark(space.id, document.id, verified=False)
        transaction.sources.add(source := a_source(tenant.id))
        transaction.source_runs.add(a_run(source))
        transaction.source_items.put(a_thing(source, 1, document_id=document.id))
        transaction.holds.add(matter := a_matter(tenant.id))
        transaction.holds.cover(matter.id, [document.id], at=NOON, by=matter.opened_by)
    return tenant.id


def _count(connection: Connection, table: str) -> object:
    row = connection.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(table))).fetchone()
    return row and row[0]


def test_every_table_forces_row_level_security_and_has_a_policy(owner: Connection) -> None:
    found = owner.execute(
        """
        select relname from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relname <> 'alembic_version'
          and not (relrowsecurity and relforcerowsecurity
                   and exists (select from pg_policy where polrelid = pg_class.oid))
        """
    ).fetchall()
    assert found == []


def test_every_row_of_a_tenant_names_it(owner: Connection) -> None:
    found = owner.execute(
        "select table_name from information_schema.columns where table_schema = 'public' and column_name = 'tenant_id'"
    ).fetchall()
    assert sorted(str(row[0]) for row in found) == _OWNED


@pytest.mark.parametrize("table", _OWNED)
def test_a_query_without_a_tenant_sees_nothing(
    app: Connection, owner: Connection, filled: TenantId, table: str
) -> None:
    assert _count(app, table) == 0
    app.execute("select set_config('app.tenant', '', false)")
    assert _count(app, table) == 0
    app.execute("select set_config('app.tenant', %s, false)", [str(filled)])
    assert _count(app, table) == 1
    assert _count(owner, table) != 0


def test_the_owner_of_the_tables_is_bound_too(owner: Connection, filled: TenantId) -> None:
    """FORCE: a plain owner, as managed servers give, sees no more than the application."""
    owner.execute("create role plain_owner")
    owner.execute("alter table documents owner to plain_owner")
    owner.execute("grant usage on schema public to plain_owner")
    try:
        owner.execute("set role plain_owner")
        assert _count(owner, "documents") == 0
        owner.execute("select set_config('app.tenant', %s, false)", [str(filled)])
        assert _count(owner, "documents") == 1
    finally:
        owner.execute("reset role")
        owner.execute("alter table documents owner to postgres")
        owner.execute("drop owned by plain_owner")
        owner.execute("drop role plain_owner")


def test_a_row_for_another_tenant_cannot_be_written(app: Connection, filled: TenantId) -> None:
    app.execute("select set_config('app.tenant', %s, false)", [str(uuid4())])
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        app.execute(
            "insert into tombstones (document_id, tenant_id, chunk_count, erased_at) values (%s, %s, 0, now())",
            [uuid4(), filled],
        )
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        app.execute("insert into tenants values (%s, 'intruder', now())", [uuid4()])


def test_a_row_cannot_be_given_to_another_tenant(app: Connection, filled: TenantId) -> None:
    app.execute("select set_config('app.tenant', %s, false)", [str(filled)])
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        app.execute("update jobs set tenant_id = %s", [uuid4()])


@pytest.mark.parametrize(
    "statement",
    [
        "alter table documents disable row level security",
        "alter table documents no force row level security",
        "drop policy tenant on documents",
        "drop policy tenant on reviews",
        "create policy all_of_it on documents using (true)",
        "alter role ringfence_app bypassrls",
        "alter role ringfence_app superuser",
        "set role postgres",
        "set session authorization postgres",
        "truncate documents",
        "drop table documents",
        "create table mine (id int)",
        "update audit_entries set action = 'nothing'",
        "delete from audit_entries",
        "alter table audit_entries disable trigger append_only",
        "update audit_leaves set leaf_hash = 'x'",
        "delete from audit_leaves",
        "truncate audit_leaves",
        "update audit_checkpoints set size = 0",
        "delete from audit_checkpoints",
        "truncate audit_checkpoints",
        "alter table audit_checkpoints disable trigger append_only",
        "delete from tombstones",
        "drop policy tenant on turns",
        "update turns set answer = ''",
        "delete from jobs",
        "update tenants set created_at = now()",
        "update tenants set id = gen_random_uuid()",
        "delete from tenants",
        "delete from erasures",
        "update api_keys set role = 'admin'",
        "update alembic_version set version_num = 'x'",
    ],
)
def test_the_application_cannot_lift_what_binds_it(app: Connection, filled: TenantId, statement: str) -> None:
    app.execute("select set_config('app.tenant', %s, false)", [str(filled)])
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute(statement.encode())


def test_a_tenant_is_renamed_by_itself_alone(database: SqlDatabase, filled: TenantId) -> None:
    """R30, R40: the end of a tenant leaves another one's name alone."""
    other = a_tenant()
    database.add_tenant(other)
    with database.transaction(filled) as transaction:
        transaction.estate.rename(f"erased-{filled}")
    slugs = {one.id: one.slug for one in database.tenants()}
    assert (slugs[filled], slugs[other.id]) == (f"erased-{filled}", other.slug)


def test_row_level_security_switched_off_for_a_session_is_an_error_not_a_view_of_all(app: Connection) -> None:
    app.execute("set row_security = off")
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute("select * from documents")


def test_a_presented_key_shows_one_row_and_nothing_else(
    app: Connection, database: SqlDatabase, filled: TenantId
) -> None:
    with database.transaction(filled) as transaction:
        (key,) = transaction.api_keys.all()
    app.execute("select set_config('app.key_hash', %s, false)", [key.secret_sha256])
    assert _count(app, "api_keys") == 1
    assert {_count(app, table) for table in _OWNED if table != "api_keys"} == {0}
    assert app.execute("update api_keys set revoked_at = now()").rowcount == 0


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("table", _APPEND_ONLY)
@pytest.mark.parametrize(
    "statement",
    [
        "update {} set tenant_id = tenant_id",
        "delete from {}",
        "delete from {} where false",
        "truncate {}",
    ],
)
def test_not_even_a_superuser_changes_the_audit_by_a_statement(
    owner: Connection, table: str, statement: LiteralString
) -> None:
    """R50: append-only in the database itself."""
    for mode in ("origin", "replica"):  # replica switches ordinary triggers off, not these
        owner.execute(sql.SQL("set session_replication_role = {}").format(sql.Identifier(mode)))
        with pytest.raises(errors.InsufficientPrivilege, match="append-only"):
            owner.execute(sql.SQL(statement).format(sql.Identifier(table)))
    assert all(_count(owner, table) != 0 for table in _APPEND_ONLY)


@pytest.mark.parametrize("statement", ["update tenant_policies set policy = '{}'", "truncate tenant_policies"])
def test_the_application_cannot_change_what_a_policy_was(app: Connection, filled: TenantId, statement: str) -> None:
    """R15, R50: another version, never another past."""
    app.execute("select set_config('app.tenant', %s, false)", [str(filled)])
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute(statement.encode())


@pytest.mark.parametrize("table", ["tenant_policies", "refusals"])
def test_what_is_evidence_of_a_tenant_is_deleted_only_when_it_has_ended(
    app: Connection, filled: TenantId, table: str
) -> None:
    """R40, R44, R50."""
    delete = sql.SQL("delete from {}").format(sql.Identifier(table))
    app.execute("select set_config('app.tenant', %s, false)", [str(filled)])
    app.execute(delete)
    assert _count(app, table) == 1
    app.execute("update tenants set slug = 'erased-' || id")
    app.execute(delete)
    assert _count(app, table) == 0


def test_pooled_connections_never_carry_a_tenant_over(database: SqlDatabase) -> None:
    """R30: two tenants, eight threads, four to eight connections, half of the transactions fail: no leak."""
    tenants = [a_tenant(), a_tenant()]
    for tenant in tenants:
        database.add_tenant(tenant)
        with database.transaction(tenant.id) as transaction:
            for _ in range(5):
                transaction.documents.add(a_document(tenant.id, content="the same"))

    def look(seed: int) -> tuple[int, int]:
        seen = leaks = 0
        chance = random.Random(seed)
        for _ in range(60):
            tenant = chance.choice(tenants)
            found, failed = _look(database, tenant.id, fail=chance.random() < 0.5)
            seen += not failed
            leaks += found != tenant.id
        return seen, leaks

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(look, range(8)))
    assert sum(leaks for _, leaks in results) == 0
    assert 0 < sum(seen for seen, _ in results) < 480


def test_a_setting_ends_with_its_transaction(migrated_database: PostgresDatabase, filled: TenantId) -> None:
    """R30: on the one connection of this pool, what one caller presented is nothing to the next."""
    database = SqlDatabase(migrated_database.app_url, pool_size=1, keys=InMemoryKeyStore())
    with database.transaction(filled) as transaction:
        (key,) = transaction.api_keys.all()
    assert database.api_key(key.secret_sha256) == key
    other = a_tenant()
    database.add_tenant(other)
    with database.transaction(other.id) as transaction:
        assert transaction.api_keys.all() == ()
    database.close()


def _look(database: SqlDatabase, tenant_id: TenantId, *, fail: bool) -> tuple[TenantId | None, bool]:
    found: TenantId | None = None
    try:
        with database.transaction(tenant_id) as transaction:
            record = transaction.documents.by_content_fingerprint("the same")
            found = None if record is None else record.tenant_id
            if fail and record is not None:
                transaction.documents.update(replace(record, tenant_id=TenantId(uuid4())))
    except Exception:  # noqa: BLE001 - whatever ends a transaction, the next one must be clean
        return found, True
    return found, False
