"""How soon a jump of the local share is noticed, and how often one is seen where there is none: simulated streams.

Run `python -m bench.local_share`. Needs no server. Streams are drawn with a fixed seed: independent answers, and
answers in talks, in which one question in five begins a talk and the others are of the kind of the one before.
"""

from collections.abc import Iterator
from itertools import islice
from random import Random
from statistics import quantiles

from service.drift import Direction, Drift, after

_SHARES = (0.1, 0.3, 0.5, 0.7, 0.8, 0.9)
_RUNS = 200
_BEFORE = 300
_LONGEST = 2_000
_QUIET = 100_000
_TALK = 0.8
_SEED = 20


def answers(share: float, random: Random, *, again: float = 0.0) -> Iterator[bool]:
    """Yield whether each answer was local; with probability `again` it is of the kind of the one before."""
    local = random.random() < share
    while True:
        if random.random() >= again:
            local = random.random() < share
        yield local


def delay(share: float, random: Random, *, to: float = 1.0, again: float = 0.0) -> int:
    """Return how many answers after the share has jumped it is noticed."""
    drift = Drift()
    for local in islice(answers(share, random, again=again), _BEFORE):
        drift = after(drift, local)
    for number, local in enumerate(islice(answers(to, random), _LONGEST), start=1):
        drift = after(drift, local)
        if drift.jumped is (Direction.UP if to > share else Direction.DOWN):
            return number
    return _LONGEST


def false_alarms(share: float, random: Random, *, again: float = 0.0, length: int = _QUIET) -> int:
    """Return how many jumps are seen in a stream without any."""
    drift, seen = Drift(), 0
    for local in islice(answers(share, random, again=again), length):
        before, drift = drift, after(drift, local)
        seen += before.jumped is None and drift.jumped is not None
    return seen


def main() -> None:
    """Print the table."""
    print(f"answers until a jump is noticed ({_RUNS} runs), and false alarms in {_QUIET:,} answers; seed {_SEED}")
    print("usual share   to 1.0: median  p95    to 0.0: median  p95    false alarms: independent  in talks")
    for share in _SHARES:
        random = Random(_SEED)
        shown = []
        for to in (1.0, 0.0):
            cuts = quantiles([delay(share, random, to=to) for _ in range(_RUNS)], n=20)
            shown.append(f"{cuts[9]:14.0f} {cuts[18]:4.0f}")
        alone, talks = (false_alarms(share, random, again=again) for again in (0.0, _TALK))
        print(f"{share:11.1f} {shown[0]:>22} {shown[1]:>22} {alone:27d} {talks:9d}")


if __name__ == "__main__":
    main()
