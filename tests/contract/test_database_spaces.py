"""The promises about vector spaces, kept by the twin and by PostgreSQL alike (R63)."""

from dataclasses import replace

import pytest

from service.errors import ConflictError, NotFoundError, RingfenceError
from service.policy.access import TenantId
from service.ports import Database, DocumentState
from service.ports.spaces import SpaceCounts, SpaceRecord, SpaceState
from tests.contract.databases import database, migrated_database, postgres, tenant, tenant_in
from tests.records import MINUTE, NOON, a_document, a_space

__all__ = ["database", "migrated_database", "postgres", "tenant"]


def begun(database: Database, record: SpaceRecord) -> bool:
    with database.transaction(record.tenant_id) as transaction:
        return transaction.spaces.begin(record)


def test_one_space_serves_and_one_is_built(database: Database, tenant: TenantId) -> None:
    serving, building = a_space(tenant, SpaceState.SERVING, "old/float32"), a_space(tenant)
    assert begun(database, building)
    assert begun(database, serving)
    for state in (SpaceState.SERVING, SpaceState.BUILDING):
        assert not begun(database, a_space(tenant, state, f"third/{state}"))
    with database.transaction(tenant) as transaction:
        assert transaction.spaces.live() == transaction.spaces.live(lock=True) == (serving, building)
        assert transaction.spaces.get(building.id, lock=True) == building
        assert set(transaction.spaces.all()) == {serving, building}
        assert transaction.spaces.leaving() == ()


def test_a_name_begins_again_only_when_its_points_are_dropped(database: Database, tenant: TenantId) -> None:
    first = replace(a_space(tenant), state=SpaceState.CANCELLED)
    assert begun(database, first)
    assert not begun(database, a_space(tenant))
    with database.transaction(tenant) as transaction:
        assert transaction.spaces.leaving() == (first,)
        transaction.spaces.update(replace(first, dropped_at=NOON))
        assert transaction.spaces.leaving() == ()
    assert begun(database, a_space(tenant))


def test_a_state_changes_unless_another_space_is_in_it(database: Database, tenant: TenantId) -> None:
    serving, building = a_space(tenant, SpaceState.SERVING, "old/float32"), a_space(tenant)
    for one in (serving, building):
        begun(database, one)
    with database.transaction(tenant) as transaction:
        transaction.spaces.update(replace(serving, state=SpaceState.RETIRED))
        transaction.spaces.update(replace(building, state=SpaceState.SERVING))
        assert [one.id for one in transaction.spaces.live()] == [building.id]
    with pytest.raises(ConflictError), database.transaction(tenant) as transaction:
        transaction.spaces.update(serving)
    with pytest.raises(NotFoundError), database.transaction(tenant) as transaction:
        transaction.spaces.update(a_space(tenant, SpaceState.RETIRED, "unknown"))


def test_one_builder_at_a_time_until_its_lease_runs_out(database: Database, tenant: TenantId) -> None:
    """R60."""
    space = a_space(tenant)
    begun(database, space)
    with database.transaction(tenant) as transaction:
        spaces = transaction.spaces
        first = spaces.claim(space.id, now=NOON, lease_until=NOON + MINUTE)
        assert first is not None
        assert spaces.claim(space.id, now=NOON, lease_until=NOON + MINUTE) is None
        assert spaces.renew(space.id, first.fence, lease_until=NOON + MINUTE)
        second = spaces.claim(space.id, now=NOON + 2 * MINUTE, lease_until=NOON + 3 * MINUTE)
        assert second is not None
        assert second.fence == first.fence + 1
        assert not spaces.renew(space.id, first.fence, lease_until=None)
        assert spaces.renew(space.id, second.fence, lease_until=None)
        assert spaces.claim(space.id, now=NOON + 2 * MINUTE, lease_until=NOON + 3 * MINUTE) is not None
        spaces.update(replace(space, state=SpaceState.CANCELLED))
        assert spaces.claim(space.id, now=NOON + 9 * MINUTE, lease_until=NOON + 9 * MINUTE) is None
        assert not spaces.renew(space.id, second.fence + 1, lease_until=None)


def test_a_space_counts_the_documents_that_belong_into_it(database: Database, tenant: TenantId) -> None:
    space, other = a_space(tenant), a_space(tenant, SpaceState.SERVING, "old/float32")
    states = (DocumentState.READY, DocumentState.QUARANTINED, DocumentState.FAILED, DocumentState.REGISTERED)
    ready, quarantined, *_ = documents = [replace(a_document(tenant), state=state) for state in states]
    for one in (space, other):
        begun(database, one)
    with database.transaction(tenant) as transaction:
        for record in documents:
            transaction.documents.add(record)
        spaces = transaction.spaces
        assert set(spaces.unbuilt(space.id, limit=9)) == {ready.id, quarantined.id}
        assert len(spaces.unbuilt(space.id, limit=1)) == 1
        spaces.mark(space.id, ready.id, verified=False)
        spaces.mark(other.id, ready.id, verified=True)
        spaces.mark(space.id, quarantined.id, verified=False)
        assert spaces.counts(space.id) == SpaceCounts(documents=2, built=2, verified=0)
        assert spaces.unbuilt(space.id, limit=9) == ()
        assert set(spaces.unverified(space.id, limit=9)) == {ready.id, quarantined.id}
        spaces.mark(space.id, ready.id, verified=True)
        assert spaces.counts(space.id) == SpaceCounts(documents=2, built=2, verified=1)
        assert spaces.unverified(space.id, limit=9) == (quarantined.id,)
        spaces.unmark(space.id, ready.id)
        assert spaces.unbuilt(space.id, limit=9) == (ready.id,)
        spaces.unmark(space.id)
        assert spaces.counts(space.id) == SpaceCounts(documents=2, built=0, verified=0)
        assert spaces.counts(other.id) == SpaceCounts(documents=2, built=1, verified=1)


def test_a_document_that_is_gone_is_in_no_space(database: Database, tenant: TenantId) -> None:
    """R43: nothing names it, or its erasure would never verify."""
    space, record = a_space(tenant), replace(a_document(tenant), state=DocumentState.READY)
    begun(database, space)
    with database.transaction(tenant) as transaction:
        transaction.documents.add(record)
        transaction.spaces.mark(space.id, record.id, verified=True)
    with database.transaction(tenant) as transaction:
        transaction.documents.delete(record.id)
        assert transaction.spaces.counts(space.id) == SpaceCounts(documents=0, built=0, verified=0)
        assert transaction.spaces.unverified(space.id, limit=9) == ()
    with pytest.raises(NotFoundError), database.transaction(tenant) as transaction:
        transaction.spaces.mark(space.id, record.id, verified=True)


def test_another_tenant_sees_and_makes_no_space_here(database: Database, tenant: TenantId) -> None:
    """R30."""
    space, stranger = a_space(tenant), tenant_in(database)
    begun(database, space)
    with database.transaction(stranger) as transaction:
        assert transaction.spaces.all() == ()
        assert transaction.spaces.get(space.id) is None
    with pytest.raises(RingfenceError), database.transaction(stranger) as transaction:
        transaction.spaces.begin(a_space(tenant))
