"""The promises about sources, their runs and what is known of the things there, kept by both databases (R60)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.errors import ConflictError, NotFoundError, RingfenceError
from service.policy.access import DocumentId, TenantId
from service.ports import Database, RunRecord, RunState, SourceItem, SourceRecord, Trouble
from tests.contract.databases import database, migrated_database, postgres, tenant, tenant_in
from tests.records import MINUTE, NOON, a_document, a_run, a_source, a_thing

__all__ = ["database", "migrated_database", "postgres", "tenant"]


def added(database: Database, tenant: TenantId, *, runs: int = 0) -> tuple[SourceRecord, list[RunRecord]]:
    """Keep a source with so many runs, of which none is open but the newest."""
    source = a_source(tenant)
    made = [a_run(source, asked_at=NOON + number * MINUTE) for number in range(runs)]
    ended = [replace(run, state=RunState.DONE) for run in made[:-1]]
    with database.transaction(tenant) as transaction:
        transaction.sources.add(source)
        for run in (*ended, *made[-1:]):
            transaction.source_runs.add(run)
    return source, [*ended, *made[-1:]]


def known(database: Database, source: SourceRecord, documents: int = 0, others: int = 0) -> list[SourceItem]:
    """Keep items, the first ones with a document each."""
    kept = [a_document(source.tenant_id) for _ in range(documents)]
    ids: list[DocumentId | None] = [*(one.id for one in kept), *([None] * others)]
    items = [a_thing(source, number, document_id=one) for number, one in enumerate(ids, start=1)]
    with database.transaction(source.tenant_id) as transaction:
        for document in kept:
            transaction.documents.add(document)
        for item in items:
            transaction.source_items.put(item)
    return items


def test_a_source_changes_only_in_when_it_runs(database: Database, tenant: TenantId) -> None:
    source, _ = added(database, tenant)
    later = replace(source, paused_at=NOON, due_at=NOON + MINUTE, every_seconds=None)
    with database.transaction(tenant) as transaction:
        transaction.sources.update(replace(later, brake_percent=99))
        assert transaction.sources.get(source.id, lock=True) == later
        assert transaction.sources.all() == (later,)
    with database.transaction(tenant) as transaction, pytest.raises(NotFoundError):
        transaction.sources.update(a_source(tenant))


def test_a_source_has_one_open_run_at_a_time(database: Database, tenant: TenantId) -> None:
    source, runs = added(database, tenant, runs=2)
    with database.transaction(tenant) as transaction:
        with pytest.raises(ConflictError):
            transaction.source_runs.add(a_run(source))
        assert transaction.source_runs.of(source.id, limit=5) == tuple(reversed(runs))


def test_a_run_is_claimed_once_and_again_when_its_lease_ran_out(database: Database, tenant: TenantId) -> None:
    _, runs = added(database, tenant, runs=1)
    with database.transaction(tenant) as transaction:
        first = transaction.source_runs.claim(runs[0].id, now=NOON, lease_until=NOON + MINUTE)
        assert first is not None
        assert (first.state, first.fence, first.started_at) == (RunState.RUNNING, 1, NOON)
        assert transaction.source_runs.claim(first.id, now=NOON, lease_until=NOON + MINUTE) is None
        assert transaction.source_runs.claimable(now=NOON) == ()
    late = NOON + timedelta(hours=1)
    with database.transaction(tenant) as transaction:
        assert [run.id for run in transaction.source_runs.claimable(now=late)] == [first.id]
        second = transaction.source_runs.claim(first.id, now=late, lease_until=late + MINUTE)
        assert second is not None
        assert (second.fence, second.started_at) == (2, NOON)
        assert not transaction.source_runs.update(replace(first, counts={"new": 1}))
        assert not transaction.source_runs.holds(first)
        ended = replace(second, state=RunState.DONE, counts={"new": 2}, seen=b"\x01")
        assert transaction.source_runs.holds(second, lock=True)
        assert transaction.source_runs.update(ended)
        assert transaction.source_runs.get(first.id) == ended
        assert not transaction.source_runs.update(second)


def test_runs_of_a_paused_source_are_left_alone(database: Database, tenant: TenantId) -> None:
    source, runs = added(database, tenant, runs=1)
    with database.transaction(tenant) as transaction:
        assert transaction.source_runs.claimable(now=NOON) == tuple(runs)
        transaction.sources.update(replace(source, paused_at=NOON))
        assert transaction.source_runs.claimable(now=NOON) == ()


def test_old_runs_are_forgotten_and_open_ones_never(database: Database, tenant: TenantId) -> None:
    source, runs = added(database, tenant, runs=4)
    with database.transaction(tenant) as transaction:
        transaction.source_runs.prune(source.id, keep=1)
        assert transaction.source_runs.of(source.id, limit=9) == (runs[3], runs[2])


def test_items_are_found_by_place_by_number_by_trouble_and_by_document(database: Database, tenant: TenantId) -> None:
    source, _ = added(database, tenant)
    items = known(database, source, documents=2, others=1)
    troubled = replace(items[2], trouble=Trouble.UNREADABLE, gone_at=NOON)
    with database.transaction(tenant) as transaction:
        table = transaction.source_items
        table.put(troubled)
        assert table.at(source.id, ["place-3", "place-1", "elsewhere"]) == (items[0], troubled)
        assert table.at(source.id, []) == ()
        assert table.page(source.id, after=1, limit=1) == (items[1],)
        assert table.page(source.id, after=0, limit=9, troubled=True) == (troubled,)
        assert table.of_documents([item.document_id for item in items[:2] if item.document_id]) == tuple(items[:2])
        assert table.of_documents([]) == ()
        assert (table.count(source.id), table.last(source.id)) == (2, 3)
        table.drop(source.id, ["place-3"])
        table.drop(source.id, [])
        assert (table.count(source.id), table.last(source.id)) == (2, 2)


def test_a_thing_needs_its_source_and_its_document(database: Database, tenant: TenantId) -> None:
    source, _ = added(database, tenant)
    for item in (a_thing(a_source(tenant), 1), a_thing(source, 1, document_id=a_document(tenant).id)):
        with pytest.raises(NotFoundError), database.transaction(tenant) as transaction:
            transaction.source_items.put(item)


def test_a_document_that_goes_takes_its_places_along(database: Database, tenant: TenantId) -> None:
    """R43."""
    source, _ = added(database, tenant)
    items = known(database, source, documents=2)
    assert items[0].document_id is not None
    with database.transaction(tenant) as transaction:
        transaction.documents.delete(items[0].document_id)
        assert transaction.source_items.page(source.id, after=0, limit=9) == (items[1],)


def test_what_is_erased_on_request_is_forgotten_and_what_is_let_go_is_known_without_its_name(
    database: Database, tenant: TenantId
) -> None:
    """R44."""
    source, _ = added(database, tenant)
    items = known(database, source, documents=3)
    ids = [item.document_id for item in items if item.document_id is not None]
    with database.transaction(tenant) as transaction:
        transaction.source_items.put(replace(items[2], gone_at=NOON))
        transaction.source_items.let_go(ids[:1], forget=True)
        transaction.source_items.let_go(ids[1:], forget=False)
        kept = replace(items[1], document_id=None, owned=False, name=None, trouble=Trouble.LET_GO)
        assert transaction.source_items.page(source.id, after=0, limit=9) == (kept,)


def test_the_same_content_is_the_same_only_for_the_same_people(database: Database, tenant: TenantId) -> None:
    first = a_document(tenant, content="same", groups=frozenset({"board", "legal"}))
    later = replace(a_document(tenant, content="same", groups=first.groups), created_at=NOON + MINUTE)
    with database.transaction(tenant) as transaction:
        for document in (later, first, a_document(tenant, content="same"), a_document(tenant, groups=first.groups)):
            transaction.documents.add(document)
        twins = transaction.source_items.twin(
            content=first.content_fingerprint, groups=first.groups, declared=first.declared
        )
        assert twins == (first, later)


def test_removing_a_source_leaves_its_documents(database: Database, tenant: TenantId) -> None:
    source, runs = added(database, tenant, runs=1)
    items = known(database, source, documents=1)
    other, _ = added(database, tenant)
    with database.transaction(tenant) as transaction:
        transaction.sources.remove(source.id)
        assert transaction.source_items.at(source.id, ["place-1"]) == ()
        assert transaction.source_runs.get(runs[0].id) is None
        assert items[0].document_id is not None
        assert transaction.documents.get(items[0].document_id) is not None
        assert transaction.sources.all() == (other,)
        transaction.sources.clear()
        assert transaction.sources.all() == ()


def test_sources_are_their_tenants_alone(database: Database, tenant: TenantId) -> None:
    """R30."""
    source, runs = added(database, tenant, runs=1)
    known(database, source, documents=1)
    other = tenant_in(database)
    with database.transaction(other) as transaction:
        assert transaction.sources.get(source.id) is None
        assert transaction.source_runs.claimable(now=NOON) == ()
        assert transaction.source_runs.claim(runs[0].id, now=NOON, lease_until=NOON + MINUTE) is None
        assert transaction.source_items.page(source.id, after=0, limit=9) == ()
    with pytest.raises(RingfenceError), database.transaction(other) as transaction:
        transaction.sources.add(a_source(tenant))
    with pytest.raises(RingfenceError), database.transaction(other) as transaction:
        transaction.source_items.put(a_thing(source, 2))
