"""The rules of an erasure request: its life, its deadlines, who has to agree (R40, R46)."""

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.policy.access import KeyId
from service.policy.erasures import (
    ARTICLE,
    ENDED,
    EXCEPTION,
    OPEN,
    TRANSITIONS,
    ErasureKind,
    ErasureReason,
    ErasureState,
    Refusal,
    approvals_needed,
    approved,
    days_left,
    due_at,
    follows,
    may_extend,
    months_after,
    starts_at,
)

S = ErasureState
MOMENTS = st.integers(0, 2**31).map(lambda seconds: datetime.fromtimestamp(seconds, tz=UTC))
KEYS = st.lists(st.integers(1, 3).map(lambda number: KeyId(UUID(int=number))), max_size=4)


def a_day(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 9, 30, tzinfo=UTC)


def test_a_request_ends_verified_refused_or_cancelled() -> None:
    assert {S.VERIFIED, S.REFUSED, S.CANCELLED} == ENDED
    assert set(S) == OPEN | ENDED


def test_nothing_is_executed_that_was_not_approved_or_tried_before() -> None:
    before = {state for state in S if follows(state, S.EXECUTING)}
    assert before == {S.APPROVED, S.PARTIAL, S.ON_HOLD}


def test_only_an_execution_ends_verified() -> None:
    assert {state for state in S if follows(state, S.VERIFIED)} == {S.EXECUTING}


def test_what_is_being_destroyed_can_be_neither_refused_nor_cancelled() -> None:
    assert not {S.EXECUTING, S.PARTIAL} & {one for one in S if follows(one, S.REFUSED) or follows(one, S.CANCELLED)}
    assert not follows(S.ON_HOLD, S.CANCELLED), "some of it may be gone already"


def test_every_open_state_leads_to_an_end() -> None:
    def ends(state: ErasureState, seen: frozenset[ErasureState]) -> bool:
        return state in ENDED or any(ends(one, seen | {state}) for one in TRANSITIONS[state] - seen)

    assert all(ends(state, frozenset()) for state in S)
    assert TRANSITIONS.keys() == set(S)


def test_every_letter_of_article_17_has_a_code() -> None:
    """Art. 17(1)(a) to (f) and 17(3)(a) to (e) GDPR."""
    assert sorted(ARTICLE.values()) == [f"Art. 17(1)({letter})" for letter in "abcdef"]
    assert sorted(EXCEPTION.values()) == [f"Art. 17(3)({letter})" for letter in "abcde"]
    assert set(ErasureReason) - set(ARTICLE) == {ErasureReason.OWNER_DECISION, ErasureReason.GONE_AT_SOURCE}
    assert set(EXCEPTION) == set(Refusal)


@pytest.mark.parametrize(
    ("received", "due", "extended"),
    [
        (a_day(2026, 11, 24), a_day(2026, 12, 24), a_day(2027, 2, 24)),
        (a_day(2026, 12, 10), a_day(2027, 1, 10), a_day(2027, 3, 10)),  # over the end of the year
        (a_day(2027, 1, 31), a_day(2027, 2, 28), a_day(2027, 4, 30)),  # a month without that day
        (a_day(2028, 1, 31), a_day(2028, 2, 29), a_day(2028, 4, 30)),  # a leap year
        (a_day(2027, 2, 28), a_day(2027, 3, 28), a_day(2027, 5, 28)),  # the last day is a day like others
        (a_day(2026, 10, 31), a_day(2026, 11, 30), a_day(2027, 1, 31)),  # counted from receipt, not from the first end
    ],
    ids=str,
)
def test_a_request_is_due_after_one_calendar_month_and_extended_after_three(
    received: datetime, due: datetime, extended: datetime
) -> None:
    """Art. 12(3) GDPR."""
    assert due_at(received) == due
    assert due_at(received, extended=True) == extended


@given(moment=MOMENTS, months=st.integers(0, 36))
def test_months_are_counted_by_the_calendar(moment: datetime, months: int) -> None:
    later = months_after(moment, months)
    assert (later.year * 12 + later.month) - (moment.year * 12 + moment.month) == months
    assert later.day == min(moment.day, monthrange(later.year, later.month)[1])
    assert later.timetz() == moment.timetz()


@given(one=MOMENTS, other=MOMENTS)
def test_what_is_received_earlier_is_never_due_later(one: datetime, other: datetime) -> None:
    first, second = sorted((one, other))
    # To the day: within the last days of a month the time of day decides nothing.
    assert due_at(first).date() <= due_at(second).date()
    assert due_at(first) < due_at(first, extended=True)


@given(received=MOMENTS, seconds=st.integers(0, 90 * 86_400), state=st.sampled_from(S), extended=st.booleans())
def test_it_is_extended_once_and_within_the_first_month(
    received: datetime, seconds: int, state: ErasureState, *, extended: bool
) -> None:
    now = received + timedelta(seconds=seconds)
    allowed = may_extend(state, due=due_at(received), extended=extended, now=now)
    assert allowed == (state in OPEN and not extended and now <= due_at(received))


@given(due=MOMENTS, seconds=st.integers(-20 * 86_400, 20 * 86_400))
def test_days_left_are_negative_exactly_when_it_is_overdue(due: datetime, seconds: int) -> None:
    now = due + timedelta(seconds=seconds)
    assert (days_left(due, now=now) < 0) == (now > due)


@given(keys=KEYS, wanted=st.integers(-1, 5), kind=st.sampled_from(ErasureKind))
def test_one_key_never_approves_twice(keys: list[KeyId], wanted: int, kind: ErasureKind) -> None:
    needed = approvals_needed(kind, wanted=wanted)
    assert needed in {1, 2}
    assert approved(keys, needed=needed) == (len(set(keys)) >= needed)


def test_the_end_of_a_tenant_needs_two_whatever_its_policy_says() -> None:
    assert [approvals_needed(kind, wanted=1) for kind in ErasureKind] == [1, 1, 2]
    assert [approvals_needed(kind, wanted=2) for kind in ErasureKind] == [2, 2, 2]


@given(moment=MOMENTS, hours=st.integers(0, 168))
def test_nothing_starts_before_the_cooling_off_is_over(moment: datetime, hours: int) -> None:
    assert starts_at(moment, cooling_off_hours=hours) - moment == timedelta(hours=hours)
