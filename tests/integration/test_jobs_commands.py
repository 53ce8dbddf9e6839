"""`ringfence jobs` and `ringfence status` against a served API (R60)."""

import json

import pytest

from service.cli import main
from service.documents import Upload
from service.policy.access import Role
from service.ports import DocumentState, JobState
from tests.assembled import World
from tests.integration.test_documents_commands import said, world

__all__ = ["world"]

DAMAGED = Upload(content=b"%PDF-1.7 and no more", file_name="secret plans.pdf")


def _waiting(world: World, text: bytes = b"Visitors park here.") -> str:
    who, _ = world.person("acme")
    return str(world.product.documents.register(who, Upload(content=text, file_name="secret plans.txt"))[1].id)


def _failed(world: World) -> str:
    who, _ = world.person("acme")
    _, job = world.product.documents.register(who, DAMAGED)
    world.work()
    return str(job.id)


def _code(*arguments: str) -> object:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    return end.value.code


def test_jobs_are_listed_with_and_without_the_word(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    failed, waiting = _failed(world), _waiting(world)
    for listing in (("jobs",), ("jobs", "list")):
        told = said(capsys, *listing)
        assert failed in told
        assert waiting in told
        assert "damaged" in told
    assert waiting not in said(capsys, "jobs", "list", "--state", "failed", "--reason", "damaged")
    assert len(json.loads(said(capsys, "jobs", "list", "--limit", "1", "--json"))) == 1
    assert json.loads(said(capsys, "jobs", "list", "--kind", "documents.erase", "--json")) == []
    assert len(json.loads(said(capsys, "jobs", "--json"))) == 2


def test_a_failed_job_says_why_and_what_to_do_next(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "jobs", "show", _failed(world))
    assert "reason: damaged" in told
    assert "next: Open it in the program that made it" in told
    assert "secret" not in told


def test_a_job_is_retried_by_its_id_and_with_all_of_its_reason(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    who, _ = world.person("acme")
    first, _ = _failed(world), _failed(world)
    assert "1 job waits again" in said(capsys, "jobs", "retry", first)
    world.work()
    assert json.loads(said(capsys, "jobs", "retry", "--reason", "damaged", "--json")) == {"retried": 2}
    assert {job.state for job in world.product.jobs.page(who, limit=9)} == {JobState.QUEUED}
    assert _code("jobs", "retry", first) == 1
    assert "failed or was cancelled" in capsys.readouterr().err
    assert _code("jobs", "retry") == 2
    assert _code("jobs", "retry", "--reason", "no_such_thing") == 1


def test_a_waiting_job_is_cancelled(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    who, _ = world.person("acme")
    job = _waiting(world)
    assert "cancelled" in said(capsys, "jobs", "cancel", job)
    (view,) = world.product.documents.page(who, limit=9)
    assert (view.state, view.failure) == (DocumentState.FAILED, "cancelled")
    assert "Somebody cancelled it" in said(capsys, "jobs", "show", job)


def test_a_tenant_is_paused_and_goes_on(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    job = _waiting(world)
    assert "paused since" in said(capsys, "jobs", "pause")
    assert "STUCK: Somebody has paused" in said(capsys, "jobs", "show", job)
    assert "PAUSED since" in said(capsys, "status")
    assert "go on" in said(capsys, "jobs", "resume")
    assert "PAUSED" not in said(capsys, "status")


def test_the_status_sums_up_what_there_is(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    _failed(world)
    _waiting(world)
    world.product.jobs.sweep()
    told = said(capsys, "status")
    for words in ("database up", "1 registered, 1 failed", "1 failed, 1 queued", "damaged", "nothing is stuck"):
        assert words in told
    assert "secret" not in told
    now = json.loads(said(capsys, "status", "--json"))
    assert (now["open_jobs"], now["dead"][0]["reason"], now["workers"]) == (1, "damaged", None)
    world.queue.broken = True
    told = said(capsys, "status")
    assert "broker DOWN" in told
    assert "STUCK (broker_away)" in told


def test_watching_ends_when_all_is_done(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    _waiting(world)
    world.work()
    assert _code("jobs", "watch", "--until-done") == 0
    told = said(capsys, "jobs", "watch", "--until-done", "--json")
    assert json.loads(told)["open_jobs"] == 0
    _failed(world)
    assert _code("jobs", "watch", "--until-done", "--json") == 4


def test_who_may_not_steer_jobs_is_told_so(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R31."""
    _, token = world.person("acme", Role.CONTRIBUTOR)
    job = _waiting(world)
    monkeypatch.setenv("RINGFENCE_API_KEY", token)
    assert _code("jobs", "cancel", job) == 1
    assert "does not permit" in capsys.readouterr().err


def test_options_stand_behind_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert _code("jobs", "--tenant", "acme", "pause") == 2
    assert "behind the command" in capsys.readouterr().err
