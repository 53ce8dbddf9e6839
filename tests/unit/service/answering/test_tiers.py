"""A small local model first, a better one after, and never up to the cloud from there (R18)."""

from collections.abc import Generator
from dataclasses import replace
from typing import Any

import pytest
from litestar.testing import TestClient

from service.answering import Answer, Question, Restart
from service.app import application
from service.errors import Failure, LocalModelUnavailableError
from service.policy.routing import Route
from tests.assembled import World, a_world
from tests.played import PlayedLocalModel

ASKED = Question(text="Salary of Quint")
SUPPORTED = ("It is ", "secret [1].")
UNSUPPORTED = ("The moon ", "is cheese.")


class Tiers:
    """A product with two local models, asked about a sensitive document."""

    def __init__(self, fast: PlayedLocalModel, better: PlayedLocalModel) -> None:
        self.fast, self.better = fast, better
        self.world: World = a_world(adapted=lambda twins: replace(twins, fast=fast, local=better))
        self.who, self.token = self.world.person("acme")
        self.world.uploaded(self.who, "Salary of Quint: SECRET-PII.")

    def ask(self, *, stream: bool) -> tuple[list[str], Answer]:
        """Return the pieces and the answer. The cloud must have been shown nothing."""
        if not stream:
            return [], self.world.product.answering.ask(self.who, ASKED)
        pieces: list[str] = []
        answer = _drained(self.world.product.answering.stream(self.who, ASKED), pieces)
        assert self.world.cloud
        assert self.world.cloud.shown == []
        return pieces, answer


def _drained(stream: Generator[str, None, Answer], pieces: list[str]) -> Answer:
    while True:
        try:
            pieces.append(next(stream))
        except StopIteration as end:
            answer: Answer = end.value
            return answer


def fast(**fields: Any) -> PlayedLocalModel:  # noqa: ANN401 - of the played model
    return PlayedLocalModel(**({"name": "fast", "pieces": SUPPORTED} | fields))


def better(**fields: Any) -> PlayedLocalModel:  # noqa: ANN401 - of the played model
    return PlayedLocalModel(**({"name": "better", "pieces": SUPPORTED} | fields))


@pytest.mark.parametrize("stream", [False, True])
def test_a_supported_answer_of_the_fast_model_stands(*, stream: bool) -> None:
    tiers = Tiers(fast(), better())
    pieces, answer = tiers.ask(stream=stream)
    assert (answer.model, answer.route, len(tiers.better.shown)) == ("fast", Route.LOCAL, 0)
    assert not any(isinstance(piece, Restart) for piece in pieces)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "weak",
    [
        fast(pieces=UNSUPPORTED),
        fast(pieces=()),
        fast(failure=Failure.TIMED_OUT),
        fast(failure=Failure.BROKE_OFF, pieces_first=1),
    ],
    ids=["unsupported", "empty", "failed", "failed in the middle"],
)
def test_the_better_model_answers_where_the_fast_one_did_not(weak: PlayedLocalModel, *, stream: bool) -> None:
    tiers = Tiers(replace(weak, shown=[]), better())
    pieces, answer = tiers.ask(stream=stream)
    assert (answer.model, answer.text) == ("better", "It is secret [1].")
    assert [citation.number for citation in answer.citations] == [1]
    assert len(tiers.fast.shown) == len(tiers.better.shown) == 1
    if stream:
        shown = [place for place, piece in enumerate(pieces) if isinstance(piece, Restart)]
        last = shown[-1] + 1 if shown else 0
        assert "".join(pieces[last:]) == answer.text
        assert len(shown) == (1 if len(pieces) > len(SUPPORTED) else 0)


@pytest.mark.parametrize("stream", [False, True])
def test_a_weak_answer_stands_where_no_better_model_is_ready(*, stream: bool) -> None:
    tiers = Tiers(fast(pieces=UNSUPPORTED), better(away=Failure.UNREACHABLE))
    pieces, answer = tiers.ask(stream=stream)
    assert (answer.model, answer.citations) == ("fast", ())
    assert not any(isinstance(piece, Restart) for piece in pieces)


@pytest.mark.parametrize("stream", [False, True])
def test_the_better_model_alone_is_enough_to_answer(*, stream: bool) -> None:
    tiers = Tiers(fast(away=Failure.UNREACHABLE, failure=Failure.UNREACHABLE), better())
    assert tiers.ask(stream=stream)[1].model == "better"


@pytest.mark.parametrize("stream", [False, True])
def test_with_both_gone_nothing_answers_and_the_cloud_least_of_all(*, stream: bool) -> None:
    """R12."""
    tiers = Tiers(
        fast(away=Failure.UNREACHABLE, failure=Failure.UNREACHABLE),
        better(away=Failure.DRIFTED, failure=Failure.DRIFTED),
    )
    with pytest.raises(LocalModelUnavailableError) as caught:
        tiers.ask(stream=stream)
    assert caught.value.how is Failure.DRIFTED
    assert tiers.world.cloud
    assert tiers.world.cloud.shown == []


def test_a_caller_who_goes_away_closes_the_fast_models_stream() -> None:
    tiers = Tiers(fast(), better())
    pieces = tiers.world.product.answering.stream(tiers.who, ASKED)
    next(pieces)
    assert tiers.fast.under_way == 1
    pieces.close()
    assert tiers.fast.under_way == 0


def test_a_stream_over_http_says_where_it_begins_anew() -> None:
    """A client that shows tokens must know which ones are void."""
    tiers = Tiers(fast(pieces=UNSUPPORTED), better())
    with TestClient(application(tiers.world.product, max_upload_bytes=1_000)) as http:
        answer = http.post(
            "/v1/answers",
            json={"question": ASKED.text, "stream": True},
            headers={"Authorization": f"Bearer {tiers.token}"},
        )
    names = [line.removeprefix("event: ") for line in answer.text.splitlines() if line.startswith("event: ")]
    assert names == ["token", "token", "restart", "token", "token", "answer"]
