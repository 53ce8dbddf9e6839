"""A breaker closes, opens and tries again by arguments alone (R12)."""

from hypothesis import given
from hypothesis import strategies as st

from service.backends.breaker import Breaker, BreakerRules, State

RULES = BreakerRules(failures=3, seconds=15, longest=600, trial_seconds=60)


def failed(breaker: Breaker, times: int, *, now: float = 0) -> Breaker:
    for _ in range(times):
        breaker = breaker.failed(now, RULES)
    return breaker


def test_it_opens_after_failures_in_a_row_and_not_before() -> None:
    assert failed(Breaker(), 2).state(0) is State.CLOSED
    assert failed(Breaker(), 3).state(0) is State.OPEN


def test_an_answer_between_failures_starts_the_count_again() -> None:
    assert failed(failed(Breaker(), 2).succeeded(0), 2).state(0) is State.CLOSED


def test_it_says_how_long_it_stays_open_and_then_lets_one_trial_through() -> None:
    breaker = failed(Breaker(), 3)
    assert (breaker.wait(5), breaker.allows(14.9), breaker.allows(15)) == (10, False, True)
    trying = breaker.asked(15, RULES)
    assert not trying.allows(16)
    assert trying.wait(16) == 59


def test_a_trial_that_answers_closes_it_and_one_that_fails_opens_it_again_at_once() -> None:
    trying = failed(Breaker(), 3).asked(15, RULES)
    assert trying.succeeded(16).state(16) is State.CLOSED
    assert trying.failed(16, RULES).wait(16) == 15


def test_a_trial_that_is_given_up_or_lost_does_not_block_the_next() -> None:
    trying = failed(Breaker(), 3).asked(15, RULES)
    assert trying.abandoned().allows(16)
    assert trying.allows(75)


def test_a_wait_that_is_asked_for_is_kept_from_the_first_failure_on() -> None:
    """A rate-limited provider is left alone for as long as it said, within bounds."""
    assert Breaker().failed(0, RULES, wait=42).wait(0) == 42
    assert Breaker().failed(0, RULES, wait=1e9).wait(0) == 600


def test_a_late_answer_of_an_earlier_question_does_not_cut_the_wait_short() -> None:
    waiting = Breaker().failed(0, RULES, wait=42)
    assert waiting.succeeded(1).wait(1) == 41
    assert waiting.failed(1, RULES, wait=2).wait(1) == 41


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ask", "succeed", "fail", "abandon", "wait"]), st.integers(min_value=0, max_value=90)
        )
    )
)
def test_whatever_happens_it_lets_a_question_through_again_within_its_longest_wait(
    events: list[tuple[str, int]],
) -> None:
    breaker, now = Breaker(), 0
    for what, number in events:
        now += number
        match what:
            case "ask" if breaker.allows(now):
                breaker = breaker.asked(now, RULES)
            case "succeed":
                breaker = breaker.succeeded(now)
            case "fail":
                breaker = breaker.failed(now, RULES)
            case "abandon":
                breaker = breaker.abandoned()
            case "wait":
                breaker = breaker.failed(now, RULES, wait=number * 100)
        assert breaker.allows(now) == (breaker.wait(now) == 0)
        assert breaker.wait(now) <= RULES.longest
        assert breaker.allows(now + RULES.longest + RULES.trial_seconds)
