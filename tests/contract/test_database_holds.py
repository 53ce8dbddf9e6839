"""The promises about legal holds, kept by the twin and by PostgreSQL alike (R45)."""

from dataclasses import replace
from uuid import uuid4

import pytest

from service.errors import NotFoundError, RingfenceError
from service.policy.access import DocumentId, KeyId, MatterId, TenantId
from service.ports import Database, DocumentRecord, HoldReleaseReason, MatterRecord
from tests.contract.databases import database, migrated_database, postgres, tenant, tenant_in
from tests.records import MINUTE, NOON, a_document, a_matter

__all__ = ["database", "migrated_database", "postgres", "tenant"]

WHO = KeyId(uuid4())


def placed(database: Database, matter: MatterRecord, *documents: DocumentId) -> MatterId:
    """Place a hold as the use case does."""
    with database.transaction(matter.tenant_id) as transaction:
        transaction.holds.lock()
        transaction.holds.add(matter)
        transaction.holds.cover(matter.id, documents, at=NOON, by=WHO)
    return matter.id


def stored(database: Database, tenant: TenantId, *groups: str) -> DocumentRecord:
    record = a_document(tenant, groups=frozenset(groups or {"*"}))
    with database.transaction(tenant) as transaction:
        transaction.documents.add(record)
    return record


def test_a_matter_comes_back_whole(database: Database, tenant: TenantId) -> None:
    first = a_matter(tenant, groups=frozenset({"board", "hr"}))
    second = a_matter(tenant, whole_tenant=True, opened_at=NOON + MINUTE)
    for matter in (second, first):
        placed(database, matter)
    with database.transaction(tenant) as transaction:
        assert transaction.holds.all() == (first, second)
        assert transaction.holds.get(second.id) == second
        assert transaction.holds.get(MatterId(uuid4())) is None


def test_a_document_is_held_for_its_id_its_group_and_its_tenant(database: Database, tenant: TenantId) -> None:
    listed, grouped, free = stored(database, tenant), stored(database, tenant, "hr", "sales"), stored(database, tenant)
    one = placed(database, a_matter(tenant), listed.id)
    other = placed(database, a_matter(tenant, groups=frozenset({"hr", "legal"})))
    ids = [listed.id, grouped.id, free.id]
    for lock in (False, True):
        with database.transaction(tenant) as transaction:
            held = transaction.holds.on(ids, lock=lock)
            assert held == {listed.id: frozenset({one}), grouped.id: frozenset({other})}
            assert transaction.holds.on([]) == {}
            assert transaction.holds.whole() == frozenset()
    everything = placed(database, a_matter(tenant, whole_tenant=True))
    with database.transaction(tenant) as transaction:
        assert transaction.holds.on(ids)[free.id] == frozenset({everything})
        assert transaction.holds.on(ids)[listed.id] == frozenset({one, everything})
        assert transaction.holds.whole() == frozenset({everything})


def test_a_document_that_comes_later_is_held_and_one_that_is_gone_is_not(database: Database, tenant: TenantId) -> None:
    placed(database, a_matter(tenant, groups=frozenset({"hr"})))
    later = stored(database, tenant, "hr")
    with database.transaction(tenant) as transaction:
        assert set(transaction.holds.on([later.id, DocumentId(uuid4())])) == {later.id}
        transaction.documents.delete(later.id)
        assert transaction.holds.on([later.id]) == {}


def test_a_released_matter_holds_nothing_and_stays_on_record(database: Database, tenant: TenantId) -> None:
    record = stored(database, tenant)
    matter = a_matter(tenant, whole_tenant=True)
    placed(database, matter, record.id)
    asked = replace(matter, release_asked_at=NOON, release_asked_by=WHO, release_reason=HoldReleaseReason.COURT_ORDER)
    released = replace(asked, released_at=NOON + MINUTE, released_by=KeyId(uuid4()))
    for step, held in ((asked, True), (released, False)):
        with database.transaction(tenant) as transaction:
            transaction.holds.update(step)
            assert transaction.holds.get(matter.id) == step
            assert (record.id in transaction.holds.on([record.id])) is held
            assert bool(transaction.holds.whole()) is held
    with database.transaction(tenant) as transaction:
        assert transaction.holds.documents(matter.id) == (record.id,)


def test_listing_a_document_twice_does_no_harm(database: Database, tenant: TenantId) -> None:
    record = stored(database, tenant)
    matter = placed(database, a_matter(tenant), record.id)
    with database.transaction(tenant) as transaction:
        transaction.holds.cover(matter, [record.id], at=NOON + MINUTE, by=WHO)
        assert transaction.holds.documents(matter) == (record.id,)


def test_what_a_matter_is_called_and_who_opened_it_never_changes(database: Database, tenant: TenantId) -> None:
    matter = a_matter(tenant)
    placed(database, matter)
    forged = replace(matter, note=None, opened_by=KeyId(uuid4()), groups=frozenset({"hr"}))
    with database.transaction(tenant) as transaction:
        transaction.holds.update(forged)
        assert transaction.holds.get(matter.id) == replace(matter, groups=frozenset({"hr"}))


def test_an_absent_matter_is_neither_changed_nor_given_documents(database: Database, tenant: TenantId) -> None:
    record = stored(database, tenant)

    def update() -> None:
        with database.transaction(tenant) as transaction:
            transaction.holds.update(a_matter(tenant))

    def cover() -> None:
        with database.transaction(tenant) as transaction:
            transaction.holds.cover(MatterId(uuid4()), [record.id], at=NOON, by=WHO)

    for call in (update, cover):
        with pytest.raises(NotFoundError):
            call()


def test_a_hold_is_its_tenants_alone(database: Database, tenant: TenantId) -> None:
    """R30."""
    other = tenant_in(database)
    record, foreign = stored(database, tenant), stored(database, other)
    matter = a_matter(tenant, whole_tenant=True)
    placed(database, matter, record.id)
    with database.transaction(other) as transaction:
        assert transaction.holds.all() == ()
        assert transaction.holds.get(matter.id) is None
        assert transaction.holds.documents(matter.id) == ()
        assert transaction.holds.on([record.id, foreign.id], lock=True) == {}
        assert transaction.holds.whole() == frozenset()

    def write() -> None:
        with database.transaction(other) as transaction:
            transaction.holds.add(a_matter(tenant))

    with pytest.raises(RingfenceError):
        write()
