"""Several servers as one local model: who is asked, who is asked next, and what is counted (R12)."""

from collections.abc import Generator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.backends import BreakerRules, ReplicatedLocalModel, State, Watch
from service.errors import Failure, LocalModelUnavailableError
from service.metrics import BACKEND_FAILURES, BREAKERS
from service.ports.models import Generation
from tests.played import PIECES, Moments, PlayedLocalModel
from tests.prompts import a_prompt

RULES = BreakerRules(failures=2, seconds=15)


class Replicas:
    """Some played replicas behind one model, on a clock of their own."""

    def __init__(self, *models: PlayedLocalModel) -> None:
        self.moments = Moments()
        self.models = models
        self.watches = [Watch(f"local-{90 + number}", rules=RULES, now=self.moments) for number in range(len(models))]
        self.model = ReplicatedLocalModel(models, self.watches)

    def sent(self) -> list[int]:
        """Return how many prompts each replica was sent."""
        return [len(model.shown) for model in self.models]

    def outstanding(self) -> list[int]:
        """Return how many answers each is making."""
        return [watch.outstanding for watch in self.watches]

    def said(self, *, stream: bool) -> str:
        """Return an answer."""
        return "".join(self.model.stream(a_prompt())) if stream else self.model.generate(a_prompt())[0]


def begun(model: ReplicatedLocalModel) -> Generator[str, None, Generation]:
    pieces = model.stream(a_prompt())
    next(pieces)
    return pieces


def test_the_least_busy_replica_is_asked() -> None:
    some = Replicas(PlayedLocalModel(), PlayedLocalModel())
    first, second = begun(some.model), begun(some.model)
    assert some.sent() == [1, 1]
    first.close()
    begun(some.model)
    assert some.sent() == [2, 1]
    second.close()


@pytest.mark.parametrize("stream", [False, True])
def test_a_replica_that_does_not_begin_is_replaced_once(*, stream: bool) -> None:
    some = Replicas(PlayedLocalModel(failure=Failure.TIMED_OUT), PlayedLocalModel(), PlayedLocalModel())
    assert some.said(stream=stream) == "".join(PIECES)
    assert some.sent() == [1, 1, 0]
    assert some.outstanding() == [0, 0, 0]


@pytest.mark.parametrize("stream", [False, True])
def test_a_prompt_is_sent_twice_at_most(*, stream: bool) -> None:
    """A prompt that kills servers must not kill all of them."""
    some = Replicas(*(PlayedLocalModel(failure=Failure.BROKE_OFF) for _ in range(3)))
    with pytest.raises(LocalModelUnavailableError):
        some.said(stream=stream)
    assert some.sent() == [1, 1, 0]


def test_a_replica_that_dies_after_its_first_piece_ends_the_stream_and_is_not_replaced() -> None:
    some = Replicas(PlayedLocalModel(failure=Failure.BROKE_OFF, pieces_first=1), PlayedLocalModel())
    pieces = begun(some.model)
    with pytest.raises(LocalModelUnavailableError):
        next(pieces)
    assert some.sent() == [1, 0]
    assert some.outstanding() == [0, 0]


@pytest.mark.parametrize("stream", [False, True])
def test_a_refused_prompt_is_not_tried_elsewhere_and_blames_nobody(*, stream: bool) -> None:
    some = Replicas(PlayedLocalModel(failure=Failure.PROMPT_REFUSED), PlayedLocalModel())
    for _ in range(3):
        with pytest.raises(LocalModelUnavailableError):
            some.said(stream=stream)
    assert some.sent() == [3, 0]
    assert some.watches[0].state() is State.CLOSED


@pytest.mark.parametrize("away", [Failure.UNREACHABLE, Failure.WRONG_MODEL, Failure.DRIFTED, Failure.NOT_PINNED])
def test_a_replica_that_is_not_what_it_should_be_is_sent_nothing(away: Failure) -> None:
    """R17."""
    some = Replicas(PlayedLocalModel(away=away), PlayedLocalModel(away=away), PlayedLocalModel())
    assert some.model.ready()
    assert some.said(stream=True)
    assert some.sent() == [0, 0, 1]


def test_with_every_replica_away_the_reason_is_said() -> None:
    some = Replicas(PlayedLocalModel(away=Failure.WRONG_MODEL))
    outage = some.model.outage()
    assert outage
    assert outage.how is Failure.WRONG_MODEL
    with pytest.raises(LocalModelUnavailableError):
        some.said(stream=True)


def test_an_open_breaker_says_when_to_come_back_and_tries_once_then() -> None:
    some = Replicas(PlayedLocalModel(failure=Failure.TIMED_OUT))
    for _ in range(2):
        with pytest.raises(LocalModelUnavailableError):
            some.said(stream=False)
    some.moments.advance(5)
    outage = some.model.outage()
    assert outage
    assert (outage.how, outage.retry_after) == (Failure.CIRCUIT_OPEN, 10)
    with pytest.raises(LocalModelUnavailableError):
        some.said(stream=False)
    assert some.sent() == [2]
    some.moments.advance(10)
    some.models[0].failure = None
    assert some.model.ready()
    assert some.said(stream=True)
    assert some.watches[0].state() is State.CLOSED


def test_a_server_that_asks_for_a_wait_gets_it() -> None:
    some = Replicas(PlayedLocalModel(failure=Failure.OVERLOADED, retry_after=40))
    with pytest.raises(LocalModelUnavailableError):
        some.said(stream=True)
    outage = some.model.outage()
    assert outage
    assert outage.retry_after == 40


def test_good_health_alone_does_not_make_up_for_failed_answers() -> None:
    some = Replicas(PlayedLocalModel(failure=Failure.TIMED_OUT))
    for _ in range(2):
        some.model.outage()
        with pytest.raises(LocalModelUnavailableError):
            some.said(stream=True)
    assert some.watches[0].state() is State.OPEN


def test_breakers_and_failures_are_counted_for_operators() -> None:
    before = BACKEND_FAILURES.labels(backend="local-90", how="timed_out")._value.get()  # noqa: SLF001 - no public reader
    some = Replicas(PlayedLocalModel(failure=Failure.TIMED_OUT))
    for _ in range(2):
        with pytest.raises(LocalModelUnavailableError):
            some.said(stream=True)
    after = BACKEND_FAILURES.labels(backend="local-90", how="timed_out")._value.get()  # noqa: SLF001
    states = {sample.labels["backend"]: sample.value for sample in next(iter(BREAKERS.collect())).samples}
    assert (after - before, states["local-90"]) == (2, 2)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["begin", "piece", "close", "kill", "revive", "break", "wait"]),
        st.integers(min_value=0, max_value=5),
    ),
    max_size=40,
)


@given(STEPS)
def test_counts_are_the_streams_under_way_whatever_happens_to_them(steps: list[tuple[str, int]]) -> None:
    """Also where a caller goes away in the middle: a count that leaked would starve a healthy replica."""
    some = Replicas(PlayedLocalModel(), PlayedLocalModel())
    streams: list[Generator[str, None, Generation]] = []
    for what, number in steps:
        one = some.models[number % 2]
        match what:
            case "begin":
                streams.append(some.model.stream(a_prompt()))
            case "piece" if streams:
                _pull(streams[number % len(streams)], some)
            case "close" if streams:
                streams.pop(number % len(streams)).close()
            case "kill":
                one.away = Failure.UNREACHABLE
            case "break":
                one.failure, one.pieces_first = Failure.BROKE_OFF, number % 3
            case "revive":
                one.away = one.failure = None
            case "wait":
                some.moments.advance(number * 5)
        assert some.outstanding() == [model.under_way for model in some.models]
    for stream in streams:
        stream.close()
    assert some.outstanding() == [0, 0]


def _pull(stream: Generator[str, None, Generation], some: Replicas) -> None:
    alive = [model.away is None for model in some.models]
    before = some.sent()
    with suppress(LocalModelUnavailableError):
        next(stream, None)
    asked = [after - was for after, was in zip(some.sent(), before, strict=True)]
    assert not any(sent and not lives for sent, lives in zip(asked, alive, strict=True))
