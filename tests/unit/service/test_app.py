"""What the API tells operators: alarms, the queue's age, and no variables of a failing request (R53, R54, R64)."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from service.app import application
from service.documents import Upload
from service.policy.routing import Cause, Reason, Route
from tests.assembled import World, a_world


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture
def client(world: World) -> Iterator[TestClient[Any]]:
    with TestClient(application(world.product, max_upload_bytes=10_000)) as connected:
        yield connected


def test_a_debug_variable_of_the_framework_shows_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITESTAR_DEBUG", "1")
    assert application(world.product, max_upload_bytes=10_000).debug is False


def test_readiness_names_the_alarm_and_stays_ready(world: World, client: TestClient[Any]) -> None:
    assert client.get("/readyz").json()["alarms"] == []
    for route in [Route.CLOUD, Route.CLOUD, Route.LOCAL] * 50 + [Route.LOCAL] * 40:
        world.product.watch.routed(route, [Reason(cause=Cause.UNKNOWN)])
    told = client.get("/readyz")
    assert (told.status_code, told.json()["alarms"]) == (200, ["local_share_jumped_up"])


def test_the_numbers_tell_how_long_the_oldest_job_has_waited(world: World, client: TestClient[Any]) -> None:
    who, _ = world.person("acme")
    world.product.documents.register(who, Upload(content=b"The garden is open.", file_name="note.txt"))
    world.clock.advance(600)
    assert "ringfence_queue_age_seconds 600.0" in client.get("/metrics").text
    world.work()
    assert "ringfence_queue_age_seconds 0.0" in client.get("/metrics").text
