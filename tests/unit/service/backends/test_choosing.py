"""The least busy replica alive is asked, and no other (R12)."""

from hypothesis import given
from hypothesis import strategies as st

from service.backends.choosing import Candidate, chosen

CANDIDATES = st.lists(
    st.builds(Candidate, outstanding=st.integers(min_value=0, max_value=5), alive=st.booleans()), max_size=6
)


@given(CANDIDATES, st.sets(st.integers(min_value=0, max_value=5)))
def test_a_dead_replica_is_never_chosen_and_a_live_one_always_found(candidates: list[Candidate], out: set[int]) -> None:
    live = [place for place, one in enumerate(candidates) if one.alive and place not in out]
    place = chosen(candidates, without=out)
    assert (place is None) == (not live)
    assert place is None or place in live


@given(CANDIDATES)
def test_nobody_alive_is_less_busy_and_equals_are_asked_in_order(candidates: list[Candidate]) -> None:
    place = chosen(candidates)
    if place is not None:
        others = [one.outstanding for one in candidates if one.alive]
        assert candidates[place].outstanding == min(others)
        assert all(one.outstanding > candidates[place].outstanding for one in candidates[:place] if one.alive)
