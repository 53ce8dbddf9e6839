"""The promises about conversations and turns, kept by the twin and by PostgreSQL alike (R10, R41)."""

from dataclasses import replace
from uuid import uuid4

import pytest

from service.errors import ConflictError, NotFoundError, RingfenceError
from service.policy.access import ConversationId, DocumentId, KeyId, TenantId, TurnId
from service.ports import ConversationRecord, Database, TurnSource
from tests.contract.databases import database, migrated_database, postgres, tenant, tenant_in
from tests.records import MINUTE, NOON, a_conversation, a_document, a_turn

__all__ = ["database", "migrated_database", "postgres", "tenant"]


@pytest.fixture
def talk(database: Database, tenant: TenantId) -> ConversationRecord:
    """Return a conversation that is stored."""
    record = a_conversation(tenant)
    with database.transaction(tenant) as transaction:
        transaction.conversations.add(record)
    return record


def a_stored_document(database: Database, tenant: TenantId) -> DocumentId:
    record = a_document(tenant)
    with database.transaction(tenant) as transaction:
        transaction.documents.add(record)
    return record.id


def test_a_turn_comes_back_whole_with_its_lineage(
    database: Database, tenant: TenantId, talk: ConversationRecord
) -> None:
    first, second = a_stored_document(database, tenant), a_stored_document(database, tenant)
    sources = (
        TurnSource(document_id=second, ordinal=3, number=1, score=0.75),
        TurnSource(document_id=second, ordinal=0, number=2, score=0.5),
        TurnSource(document_id=first, ordinal=1),
    )
    one, two = a_turn(talk, *sources, request="r1"), a_turn(talk, ordinal=1)
    with database.transaction(tenant) as transaction:
        transaction.turns.add(two)
        transaction.turns.add(one)
        assert transaction.turns.of(talk.id) == (one, two)
        assert transaction.turns.get(one.id) == one
        assert transaction.turns.by_request("r1") == one
        assert transaction.turns.by_request("r2") is None
        assert transaction.turns.get(TurnId(uuid4())) is None
        assert transaction.turns.alive([one.id, TurnId(uuid4())]) == {one.id}
        assert [transaction.turns.count(document) for document in (first, second)] == [1, 1]


def test_a_turn_is_not_kept_beside_an_erased_document(
    database: Database, tenant: TenantId, talk: ConversationRecord
) -> None:
    """R41: what is derived from an erased document never appears after it."""
    gone = TurnSource(document_id=DocumentId(uuid4()), ordinal=0, number=1)
    with pytest.raises(NotFoundError), database.transaction(tenant) as transaction:
        transaction.turns.add(a_turn(talk, gone))
    with database.transaction(tenant) as transaction:
        assert transaction.turns.of(talk.id) == ()


def test_a_place_in_a_conversation_and_a_request_are_taken_once(
    database: Database, tenant: TenantId, talk: ConversationRecord
) -> None:
    with database.transaction(tenant) as transaction:
        transaction.turns.add(a_turn(talk, request="r1"))
    for again in (a_turn(talk), a_turn(talk, ordinal=1, request="r1")):
        with pytest.raises(ConflictError), database.transaction(tenant) as transaction:
            transaction.turns.add(again)


def test_a_turn_needs_its_conversation(database: Database, tenant: TenantId) -> None:
    with pytest.raises(NotFoundError), database.transaction(tenant) as transaction:
        transaction.turns.add(a_turn(a_conversation(tenant)))


def test_turns_of_a_document_are_hidden_at_once_and_their_ids_stay_until_removed(
    database: Database, tenant: TenantId, talk: ConversationRecord
) -> None:
    """R41: the ids are the only way to the keys."""
    document, other = a_stored_document(database, tenant), a_stored_document(database, tenant)
    doomed = a_turn(talk, TurnSource(document_id=document, ordinal=0), request="r1")
    kept = a_turn(talk, TurnSource(document_id=other, ordinal=0), ordinal=1)
    with database.transaction(tenant) as transaction:
        transaction.turns.add(doomed)
        transaction.turns.add(kept)
        transaction.documents.delete(document)
        transaction.turns.erase_of(document, NOON)
    with database.transaction(tenant) as transaction:
        assert transaction.turns.of(talk.id) == (kept,)
        assert transaction.turns.get(doomed.id) is None
        assert transaction.turns.by_request("r1") is None
        assert transaction.turns.alive([doomed.id, kept.id]) == {kept.id}
        assert transaction.turns.erased(limit=9) == (doomed.id,)
        assert transaction.turns.count(document) == 1
        transaction.turns.remove([doomed.id, kept.id])
        assert transaction.turns.erased(limit=9) == ()
        assert transaction.turns.count(document) == 0
        assert transaction.turns.of(talk.id) == (kept,)


def test_a_hidden_conversation_is_gone_with_its_last_turn(
    database: Database, tenant: TenantId, talk: ConversationRecord
) -> None:
    turn, other = a_turn(talk), a_conversation(tenant, owner=talk.owner, created_at=NOON + MINUTE)
    with database.transaction(tenant) as transaction:
        transaction.turns.add(turn)
        transaction.conversations.add(other)
        transaction.conversations.erase(talk.id, NOON)
        assert transaction.conversations.get(talk.id, lock=True) is None
        assert transaction.conversations.page(owner=talk.owner, limit=9) == (other,)
        assert transaction.turns.of(talk.id) == ()
        assert transaction.turns.erased(limit=9) == (turn.id,)
        with pytest.raises(NotFoundError):
            transaction.conversations.update(talk)
        transaction.turns.remove([turn.id])
    with database.transaction(tenant) as transaction:
        transaction.conversations.add(talk)  # its id is free: nothing of it is left


def test_a_single_turn_can_be_hidden(database: Database, tenant: TenantId, talk: ConversationRecord) -> None:
    first, second = a_turn(talk), a_turn(talk, ordinal=1)
    with database.transaction(tenant) as transaction:
        for turn in (first, second):
            transaction.turns.add(turn)
        transaction.turns.erase(first.id, NOON)
        assert transaction.turns.of(talk.id) == (second,)


def test_hiding_a_turn_that_is_gone_leaves_no_trace(database: Database, tenant: TenantId) -> None:
    with database.transaction(tenant) as transaction:
        transaction.turns.erase(TurnId(uuid4()), NOON)
        assert transaction.turns.erased(limit=9) == ()


def test_conversations_are_paged_by_owner_newest_first(database: Database, tenant: TenantId) -> None:
    owner = KeyId(uuid4())
    mine = [a_conversation(tenant, owner=owner, created_at=NOON + age * MINUTE) for age in range(3)]
    with database.transaction(tenant) as transaction:
        for record in (*mine, a_conversation(tenant)):
            transaction.conversations.add(record)
        assert transaction.conversations.page(owner=owner, limit=2) == (mine[2], mine[1])
        assert transaction.conversations.page(owner=owner, limit=2, after=mine[1].id) == (mine[0],)
        with pytest.raises(NotFoundError):
            transaction.conversations.page(owner=owner, limit=2, after=ConversationId(uuid4()))
        changed = replace(mine[0], turns=7, updated_at=NOON + 9 * MINUTE)
        transaction.conversations.update(changed)
        assert transaction.conversations.get(changed.id) == changed


def test_another_tenant_sees_none_of_it(database: Database, tenant: TenantId, talk: ConversationRecord) -> None:
    """R30."""
    turn = a_turn(talk, request="r1")
    with database.transaction(tenant) as transaction:
        transaction.turns.add(turn)
    with database.transaction(tenant_in(database)) as transaction:
        assert transaction.conversations.get(talk.id) is None
        assert transaction.conversations.page(owner=talk.owner, limit=9) == ()
        assert transaction.turns.of(talk.id) == ()
        assert transaction.turns.get(turn.id) is None
        assert transaction.turns.by_request("r1") is None
    with pytest.raises(RingfenceError), database.transaction(tenant_in(database)) as transaction:
        transaction.conversations.add(a_conversation(tenant))
