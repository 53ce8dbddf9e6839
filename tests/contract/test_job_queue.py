"""What every JobQueue promises: the memory twin, Valkey and RabbitMQ."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from uuid import UUID, uuid4

import pytest

from service.adapters.celery import BULK, QUEUES, CeleryJobQueue, configured
from service.adapters.memory.queue import InMemoryJobQueue, Ring
from service.errors import PartUnavailableError
from service.policy.access import JobId, TenantId
from service.ports import JobKind, JobQueue, Priority
from tests.servers.rabbitmq import RabbitServer, rabbitmq
from tests.servers.valkey import ValkeyServer, valkey

__all__ = ["rabbitmq", "valkey"]  # fixtures


@dataclass(frozen=True, slots=True, kw_only=True)
class Bell:
    """A queue, what arrived at it, and the same kind of queue with nobody there."""

    queue: JobQueue
    heard: Callable[[], list[Ring]]
    deaf: JobQueue


@pytest.fixture(params=["memory", "valkey", pytest.param("rabbitmq", marks=pytest.mark.slow)])
def bell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bell]:
    if request.param == "memory":
        twin = InMemoryJobQueue()
        yield Bell(queue=twin, heard=lambda: twin.rings, deaf=InMemoryJobQueue(broken=True))
        return
    server: ValkeyServer | RabbitServer = request.getfixturevalue(request.param)
    nobody = {"valkey": f"redis+socket://{tmp_path}/none.sock", "rabbitmq": "amqp://guest:guest@127.0.0.1:1//"}
    _messages(server.url)  # what an earlier test left
    yield Bell(
        queue=CeleryJobQueue(server.url),
        heard=lambda: _messages(server.url),
        deaf=CeleryJobQueue(nobody[request.param]),
    )


def test_a_ring_arrives_with_its_kind_and_ids(bell: Bell) -> None:
    rings = [*map(_a_ring, JobKind), _a_ring(JobKind.INGEST, Priority.BULK)]
    for ring in rings:
        _ring(bell.queue, ring)
    assert sorted(bell.heard(), key=str) == sorted(rings, key=str)


def test_rings_of_one_kind_arrive_in_order(bell: Bell) -> None:
    rings = [_a_ring(JobKind.INGEST) for _ in range(5)]
    for ring in rings:
        _ring(bell.queue, ring)
    assert bell.heard() == rings


def test_rings_from_many_threads_all_arrive(bell: Bell) -> None:
    rings = [_a_ring(JobKind.INGEST) for _ in range(20)]
    threads = [Thread(target=_ring, args=(bell.queue, ring)) for ring in rings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(bell.heard()) == set(rings)


def test_a_broker_that_answers_is_ready(bell: Bell) -> None:
    assert bell.queue.ready()


def test_ringing_where_nobody_can_hear_is_an_error_and_not_a_wait(bell: Bell) -> None:
    with pytest.raises(PartUnavailableError):
        _ring(bell.deaf, _a_ring(JobKind.INGEST))


def test_a_broker_that_is_away_is_not_ready(bell: Bell) -> None:
    assert not bell.deaf.ready()


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # forking beside threads is the point here
def test_a_process_forked_after_the_first_ring_can_ring_too(valkey: ValkeyServer) -> None:
    queue, ring = CeleryJobQueue(valkey.url), _a_ring(JobKind.INGEST)
    _ring(queue, ring)
    child = os.fork()
    if child == 0:
        try:
            _ring(queue, ring)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    _ring(queue, ring)
    assert _messages(valkey.url) == [ring] * 3


def test_erasures_do_not_stand_behind_uploads_nor_uploads_behind_relabelling() -> None:
    """The worker reads the queues in this order, and each kind has its own."""
    assert list(dict.fromkeys(QUEUES.values())) == [
        "erase",
        "sweep",
        "audit",
        "requests",
        "ingest",
        "reembed",
        "bulk",
        "relabel",
        "sources",
    ]


@pytest.mark.slow
def test_the_broker_holds_ids_and_no_more(rabbitmq: RabbitServer, valkey: ValkeyServer) -> None:
    """R54: no personal datum in a queue; even the sender's machine is only named by Celery's own header."""
    for url in (rabbitmq.url, valkey.url):
        ring = _a_ring(JobKind.ERASE)
        _ring(CeleryJobQueue(url), ring)
        ((headers, body),) = _raw(url, "erase")
        assert body == [[str(ring.tenant_id), str(ring.job_id)], {}, _NO_CANVAS]
        assert headers["argsrepr"] == repr((str(ring.tenant_id), str(ring.job_id)))


_NO_CANVAS = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}


def _a_ring(kind: JobKind, priority: Priority = Priority.INTERACTIVE) -> Ring:
    return Ring(kind=kind, tenant_id=TenantId(uuid4()), job_id=JobId(uuid4()), priority=priority)


def _ring(queue: JobQueue, ring: Ring) -> None:
    queue.ring(kind=ring.kind, tenant_id=ring.tenant_id, job_id=ring.job_id, priority=ring.priority)


def _messages(url: str) -> list[Ring]:
    found = [message for queue in QUEUES.values() for message in _raw(url, queue)]
    return [_read(headers, body) for headers, body in found]


def _read(headers: dict[str, str], body: list[list[str]]) -> Ring:
    tenant, job = body[0]

    bulk = headers["task"] == BULK
    return Ring(
        kind=JobKind.INGEST if bulk else JobKind(headers["task"]),
        tenant_id=TenantId(UUID(tenant)),
        job_id=JobId(UUID(job)),
        priority=Priority.BULK if bulk else Priority.INTERACTIVE,
    )


def _raw(url: str, name: str) -> list[tuple[dict[str, str], list[list[str]]]]:
    """Take every message out of a queue, as (headers, body)."""
    app, found = configured(url), []
    with app.connection_for_read() as connection:
        queue = app.amqp.queues[name].bind(connection.default_channel)
        queue.declare()
        while (message := queue.get(no_ack=True)) is not None:
            found.append((message.headers, message.payload))
    return found
