"""A worker that hears nothing although it is idle ends itself (R60)."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from celery.worker import state

from workers import alive


class Timer:
    """Celery's timer, rung by hand."""

    def __init__(self) -> None:
        self.look: Callable[[], None] = lambda: None

    def call_repeatedly(self, _seconds: float, look: Callable[[], None]) -> SimpleNamespace:
        self.look = look
        return SimpleNamespace(cancel=lambda: None)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[tuple[alive.Alive, Timer]]:
    timer = Timer()
    consumer = SimpleNamespace(timer=timer)
    step = alive.Alive.in_folder(tmp_path)(consumer)
    step.start(consumer)
    yield step, timer
    state.should_stop = None
    state.reserved_requests.clear()


def test_it_shows_itself(started: tuple[alive.Alive, Timer], tmp_path: Path) -> None:
    assert started
    assert list(tmp_path.glob(f"*-{os.getpid()}.alive"))


def test_a_worker_that_just_heard_something_goes_on(started: tuple[alive.Alive, Timer]) -> None:
    _, timer = started
    timer.look()
    assert state.should_stop is None


def test_an_idle_worker_that_hears_nothing_ends_itself(started: tuple[alive.Alive, Timer]) -> None:
    step, timer = started
    step._heard -= 31  # noqa: SLF001 - time passes
    timer.look()
    assert state.should_stop == 0


def test_a_busy_worker_may_be_deaf(started: tuple[alive.Alive, Timer]) -> None:
    class Request:
        """A request in progress."""

    step, timer = started
    request = Request()
    state.reserved_requests.add(request)
    step._heard -= 31  # noqa: SLF001 - time passes
    timer.look()
    assert state.should_stop is None
