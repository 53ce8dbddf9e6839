"""The numbers of ingestion at `/metrics` come from the database, whoever did the work (R60, R64)."""

from dataclasses import replace

import pytest
from litestar.testing import TestClient
from prometheus_client import REGISTRY

from service.app import application
from service.bounded import OTHER
from service.documents import Upload
from service.policy.access import Principal
from service.ports import JobKind, JobRecord, JobState, Priority
from service.product import assemble
from tests.assembled import LIMITS, World, a_world, adapters_of


def _handed_in(
    world: World, who: Principal, text: str = "Visitors park.", name: str = "a.txt", priority: Priority = Priority.BULK
) -> JobRecord:
    upload = Upload(content=text.encode(), file_name=name, priority=priority)
    return world.product.documents.register(who, upload)[1]


def _measured(world: World) -> None:
    """Let the API's process look, which did none of the work."""
    assemble(adapters_of(world), LIMITS).counting.measure()


def _value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"ringfence_{name}", labels)


def test_documents_and_jobs_of_all_tenants_are_counted_together() -> None:
    world = a_world()
    for name in ("acme", "globex"):
        _handed_in(world, world.person(name)[0])
    world.clock.advance(90)
    _measured(world)
    assert _value("documents", state="registered") == 2
    assert _value("jobs", kind="documents.ingest", priority="bulk", state="queued") == 2
    assert _value("oldest_job_seconds", kind="documents.ingest", priority="bulk") == 90
    assert _value("oldest_job_seconds", kind="documents.ingest", priority="interactive") == 0
    world.work()
    _measured(world)
    assert _value("documents", state="registered") == 0
    assert _value("documents", state="ready") == 2
    assert _value("jobs", kind="documents.ingest", priority="bulk", state="queued") == 0


def test_what_workers_finish_is_added_up_by_stage() -> None:
    world = a_world()
    who = world.person("acme")[0]
    for number in range(3):
        _handed_in(world, who, f"Note {number}.")
    _handed_in(world, who, "MZ\x00\x01\x02", "program.exe")
    world.work()
    _measured(world)
    for stage in ("splitting", "embedding", "labelling", "writing"):
        assert _value("stage_chunks_total", stage=stage) == 3
        assert _value("stage_documents_total", stage=stage) == 3
    assert _value("stage_documents_total", stage="reading") == 3
    assert _value("failures_total", reason="unsupported_type") == 1
    assert _value("jobs_failed", kind="documents.ingest", reason="unsupported_type") == 1


@pytest.mark.parametrize("finder", ["sweep", "turn"])
def test_a_lease_that_ran_out_is_counted_once_whoever_finds_it(finder: str) -> None:
    world = a_world()
    job = _handed_in(world, world.person("acme")[0])
    with world.database.transaction(job.tenant_id) as transaction:
        now = world.clock.now()
        transaction.jobs.claim(job.id, kind=JobKind.INGEST, now=now, lease_until=now)
    if finder == "sweep":
        world.product.jobs.sweep()
    world.work()
    world.clock.advance(600)
    world.product.jobs.sweep()
    world.work()
    _measured(world)
    assert _value("lease_expiries_total", kind="documents.ingest") == 1


def test_jobs_that_wait_for_their_next_attempt_are_not_the_oldest_that_could_be_done() -> None:
    world = a_world()
    job = _handed_in(world, world.person("acme")[0])
    with world.database.transaction(job.tenant_id) as transaction:
        transaction.jobs.update(replace(job, not_before=world.clock.now().replace(year=2030)))
    world.clock.advance(50)
    _measured(world)
    assert _value("jobs_backing_off", kind="documents.ingest") == 1
    assert _value("oldest_job_seconds", kind="documents.ingest", priority="bulk") == 0


def test_a_reason_that_the_vocabulary_does_not_have_is_another_one() -> None:
    """R54: whatever stands in a row, `/metrics` says only what may be said."""
    world = a_world()
    for reason in ("Zanzibarquartz said so", "Zanzibarquartz too"):
        job = _handed_in(world, world.person("acme")[0])
        with world.database.transaction(job.tenant_id) as transaction:
            transaction.jobs.update(replace(job, state=JobState.FAILED, failure=reason))
    _measured(world)
    assert _value("jobs_failed", kind="documents.ingest", reason=OTHER) == 2


def test_the_metrics_of_the_api_hold_them_and_are_not_counted_anew_at_every_look() -> None:
    world = a_world()
    who = world.person("acme")[0]
    _handed_in(world, who)
    with TestClient(application(world.product, max_upload_bytes=1_000)) as http:
        assert 'ringfence_documents{state="registered"} 1.0' in http.get("/metrics").text
        _handed_in(world, who)
        assert 'ringfence_documents{state="registered"} 1.0' in http.get("/metrics").text
        world.clock.advance(6)
        assert 'ringfence_documents{state="registered"} 2.0' in http.get("/metrics").text
