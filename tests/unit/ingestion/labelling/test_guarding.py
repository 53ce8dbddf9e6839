"""Steps under a deadline, in threads that are replaced when they do not come back (R5)."""

import os
import threading
import time
from collections.abc import Callable

import pytest

from ingestion.labelling.guarding import Failure, Guard, Step


def steps(*calls: Callable[[], int], vital: bool = False) -> list[Step[int]]:
    """Return steps named by their places, the first of them vital where it is said so."""
    return [Step(name=str(place), call=call, vital=vital and not place) for place, call in enumerate(calls)]


def raising() -> int:
    """Raise."""
    raise ValueError


def reasons(outcomes: list[int | Failure]) -> list[int | str]:
    """Return the outcomes, failures as their reasons."""
    return [outcome.reason if isinstance(outcome, Failure) else outcome for outcome in outcomes]


def test_every_step_gives_its_outcome_in_order_whatever_another_does() -> None:
    assert reasons(Guard().run(steps(lambda: 1, raising, lambda: 3))) == [1, "detector_failed:1", 3]


def test_after_a_vital_step_failed_the_rest_is_not_tried() -> None:
    assert reasons(Guard().run(steps(raising, lambda: 2, vital=True))) == ["detector_failed:0"]


def test_a_hung_step_is_left_behind_and_the_rest_goes_on_in_a_new_thread() -> None:
    """The old thread, should it ever come back, ends and does nothing twice."""
    released = threading.Event()
    threads: list[threading.Thread] = []

    def hang() -> int:
        threads.append(threading.current_thread())
        return int(released.wait(30))

    def work() -> int:
        threads.append(threading.current_thread())
        return 2

    outcomes = Guard(seconds=2.0, grace=0.0).run(steps(hang, work))
    released.set()
    threads[0].join(30)

    assert reasons(outcomes) == ["detector_timed_out:0", 2]
    assert len(set(threads)) == len(threads) == 2
    assert not threads[0].is_alive()


def test_what_a_hung_step_says_later_is_nobodys_business() -> None:
    released = threading.Event()
    guard = Guard(seconds=2.0, grace=0.0)
    outcomes = guard.run(steps(lambda: int(released.wait(30))))
    released.set()

    assert reasons(guard.run(steps(lambda: 7))) == [7]
    assert reasons(outcomes) == ["detector_timed_out:0"]


def test_a_vital_step_that_hangs_ends_the_text() -> None:
    released = threading.Event()
    outcomes = Guard(seconds=0.1, grace=0.0).run(steps(lambda: int(released.wait(30)), lambda: 2, vital=True))
    released.set()

    assert reasons(outcomes) == ["detector_timed_out:0"]


def test_a_vital_step_that_is_switched_off_ends_the_text() -> None:
    released = threading.Event()
    guard = Guard(seconds=0.05, grace=0.0)
    for _ in range(3):
        guard.run(steps(lambda: int(released.wait(30)), vital=True))
    outcomes = guard.run(steps(lambda: 1, lambda: 2, vital=True))
    released.set()

    assert reasons(outcomes) == ["detector_timed_out:0"]


def test_a_step_that_was_switched_off_is_asked_again_once_its_threads_came_back() -> None:
    """Many callers that load the lists at once are all late; none of them may blind the process for good."""
    released = threading.Event()
    guard = Guard(seconds=0.05, grace=0.0)
    for _ in range(3):
        guard.run(steps(lambda: int(released.wait(30))))
    while_hanging = guard.run(steps(lambda: 1))
    released.set()
    until = time.monotonic() + 30
    while reasons(came := guard.run(steps(lambda: 1))) != [1] and time.monotonic() < until:
        time.sleep(0.01)

    assert (reasons(while_hanging), reasons(came)) == (["detector_timed_out:0"], [1])


def test_a_process_that_was_stopped_past_the_deadline_gets_a_moment_to_finish() -> None:
    """A busy or stopped machine makes no ordinary text unknown."""
    slow = threading.Event()
    assert reasons(Guard(seconds=0.01, grace=30.0).run(steps(lambda: int(slow.wait(0.1))))) == [0]


def test_one_thread_serves_one_caller_and_callers_do_not_wait_for_each_other() -> None:
    guard = Guard()
    both = threading.Barrier(2, timeout=30)
    results: list[list[int | Failure]] = []
    callers = [threading.Thread(target=lambda: results.append(guard.run(steps(both.wait)))) for _ in range(2)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()

    assert sorted(str(outcome) for (outcome,) in results) == ["0", "1"]
    used = {guard.run(steps(threading.get_ident))[0] for _ in range(50)}
    assert len(used) == 1


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_process_starts_threads_of_its_own() -> None:
    """A Celery worker forks after the labeller was made; threads do not survive that."""
    guard = Guard(seconds=5.0)
    guard.run(steps(lambda: 1))
    child = os.fork()
    if child == 0:
        os._exit(0 if reasons(guard.run(steps(lambda: 1))) == [1] else 1)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0


def test_a_text_waits_less_than_a_tenth_of_a_millisecond_for_its_thread() -> None:
    guard = Guard()
    ordinary = steps(*[lambda: 1] * 8)
    guard.run(ordinary)
    fastest = min(_seconds(lambda: guard.run(ordinary)) for _ in range(400))

    assert fastest < 0.000_1


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started
