"""Lineage and tombstones of what was found in other documents, kept by the twin and by PostgreSQL alike (R43)."""

from dataclasses import replace

from service.policy.access import TenantId
from service.ports import Database, Tombstone
from tests.contract.databases import database, migrated_database, postgres, tenant, tenant_in
from tests.records import MINUTE, NOON, a_document

__all__ = ["database", "migrated_database", "postgres", "tenant"]


def test_children_are_those_of_the_documents_asked_for_oldest_first(database: Database, tenant: TenantId) -> None:
    parent, other = replace(a_document(tenant), apart=True), a_document(tenant)
    late = replace(a_document(tenant), parent_id=parent.id)
    early = replace(a_document(tenant, created_at=NOON - MINUTE), parent_id=parent.id)
    theirs = replace(a_document(tenant, created_at=NOON + MINUTE), parent_id=other.id)
    with database.transaction(tenant) as transaction:
        for record in (parent, other, late, early, theirs):
            transaction.documents.add(record)
        assert transaction.documents.children([parent.id]) == (early, late)
        assert transaction.documents.children([parent.id, other.id]) == (early, late, theirs)
        assert transaction.documents.children([]) == transaction.documents.children([late.id]) == ()
        assert transaction.documents.get(parent.id) == parent
    stranger = tenant_in(database)
    with database.transaction(stranger) as transaction:
        assert transaction.documents.children([parent.id]) == ()


def test_a_tombstone_is_found_by_where_its_document_was_found(database: Database, tenant: TenantId) -> None:
    gone, original = a_document(tenant), a_document(tenant)
    tombstone = Tombstone(
        document_id=gone.id,
        tenant_id=tenant,
        chunk_count=2,
        erased_at=NOON,
        erased_by=None,
        original_ids=(original.id, gone.id),
        identity="f1",
    )
    with database.transaction(tenant) as transaction:
        transaction.tombstones.add(tombstone)
        transaction.tombstones.add(replace(tombstone, document_id=original.id, identity=None))
        assert transaction.tombstones.of_identity("f1") == tombstone
        assert transaction.tombstones.of_identity("f2") is None
