"""What an answer lists and cites is what its model was finally shown (R13)."""

from dataclasses import replace

import pytest
from typing_extensions import override

from service.adapters.memory.models import InMemoryCloudModel, InMemoryLocalModel
from service.answering import Answer, Budget, Question
from service.errors import InvalidRequestError
from service.policy.prompt import Prompt
from service.policy.routing import Route
from service.ports import Generation
from tests.assembled import World, a_world

ASKED = Question(text="Where do visitors park?")


def a_world_of(*, local: int = 2_048, cloud: int = 200_000, documents: int = 4, word: str = "") -> World:
    """Return a world whose models read so many tokens, with documents that all answer the question."""
    world = a_world()
    who, _ = world.person("acme")
    for number in range(documents):
        world.uploaded(who, f"Visitors park in garage {number}. {word}{'Visitors park where visitors park. ' * 12}")
    planner = world.product.answering.planner
    budget = Budget(tokenizer=planner.budget.tokenizer, answer_tokens=64, local_context=local, cloud_context=cloud)
    planner = replace(planner, budget=budget)
    world.product = replace(world.product, answering=replace(world.product.answering, planner=planner))
    return world


def answered(world: World) -> Answer:
    who, _ = world.person("acme")
    return world.product.answering.ask(who, ASKED)


def shown_to(model: InMemoryLocalModel | InMemoryCloudModel | None) -> int:
    assert model is not None
    last = model.shown[-1]
    return len(last.sources()) if isinstance(last, Prompt) else last.count(b"</source>")


def test_a_small_local_model_is_shown_fewer_sources_and_the_answer_says_so() -> None:
    world = a_world_of(local=400, word="SECRET-PII ")
    answer = answered(world)
    assert answer.route is Route.LOCAL
    assert 1 <= len(answer.sources) == shown_to(world.local) < 4
    who, _ = world.person("acme")
    (facts,) = world.audited(who.tenant_id, "prompt_routed")
    assert len(list(facts["sources"])) == len(answer.sources)  # type: ignore[call-overload]  # a list


def test_the_cloud_is_shown_what_it_can_read_whatever_the_local_model_can() -> None:
    world = a_world_of(local=400)
    answer = answered(world)
    assert answer.route is Route.CLOUD
    assert len(answer.sources) == shown_to(world.cloud) == 4


def test_an_answer_that_the_cloud_failed_to_make_is_cut_for_the_local_model() -> None:
    world = a_world_of(local=400)
    assert world.cloud
    world.cloud.available = False
    answer = answered(world)
    assert answer.route is Route.LOCAL
    assert 1 <= len(answer.sources) == shown_to(world.local) < 4


def test_leaving_a_sensitive_source_out_makes_no_prompt_leave() -> None:
    """R10: the local model may be shown fewer sources; the route was decided from all of them."""
    world = a_world_of(local=400, documents=3)
    who, _ = world.person("acme")
    world.uploaded(who, f"SECRET-PII {'Visitors park where visitors park. ' * 8}{'Lunch is at noon. ' * 6}")
    answer = answered(world)
    assert answer.route is Route.LOCAL
    assert all(source.hit.label.harmless for source in answer.sources)
    assert world.cloud
    assert world.cloud.shown == []


def test_a_question_too_long_for_the_model_is_the_askers_mistake() -> None:
    world = a_world_of(local=400, word="SECRET-PII ")
    who, _ = world.person("acme")
    with pytest.raises(InvalidRequestError, match="question is longer"):
        world.product.answering.ask(who, Question(text="Where do visitors park? " * 80))


class ShorteningLocalModel(InMemoryLocalModel):
    """A local model that was shown only the first source, and cites the second."""

    @override
    def generate(self, prompt: Prompt) -> tuple[str, Generation]:
        _, generation = super().generate(prompt)
        said = "Visitors park in the garage [1]. Visitors park where visitors park [2]."
        return said, replace(generation, sources_shown=1)


def test_a_citation_of_a_source_that_the_adapter_left_out_is_not_credited() -> None:
    world = a_world_of(word="SECRET-PII ")
    local = ShorteningLocalModel()
    answering = world.product.answering
    who, _ = world.person("acme")
    answer = replace(answering, local=local, planner=replace(answering.planner, local=local)).ask(who, ASKED)
    assert [source.number for source in answer.sources] == [1]
    assert {citation.number for citation in answer.citations} == {1}
    assert "[2]" not in answer.text
