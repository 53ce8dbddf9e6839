"""The promises of ports.RefusalTable, kept by the twin and by PostgreSQL alike (R44)."""

from dataclasses import replace
from uuid import uuid4

import pytest

from service.errors import NotFoundError
from service.policy.access import DocumentId, KeyId, TenantId
from service.ports import Database, DocumentState, LiftReason, Tombstone
from tests.contract.databases import a_scope, database, migrated_database, postgres, tenant, tenant_in
from tests.records import MINUTE, NOON, a_document, a_refusal

__all__ = ["database", "migrated_database", "postgres", "tenant"]

_LATER = NOON + MINUTE


def test_a_refusal_is_found_by_content_by_external_id_and_by_one_shared_hash(
    database: Database, tenant: TenantId
) -> None:
    refusal = a_refusal(tenant)
    with database.transaction(tenant) as transaction:
        transaction.refusals.add(refusal)
    with database.transaction(tenant) as transaction:
        table = transaction.refusals
        assert table.get(refusal.document_id) == refusal
        assert table.against(content="c", external=None) == (refusal,)
        assert table.against(content="other", external="e") == (refusal,)
        assert table.against(content="other", external=None) == ()
        assert table.against(content="other", external="f") == ()
        assert table.sharing((7, 2)) == (refusal,)
        assert table.sharing((7, 8)) == ()
        assert table.sharing(()) == ()


def test_what_never_had_an_external_id_is_not_found_by_none(database: Database, tenant: TenantId) -> None:
    with database.transaction(tenant) as transaction:
        transaction.refusals.add(replace(a_refusal(tenant), external_fingerprint=None))
        assert transaction.refusals.against(content="other", external=None) == ()


def test_the_first_refusal_of_a_document_stays_even_lifted(database: Database, tenant: TenantId) -> None:
    first = a_refusal(tenant)
    with database.transaction(tenant) as transaction:
        transaction.refusals.add(first)
        transaction.refusals.lift(first.document_id, at=_LATER, by=KeyId(uuid4()), reason=LiftReason.OTHER)
        transaction.refusals.add(replace(first, content_fingerprint="d"))
        assert transaction.refusals.against(content="d", external=None) == ()
        kept = transaction.refusals.get(first.document_id)
    assert kept is not None
    assert (kept.content_fingerprint, kept.lifted_at) == ("c", _LATER)


def test_a_lifted_refusal_is_not_in_force_and_is_lifted_once(database: Database, tenant: TenantId) -> None:
    refusal, owner = a_refusal(tenant), KeyId(uuid4())
    with database.transaction(tenant) as transaction:
        transaction.refusals.add(refusal)
        lift = transaction.refusals.lift
        assert lift(refusal.document_id, at=_LATER, by=owner, reason=LiftReason.CONSENT_GIVEN)
        assert not lift(refusal.document_id, at=NOON, by=owner, reason=LiftReason.OTHER)
        assert not lift(DocumentId(uuid4()), at=NOON, by=owner, reason=LiftReason.OTHER)
    lifted = replace(refusal, lifted_at=_LATER, lifted_by=owner, lift_reason=LiftReason.CONSENT_GIVEN)
    with database.transaction(tenant) as transaction:
        assert transaction.refusals.page(limit=9) == (lifted,)
        assert transaction.refusals.against(content="c", external="e") == ()
        assert transaction.refusals.sharing(refusal.sketch) == ()


def test_nobody_lifts_a_refusal_of_another_tenant(database: Database, tenant: TenantId) -> None:
    """R30."""
    refusal, other = a_refusal(tenant), tenant_in(database)
    with database.transaction(tenant) as transaction:
        transaction.refusals.add(refusal)
    with database.transaction(other) as transaction:
        assert not transaction.refusals.lift(refusal.document_id, at=NOON, by=KeyId(uuid4()), reason=LiftReason.OTHER)
    with database.transaction(tenant) as transaction:
        assert transaction.refusals.get(refusal.document_id) == refusal


def test_refusals_are_paged_newest_first(database: Database, tenant: TenantId) -> None:
    refusals = [replace(a_refusal(tenant), refused_at=NOON + place * MINUTE) for place in range(5)]
    with database.transaction(tenant) as transaction:
        for refusal in refusals:
            transaction.refusals.add(refusal)
    newest_first = tuple(reversed(refusals))
    with database.transaction(tenant) as transaction:
        assert transaction.refusals.page(limit=2) == newest_first[:2]
        assert transaction.refusals.page(limit=9, after=newest_first[1].document_id) == newest_first[2:]
        with pytest.raises(NotFoundError):
            transaction.refusals.page(limit=9, after=DocumentId(uuid4()))


def test_a_document_keeps_its_sketch_and_what_it_resembles(database: Database, tenant: TenantId) -> None:
    record = replace(a_document(tenant), sketch=(3, 2**31 - 1), resembles=DocumentId(uuid4()), resemblance=0.93)
    with database.transaction(tenant) as transaction:
        transaction.documents.add(record)
    with database.transaction(tenant) as transaction:
        assert transaction.documents.page(scope=a_scope(tenant), limit=9) == (record,)


def test_tombstones_are_listed_oldest_first(database: Database, tenant: TenantId) -> None:
    tombstones = [
        Tombstone(
            document_id=DocumentId(uuid4()),
            tenant_id=tenant,
            chunk_count=1,
            erased_at=NOON + place * MINUTE,
            erased_by=None,
        )
        for place in (2, 0, 1)
    ]
    with database.transaction(tenant) as transaction:
        for tombstone in tombstones:
            transaction.tombstones.add(tombstone)
    with database.transaction(tenant) as transaction:
        assert transaction.tombstones.all() == (tombstones[1], tombstones[2], tombstones[0])


def test_the_ids_of_documents_are_listed_oldest_first_by_state(database: Database, tenant: TenantId) -> None:
    """R63: what an index is made from."""
    ready = a_document(tenant, created_at=NOON + MINUTE)
    failed = a_document(tenant, state=DocumentState.FAILED)
    with database.transaction(tenant) as transaction:
        transaction.documents.add(ready)
        transaction.documents.add(failed)
    with database.transaction(tenant) as transaction:
        assert transaction.documents.ids() == (failed.id, ready.id)
        assert transaction.documents.ids(states={DocumentState.READY}) == (ready.id,)
    with database.transaction(tenant_in(database)) as transaction:
        assert transaction.documents.ids() == ()
