"""Making what comes next in another thread: bounded, in order, and with what went wrong (R60)."""

from collections.abc import Iterator
from threading import Event

import pytest

from service.ingesting.ahead import ahead


def test_things_come_in_order_and_in_batches_of_bounded_weight() -> None:
    with ahead(range(1, 8), weight=lambda thing: thing, room=100) as coming:
        batches = list(coming.batches(limit=6))
    assert [one for batch in batches for one in batch] == [1, 2, 3, 4, 5, 6, 7]
    assert all(sum(batch) <= 6 or len(batch) == 1 for batch in batches)


def test_no_more_is_made_ahead_than_there_is_room_for() -> None:
    made: list[int] = []
    third = Event()

    def making() -> Iterator[int]:
        for number in range(10):
            made.append(number)
            if number == 2:
                third.set()
            yield 10

    with ahead(making(), weight=lambda thing: thing, room=20) as coming:
        assert third.wait(60)
        assert made == [0, 1, 2]  # two that fill the room, and the one that waits for it
        assert sum(len(batch) for batch in coming.batches(limit=10)) == 10


def test_one_thing_that_is_larger_than_the_room_comes_alone() -> None:
    with ahead([5, 500, 5], weight=lambda thing: thing, room=20) as coming:
        assert [500] in list(coming.batches(limit=20))


def test_what_goes_wrong_is_raised_after_all_that_was_made_before() -> None:
    def making() -> Iterator[int]:
        yield 1
        raise BrokenPipeError

    with ahead(making(), weight=lambda _: 1, room=9) as coming:
        batches = coming.batches(limit=9)
        assert next(batches) == [1]
        with pytest.raises(BrokenPipeError):
            next(batches)


def test_leaving_early_ends_the_thread() -> None:
    def forever() -> Iterator[int]:
        while True:
            yield 1

    with ahead(forever(), weight=lambda _: 1, room=3) as coming:
        next(coming.batches(limit=1))
