"""Requests that are due soon or overdue are counted and told, by the clock and without sleeping (R46)."""

from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from service.policy.access import ErasureId, Principal
from service.policy.erasures import ExtensionReason
from tests.assembled import World, a_world
from tests.erasing import asked_for, located


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture
def who(world: World) -> Principal:
    return world.person("acme")[0]


@pytest.fixture
def open_request(world: World, who: Principal) -> ErasureId:
    return located(world, who, asked_for(world.uploaded(who, "The garage opens at seven.").id)).record.id


def told(world: World) -> list[tuple[str, object]]:
    with capture_logs() as logs:
        world.product.erasures.deadlines.warn()
    return [(one["event"], one["days"]) for one in logs]


def measured(world: World) -> tuple[float | None, ...]:
    world.product.erasures.deadlines.measure()
    names = ("ringfence_erasures_due_soon", "ringfence_erasures_overdue")
    return tuple(REGISTRY.get_sample_value(name) for name in names)


def at(world: World, who: Principal, request: ErasureId, *, before_due: timedelta) -> None:
    """Move the clock to so long before the request is due."""
    world.clock.time = world.product.erasures.reading.get(who, request).record.due_at - before_due


@pytest.mark.parametrize(
    ("before_due", "events", "counts"),
    [
        (timedelta(days=8), [], (0, 0)),
        (timedelta(days=6, hours=23), [("erasure_due_soon", 6)], (1, 0)),
        (timedelta(0), [("erasure_due_soon", 0)], (1, 0)),
        (timedelta(seconds=-1), [("erasure_overdue", -1)], (0, 1)),
        (timedelta(days=-9), [("erasure_overdue", -9)], (0, 1)),
    ],
    ids=["in_time", "a_week_before", "on_the_minute", "a_second_late", "days_late"],
)
def test_an_open_request_is_told_from_a_week_before_until_it_ends(
    world: World,
    who: Principal,
    open_request: ErasureId,
    before_due: timedelta,
    events: list[tuple[str, object]],
    counts: tuple[int, int],
) -> None:
    at(world, who, open_request, before_due=before_due)
    assert told(world) == events
    assert measured(world) == counts
    assert bool(world.product.erasures.deadlines.warnings()) == (counts[1] > 0)


def test_what_has_ended_or_was_extended_is_not_told(world: World, who: Principal, open_request: ErasureId) -> None:
    at(world, who, open_request, before_due=timedelta(days=1))
    world.product.erasures.deciding.extend(who, open_request, ExtensionReason.COMPLEXITY)
    assert not told(world)
    at(world, who, open_request, before_due=timedelta(days=-3))
    assert told(world) == [("erasure_overdue", -3)]
    world.product.erasures.deciding.cancel(who, open_request)
    assert not told(world)
    assert measured(world) == (0, 0)
