"""One answer contract, whichever backend answers, streamed or whole, supported, unsupported or stopped (R13)."""

from collections.abc import Callable, Generator
from dataclasses import replace
from datetime import datetime

import pytest
from litestar.testing import TestClient
from typing_extensions import override

from service.adapters.memory.models import InMemoryCloudModel, InMemoryLocalModel
from service.answering import Question
from service.answering.saying import STOPPED
from service.app import application
from service.errors import CloudModelError, LocalModelUnavailableError
from service.policy.egress import CloudPermit
from service.policy.prompt import Prompt
from service.ports import Generation
from tests.answers import Told, asked, events
from tests.assembled import World, a_world

QUESTION = "Where do visitors park?"
HARMLESS = "Visitors park in the garage on level 2."
SENSITIVE = "Visitors park beside SECRET-PII on level 2."
SUPPORTED = 'Visitors park on level 2 [1]. It says "visitors park" [1].'
DECLINED = "The documents do not contain it."
MADE_UP = "Dragons guard level 7 of the northern tower [1]."


class SayingLocalModel(InMemoryLocalModel):
    """A local model that says what it is told to, and ends as it is told to."""

    def __init__(self, says: str, finish: str = "stop", dies: int | None = None) -> None:
        super().__init__()
        self.says, self.finish, self.dies = says, finish, dies

    @override
    def generate(self, prompt: Prompt) -> tuple[str, Generation]:
        _, generation = super().generate(prompt)
        if self.dies is not None:
            raise LocalModelUnavailableError
        return self.says, replace(generation, finish=self.finish)

    @override
    def stream(self, prompt: Prompt) -> Generator[str, None, Generation]:
        _, generation = super().generate(prompt)
        for number, letter in enumerate(self.says):
            if number == self.dies:
                raise LocalModelUnavailableError
            yield letter
        return replace(generation, finish=self.finish)


class SayingCloudModel(InMemoryCloudModel):
    """The same in the cloud."""

    def __init__(
        self, says: str, finish: str = "stop", dies: int | None = None, *, now: Callable[[], datetime]
    ) -> None:
        super().__init__(now=now)
        self.says, self.finish, self.dies = says, finish, dies

    @override
    def generate(self, permit: CloudPermit) -> tuple[str, Generation]:
        _, generation = super().generate(permit)
        return self.says, replace(generation, finish=self.finish)

    @override
    def stream(self, permit: CloudPermit) -> Generator[str, None, Generation]:
        _, generation = self._answered(permit, stream=True)
        for number, letter in enumerate(self.says):
            if number == self.dies:
                raise CloudModelError
            yield letter
        return replace(generation, finish=self.finish)


def saying(world: World, says: str, finish: str = "stop", dies: int | None = None) -> World:
    """Let both models of the world say this."""
    local = SayingLocalModel(says, finish, dies)
    cloud = SayingCloudModel(says, finish, dies, now=world.clock.now)
    answering = world.product.answering
    planner = replace(answering.planner, local=local, cloud=cloud)
    world.product = replace(world.product, answering=replace(answering, planner=planner, local=local, cloud=cloud))
    return world


Ask = Callable[..., Told]


@pytest.fixture(params=["local", "cloud"])
def route(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[False, True], ids=["whole", "stream"])
def stream(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def ask(route: str, stream: bool) -> Ask:  # noqa: FBT001 - a fixture
    """Return a function that asks a world whose model says so, over HTTP, and checks the whole contract."""
    world = a_world()
    who, token = world.person("acme")
    world.uploaded(who, SENSITIVE if route == "local" else HARMLESS)

    def asking(says: str, finish: str = "stop", question: str = QUESTION, **fields: object) -> Told:
        saying(world, says, finish)
        with TestClient(application(world.product, max_upload_bytes=1_000)) as client:
            client.headers["authorization"] = f"Bearer {token}"
            told = asked(client, question, stream=stream, **fields)
        assert (told.body["route"], told.body["backend"]) == (route, {"local": "vllm", "cloud": "anthropic"}[route])
        return told

    return asking


def test_a_supported_answer_cites_the_spans_that_support_it(ask: Ask, stream: bool) -> None:  # noqa: FBT001
    told = ask(SUPPORTED)
    assert told.body["answer"] == SUPPORTED
    assert told.body["quotations"] == [{"start": 39, "end": 52, "verified": True, "source": 1}]
    (citation,) = told.body["citations"]
    assert {tuple(support["sentence"]) for support in citation["supports"]} == {(0, 29), (30, 58)}
    assert "".join(told.tokens) == (SUPPORTED if stream else "")
    assert told.body["output_tokens"] > 0


@pytest.mark.parametrize(("says", "why"), [(DECLINED, "declined"), (MADE_UP, "not_grounded"), ("", "not_grounded")])
def test_an_unsupported_answer_is_the_plain_statement_whatever_was_streamed(ask: Ask, says: str, why: str) -> None:
    told = ask(says)
    assert (told.body["supported"], told.body["unsupported"], told.body["citations"]) == (False, why, [])
    assert "Dragons" not in told.body["answer"]
    assert told.body["sources"]


def test_the_plain_statement_is_in_the_language_of_the_question(ask: Ask) -> None:
    told = ask(MADE_UP, question="Wo ist level 2, und park visitors da?")
    assert told.body["answer"].startswith("Die Dokumente")


@pytest.mark.parametrize(
    ("says", "why"),
    [(f"{SUPPORTED}\n\n[The answer was stopped here.]", None), ("[The answer was stopped here.]", "stopped")],
)
def test_a_filtered_answer_has_the_same_shape(ask: Ask, says: str, why: str | None) -> None:
    told = ask(says, STOPPED)
    assert told.body["unsupported"] == why
    assert (told.body["answer"] == says) is (why is None)


def test_a_citation_of_nothing_is_not_credited(ask: Ask) -> None:
    told = ask("Visitors park on level 3 [1]. Visitors park in cars on level 2 [1][4].")
    assert told.body["answer"] == "Visitors park on level 3. Visitors park in cars on level 2 [1]."


def test_a_stream_that_breaks_off_ends_with_exactly_one_error(route: str) -> None:
    world = a_world()
    who, token = world.person("acme")
    world.uploaded(who, SENSITIVE if route == "local" else HARMLESS)
    saying(world, SUPPORTED, dies=len("Visitors park on level 2"))
    with TestClient(application(world.product, max_upload_bytes=1_000)) as client:
        response = client.post(
            "/v1/answers",
            json={"question": QUESTION, "stream": True},
            headers={"authorization": f"Bearer {token}"},
        )
    came = events(response.text.splitlines())
    *tokens, error = came
    assert [name for name, _ in came] == ["token"] * len(tokens) + ["error"]
    assert "".join(token["text"] for _, token in tokens) == "Visitors park "
    wait = {"retry_after"} if route == "local" else set()
    assert set(error[1]) == {"type", "title", "status", "detail", "reason"} | wait


def test_what_breaks_off_before_anything_could_be_told_is_a_plain_503() -> None:
    """The output filter holds back the last words: nothing was told, so there is no stream to end."""
    world = a_world()
    who, token = world.person("acme")
    world.uploaded(who, SENSITIVE)
    saying(world, SUPPORTED, dies=len("Visitors"))
    with TestClient(application(world.product, max_upload_bytes=1_000)) as client:
        response = client.post(
            "/v1/answers",
            json={"question": QUESTION, "stream": True},
            headers={"authorization": f"Bearer {token}"},
        )
    assert (response.status_code, response.headers["content-type"]) == (503, "application/problem+json")


def test_the_first_piece_is_told_before_the_last_is_made(route: str) -> None:
    """No more buffering than the two words that the output filter waits for: the order of events shows it."""
    order: list[str] = []

    class Slow(SayingLocalModel):
        @override
        def stream(self, prompt: Prompt) -> Generator[str, None, Generation]:
            return (yield from _noting(super().stream(prompt), order))

    class SlowCloud(SayingCloudModel):
        @override
        def stream(self, permit: CloudPermit) -> Generator[str, None, Generation]:
            return (yield from _noting(super().stream(permit), order))

    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, SENSITIVE if route == "local" else HARMLESS)
    answering = saying(world, SUPPORTED).product.answering
    local, cloud = Slow(SUPPORTED), SlowCloud(SUPPORTED, now=world.clock.now)
    planner = replace(answering.planner, local=local, cloud=cloud)

    answering = replace(answering, planner=planner, local=local, cloud=cloud)
    order.extend(f"told {piece}" for piece in answering.stream(who, Question(text=QUESTION)))
    first = order.index("told Visitors ")
    assert first < order.index("made the last piece")
    assert order[:first] == [f"made {letter}" for letter in "Visitors park on "]
    assert "".join(one.removeprefix("told ") for one in order if one.startswith("told ")) == SUPPORTED


def _noting(pieces: Generator[str, None, Generation], order: list[str]) -> Generator[str, None, Generation]:
    while True:
        try:
            piece = next(pieces)
        except StopIteration as end:
            order.append("made the last piece")
            generation: Generation = end.value
            return generation
        order.append(f"made {piece}")
        yield piece


@pytest.mark.parametrize("scope", ["all", "non_sensitive"])
@pytest.mark.parametrize("streamed", [False, True])
def test_a_search_that_finds_nothing_has_the_same_shape(scope: str, *, streamed: bool) -> None:
    world = a_world()
    who, token = world.person("acme")
    if scope == "non_sensitive":
        world.uploaded(who, SENSITIVE)
    with TestClient(application(world.product, max_upload_bytes=1_000)) as client:
        client.headers["authorization"] = f"Bearer {token}"
        told = asked(client, QUESTION, stream=streamed, scope=scope)
    assert told.body["unsupported"] == ("nothing_found" if scope == "all" else "nothing_harmless_found")
    assert (told.body["backend"], told.body["sources"]) == ("none", [])
    assert "".join(told.tokens) == (told.body["answer"] if streamed else "")


@pytest.mark.parametrize("streamed", [False, True])
def test_quotes_without_a_model_have_the_same_shape(*, streamed: bool) -> None:
    world = a_world(local=False, cloud=False)
    who, token = world.person("acme")
    world.uploaded(who, HARMLESS)
    with TestClient(application(world.product, max_upload_bytes=1_000)) as client:
        client.headers["authorization"] = f"Bearer {token}"
        told = asked(client, QUESTION, stream=streamed)
    assert told.body["backend"] == "quotes"
    assert [quotation["verified"] for quotation in told.body["quotations"]] == [True]
