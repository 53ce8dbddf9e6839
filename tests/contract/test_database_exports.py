"""The promises about exports, kept by the twin and by PostgreSQL alike (R47, R41)."""

from dataclasses import replace
from uuid import uuid4

import pytest

from service.errors import NotFoundError, RingfenceError
from service.policy.access import KeyId, TenantId, TurnId
from service.ports import Database, Discarded, DocumentRecord, TurnSource
from tests.contract.databases import database, migrated_database, postgres, tenant, tenant_in
from tests.records import MINUTE, NOON, a_conversation, a_document, a_turn, an_export

__all__ = ["database", "migrated_database", "postgres", "tenant"]


def stored(database: Database, tenant: TenantId) -> DocumentRecord:
    record = a_document(tenant)
    with database.transaction(tenant) as transaction:
        transaction.documents.add(record)
    return record


def test_an_export_comes_back_whole_and_only_its_end_changes(database: Database, tenant: TenantId) -> None:
    record, later = an_export(tenant, ready=False), replace(an_export(tenant), made_at=NOON + MINUTE)
    with database.transaction(tenant) as transaction:
        transaction.exports.add(later, documents=[], turns=[])
        transaction.exports.add(record, documents=[], turns=[])
        assert transaction.exports.all() == (record, later)
        changed = replace(record, size=5, fetches=2, ready_at=NOON, removed_at=NOON + MINUTE)
        transaction.exports.update(replace(changed, made_by=KeyId(uuid4()), expires_at=NOON + 9 * MINUTE))
        assert transaction.exports.get(record.id) == changed
        transaction.exports.remove([record.id, later.id])
        assert transaction.exports.all() == ()
    with pytest.raises(NotFoundError), database.transaction(tenant) as transaction:
        transaction.exports.update(record)


def test_an_export_breaks_when_a_document_or_a_turn_of_it_is_erased(database: Database, tenant: TenantId) -> None:
    document, other = stored(database, tenant), stored(database, tenant)
    conversation = a_conversation(tenant)
    turn = a_turn(conversation, TurnSource(document_id=other.id, ordinal=0))
    whole, of_document, of_turn = (an_export(tenant) for _ in range(3))
    with database.transaction(tenant) as transaction:
        transaction.conversations.add(conversation)
        transaction.turns.add(turn)
        transaction.exports.add(whole, documents=[other.id], turns=[])
        transaction.exports.add(of_document, documents=[document.id, other.id], turns=[])
        transaction.exports.add(of_turn, documents=[], turns=[turn.id])
        assert transaction.exports.broken() == frozenset()
        transaction.documents.delete(document.id)
        assert transaction.exports.broken() == {of_document.id}
        transaction.turns.erase(turn.id, NOON)
        assert transaction.exports.broken() == {of_document.id, of_turn.id}
        found = transaction.exports.discardable(now=NOON, begun_before=NOON)
        assert found == dict.fromkeys((of_document.id, of_turn.id), Discarded.SOURCE_ERASED)


def test_what_is_to_be_destroyed_is_told_with_its_reason(database: Database, tenant: TenantId) -> None:
    begun, expired, kept = (
        an_export(tenant, ready=False),
        an_export(tenant),
        an_export(tenant, expires_at=NOON + 9 * MINUTE),
    )
    removed = replace(an_export(tenant, expires_at=NOON + 9 * MINUTE), removed_at=NOON)
    begun = an_export(tenant, expires_at=NOON + 9 * MINUTE, ready=False)
    with database.transaction(tenant) as transaction:
        for record in (begun, expired, kept, removed):
            transaction.exports.add(record, documents=[], turns=[])
        early = transaction.exports.discardable(now=NOON + MINUTE / 2, begun_before=NOON)
        assert early == {removed.id: Discarded.REMOVED}
        late = transaction.exports.discardable(now=NOON + MINUTE, begun_before=NOON + MINUTE)
    reasons = {begun.id: Discarded.UNFINISHED, expired.id: Discarded.EXPIRED, removed.id: Discarded.REMOVED}
    assert late == reasons


def test_an_export_is_its_tenants_alone(database: Database, tenant: TenantId) -> None:
    """R30."""
    other = tenant_in(database)
    record = an_export(tenant)
    with database.transaction(tenant) as transaction:
        transaction.exports.add(record, documents=[], turns=[TurnId(uuid4())])
    with database.transaction(other) as transaction:
        assert transaction.exports.all() == ()
        assert transaction.exports.get(record.id) is None
        assert transaction.exports.broken() == frozenset()
        transaction.exports.remove([record.id])
    with database.transaction(tenant) as transaction:
        assert transaction.exports.get(record.id) == record

    def foreign() -> None:
        with database.transaction(other) as transaction:
            transaction.exports.add(an_export(tenant), documents=[], turns=[])

    with pytest.raises(RingfenceError):
        foreign()
