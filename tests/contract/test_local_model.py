"""What every local model promises: an answer by the pinned model, or a plain error and nothing elsewhere (R12, R13)."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from service.adapters.memory.models import InMemoryLocalModel
from service.adapters.vllm import VllmLocalModel
from service.errors import LocalModelUnavailableError
from service.ports.models import Generation, LocalModel
from tests.prompts import QUESTION, SOURCE, a_prompt

pytest_plugins = ["tests.servers.vllm"]

NAME = "SmolLM2-135M-Instruct"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A local model that answers, and one like it whose server is gone."""

    model: LocalModel
    gone: LocalModel


def _twin(_request: pytest.FixtureRequest) -> Iterator[Subject]:
    gone = InMemoryLocalModel(NAME)
    gone.available = False
    yield Subject(model=InMemoryLocalModel(NAME), gone=gone)


def _vllm(request: pytest.FixtureRequest) -> Iterator[Subject]:
    url: str = request.getfixturevalue("vllm_url")
    model = VllmLocalModel(url, NAME, max_tokens=32)
    gone = VllmLocalModel("http://127.0.0.1:9", NAME, max_tokens=32)
    with closing(model), closing(gone):
        yield Subject(model=model, gone=gone)


@pytest.fixture(params=[pytest.param(_twin, id="memory"), pytest.param(_vllm, id="vllm", marks=pytest.mark.slow)])
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    make: Callable[[pytest.FixtureRequest], Iterator[Subject]] = request.param
    yield from make(request)


def streamed(pieces: Generator[str, None, Generation]) -> tuple[list[str], Generation]:
    """Return the pieces, and how the answer ended."""
    said = []
    while True:
        try:
            said.append(next(pieces))
        except StopIteration as end:
            return said, end.value


def test_the_pinned_model_is_ready(subject: Subject) -> None:
    """R17."""
    assert subject.model.name == NAME
    assert subject.model.ready()


def test_a_whole_answer_says_which_model_made_it(subject: Subject) -> None:
    """R13, R17."""
    text, generation = subject.model.generate(a_prompt())
    assert text.strip()
    assert generation.model == NAME
    assert generation.input_tokens > 0
    assert generation.output_tokens > 0
    assert generation.finish in {"stop", "length"}


def test_a_streamed_answer_comes_in_pieces_and_ends_in_the_same_way(subject: Subject) -> None:
    """R13: one contract, streamed and not; at temperature 0 even one text."""
    pieces, generation = streamed(subject.model.stream(a_prompt()))
    assert len(pieces) > 1
    assert ("".join(pieces), generation) == subject.model.generate(a_prompt())


def test_a_model_that_is_gone_is_not_ready(subject: Subject) -> None:
    assert not subject.gone.ready()


def test_a_model_that_is_gone_is_an_error_without_the_prompt(subject: Subject) -> None:
    """R12, R54."""
    with pytest.raises(LocalModelUnavailableError) as whole:
        subject.gone.generate(a_prompt())
    with pytest.raises(LocalModelUnavailableError) as stream:
        streamed(subject.gone.stream(a_prompt()))
    for caught in (whole, stream):
        assert not any(text in repr(caught.value.args) for text in (SOURCE, QUESTION))
