"""The promises of ports.JobTable, kept by the twin and by PostgreSQL alike."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest

from service.errors import NotFoundError
from service.policy.access import JobId, TenantId
from service.ports import Database, JobKind, JobRecord, JobState, Transaction
from tests.contract.databases import database, migrated_database, postgres, tenant
from tests.records import MINUTE, NOON, a_job

__all__ = ["database", "migrated_database", "postgres", "tenant"]


def _claim(transaction: Transaction, job: JobRecord, *, minute: int = 0) -> JobRecord | None:
    now = NOON + minute * MINUTE
    return transaction.jobs.claim(job.id, kind=job.kind, now=now, lease_until=now + 2 * MINUTE)


def test_a_claimed_job_runs_with_a_higher_fence(database: Database, tenant: TenantId) -> None:
    job = a_job(tenant)
    with database.transaction(tenant) as transaction:
        transaction.jobs.add(job)
        claimed = _claim(transaction, job)
        expected = replace(job, state=JobState.RUNNING, attempts=1, fence=1, lease_until=NOON + 2 * MINUTE)
        assert claimed == expected
        assert transaction.jobs.get(job.id) == expected


def test_a_running_job_is_taken_over_only_when_its_lease_ran_out(database: Database, tenant: TenantId) -> None:
    job = a_job(tenant)
    with database.transaction(tenant) as transaction:
        transaction.jobs.add(job)
        first = _claim(transaction, job)
        assert first is not None
        assert _claim(transaction, job, minute=1) is None
        second = _claim(transaction, job, minute=2)
        assert second is not None
        assert (second.attempts, second.fence) == (2, 2)
        assert not transaction.jobs.holds(first)
        assert transaction.jobs.holds(second, lock=True)


@pytest.mark.parametrize("state", [JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED])
def test_a_finished_job_is_never_claimed(database: Database, tenant: TenantId, state: JobState) -> None:
    job = a_job(tenant, state=state, lease_until=NOON - MINUTE)
    with database.transaction(tenant) as transaction:
        transaction.jobs.add(job)
        assert _claim(transaction, job) is None
        assert transaction.jobs.claim_fresh(job.kind, now=NOON, lease_until=NOON + MINUTE, limit=5) == ()


def test_a_job_of_another_kind_is_not_claimed(database: Database, tenant: TenantId) -> None:
    job = a_job(tenant)
    with database.transaction(tenant) as transaction:
        transaction.jobs.add(job)
        assert transaction.jobs.claim(job.id, kind=JobKind.ERASE, now=NOON, lease_until=NOON + MINUTE) is None
        assert transaction.jobs.claim_fresh(JobKind.ERASE, now=NOON, lease_until=NOON + MINUTE, limit=5) == ()


def test_fresh_jobs_are_taken_oldest_first_and_never_one_that_was_tried(database: Database, tenant: TenantId) -> None:
    oldest, middle, newest = (a_job(tenant, created_at=NOON + minute * MINUTE) for minute in (0, 1, 2))
    tried = a_job(tenant, created_at=NOON - MINUTE, attempts=1)
    with database.transaction(tenant) as transaction:
        for job in (newest, tried, oldest, middle):
            transaction.jobs.add(job)
        taken = transaction.jobs.claim_fresh(JobKind.INGEST, now=NOON, lease_until=NOON + MINUTE, limit=2)
        assert [job.id for job in taken] == [oldest.id, middle.id]
        assert {(job.state, job.fence, job.attempts) for job in taken} == {(JobState.RUNNING, 1, 1)}


def test_no_two_workers_ever_get_the_same_job(database: Database, tenant: TenantId) -> None:
    """R60: eight workers, forty jobs, by id and by age at once; every job is given out exactly once."""
    jobs = [a_job(tenant, created_at=NOON + number * MINUTE) for number in range(40)]
    with database.transaction(tenant) as transaction:
        for job in jobs:
            transaction.jobs.add(job)
    start = threading.Barrier(8)

    def work(worker: int) -> list[JobId]:
        start.wait(timeout=30)
        taken: list[JobId] = []
        for job in jobs:
            with database.transaction(tenant) as transaction:
                if worker % 2:
                    got = transaction.jobs.claim_fresh(JobKind.INGEST, now=NOON, lease_until=NOON + MINUTE, limit=3)
                else:
                    one = _claim(transaction, job)
                    got = () if one is None else (one,)
            taken += [job.id for job in got]
        return taken

    with ThreadPoolExecutor(8) as pool:
        given = Counter(job_id for taken in pool.map(work, range(8)) for job_id in taken)
    assert given == Counter(job.id for job in jobs)


def test_only_the_holder_of_the_newest_fence_writes(database: Database, tenant: TenantId) -> None:
    job = a_job(tenant)
    with database.transaction(tenant) as transaction:
        transaction.jobs.add(job)
        late = _claim(transaction, job)
        now = _claim(transaction, job, minute=5)
        assert late is not None
        assert now is not None
        done = replace(now, state=JobState.SUCCEEDED, stage="done", lease_until=None, failure="x", failure_detail="y")
        assert not transaction.jobs.update(replace(late, state=JobState.FAILED))
        assert transaction.jobs.update(done)
        assert transaction.jobs.get(job.id) == done
        assert not transaction.jobs.holds(done)


def test_a_lease_is_renewed_for_its_holder_only(database: Database, tenant: TenantId) -> None:
    mine, lost, done = a_job(tenant), a_job(tenant), a_job(tenant, state=JobState.SUCCEEDED)
    with database.transaction(tenant) as transaction:
        for job in (mine, lost, done):
            transaction.jobs.add(job)
        _claim(transaction, mine)
        _claim(transaction, lost)
        later = NOON + 30 * MINUTE
        transaction.jobs.renew([(mine.id, 1), (lost.id, 0), (done.id, 0)], lease_until=later)
        transaction.jobs.renew([], lease_until=later)
        leases = [transaction.jobs.get(job.id) for job in (mine, lost, done)]
        assert [job and job.lease_until for job in leases] == [later, NOON + 2 * MINUTE, None]


def test_what_stands_still_is_waiting(database: Database, tenant: TenantId) -> None:
    silent = a_job(tenant, state=JobState.RUNNING, lease_until=NOON, created_at=NOON - 3 * MINUTE)
    forgotten = a_job(tenant, created_at=NOON - 2 * MINUTE)
    alive = a_job(tenant, state=JobState.RUNNING, lease_until=NOON + MINUTE)
    recent = a_job(tenant, created_at=NOON)
    finished = a_job(tenant, state=JobState.FAILED, created_at=NOON - 9 * MINUTE)
    with database.transaction(tenant) as transaction:
        for job in (recent, alive, forgotten, finished, silent):
            transaction.jobs.add(job)
        assert transaction.jobs.waiting(now=NOON, queued_before=NOON - MINUTE, limit=100) == (silent, forgotten)
        assert transaction.jobs.waiting(now=NOON, queued_before=NOON - MINUTE, limit=1) == (silent,)
        assert transaction.jobs.counts() == {
            JobState.QUEUED: 2,
            JobState.RUNNING: 2,
            JobState.SUCCEEDED: 0,
            JobState.FAILED: 1,
            JobState.CANCELLED: 0,
        }


def test_jobs_are_paged_newest_first(database: Database, tenant: TenantId) -> None:
    jobs = [a_job(tenant, created_at=NOON + minute * MINUTE) for minute in range(5)]
    newest_first = tuple(reversed(jobs))
    with database.transaction(tenant) as transaction:
        for job in jobs:
            transaction.jobs.add(job)
        assert transaction.jobs.page(limit=2) == newest_first[:2]
        assert transaction.jobs.page(limit=9, after=newest_first[1].id) == newest_first[2:]
        with pytest.raises(NotFoundError):
            transaction.jobs.page(limit=9, after=JobId(uuid4()))
