"""Redaction over the real SDK, with a provider that repeats placeholders: no value in a recorded byte (R14, R11)."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from pydantic import SecretStr

from ingestion.labelling import RingfenceLabeller
from ingestion.sensitivity import Category
from service.adapters.anthropic import AnthropicCloudModel
from service.adapters.sentence_transformers import PackagedTokenizer, SentenceTransformersEmbedder
from service.answering import Answer, Question
from service.policy.access import Principal
from service.policy.routing import Route
from tests.assembled import World, a_world, exchanged, redacting
from tests.standin import Fault, StandIn
from tests.terms import a_provider, some_rules

TEXT = (
    "The parking permits are handed out by Brigitte Sommerfeld, phone +49 30 901820 17, "
    "e-mail brigitte.sommerfeld@northwind.test. Sommerfelds office is beside the front desk."
)
ASKED = Question(text="Who hands out the parking permits, is it Brigitte Sommerfeld?")
PIECES = ("brigitte", "sommerfeld", "901820", "northwind")


@pytest.fixture
def provider() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def asking(provider: StandIn) -> Iterator[tuple[World, Principal]]:
    """Yield a world with the shipped labeller and the real client of the cloud, and somebody with a document."""
    embedder = SentenceTransformersEmbedder("packaged")
    labelling = (embedder, PackagedTokenizer("packaged"), RingfenceLabeller.shipped(embedder=embedder.name))
    world = a_world(rules=some_rules(a_provider("pinned-model-1")))
    cloud = AnthropicCloudModel(
        SecretStr("key"), model="pinned-model-1", base_url=provider.url, timeout=10, now=world.clock.now
    )
    redacting(exchanged(world, labelling=labelling, cloud=cloud), Category.PII)
    who, _ = world.person("acme")
    world.uploaded(who, TEXT)
    with closing(cloud):
        yield world, who


def streamed(world: World, who: Principal) -> tuple[str, Answer]:
    pieces, said = world.product.answering.stream(who, ASKED), ""
    while True:
        try:
            said += next(pieces)
        except StopIteration as end:
            return said, end.value


def recorded(provider: StandIn) -> str:
    return b"".join(received.whole for received in provider.received).decode().lower()


@pytest.mark.parametrize("cut", [r"\S+\s*", r"(?s)..?", r"(?s).{1,7}"], ids=["by word", "by two", "by seven"])
def test_a_streamed_answer_is_restored_and_no_recorded_byte_holds_a_value(
    provider: StandIn, asking: tuple[World, Principal], cut: str
) -> None:
    """R14: across the borders of the pieces, however the provider cuts them."""
    provider.cut = cut
    world, who = asking
    said, answer = streamed(world, who)
    assert (answer.route, answer.backend, answer.redacted) == (Route.CLOUD, "anthropic", 3)
    assert said == answer.text == f"{TEXT.partition(' Sommerfelds')[0]} [1]"
    assert [source.number for source in answer.citations] == [1]
    assert "[person_1]" in recorded(provider)
    assert [piece for piece in PIECES if piece in recorded(provider)] == []


def test_a_whole_answer_is_restored(provider: StandIn, asking: tuple[World, Principal]) -> None:
    world, who = asking
    answer = world.product.answering.ask(who, ASKED)
    assert (answer.backend, answer.redacted) == ("anthropic", 3)
    assert answer.text == f"{TEXT.partition(' Sommerfelds')[0]} [1]"
    assert [piece for piece in PIECES if piece in recorded(provider)] == []


@pytest.mark.parametrize("fault", [Fault.OVERLOADED, Fault.CUT, Fault.REFUSAL])
def test_where_the_provider_fails_the_local_model_answers_and_no_byte_held_a_value(
    provider: StandIn, asking: tuple[World, Principal], fault: Fault
) -> None:
    """R12."""
    provider.fault = fault
    world, who = asking
    answer = world.product.answering.ask(who, ASKED)
    assert (answer.route, answer.backend, answer.redacted) == (Route.LOCAL, "vllm", 0)
    assert "Brigitte Sommerfeld" in answer.text
    assert [piece for piece in PIECES if piece in recorded(provider)] == []
