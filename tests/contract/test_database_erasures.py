"""The promises of the table of erasure requests, kept by the twin and by PostgreSQL alike (R40)."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from service.errors import NotFoundError
from service.policy.access import ErasureId, JobId, TenantId
from service.policy.erasures import ENDED, ErasureAction, ErasureState, LeaveReason, Refusal
from service.ports import Database, EstateCounts, ItemKind, ItemState, TurnSource
from tests.contract.databases import database, migrated_database, postgres, tenant, tenant_in
from tests.records import NOON, a_canary, a_conversation, a_document, a_policy, a_turn, an_api_key, an_erasure, an_item

__all__ = ["database", "migrated_database", "postgres", "tenant"]


def test_a_request_comes_back_as_it_was_written(database: Database, tenant: TenantId) -> None:
    record = an_erasure(tenant)
    with database.transaction(tenant) as transaction:
        transaction.erasures.add(record)
        assert transaction.erasures.get(record.id, lock=True) == record
    changed = replace(record, state=ErasureState.REFUSED, refusal=Refusal.LEGAL_CLAIMS, ended_at=NOON, subject=None)
    with database.transaction(tenant) as transaction:
        transaction.erasures.update(changed)
    with database.transaction(tenant) as transaction:
        assert transaction.erasures.get(record.id) == changed
        assert transaction.erasures.get(ErasureId(uuid4())) is None
        with pytest.raises(NotFoundError):
            transaction.erasures.update(replace(record, id=ErasureId(uuid4())))


def test_another_tenants_requests_are_not_there(database: Database, tenant: TenantId) -> None:
    """R30."""
    record = an_erasure(tenant)
    item = an_item(record)
    with database.transaction(tenant) as transaction:
        transaction.erasures.add(record)
        transaction.erasures.put_items([item])
    with database.transaction(tenant_in(database)) as transaction:
        assert transaction.erasures.get(record.id) is None
        assert transaction.erasures.page(limit=9) == ()
        assert transaction.erasures.page(limit=9, target=item.target) == ()
        assert transaction.erasures.items(record.id) == ()
        assert transaction.erasures.in_state(ErasureState) == ()


def test_requests_are_listed_newest_first_and_by_what_they_are_about(database: Database, tenant: TenantId) -> None:
    old, young, last = (an_erasure(tenant, received_at=NOON + timedelta(days=days)) for days in range(3))
    item = an_item(old)
    with database.transaction(tenant) as transaction:
        for record in (young, old, last):
            transaction.erasures.add(record)
        transaction.erasures.put_items([item, an_item(young)])
        table = transaction.erasures
        assert table.page(limit=2) == (last, young)
        assert table.page(limit=2, after=young.id) == (old,)
        assert table.page(limit=9, target=item.target) == (old,)
        assert table.in_state([ErasureState.LOCATED]) == (old, young, last)
        with pytest.raises(NotFoundError):
            table.page(limit=2, after=ErasureId(uuid4()))


def test_a_request_that_ended_is_unclosed_until_its_key_is_gone(database: Database, tenant: TenantId) -> None:
    records = {state: an_erasure(tenant, state=state) for state in ErasureState}
    with database.transaction(tenant) as transaction:
        for record in records.values():
            transaction.erasures.add(record)
        assert {one.state for one in transaction.erasures.unclosed()} == ENDED
        transaction.erasures.update(replace(records[ErasureState.VERIFIED], closed_at=NOON))
        assert {one.state for one in transaction.erasures.unclosed()} == ENDED - {ErasureState.VERIFIED}


def test_items_are_written_again_in_place_and_removed(database: Database, tenant: TenantId) -> None:
    record = an_erasure(tenant)
    document, turn = an_item(record), replace(an_item(record), kind=ItemKind.TURN)
    changed = replace(
        document,
        state=ItemState.LEFT,
        action=ErasureAction.LEAVE,
        left_because=LeaveReason.LEGAL_CLAIMS,
        held_by=(),
        job_id=JobId(uuid4()),
        certain=True,
    )
    with database.transaction(tenant) as transaction:
        transaction.erasures.add(record)
        transaction.erasures.put_items([turn, document])
        assert transaction.erasures.items(record.id) == (document, turn)
        transaction.erasures.put_items([changed])
    with database.transaction(tenant) as transaction:
        assert transaction.erasures.items(record.id) == (changed, turn)
        transaction.erasures.remove_items([turn])
        assert transaction.erasures.items(record.id) == (changed,)


def test_an_item_needs_its_request(database: Database, tenant: TenantId) -> None:
    with pytest.raises(NotFoundError), database.transaction(tenant) as transaction:
        transaction.erasures.put_items([an_item(an_erasure(tenant))])


def test_a_tenants_estate_is_counted_hidden_and_cleared(database: Database, tenant: TenantId) -> None:
    """R40: the end of a tenant, table by table; another one's stays."""
    other = tenant_in(database)
    for one in (tenant, other):
        conversation = a_conversation(one)
        with database.transaction(one) as transaction:
            document = a_document(one)
            transaction.documents.add(document)
            transaction.conversations.add(conversation)
            transaction.turns.add(a_turn(conversation, TurnSource(document_id=document.id, ordinal=0)))
            transaction.canaries.add(a_canary(one))
            transaction.policies.add(a_policy(one))
            transaction.api_keys.add(an_api_key(one))
    full = EstateCounts(documents=1, conversations=1, turns=1, canaries=1, policies=1, api_keys=1)
    for unseen in (1, 0):
        with database.transaction(tenant) as transaction:
            assert len(transaction.estate.documents(limit=9)) == 1
            assert len(transaction.estate.turns(limit=9)) == unseen
            transaction.estate.hide_conversations(NOON)
            transaction.estate.end_api_keys(NOON)
            transaction.estate.rename(f"erased-{tenant}")
            transaction.estate.clear()
            assert len(transaction.turns.erased(limit=9)) == 1
            assert [(key.name, key.revoked_at) for key in transaction.api_keys.all()] == [("", NOON)]
            left = transaction.estate.counts()
        assert left == replace(full, canaries=0, policies=0, api_keys=0)
    with database.transaction(other) as transaction:
        assert transaction.estate.counts() == full
        assert transaction.turns.erased(limit=9) == ()
