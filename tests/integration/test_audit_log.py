"""The audit on a real PostgreSQL: many at once, deaths, attackers with every right, migrations (R50)."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Barrier, Event
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb
from sqlalchemy import make_url
from typing_extensions import override

import migrations
from migrations.versions import step_0005_tamper_evident_audit
from service.adapters.database import SqlDatabase
from service.adapters.memory.erasure_ledger import InMemoryErasureLedger
from service.adapters.memory.keeping import InMemoryKeyStore, InMemorySigner
from service.auditing import Auditing
from service.policy.access import KeyId, Principal, Role, TenantId
from service.ports import AuditEntry
from tests.assembled import StoppedClock
from tests.contract.databases import tenant_in
from tests.evidence import VERIFIERS
from tests.records import NOON, a_checkpoint, a_leaf, an_audit_entry
from tests.servers.postgres import PostgresDatabase, empty_database, migrated_database, postgres

__all__ = ["empty_database", "migrated_database", "postgres"]

Connection = psycopg.Connection[tuple[object, ...]]
_BEFORE = str(step_0005_tamper_evident_audit.down_revision)


class KilledError(BaseException):
    """What ends a process ends it everywhere: nothing after it runs."""


@pytest.fixture
def database(migrated_database: PostgresDatabase) -> Iterator[SqlDatabase]:
    adapter = SqlDatabase(migrated_database.app_url, keys=InMemoryKeyStore(), pool_size=8)
    yield adapter
    adapter.close()


@pytest.fixture
def owner(migrated_database: PostgresDatabase) -> Iterator[Connection]:
    with connected(migrated_database.owner_url) as connection:
        yield connection


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    address = make_url(url).set(drivername="postgresql")
    with psycopg.connect(address.render_as_string(hide_password=False), autocommit=True) as connection:
        yield connection


def auditing_on(database: SqlDatabase, *, signer: InMemorySigner | None = None) -> Auditing:
    return Auditing(
        database=database,
        keys=InMemoryKeyStore(),
        signer=signer or InMemorySigner(),
        clock=StoppedClock(),
        ledger=InMemoryErasureLedger(),
    )


def an_auditor(tenant_id: TenantId) -> Principal:
    return Principal(tenant_id=tenant_id, key_id=KeyId(uuid4()), role=Role.AUDITOR)


def append(database: SqlDatabase, *entries: AuditEntry) -> None:
    with database.transaction(entries[0].tenant_id) as transaction:
        for each in entries:
            transaction.audit.append(each)


def fail(database: SqlDatabase, *entries: AuditEntry) -> None:
    """Append the entries in a transaction that is rolled back."""
    with suppress(LookupError), database.transaction(entries[0].tenant_id) as transaction:
        for each in entries:
            transaction.audit.append(each)
        raise LookupError


def problems(auditing: Auditing, tenant_id: TenantId) -> list[list[str]]:
    """Return what each verifier finds in an export of now."""
    content = b"".join(auditing.export(an_auditor(tenant_id)))
    return [verifier(content, complete=True) for verifier in VERIFIERS.values()]


def tree_of(database: SqlDatabase, tenant_id: TenantId) -> tuple[list[int], list[UUID]]:
    with database.transaction(tenant_id) as transaction:
        found = transaction.audit.sequenced(start=0, stop=100_000)
    return [leaf.leaf_index for leaf, _ in found], [record.id for _, record in found if record]


# Many at once


def test_many_who_append_and_sequence_at_once_end_in_one_tree_without_gaps(database: SqlDatabase) -> None:
    """Some transactions hold several entries, some fail, some of two tenants; five sequencers run all the time."""
    tenants = [tenant_in(database), tenant_in(database)]
    auditing, done, kept = auditing_on(database), Event(), {tenant: set[UUID]() for tenant in tenants}

    def work(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(25):
            tenant = chance.choice(tenants)
            entries = [an_audit_entry(tenant) for _ in range(chance.randint(1, 3))]
            if chance.random() < 0.3:
                fail(database, *entries)
            else:
                append(database, *entries)
                kept[tenant] |= {each.id for each in entries}

    def sequence() -> None:
        while not done.is_set():
            auditing.sequence_all()

    with ThreadPoolExecutor(13) as pool:
        sequencers = [pool.submit(sequence) for _ in range(5)]
        workers = [pool.submit(work, seed) for seed in range(8)]
        for worker in workers:
            worker.result(timeout=120)
        done.set()
        for sequencer in sequencers:
            sequencer.result(timeout=120)
    for tenant in tenants:
        auditing.sequence(tenant)
        indexes, ids = tree_of(database, tenant)
        assert indexes == list(range(len(kept[tenant])))
        assert set(ids) == kept[tenant]
        assert problems(auditing, tenant) == [[], []]


def test_an_append_waits_neither_for_another_nor_for_the_sequencer(database: SqlDatabase) -> None:
    """No lock is held until the commit: two who append in turns cannot wait for each other."""
    tenant, auditing = tenant_in(database), auditing_on(database)
    append(database, an_audit_entry(tenant))
    with ThreadPoolExecutor(1) as pool:
        with database.transaction(tenant) as transaction:
            transaction.audit.append(an_audit_entry(tenant))
            pool.submit(append, database, an_audit_entry(tenant)).result(timeout=30)
            assert pool.submit(auditing.sequence, tenant).result(timeout=30) == 2
            transaction.audit.append(an_audit_entry(tenant))
        with database.transaction(tenant) as transaction:
            transaction.audit.lock()
            pool.submit(append, database, an_audit_entry(tenant)).result(timeout=30)
    assert auditing.sequence(tenant) == 3
    assert problems(auditing, tenant) == [[], []]


def test_what_commits_late_gets_a_later_leaf(database: SqlDatabase) -> None:
    """Its number is lower than that of entries that are leaves already; the tree never changes behind itself."""
    tenant, auditing = tenant_in(database), auditing_on(database)
    late, early = an_audit_entry(tenant), an_audit_entry(tenant)
    with ThreadPoolExecutor(1) as pool, database.transaction(tenant) as transaction:
        transaction.audit.append(late)
        pool.submit(append, database, early).result(timeout=30)
        pool.submit(auditing.sequence, tenant).result(timeout=30)
    assert auditing.sequence(tenant) == 1
    assert tree_of(database, tenant) == ([0, 1], [early.id, late.id])
    assert problems(auditing, tenant) == [[], []]


def test_sequencers_of_one_tenant_follow_one_another(database: SqlDatabase) -> None:
    tenant, auditing, start = tenant_in(database), auditing_on(database), Barrier(6)
    append(database, *(an_audit_entry(tenant) for _ in range(20)))

    def sequence() -> int:
        start.wait(timeout=30)
        return auditing.sequence(tenant)

    with ThreadPoolExecutor(6) as pool:
        added = [each.result(timeout=60) for each in [pool.submit(sequence) for _ in range(6)]]
    assert sorted(added) == [0, 0, 0, 0, 0, 20]


def test_the_sequencer_of_one_tenant_does_not_wait_for_that_of_another(database: SqlDatabase) -> None:
    one, other = tenant_in(database), tenant_in(database)
    append(database, an_audit_entry(other))
    with ThreadPoolExecutor(1) as pool, database.transaction(one) as transaction:
        transaction.audit.lock()
        assert pool.submit(auditing_on(database).sequence, other).result(timeout=30) == 1


# Deaths


class DyingSigner(InMemorySigner):
    """A signer at which the process is killed as often as it is told."""

    deaths = 0

    @override
    def sign(self, message: bytes) -> bytes:
        if self.deaths:
            self.deaths -= 1
            raise KilledError
        return super().sign(message)


def test_a_sequencer_killed_in_between_leaves_nothing_and_the_next_one_goes_on(database: SqlDatabase) -> None:
    tenant, signer = tenant_in(database), DyingSigner()
    auditing = auditing_on(database, signer=signer)
    append(database, *(an_audit_entry(tenant) for _ in range(3)))
    assert auditing.sequence(tenant) == 3
    append(database, *(an_audit_entry(tenant) for _ in range(4)))
    signer.deaths = 3
    for _ in range(3):
        with pytest.raises(KilledError):
            auditing.sequence(tenant)
        assert tree_of(database, tenant)[0] == [0, 1, 2]
    assert auditing.sequence(tenant) == 4
    assert problems(auditing, tenant) == [[], []]


def test_a_sequencer_killed_after_it_wrote_leaves_nothing_either(database: SqlDatabase) -> None:
    tenant, auditing = tenant_in(database), auditing_on(database)
    append(database, an_audit_entry(tenant))

    def die_before_the_commit() -> None:
        with database.transaction(tenant) as transaction:
            ((number, _),) = transaction.audit.unsequenced(limit=9)
            transaction.audit.seal([a_leaf(tenant, 0, number)], a_checkpoint(tenant))
            raise KilledError

    with pytest.raises(KilledError):
        die_before_the_commit()
    assert auditing.sequence(tenant) == 1
    assert problems(auditing, tenant) == [[], []]


def test_a_transaction_rolled_back_leaves_a_gap_in_the_numbers_and_none_in_the_tree(database: SqlDatabase) -> None:
    tenant, auditing = tenant_in(database), auditing_on(database)
    append(database, an_audit_entry(tenant))
    fail(database, an_audit_entry(tenant))
    append(database, an_audit_entry(tenant))
    assert auditing.sequence(tenant) == 2
    assert tree_of(database, tenant)[0] == [0, 1]
    assert problems(auditing, tenant) == [[], []]


# Somebody with every right on the database


@contextmanager
def triggers_off(owner: Connection) -> Iterator[None]:
    tables = ("audit_entries", "audit_leaves", "audit_checkpoints")
    for table in tables:
        owner.execute(f"alter table {table} disable trigger append_only".encode())
    try:
        yield
    finally:
        for table in tables:
            owner.execute(f"alter table {table} enable always trigger append_only".encode())


@pytest.mark.parametrize(
    ("attack", "found"),
    [
        ("update audit_entries set action = 'nothing' where number = %(number)s", "line 4: entry"),
        ("update audit_entries set facts = '{}' where number = %(number)s", "line 4: entry"),
        ("update audit_entries set actor = null where number = %(number)s", "line 4: entry"),
        ("update audit_entries set at = at + interval '1 microsecond' where number = %(number)s", "line 4: entry"),
        ("update audit_entries set subject = null where number = %(number)s", "line 4: entry"),
        ("update audit_entries set personal = 'x' where number = %(number)s", "line 4: entry"),
        ("delete from audit_entries where number = %(number)s", "line 4: "),
        ("update audit_leaves set leaf_hash = sha256('x') where entry_number = %(number)s", "line 4: entry"),
        ("delete from audit_leaves where entry_number = %(number)s", "line 4: "),
        (
            "update audit_leaves set entry_number = entry_number + 1000000 where entry_number = %(number)s",
            "line 4: ",
        ),
        ("update audit_checkpoints set root = sha256('x') where tenant_id = %(tenant)s", "line 1: "),
        ("update audit_checkpoints set size = size - 1 where tenant_id = %(tenant)s", "line 1: "),
        ("update audit_checkpoints set at = now() where tenant_id = %(tenant)s", "line 1: "),
        ("update audit_checkpoints set key_id = 'x' where tenant_id = %(tenant)s", "line 1: "),
    ],
)
def test_a_row_changed_by_a_superuser_with_the_triggers_off_is_found(
    database: SqlDatabase, owner: Connection, attack: str, found: str
) -> None:
    tenant, auditing = tenant_in(database), auditing_on(database)
    append(database, *(an_audit_entry(tenant) for _ in range(5)))
    auditing.sequence(tenant)
    assert problems(auditing, tenant) == [[], []]
    with database.transaction(tenant) as transaction:
        leaf = transaction.audit.sequenced(start=2, stop=3)[0][0]
    with triggers_off(owner):
        assert owner.execute(attack.encode(), {"number": leaf.entry_number, "tenant": tenant}).rowcount == 1
    for told in problems(auditing, tenant):
        assert told
        assert told[0].startswith(found)


def test_a_row_changed_between_its_commit_and_its_checkpoint_is_found_too(
    database: SqlDatabase, owner: Connection
) -> None:
    """The sequencer takes the hash that was computed at the insert, so it never signs what the row says now."""
    tenant, auditing = tenant_in(database), auditing_on(database)
    append(database, an_audit_entry(tenant))
    with triggers_off(owner):
        owner.execute("update audit_entries set action = 'nothing' where tenant_id = %s", [tenant])
    assert [told[0].startswith("line 2: entry") for told in problems(auditing, tenant)] == [True, True]


# Migrations


def _old_rows(connection: Connection) -> dict[UUID, tuple[object, ...]]:
    """Fill a database of the step before; return its entries."""
    tenants, actors = [uuid4(), uuid4()], [uuid4(), uuid4(), None]
    for number, tenant in enumerate(tenants):
        connection.execute("insert into tenants values (%s, %s, now())", [tenant, f"old-{number}"])
    rows: dict[UUID, tuple[object, ...]] = {
        uuid4(): (tenants[place % 2], NOON, actors[place % 3], "prompt_routed", uuid4(), {"ms": place / 7, "n": place})
        for place in range(12)
    }
    for key, (*plain, facts) in rows.items():
        connection.execute(
            "insert into audit_entries (id, tenant_id, at, actor, action, subject, facts) "
            "values (%s, %s, %s, %s, %s, %s, %s)",
            [key, *plain, Jsonb(facts)],
        )
    return rows


def test_entries_from_before_become_leaves_that_verify(empty_database: str) -> None:
    """Their actors become pseudonyms: one for each, of nobody whom anyone can name any more."""
    migrations.upgrade(empty_database, to=_BEFORE)
    with connected(empty_database) as connection:
        rows = _old_rows(connection)
    migrations.upgrade(empty_database)
    database = SqlDatabase(
        empty_database.replace("postgres@", f"{migrations.APPLICATION_ROLE}@"), keys=InMemoryKeyStore()
    )
    auditing = auditing_on(database)
    for tenant in {TenantId(UUID(str(row[0]))) for row in rows.values()}:
        append(database, an_audit_entry(tenant))
        assert auditing.sequence(tenant) == 7
        assert problems(auditing, tenant) == [[], []]
        with database.transaction(tenant) as transaction:
            kept = {record.id: record for record in transaction.audit.page(limit=99, action="prompt_routed")}
        assert {key: (one.action, one.subject, one.facts) for key, one in kept.items()} == {
            key: (row[3], row[4], row[5]) for key, row in rows.items() if row[0] == tenant
        }
        pairs = {(rows[key][2], one.actor) for key, one in kept.items()}
        assert len(pairs) == len({actor for actor, _ in pairs}) == len({pseudonym for _, pseudonym in pairs}) == 3
        assert all((actor is None) == (pseudonym is None) for actor, pseudonym in pairs)
        assert not any(str(actor) == pseudonym for actor, pseudonym in pairs if actor)
    database.close()


def test_the_step_back_keeps_the_entries(empty_database: str) -> None:
    migrations.upgrade(empty_database, to=_BEFORE)
    with connected(empty_database) as connection:
        rows = _old_rows(connection)
    migrations.upgrade(empty_database)
    migrations.downgrade(empty_database, to=_BEFORE)
    with connected(empty_database) as connection:
        kept = connection.execute("select id, tenant_id, at, action, subject, facts from audit_entries").fetchall()
        assert {row[0]: row[1:] for row in kept} == {
            key: (row[0], row[1], row[3], row[4], row[5]) for key, row in rows.items()
        }
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            connection.execute("delete from audit_entries")
    migrations.upgrade(empty_database)
