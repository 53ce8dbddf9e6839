"""What a worker was doing when it or the broker was killed is done again, by RabbitMQ and by Valkey (R60)."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from service.adapters.celery import CeleryJobQueue
from service.policy.access import JobId, TenantId
from service.ports import JobKind
from tests.servers import bell
from tests.servers.rabbitmq import RabbitServer, rabbitmq
from tests.servers.valkey import ValkeyServer, valkey

__all__ = ["rabbitmq", "valkey"]  # fixtures

WORKER = ("-m", "celery", "-A", "tests.servers.bell", "worker", "--without-gossip", "--without-mingle")
_TASK_SECONDS = 2.0


@pytest.fixture(params=["valkey", "rabbitmq"])
def broker(request: pytest.FixtureRequest) -> ValkeyServer | RabbitServer:
    server: ValkeyServer | RabbitServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def worker(broker: ValkeyServer | RabbitServer, tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Start workers that note what they do in `tmp_path`."""
    environment = os.environ | {bell.URL: broker.url, bell.FOLDER: str(tmp_path), bell.SECONDS: str(_TASK_SECONDS)}
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        with (tmp_path / "log").open("ab") as log:
            words = (sys.executable, *WORKER)
            made = subprocess.Popen(words, env=environment, stdout=log, stderr=log, process_group=0)
        started.append(made)
        return made

    yield start
    for one in started:
        kill(one)


def test_a_task_whose_child_process_is_killed_runs_again(
    broker: ValkeyServer | RabbitServer, worker: Callable[[], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    worker()
    job = rung(broker)
    (child,) = noted(tmp_path, job, "started", count=1)
    os.kill(child, signal.SIGKILL)
    assert child not in noted(tmp_path, job, "done", count=1)


def test_a_task_whose_whole_worker_is_killed_runs_in_the_next(
    broker: ValkeyServer | RabbitServer, worker: Callable[[], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    first = worker()
    job = rung(broker)
    (child,) = noted(tmp_path, job, "started", count=1)
    kill(first)
    worker()
    assert child not in noted(tmp_path, job, "done", count=1)


def test_rings_outlive_a_broker_that_is_killed(
    broker: ValkeyServer | RabbitServer, worker: Callable[[], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    worker()
    jobs = [rung(broker) for _ in range(3)]
    noted(tmp_path, jobs[0], "started", count=1)
    broker.kill()
    broker.start()
    for job in jobs:
        assert noted(tmp_path, job, "done", count=1)


@pytest.mark.slow
def test_a_worker_whose_broker_was_away_when_it_acknowledged_works_on_or_ends_itself(
    broker: ValkeyServer | RabbitServer, worker: Callable[[], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    """With Valkey it stays connected and takes no message any more; whoever supervises it must be able to tell."""
    first = worker()
    job = rung(broker)
    noted(tmp_path, job, "started", count=1)
    time.sleep(_TASK_SECONDS - 0.2)
    broker.kill()
    noted(tmp_path, job, "done", count=1)
    time.sleep(0.05)
    broker.start()
    later = rung(broker)
    deadline = time.monotonic() + 90
    while first.poll() is None and not list(tmp_path.glob(f"{later}-done-*")):
        assert time.monotonic() < deadline, (tmp_path / "log").read_text()[-2000:]
        time.sleep(0.2)
    if first.poll() is not None:
        worker()
    assert noted(tmp_path, later, "done", count=1)


def rung(broker: ValkeyServer | RabbitServer) -> JobId:
    """Ring for a job of its own."""
    job = JobId(uuid4())
    CeleryJobQueue(broker.url).ring(kind=JobKind.INGEST, tenant_id=TenantId(uuid4()), job_id=job)
    return job


def noted(folder: Path, job: JobId, what: str, *, count: int) -> list[int]:
    """Wait for notes of this kind; return the pids of those who wrote them."""
    deadline = time.monotonic() + 90
    while len(found := sorted(folder.glob(f"{job}-{what}-*"))) < count:
        assert time.monotonic() < deadline, (folder / "log").read_text()[-2000:]
        time.sleep(0.05)
    return [int(path.name.rsplit("-", 1)[1]) for path in found]


def kill(worker: subprocess.Popen[bytes]) -> None:
    """End a worker and its children at once."""
    if worker.poll() is None:
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
