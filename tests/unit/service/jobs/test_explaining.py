"""A job that stands still is found and explained in plain words (R60)."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from service.documents import Upload
from service.errors import NotFoundError, NotPermittedError
from service.jobs.explaining import Circumstances, Plight, explained
from service.policy.access import JobId, KeyId, Role, TenantId
from service.ports import IntakeRecord, JobKind, JobRecord, JobState
from service.product import Adapters
from tests.assembled import a_world
from tests.records import MINUTE, NOON, a_job

_TENANT = TenantId(uuid4())
_GOING = IntakeRecord(tenant_id=_TENANT, swept_at=NOON)
_FINE = Circumstances(now=NOON, intake=_GOING, broker=True, workers=2, max_attempts=3)
_PAUSED = replace(_FINE, intake=replace(_GOING, paused_at=NOON, paused_by=KeyId(uuid4())))
_QUEUED = a_job(_TENANT, created_at=NOON - 3 * MINUTE)
_RUNNING = replace(
    _QUEUED, state=JobState.RUNNING, lease_until=NOON + MINUTE, stage="embedding", done=3, total=1700, attempts=1
)
_LATER = replace(_QUEUED, not_before=NOON + 5 * MINUTE, attempts=2, setback="worker_lost")
_DEFERRED = replace(_QUEUED, not_before=NOON + MINUTE, deferrals=2, setback="part_unavailable")
_CASES = [
    (_QUEUED, _FINE, Plight.IN_TURN, "waits for its turn since 3 minutes"),
    (_QUEUED, _PAUSED, Plight.PAUSED, "paused the tenant's jobs"),
    (replace(_QUEUED, kind=JobKind.ERASE), _PAUSED, Plight.IN_TURN, "waits for its turn"),
    (_QUEUED, replace(_FINE, workers=0), Plight.NO_WORKER, "no worker was heard of for 0 seconds"),
    (_QUEUED, replace(_FINE, workers=None), Plight.IN_TURN, "waits for its turn"),
    (_QUEUED, replace(_FINE, workers=None, intake=None), Plight.NO_WORKER, "no worker was ever heard of"),
    (
        _QUEUED,
        replace(_FINE, workers=None, intake=replace(_GOING, swept_at=NOON - 6 * MINUTE)),
        Plight.NO_WORKER,
        "for 6 minutes",
    ),
    (_QUEUED, replace(_FINE, broker=False), Plight.BROKER_AWAY, "the broker does not answer"),
    (_LATER, _FINE, Plight.WAITS_TO_RETRY, "Attempt 2 of 3 ended without a result. The worker died"),
    (_LATER, _FINE, Plight.WAITS_TO_RETRY, "tried again in 5 minutes"),
    (_DEFERRED, _FINE, Plight.WAITS_TO_RETRY, "time 2 in a row"),
    (replace(_DEFERRED, deferrals=9), _FINE, Plight.PART_DOWN, "A part of the system did not answer"),
    (_RUNNING, _FINE, Plight.RUNNING, "embedding, 3 of 1,700, attempt 1"),
    (replace(_RUNNING, lease_until=NOON - MINUTE), _FINE, Plight.LEASE_EXPIRED, "ran out 60 seconds ago"),
    (
        replace(_RUNNING, lease_until=NOON - 2 * MINUTE),
        replace(_FINE, workers=0),
        Plight.NO_WORKER,
        "ran out 2 minutes ago, on attempt 1. No worker",
    ),
    (replace(_RUNNING, updated_at=NOON - timedelta(hours=3)), _FINE, Plight.NO_PROGRESS, "for 3 hours (embedding"),
    (replace(_QUEUED, state=JobState.SUCCEEDED, stage="ready"), _FINE, Plight.ENDED, "done: ready"),
    (replace(_QUEUED, state=JobState.FAILED, failure="encrypted"), _FINE, Plight.ENDED, "asks for a password"),
    (replace(_QUEUED, state=JobState.CANCELLED, failure="cancelled"), _FINE, Plight.ENDED, "Somebody cancelled it"),
]


@pytest.mark.parametrize(
    ("job", "at", "plight", "words"), _CASES, ids=[f"{i}-{one[2]}" for i, one in enumerate(_CASES)]
)
def test_a_job_is_explained(job: JobRecord, at: Circumstances, plight: Plight, words: str) -> None:
    said = explained(job, at)
    assert said.plight is plight
    assert words in said.meaning
    assert said.advice


def test_what_goes_on_by_itself_is_not_stuck() -> None:
    assert not explained(_QUEUED, _FINE).stuck
    assert not explained(_LATER, _FINE).stuck
    assert explained(_QUEUED, _PAUSED).stuck


def _without_workers(adapters: Adapters) -> Adapters:
    return replace(adapters, workers=lambda: 0)


def test_the_overview_names_what_stands_still_and_why() -> None:
    world = a_world(adapted=_without_workers)
    who, _ = world.person("acme")
    jobs = []
    for number in range(3):
        upload = Upload(content=b"%d visitors park here." % number, file_name="note.txt")
        jobs.append(world.product.documents.register(who, upload)[1])
        world.clock.advance(10)
    glance = world.product.overview.glance(who)
    (stuck,) = glance.stuck
    assert (stuck.explanation.plight, stuck.jobs, stuck.example) == (Plight.NO_WORKER, 3, jobs[0].id)
    assert (glance.open_jobs, glance.workers, glance.oldest) == (3, 0, jobs[0])
    assert world.product.overview.explain(who, jobs[1].id)[1].plight is Plight.NO_WORKER


def test_nothing_stands_still_where_all_is_done() -> None:
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, "Visitors park here.")
    glance = world.product.overview.glance(who)
    assert (glance.stuck, glance.open_jobs, glance.oldest, glance.dead) == ((), 0, None, {})


def test_who_may_not_see_jobs_sees_no_overview_and_nobody_sees_anothers() -> None:
    """R30, R31."""
    world = a_world()
    who, _ = world.person("acme")
    reader, _ = world.person("acme", Role.READER)
    other, _ = world.person("other")
    _, job = world.product.documents.register(who, Upload(content=b"Visitors park.", file_name="note.txt"))
    with pytest.raises(NotPermittedError):
        world.product.overview.glance(reader)
    with pytest.raises(NotPermittedError):
        world.product.overview.explain(reader, job.id)
    with pytest.raises(NotFoundError):
        world.product.overview.explain(other, job.id)
    with pytest.raises(NotFoundError):
        world.product.overview.explain(who, JobId(uuid4()))
    assert world.product.overview.glance(other).open_jobs == 0
