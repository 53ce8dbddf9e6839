"""A jump of a share is noticed soon, and none is seen where there is none (R53): simulated streams, fixed seeds.

`python -m bench.local_share` prints the whole table.
"""

from collections.abc import Iterable
from random import Random

import pytest

from bench.local_share import answers, delay, false_alarms
from service.drift import Direction, Drift, after

_RUNS = 50


def _through(outcomes: Iterable[bool], drift: Drift | None = None) -> Drift:
    drift = drift or Drift()
    for outcome in outcomes:
        drift = after(drift, outcome)
    return drift


@pytest.mark.parametrize(
    ("share", "to", "most", "why"),
    [
        (0.1, 1.0, 15, "nearly all went to the cloud, and now nothing does: the labeller is down"),
        (0.3, 1.0, 30, "the same with more that is sensitive"),
        (0.5, 1.0, 60, "half"),
        (0.8, 1.0, 300, "little is left to lose, so it takes longer to see"),
        (0.5, 0.0, 60, "everything passes: the labeller finds nothing any more"),
        (0.8, 0.0, 20, "the same where most stayed local"),
    ],
)
def test_a_jump_is_noticed_within_so_many_answers(share: float, to: float, most: int, why: str) -> None:
    random = Random(1)
    delays = [delay(share, random, to=to) for _ in range(_RUNS)]
    assert sum(one <= most for one in delays) >= 0.95 * _RUNS, (why, sorted(delays))


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.8, 0.95, 1.0, 0.0])
@pytest.mark.parametrize("again", [0.0, 0.8], ids=["independent", "in talks"])
def test_nothing_is_seen_where_nothing_jumps(share: float, again: float) -> None:
    """At most one false alarm in 10,000 answers, also where the answers of a talk are all of one kind."""
    assert false_alarms(share, Random(2), again=again, length=10_000) <= 1


def test_before_anything_is_usual_nothing_is_a_jump() -> None:
    assert _through([True] * 49).jumped is None
    assert _through([True] * 500).jumped is None


def test_a_jump_ends_when_the_share_is_back() -> None:
    random = Random(3)
    stream = answers(0.3, random)
    usual = _through(next(stream) for _ in range(300))
    down = _through([True] * 40, usual)
    assert down.jumped is Direction.UP
    assert _through((next(stream) for _ in range(100)), down).jumped is None


def test_a_jump_that_lasts_becomes_what_is_usual() -> None:
    random = Random(3)
    usual = _through(one for one, _ in zip(answers(0.2, random), range(300), strict=False))
    raised = _through((one for one, _ in zip(answers(0.9, random), range(2_500), strict=False)), usual)
    assert raised.jumped is None
    assert raised.usual > 0.7


def test_a_slow_change_is_no_jump() -> None:
    random = Random(4)
    drift, jumps = Drift(), 0
    for number in range(20_000):
        before, drift = drift, after(drift, random.random() < 0.2 + 0.5 * number / 20_000)
        jumps += before.jumped is None and drift.jumped is not None
    assert jumps == 0
