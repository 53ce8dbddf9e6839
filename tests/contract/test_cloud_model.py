"""What every cloud model promises: permitted bytes in, an answer or a plain error out (R12, R13, R17)."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

import pytest
from pydantic import SecretStr

from service.adapters.anthropic import AnthropicCloudModel
from service.adapters.memory.models import InMemoryCloudModel
from service.errors import CloudModelError, EgressRefusedError
from service.policy.egress import CloudPermit
from service.ports.models import CloudModel, Generation
from tests.prompts import QUESTION, SOURCE, a_cloud_permit, a_life
from tests.standin import Fault, StandIn

MODEL = "pinned-model-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A cloud model, what its provider was shown, and how to take the provider away."""

    model: CloudModel
    shown: Callable[[], list[bytes]]
    take_away: Callable[[], None]


def _twin() -> Iterator[Subject]:
    model = InMemoryCloudModel(MODEL)
    yield Subject(model=model, shown=lambda: list(model.shown), take_away=lambda: setattr(model, "available", False))


def _anthropic() -> Iterator[Subject]:
    with StandIn() as provider:
        model = AnthropicCloudModel(SecretStr("key"), model=MODEL, base_url=provider.url, max_retries=0)
        yield Subject(
            model=model,
            shown=lambda: [received.body for received in provider.received],
            take_away=lambda: setattr(provider, "fault", Fault.OVERLOADED),
        )
        model.close()


@pytest.fixture(params=[_twin, _anthropic], ids=["memory", "anthropic"])
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    yield from request.param()


def streamed(pieces: Generator[str, None, Generation]) -> tuple[list[str], Generation]:
    """Return the pieces, and how the answer ended."""
    said = []
    while True:
        try:
            said.append(next(pieces))
        except StopIteration as end:
            return said, end.value


def whole(model: CloudModel, permit: CloudPermit) -> tuple[str, Generation]:
    """Return an answer, streamed or not as the permit says."""
    if not permit.stream:
        return model.generate(permit)
    pieces, generation = streamed(model.stream(permit))
    return "".join(pieces), generation


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_quotes_its_source_and_names_the_pinned_model(subject: Subject, *, stream: bool) -> None:
    """R13, R17."""
    text, generation = whole(subject.model, a_cloud_permit(model=MODEL, stream=stream))
    assert text == f"{SOURCE} [1]"
    assert generation.model == subject.model.name == MODEL
    assert generation.finish == "stop"
    assert generation.input_tokens > 0
    assert generation.output_tokens > 0


def test_streamed_and_whole_answers_are_the_same(subject: Subject) -> None:
    """R13."""
    assert whole(subject.model, a_cloud_permit(model=MODEL, stream=True)) == whole(
        subject.model, a_cloud_permit(model=MODEL, stream=False)
    )


def test_a_stream_comes_in_pieces(subject: Subject) -> None:
    pieces, _ = streamed(subject.model.stream(a_cloud_permit(model=MODEL, stream=True)))
    assert len(pieces) > 1


@pytest.mark.parametrize("stream", [False, True])
def test_the_provider_is_shown_exactly_the_permitted_bytes(subject: Subject, *, stream: bool) -> None:
    """R11."""
    permit = a_cloud_permit(model=MODEL, stream=stream)
    whole(subject.model, permit)
    assert subject.shown() == [permit.body]


@pytest.mark.parametrize("stream", [False, True])
def test_a_permit_for_another_model_is_refused_before_anything_is_sent(subject: Subject, *, stream: bool) -> None:
    with pytest.raises(EgressRefusedError):
        whole(subject.model, a_cloud_permit(model="another", stream=stream))
    assert subject.shown() == []


def test_a_permit_for_a_stream_is_good_for_nothing_else(subject: Subject) -> None:
    with pytest.raises(EgressRefusedError):
        subject.model.generate(a_cloud_permit(model=MODEL, stream=True))
    with pytest.raises(EgressRefusedError):
        streamed(subject.model.stream(a_cloud_permit(model=MODEL, stream=False)))
    assert subject.shown() == []


@pytest.mark.parametrize("stream", [False, True])
def test_a_provider_that_fails_is_an_error_without_the_prompt(subject: Subject, *, stream: bool) -> None:
    """R12: the caller then answers locally. R54: the error holds nothing that was asked."""
    subject.take_away()
    with pytest.raises(CloudModelError) as caught:
        whole(subject.model, a_cloud_permit(model=MODEL, stream=stream))
    assert QUESTION not in repr(caught.value.args)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("seconds", [-1, 0], ids=["ended", "never began"])
def test_a_permit_that_is_not_good_now_is_refused_before_anything_is_sent(
    subject: Subject, *, stream: bool, seconds: float
) -> None:
    """R41: what was decided a while ago may be decided otherwise by now."""
    with pytest.raises(EgressRefusedError):
        whole(subject.model, a_cloud_permit(model=MODEL, stream=stream, life=a_life(seconds=seconds)))
    assert subject.shown() == []
