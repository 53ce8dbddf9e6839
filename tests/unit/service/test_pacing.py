"""Workers slow down with the stores: smaller batches, then pauses, and no faster than the stores recover (R60)."""

from dataclasses import dataclass, field

from service.pacing import Pace, PaceRules
from tests.assembled import StoppedClock


@dataclass(slots=True)
class Road:
    """A pace, its clock, and whether the index answers."""

    clock: StoppedClock = field(default_factory=StoppedClock)
    answers: bool = True

    def pace(self) -> Pace:
        return Pace(clock=self.clock, answers=lambda: self.answers, rules=PaceRules(largest=16, slow_seconds=5))


def test_batches_halve_while_answers_are_slow_and_grow_one_by_one_when_they_are_not() -> None:
    pace = Road().pace()
    sizes = []
    for seconds in (1, 6, 6, 6, 6, 6, 1, 1):
        pace.answered(seconds)
        sizes.append(pace.batch())
    assert sizes == [16, 8, 4, 2, 1, 1, 2, 3]


def test_a_write_is_timed() -> None:
    road = Road()
    pace = road.pace()
    with pace.timed():
        road.clock.advance(6)
    assert pace.batch() == 8


def test_a_store_that_does_not_answer_is_left_alone_ever_longer_up_to_a_minute() -> None:
    road = Road()
    pace, pauses = road.pace(), []
    for _ in range(8):
        pace.failed()
        pause = 0
        while pace.batch() == 0:
            road.clock.advance(1)
            pause += 1
        pauses.append(pause)
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]
    assert pace.batch() == 1


def test_nothing_is_taken_after_a_pause_until_the_index_answers() -> None:
    road = Road(answers=False)
    pace = road.pace()
    pace.failed()
    road.clock.advance(2)
    assert pace.batch() == 0
    road.answers = True
    assert pace.batch() == 0, "the pause has begun again"
    road.clock.advance(4)
    assert pace.batch() == 1


def test_one_quick_answer_ends_the_pauses() -> None:
    road = Road()
    pace = road.pace()
    pace.failed()
    pace.failed()
    pace.answered(1)
    assert pace.batch() == 2
    pace.failed()
    road.clock.advance(2)
    assert pace.batch() == 1
