"""How much a tenant may have: limits only tighten, and what would break one is told with its numbers (R60)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.policy.quotas import Excess, Limited, Quota, Usage, excess

_LIMITS = st.none() | st.integers(min_value=0, max_value=10)
_QUOTAS = st.builds(Quota, documents=_LIMITS, stored_bytes=_LIMITS, waiting_jobs=_LIMITS, running_jobs=_LIMITS)


@given(_QUOTAS, _QUOTAS, st.builds(Usage, documents=st.integers(0, 12), stored_bytes=st.integers(0, 12)))
def test_what_either_refuses_both_together_refuse(operator: Quota, tenant: Quota, usage: Usage) -> None:
    both = operator.tightened(tenant)
    alone = [excess(one, usage, documents=1, stored_bytes=2, jobs=1) for one in (operator, tenant)]
    assert (excess(both, usage, documents=1, stored_bytes=2, jobs=1) is not None) == any(alone)
    assert both == tenant.tightened(operator)


@pytest.mark.parametrize(
    ("quota", "found"),
    [
        (Quota(), None),
        (Quota(documents=6), None),
        (Quota(documents=5), Excess(limited=Limited.DOCUMENTS, limit=5, current=5)),
        (Quota(stored_bytes=100), None),
        (Quota(stored_bytes=99), Excess(limited=Limited.STORED_BYTES, limit=99, current=90)),
        (Quota(waiting_jobs=2), Excess(limited=Limited.WAITING_JOBS, limit=2, current=2)),
        (Quota(running_jobs=1), None),
    ],
    ids=[
        "no limit",
        "the last one fits",
        "one too many",
        "the last byte fits",
        "a byte too many",
        "waiting",
        "running",
    ],
)
def test_a_limit_is_what_there_may_be_in_all(quota: Quota, found: Excess | None) -> None:
    usage = Usage(documents=5, stored_bytes=90, waiting_jobs=2, running_jobs=1)
    assert excess(quota, usage, documents=1, stored_bytes=10, jobs=1) == found


def test_who_adds_nothing_is_not_refused_for_what_there_is_already() -> None:
    assert excess(Quota(documents=1), Usage(documents=5)) is None
