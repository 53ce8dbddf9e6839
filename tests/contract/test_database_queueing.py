"""What the ledger promises of whose turn it is, of quotas and of totals: the twin and PostgreSQL alike (R60, R64)."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import create_engine, text

from service.adapters.database import SqlDatabase
from service.adapters.memory.keeping import InMemoryKeyStore
from service.policy.access import KeyId, TenantId
from service.policy.quotas import Quota, Usage
from service.policy.tightening import TenantPolicy
from service.policy.turns import Standing
from service.ports import Database, DocumentState, JobKind, JobNumber, JobRecord, JobState, Priority, Tallied
from tests.contract.databases import database, migrated_database, postgres, tenant, tenant_in
from tests.records import MINUTE, NOON, a_document, a_job, a_policy
from tests.servers.postgres import PostgresDatabase

__all__ = ["database", "migrated_database", "postgres", "tenant"]

_THOUSANDS = 100_000


def _bulk(tenant: TenantId, minute: int = 0) -> JobRecord:
    return replace(a_job(tenant, created_at=NOON + minute * MINUTE), priority=Priority.BULK)


def _add(database: Database, *jobs: JobRecord) -> None:
    for job in jobs:
        with database.transaction(job.tenant_id) as transaction:
            transaction.jobs.add(job)


def _standing(database: Database, tenant: TenantId, *, minute: int = 0) -> Standing:
    found = database.standings(JobKind.INGEST, now=NOON + minute * MINUTE)
    return next(one for one in found if one.tenant_id == tenant)


def _next(
    database: Database, tenant: TenantId, *, priority: Priority = Priority.BULK, limit: int = 5, minute: int = 0
) -> tuple[JobRecord, ...]:
    now = NOON + minute * MINUTE
    with database.transaction(tenant) as transaction:
        return transaction.jobs.claim_next(
            JobKind.INGEST, priority=priority, now=now, lease_until=now + 2 * MINUTE, limit=limit
        )


def test_a_tenant_stands_with_what_is_due_and_what_runs(database: Database, tenant: TenantId) -> None:
    other = tenant_in(database)
    _add(
        database,
        _bulk(tenant),
        replace(a_job(other), not_before=NOON + MINUTE),
        replace(a_job(tenant), kind=JobKind.ERASE),
    )
    assert _standing(database, tenant) == Standing(tenant_id=tenant, bulk=True)
    assert _standing(database, other) == Standing(tenant_id=other)
    assert _standing(database, other, minute=1) == Standing(tenant_id=other, interactive=True)
    _next(database, tenant)
    assert _standing(database, tenant, minute=1) == Standing(tenant_id=tenant, running=1)
    assert _standing(database, tenant, minute=3) == Standing(tenant_id=tenant, bulk=True)


def test_nothing_is_due_of_a_paused_tenant_and_its_limit_is_told(database: Database, tenant: TenantId) -> None:
    _add(database, a_job(tenant), _bulk(tenant))
    with database.transaction(tenant) as transaction:
        transaction.policies.add(a_policy(tenant, policy=TenantPolicy(quota=Quota(running_jobs=3))))
        transaction.intake.pause(NOON, KeyId(tenant))
    assert _standing(database, tenant) == Standing(tenant_id=tenant, most=3)
    with database.transaction(tenant) as transaction:
        transaction.intake.resume()
    assert _standing(database, tenant) == Standing(tenant_id=tenant, interactive=True, bulk=True, most=3)


def test_the_next_jobs_are_the_oldest_untried_ones_of_this_priority(database: Database, tenant: TenantId) -> None:
    jobs = [_bulk(tenant, minute) for minute in range(4)]
    _add(database, a_job(tenant), *reversed(jobs))
    taken = _next(database, tenant, limit=3)
    assert [job.id for job in taken] == [job.id for job in jobs[:3]]
    assert {(job.state, job.attempts, job.fence) for job in taken} == {(JobState.RUNNING, 1, 1)}
    assert [job.id for job in _next(database, tenant)] == [jobs[3].id]
    assert _next(database, tenant) == ()


def test_a_job_that_was_tried_before_is_taken_alone(database: Database, tenant: TenantId) -> None:
    tried, untried = replace(_bulk(tenant), attempts=1), _bulk(tenant, 1)
    _add(database, tried, untried)
    assert [job.id for job in _next(database, tenant)] == [tried.id]
    assert [job.id for job in _next(database, tenant)] == [untried.id]


def test_a_job_whose_worker_is_gone_waits_until_it_is_due_again(database: Database, tenant: TenantId) -> None:
    """What kills workers is not handed to the next one at once, before every other job."""
    _add(database, _bulk(tenant))
    (abandoned,) = _next(database, tenant, limit=1)
    assert _next(database, tenant, minute=9) == ()
    with database.transaction(tenant) as transaction:
        transaction.jobs.revoke(replace(abandoned, state=JobState.QUEUED, lease_until=None))
    (again,) = _next(database, tenant, minute=9)
    assert (again.id, again.fence, again.attempts) == (abandoned.id, 3, 2)


def test_a_job_whose_time_has_not_come_is_not_taken(database: Database, tenant: TenantId) -> None:
    _add(database, replace(_bulk(tenant), not_before=NOON + MINUTE))
    assert _next(database, tenant) == ()
    assert len(_next(database, tenant, minute=1)) == 1


def test_usage_is_counted_where_it_is(database: Database, tenant: TenantId) -> None:
    _add(database, _bulk(tenant), a_job(tenant), replace(a_job(tenant), kind=JobKind.ERASE))
    _next(database, tenant, limit=1)
    with database.transaction(tenant) as transaction:
        for size in (10, 32):
            transaction.documents.add(replace(a_document(tenant), size=size))
        now = transaction.usage.read(now=NOON)
        later = transaction.usage.read(now=NOON + 3 * MINUTE)
    assert now == Usage(documents=2, stored_bytes=42, waiting_jobs=1, running_jobs=1)
    assert (later.waiting_jobs, later.running_jobs) == (2, 0)


def test_who_read_an_older_version_may_not_go_on_from_it(database: Database, tenant: TenantId) -> None:
    with database.transaction(tenant) as transaction:
        version = transaction.usage.read(now=NOON).version
        assert transaction.usage.advance(version)
        assert not transaction.usage.advance(version)
        assert transaction.usage.read(now=NOON).version == version + 1


def test_two_who_add_at_once_never_both_go_on_from_what_both_read(database: Database, tenant: TenantId) -> None:
    if not isinstance(database, SqlDatabase):
        return  # the twin's transactions follow one another
    with database.transaction(tenant) as transaction:
        transaction.usage.read(now=NOON)
    read, went_on = threading.Barrier(4, timeout=30), []

    def add() -> None:
        with database.transaction(tenant) as transaction:
            version = transaction.usage.read(now=NOON).version
            read.wait()
            went_on.append(transaction.usage.advance(version))

    with ThreadPoolExecutor(4) as pool:
        for one in [pool.submit(add) for _ in range(4)]:
            one.result()
    assert sorted(went_on) == [False, False, False, True]


def test_totals_only_grow_and_belong_to_their_tenant(database: Database, tenant: TenantId) -> None:
    other = tenant_in(database)
    for number in (2, 3):
        with database.transaction(tenant) as transaction:
            transaction.tallies.add({(Tallied.STAGE_CHUNKS, "writing"): number, (Tallied.FAILURES, "encrypted"): 1})
    with database.transaction(tenant) as transaction:
        transaction.tallies.add({})
        assert transaction.tallies.numbers(now=NOON).tallies == {
            (Tallied.STAGE_CHUNKS, "writing"): 5,
            (Tallied.FAILURES, "encrypted"): 2,
        }
    with database.transaction(other) as transaction:
        assert transaction.tallies.numbers(now=NOON).tallies == {}


def test_numbers_tell_what_stands_still_and_leave_out_what_succeeded(database: Database, tenant: TenantId) -> None:
    failed = replace(a_job(tenant, state=JobState.FAILED), failure="encrypted")
    later = replace(_bulk(tenant), not_before=NOON + MINUTE)
    _add(database, a_job(tenant, state=JobState.SUCCEEDED), failed, later, _bulk(tenant, 2), _bulk(tenant, 1))
    with database.transaction(tenant) as transaction:
        transaction.documents.add(a_document(tenant, state=DocumentState.FAILED))
        numbers = transaction.tallies.numbers(now=NOON)
    assert numbers.documents == {"failed": 1}
    assert numbers.failed == {(JobKind.INGEST, "encrypted"): 1}
    assert set(numbers.jobs) == {
        JobNumber(kind=JobKind.INGEST, priority=Priority.INTERACTIVE, state=JobState.FAILED, jobs=1),
        JobNumber(
            kind=JobKind.INGEST,
            priority=Priority.BULK,
            state=JobState.QUEUED,
            jobs=3,
            later=1,
            oldest=NOON + MINUTE,
        ),
    }


@pytest.fixture
def crowded(migrated_database: PostgresDatabase) -> Iterator[tuple[SqlDatabase, TenantId, TenantId]]:
    """Yield a real database where one tenant has 100,000 jobs waiting and another one a single one."""
    database = SqlDatabase(migrated_database.app_url, keys=InMemoryKeyStore())
    crowd, single = tenant_in(database), tenant_in(database)
    engine = create_engine(migrated_database.app_url)
    with engine.begin() as connection:
        connection.execute(text("select set_config('app.tenant', :it, true)"), {"it": str(crowd)})
        connection.execute(_CROWD, {"it": crowd, "at": NOON, "many": _THOUSANDS})
    engine.dispose()
    _add(database, _bulk(single, minute=60))
    yield database, crowd, single
    with database.transaction(crowd) as transaction:
        assert transaction.usage.read(now=NOON).waiting_jobs >= _THOUSANDS - 1
    database.close()


_CROWD = text(
    "insert into jobs (id, tenant_id, kind, document_id, state, created_at, updated_at, attempts, fence, stage,"
    " priority, done, total, deferrals) select gen_random_uuid(), :it, 'documents.ingest', gen_random_uuid(), 'queued',"
    " :at, :at, 0, 0, 'waiting', 'bulk', 0, 0, 0 from generate_series(1, :many)"
)


@pytest.mark.slow
def test_a_hundred_thousand_waiting_jobs_of_one_tenant_hide_nobody(
    crowded: tuple[SqlDatabase, TenantId, TenantId],
) -> None:
    """What is due of each tenant is found by an index, and the newest single job is as near as the oldest."""
    database, crowd, single = crowded
    assert _standing(database, crowd) == Standing(tenant_id=crowd, bulk=True)
    assert _standing(database, single, minute=60) == Standing(tenant_id=single, bulk=True)
    assert len(_next(database, single, minute=60)) == 1
    assert len(_next(database, crowd, limit=1)) == 1
