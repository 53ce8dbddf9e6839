"""Whose turn it is: interactive before bulk, the fewest running first, everybody in turn (R60)."""

from collections import Counter
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from service.policy.access import TenantId
from service.policy.turns import Standing, Turn, turns

A, B, C = (TenantId(UUID(int=number)) for number in (1, 2, 3))


def _first(*standings: Standing, number: int = 0, bulk: bool = True, **served: int) -> Turn:
    names = {"a": A, "b": B, "c": C}
    return turns(standings, served={names[one]: when for one, when in served.items()}, number=number, bulk=bulk)[0]


def test_an_interactive_job_goes_before_the_bulk_of_every_tenant() -> None:
    assert _first(Standing(tenant_id=A, bulk=True), Standing(tenant_id=B, interactive=True, running=5)) == Turn(
        tenant_id=B, bulk=False
    )


def test_every_fourth_turn_is_for_bulk_so_that_it_is_never_stopped_for_good() -> None:
    both = Standing(tenant_id=A, bulk=True, interactive=True)
    assert [_first(both, number=number).bulk for number in range(8)] == 2 * [False, False, False, True]


def test_a_worker_that_is_kept_for_interactive_jobs_never_begins_bulk() -> None:
    assert turns([Standing(tenant_id=A, bulk=True)], served={}, number=3, bulk=False) == ()


def test_the_tenant_with_the_fewest_running_jobs_comes_first() -> None:
    assert (
        _first(Standing(tenant_id=A, bulk=True, running=2), Standing(tenant_id=B, bulk=True, running=1)).tenant_id == B
    )


def test_among_equals_the_one_served_longest_ago_comes_first() -> None:
    three = [Standing(tenant_id=one, bulk=True) for one in (A, B, C)]
    assert _first(*three, a=7, b=5, c=6).tenant_id == B
    assert _first(*three, a=7, b=5).tenant_id == C


def test_a_tenant_at_its_limit_of_running_jobs_has_no_turn() -> None:
    assert turns([Standing(tenant_id=A, bulk=True, running=2, most=2)], served={}, number=0, bulk=True) == ()
    assert _first(Standing(tenant_id=A, bulk=True, running=1, most=2)).most == 2


@given(
    waiting=st.lists(st.integers(min_value=1, max_value=10_000), min_size=1, max_size=8),
    processes=st.integers(min_value=1, max_value=4),
)
def test_whoever_waits_is_served_before_anybody_is_served_twice_more(waiting: list[int], processes: int) -> None:
    """However many jobs one tenant has, a worker serves every other waiting tenant between two turns of it."""
    left = {TenantId(UUID(int=number + 1)): count for number, count in enumerate(waiting)}
    served: list[dict[TenantId, int]] = [{} for _ in range(processes)]
    shares: list[Counter[TenantId]] = [Counter() for _ in range(processes)]
    for number in range(4 * len(left)):
        for process in range(processes):
            standings = [Standing(tenant_id=one, bulk=count > 0) for one, count in left.items()]
            found = turns(standings, served=served[process], number=number, bulk=True)
            if not found:
                return
            turn = found[0].tenant_id
            served[process][turn] = number
            left[turn] -= 1
            shares[process][turn] += 1
            still = [one for one, count in left.items() if count > 0]
            assert max(shares[process].values()) <= 1 + min((shares[process][one] for one in still), default=10_000)
