"""What beat rings for is a task that the worker knows, in a queue that it reads (R50, R60)."""

from service.adapters.celery import QUEUES, SEQUENCE, SWEEP
from workers.schedule import SCHEDULE
from workers.tasks import TASKS


def test_beat_sweeps_and_sequences() -> None:
    assert {str(one["task"]) for one in SCHEDULE.values()} == {SWEEP, SEQUENCE}


def test_whatever_is_scheduled_is_done_and_dropped_when_the_next_one_is_due() -> None:
    for one in SCHEDULE.values():
        task, options = str(one["task"]), one["options"]
        assert task in TASKS
        assert options == {"queue": QUEUES[task], "expires": one["schedule"]}
