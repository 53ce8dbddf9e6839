"""The promises of ports.AuditTable, kept by the twin and by PostgreSQL alike (R50)."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.auditing import tree
from service.auditing.canonical import leaf_bytes
from service.errors import ConflictError, RingfenceError
from service.policy.access import TenantId
from service.policy.facts import checked
from service.ports import AuditEntry, AuditRecord, Database
from service.sealing import Sealed
from tests.contract.databases import database, migrated_database, postgres, tenant, tenant_in
from tests.records import a_checkpoint, a_leaf, an_audit_entry

__all__ = ["database", "migrated_database", "postgres", "tenant"]


def appended(database: Database, *entries: AuditEntry) -> list[AuditRecord]:
    """Append the entries and return them as they are kept, in order."""
    with database.transaction(entries[0].tenant_id) as transaction:
        for entry in entries:
            transaction.audit.append(entry)
    with database.transaction(entries[0].tenant_id) as transaction:
        found = {record.id: record for record in transaction.audit.page(limit=1_000)}
    return [found[entry.id] for entry in entries]


def test_an_entry_is_kept_as_it_was_with_a_pseudonym_for_its_actor(database: Database, tenant: TenantId) -> None:
    entry = replace(an_audit_entry(tenant), personal=Sealed(b"\x00sealed"))
    (kept,) = appended(database, entry)
    for field in ("id", "tenant_id", "at", "action", "subject", "facts", "personal"):
        assert getattr(kept, field) == getattr(entry, field)
    assert kept.actor is not None
    assert len(kept.actor) == 64
    assert str(entry.actor) not in kept.actor


def test_one_actor_keeps_one_pseudonym(database: Database, tenant: TenantId) -> None:
    first, second, nobody = an_audit_entry(tenant), an_audit_entry(tenant), an_audit_entry(tenant)
    again = replace(second, actor=first.actor)
    one, other, third, none = appended(database, first, again, nobody, replace(an_audit_entry(tenant), actor=None))
    assert one.actor == other.actor != third.actor
    assert none.actor is None


numbers = st.integers(-(2**53), 2**53) | st.floats(-(2.0**53), 2.0**53) | st.floats(-1e-300, 1e-300)
facts = st.dictionaries(
    st.sampled_from(["a", "b", "timings", "PII"]),
    st.recursive(
        st.none() | st.booleans() | numbers | st.sampled_from(["local", "2026-01-01"]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["x", "y"]), inner, max_size=2),
        max_leaves=5,
    ),
    max_size=3,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(values=facts)
def test_the_leaf_hash_is_that_of_the_entry_as_it_is_read_back(
    database: Database, tenant: TenantId, values: dict[str, object]
) -> None:
    """No store may spell a number, a time or an order of keys otherwise: every entry would look tampered with."""
    (kept,) = appended(database, replace(an_audit_entry(tenant), id=uuid4(), facts=checked(values)))
    assert kept.leaf_hash == tree.leaf_hash(leaf_bytes(kept))


def test_what_is_no_leaf_yet_comes_in_the_order_of_its_numbers(database: Database, tenant: TenantId) -> None:
    kept = appended(database, *(an_audit_entry(tenant) for _ in range(4)))
    assert [record.number for record in kept] == sorted(record.number for record in kept)
    with database.transaction(tenant) as transaction:
        assert transaction.audit.unsequenced(limit=3) == tuple((one.number, one.leaf_hash) for one in kept[:3])
        transaction.audit.lock()
        transaction.audit.seal([a_leaf(tenant, 0, kept[1].number)], a_checkpoint(tenant))
    with database.transaction(tenant) as transaction:
        waiting = transaction.audit.unsequenced(limit=9)
    assert [number for number, _ in waiting] == [kept[0].number, kept[2].number, kept[3].number]


def test_the_oldest_entry_that_waits_for_a_checkpoint_tells_since_when(database: Database, tenant: TenantId) -> None:
    times = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2)]
    first, second = appended(database, *(an_audit_entry(tenant, at=at) for at in times))
    for leaves, expected in [
        ([], times[0]),
        ([a_leaf(tenant, 0, first.number)], times[1]),
        ([a_leaf(tenant, 1, second.number)], None),
    ]:
        with database.transaction(tenant) as transaction:
            if leaves:
                transaction.audit.seal(leaves, a_checkpoint(tenant, leaves[0].leaf_index + 1))
        with database.transaction(tenant) as transaction:
            assert transaction.audit.unsequenced_since() == expected


def test_leaves_come_back_with_their_entries_or_without(database: Database, tenant: TenantId) -> None:
    first, second = appended(database, an_audit_entry(tenant), an_audit_entry(tenant))
    leaves = [a_leaf(tenant, 0, second.number), a_leaf(tenant, 1, 999_999), a_leaf(tenant, 2, first.number)]
    with database.transaction(tenant) as transaction:
        transaction.audit.seal(leaves, a_checkpoint(tenant, 3))
        assert transaction.audit.sequenced(start=0, stop=9) == (
            (leaves[0], second),
            (leaves[1], None),
            (leaves[2], first),
        )
        assert transaction.audit.sequenced(start=1, stop=2) == ((leaves[1], None),)
        assert transaction.audit.leaf_hashes(size=2) == (leaves[0].leaf_hash, leaves[1].leaf_hash)
        assert transaction.audit.leaf_of(first.id) == leaves[2]
        assert transaction.audit.leaf_of(uuid4()) is None


def test_the_newest_checkpoint_is_the_largest(database: Database, tenant: TenantId) -> None:
    with database.transaction(tenant) as transaction:
        assert transaction.audit.checkpoint() is None
        for size in (2, 3, 10):
            transaction.audit.seal([a_leaf(tenant, size, size)], a_checkpoint(tenant, size))
        assert transaction.audit.checkpoint() == a_checkpoint(tenant, 10)
        assert transaction.audit.checkpoint(size=3) == a_checkpoint(tenant, 3)
        assert transaction.audit.checkpoint(size=4) is None


@pytest.mark.parametrize(("index", "size"), [(0, 2), (1, 1)])
def test_no_leaf_and_no_checkpoint_is_made_twice(database: Database, tenant: TenantId, index: int, size: int) -> None:
    with database.transaction(tenant) as transaction:
        transaction.audit.seal([a_leaf(tenant)], a_checkpoint(tenant))

    def seal_again() -> None:
        with database.transaction(tenant) as transaction:
            transaction.audit.seal([a_leaf(tenant, index, 5)], a_checkpoint(tenant, size))

    with pytest.raises(ConflictError):
        seal_again()


def test_another_tenants_log_is_neither_read_nor_written(database: Database, tenant: TenantId) -> None:
    """R30."""
    other = tenant_in(database)
    (kept,) = appended(database, an_audit_entry(tenant))
    with database.transaction(tenant) as transaction:
        transaction.audit.seal([a_leaf(tenant, 0, kept.number)], a_checkpoint(tenant))
    with database.transaction(other) as transaction:
        assert transaction.audit.unsequenced(limit=9) == ()
        assert transaction.audit.checkpoint() is None
        assert transaction.audit.leaf_hashes(size=9) == ()
        assert transaction.audit.sequenced(start=0, stop=9) == ()
        assert transaction.audit.leaf_of(kept.id) is None

    def smuggle() -> None:
        with database.transaction(other) as transaction:
            transaction.audit.seal([a_leaf(tenant, 1)], a_checkpoint(tenant, 2))

    with pytest.raises(RingfenceError, match="refused"):
        smuggle()
