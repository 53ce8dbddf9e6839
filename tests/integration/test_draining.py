"""A worker that is asked to stop loses nothing and ends in time; a child that has grown is replaced (R60)."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.test_redelivery import WORKER, kill, noted, rung
from tests.servers import bell
from tests.servers.rabbitmq import RabbitServer, rabbitmq
from tests.servers.valkey import ValkeyServer, valkey

__all__ = ["rabbitmq", "valkey"]  # fixtures

_Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture(params=["valkey", "rabbitmq"])
def broker(request: pytest.FixtureRequest) -> ValkeyServer | RabbitServer:
    server: ValkeyServer | RabbitServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def start(broker: ValkeyServer | RabbitServer, tmp_path: Path) -> Iterator[_Start]:
    """Start workers whose tasks take so many seconds, with a grace and a limit of memory."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*, seconds: float, grace: float = 60, memory: int = 0) -> subprocess.Popen[bytes]:
        told = {bell.URL: broker.url, bell.FOLDER: str(tmp_path), bell.SECONDS: str(seconds)}
        limits = {bell.GRACE: str(grace), bell.MEMORY: str(memory)}
        with (tmp_path / "log").open("ab") as log:
            words = (sys.executable, *WORKER)
            made = subprocess.Popen(words, env=os.environ | told | limits, stdout=log, stderr=log, process_group=0)
        started.append(made)
        return made

    yield begin
    for one in started:
        kill(one)


def test_a_worker_that_is_asked_to_stop_finishes_what_it_began_tells_its_children_and_takes_nothing_new(
    broker: ValkeyServer | RabbitServer, start: _Start, tmp_path: Path
) -> None:
    worker = start(seconds=2)
    begun = rung(broker)
    noted(tmp_path, begun, "started", count=1)
    worker.send_signal(signal.SIGTERM)
    noted(tmp_path, begun, "told", count=1)
    later = rung(broker)
    assert worker.wait(90) == 0
    assert noted(tmp_path, begun, "done", count=1)
    assert not list(tmp_path.glob(f"{later}-*"))
    start(seconds=0)
    assert noted(tmp_path, later, "done", count=1)
    assert len(list(tmp_path.glob(f"{begun}-started-*"))) == 1, "what was finished is not done again"


def test_a_task_that_outlasts_the_grace_is_ended_and_runs_in_the_next_worker(
    broker: ValkeyServer | RabbitServer, start: _Start, tmp_path: Path
) -> None:
    worker = start(seconds=600, grace=1)
    job = rung(broker)
    (child,) = noted(tmp_path, job, "started", count=1)
    worker.send_signal(signal.SIGTERM)
    worker.wait(90)
    assert not list(tmp_path.glob(f"{job}-done-*"))
    start(seconds=0)
    assert child not in noted(tmp_path, job, "done", count=1)


def test_a_child_over_its_memory_is_replaced_after_its_task_and_every_job_is_done_once(
    broker: ValkeyServer | RabbitServer, start: _Start, tmp_path: Path
) -> None:
    start(seconds=0, memory=1)
    jobs = [rung(broker) for _ in range(3)]
    children = {child for job in jobs for child in noted(tmp_path, job, "done", count=1)}
    assert len(children) == len(jobs)
    assert all(len(list(tmp_path.glob(f"{job}-started-*"))) == 1 for job in jobs)
