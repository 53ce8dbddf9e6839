"""One answer contract from a real vLLM server and from the Messages stand-in through the real SDK (R13).

Protocol, not eloquence: what the small model says may or may not be supported, and the body says which.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from litestar.testing import TestClient
from pydantic import SecretStr

from service.adapters.anthropic import AnthropicCloudModel
from service.adapters.vllm import VllmLocalModel
from service.app import application
from service.ports import CloudModel, LocalModel
from tests.answers import Told, asked
from tests.assembled import World, a_world
from tests.standin import StandIn
from tests.terms import a_provider, some_rules

pytest_plugins = ["tests.servers.vllm"]

LOCAL, CLOUD = "SmolLM2-135M-Instruct", "pinned-model-1"
HARMLESS = "The warehouse in Lyon opens at eight. Paper is stored in Nantes."
SENSITIVE = "The warehouse in Lyon opens at eight, says SECRET-PII. Paper is stored in Nantes."
QUESTION = "When does the warehouse in Lyon open?"
BACKENDS = {"local": ("vllm", LOCAL), "cloud": ("anthropic", CLOUD)}

Ask = Callable[..., Told]


def with_models(world: World, *, local: LocalModel | None = None, cloud: CloudModel | None = None) -> World:
    answering = world.product.answering
    terms = replace(answering.planner.terms, model=cloud.name if cloud is not None else None)
    planner = replace(answering.planner, local=local, cloud=cloud, terms=terms)
    world.product = replace(world.product, answering=replace(answering, planner=planner, local=local, cloud=cloud))
    return world


@pytest.fixture(params=["cloud", pytest.param("local", marks=pytest.mark.slow)])
def ask(request: pytest.FixtureRequest) -> Iterator[Ask]:
    """Ask a product whose one model is real, or stands in for the provider, and check the whole contract."""
    world = a_world(rules=some_rules(a_provider(CLOUD)))
    who, token = world.person("acme")
    world.uploaded(who, SENSITIVE if request.param == "local" else HARMLESS)
    with (
        StandIn() as provider,
        closing(
            AnthropicCloudModel(SecretStr("key"), model=CLOUD, base_url=provider.url, now=world.clock.now)
        ) as cloud,
    ):
        url = request.getfixturevalue("vllm_url") if request.param == "local" else "http://127.0.0.1:9"
        with closing(VllmLocalModel(url, LOCAL, max_tokens=32)) as local:
            with_models(world, local=local, cloud=cloud)
            with TestClient(application(world.product, max_upload_bytes=1_000)) as client:
                client.headers["authorization"] = f"Bearer {token}"

                def asking(question: str, *, stream: bool, **fields: object) -> Told:
                    told = asked(client, question, stream=stream, **fields)
                    assert (told.body["backend"], told.body["model"]) == BACKENDS[request.param]
                    assert told.body["route"] == request.param
                    assert told.body["input_tokens"] > 0
                    return told

                yield asking
        assert bool(provider.received) is (request.param == "cloud")


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_an_answer_conforms_whatever_the_model_says(ask: Ask, *, stream: bool) -> None:
    told = ask(QUESTION, stream=stream)
    assert [source["number"] for source in told.body["sources"]] == [1]
    assert len(told.tokens) > 1 if stream else told.tokens == ()
    if told.body["supported"] and stream:
        assert "".join(told.tokens).strip().startswith(told.body["answer"][:5])


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_question_that_the_source_does_not_answer_conforms(ask: Ask, *, stream: bool) -> None:
    ask("Does the warehouse in Lyon employ an astronaut?", stream=stream)


def test_whole_and_streamed_bodies_are_the_same(ask: Ask) -> None:
    whole, streamed = (ask(QUESTION, stream=stream).body for stream in (False, True))
    assert {**whole, "id": ""} == {**streamed, "id": ""}
