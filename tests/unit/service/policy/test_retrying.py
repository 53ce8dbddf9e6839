"""How long a job waits for its next attempt (R60)."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.policy.retrying import BROKE_OFF, PART_DOWN, Backoff

_SPANS = st.timedeltas(min_value=timedelta(milliseconds=1), max_value=timedelta(hours=1))


def test_the_wait_doubles_up_to_its_cap() -> None:
    waits = [BROKE_OFF.after(failures).total_seconds() for failures in range(9)]
    assert waits == [0, 10, 20, 40, 80, 160, 320, 600, 600]
    assert [PART_DOWN.after(failures).total_seconds() for failures in (1, 2, 6, 7)] == [2, 4, 60, 60]


@given(first=_SPANS, longest=_SPANS, failures=st.integers(-1, 10_000))
def test_the_wait_never_shrinks_nor_passes_its_cap(first: timedelta, longest: timedelta, failures: int) -> None:
    backoff = Backoff(first=first, longest=longest)
    assert timedelta() <= backoff.after(failures) <= backoff.after(failures + 1) <= longest
