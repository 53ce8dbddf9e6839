"""What beat rings for is a task that a worker has, in a queue that it hears (R15, R50, R60)."""

import pytest

from service.adapters.celery import (
    CHECK_DEADLINES,
    CHECK_PROVIDERS,
    ERASURES,
    QUEUES,
    REEMBED,
    RETAIN,
    SEQUENCE,
    SWEEP,
    SYNC,
)
from workers.schedule import SCHEDULE
from workers.tasks import TASKS


@pytest.mark.parametrize("name", SCHEDULE)
def test_every_scheduled_task_exists_and_is_dropped_when_the_next_one_is_due(name: str) -> None:
    task = str(SCHEDULE[name]["task"])
    assert task in TASKS
    assert SCHEDULE[name]["options"] == {"queue": QUEUES[task], "expires": SCHEDULE[name]["schedule"]}


def test_beat_sweeps_sequences_and_checks() -> None:
    assert {str(one["task"]) for one in SCHEDULE.values()} == {
        SWEEP,
        SEQUENCE,
        ERASURES,
        CHECK_DEADLINES,
        CHECK_PROVIDERS,
        RETAIN,
        REEMBED,
        SYNC,
    }


def test_attestations_are_looked_at_every_day() -> None:
    """R15: a server that runs for a month warns in time."""
    assert [entry["schedule"] for entry in SCHEDULE.values() if entry["task"] == CHECK_PROVIDERS] == [86_400]


def test_deadlines_are_looked_at_every_day() -> None:
    """R46."""
    assert [entry["schedule"] for entry in SCHEDULE.values() if entry["task"] == CHECK_DEADLINES] == [86_400]
