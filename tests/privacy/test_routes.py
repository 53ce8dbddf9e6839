"""One question through everything, on twins: where it goes, what the cloud was shown, what was recorded."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.sensitivity import Category
from service.answering import NOTHING_FOUND, Question, Turn
from service.errors import LocalModelUnavailableError
from service.policy.routing import Cause, Route
from tests.assembled import LearningLabeller, World, a_world

PARKING = "Visitors park in the garage."
ASKED = Question(text="Where do visitors park?")


def shown_to_cloud(world: World) -> bytes:
    return b"".join(world.cloud.shown) if world.cloud else b""


def test_a_prompt_of_harmless_parts_goes_to_the_cloud() -> None:
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, PARKING)
    answer = world.product.answering.ask(who, ASKED)
    assert (answer.route, answer.backend) == (Route.CLOUD, "anthropic")
    assert [source.number for source in answer.citations] == [1]
    assert PARKING.encode() in shown_to_cloud(world)


@pytest.mark.parametrize("word", [*(f"SECRET-{category}" for category in Category), "SECRET-UNKNOWN"])
def test_one_chunk_that_is_not_proved_harmless_keeps_the_prompt_local(word: str) -> None:
    """R10, R5."""
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, PARKING)
    world.uploaded(who, f"{PARKING} {word}")
    answer = world.product.answering.ask(who, ASKED)
    assert answer.route is Route.LOCAL
    assert shown_to_cloud(world) == b""


def test_a_sensitive_question_about_harmless_chunks_stays_local() -> None:
    """R10."""
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, PARKING)
    answer = world.product.answering.ask(who, Question(text="Where do visitors SECRET-PHI park?"))
    assert answer.route is Route.LOCAL
    assert {reason.origin for reason in answer.reasons if reason.origin} == {"question"}
    assert shown_to_cloud(world) == b""


@pytest.mark.parametrize(
    "turn",
    [
        Turn(role="user", text="My card is SECRET-PCI."),
        Turn(role="assistant", text="An answer whose sources nobody knows."),
    ],
    ids=["a sensitive question", "an answer without provenance"],
)
def test_an_earlier_turn_keeps_the_conversation_local(turn: Turn) -> None:
    """R10: a conversation is as sensitive as everything still in its context."""
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, PARKING)
    answer = world.product.answering.ask(who, Question(text=ASKED.text, history=(turn,)))
    assert answer.route is Route.LOCAL
    assert shown_to_cloud(world) == b""


def test_two_questions_of_one_person_take_two_routes() -> None:
    """R2."""
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, PARKING)
    world.uploaded(who, "Salary of Ellison: SECRET-PII.")
    routes = [world.product.answering.ask(who, Question(text=text)).route for text in (ASKED.text, "Salary of Ellison")]
    assert routes == [Route.CLOUD, Route.LOCAL]


def test_a_dead_local_model_never_makes_the_cloud_answer_instead() -> None:
    """R12."""
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, "Salary of Ellison: SECRET-PII.")
    assert world.local
    world.local.available = False
    with pytest.raises(LocalModelUnavailableError):
        world.product.answering.ask(who, Question(text="Salary of Ellison"))
    with pytest.raises(LocalModelUnavailableError):
        list(world.product.answering.stream(who, Question(text="Salary of Ellison")))
    assert shown_to_cloud(world) == b""


def test_a_dead_cloud_makes_the_local_model_answer() -> None:
    """R12."""
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, PARKING)
    assert world.cloud
    world.cloud.available = False
    answer = world.product.answering.ask(who, ASKED)
    assert (answer.route, answer.backend) == (Route.LOCAL, "vllm")
    assert [reason.cause for reason in answer.reasons] == [Cause.CLOUD_FAILED]


def test_without_any_local_model_sensitive_answers_are_quotes() -> None:
    world = a_world(local=False)
    who, _ = world.person("acme")
    world.uploaded(who, "Salary of Ellison: SECRET-PII.")
    answer = world.product.answering.ask(who, Question(text="Salary of Ellison"))
    assert (answer.route, answer.backend, answer.model) == (Route.LOCAL, "quotes", None)
    assert "SECRET-PII" in answer.text


def test_without_a_cloud_key_everything_is_local() -> None:
    world = a_world(cloud=False)
    who, _ = world.person("acme")
    world.uploaded(who, PARKING)
    answer = world.product.answering.ask(who, ASKED)
    assert answer.route is Route.LOCAL
    assert [reason.cause for reason in answer.reasons] == [Cause.CLOUD_NOT_CONFIGURED]


def test_a_label_of_another_labeller_version_is_stale_and_stays_local() -> None:
    """R5, R6."""
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, PARKING)
    world.labeller._version = "memory-2"  # noqa: SLF001 - a new release of the labeller
    answer = world.product.answering.ask(who, ASKED)
    assert answer.route is Route.LOCAL
    assert Cause.STALE_LABEL in {reason.cause for reason in answer.reasons}
    assert shown_to_cloud(world) == b""


def test_answers_are_local_from_a_new_labeller_version_until_the_labels_are_renewed() -> None:
    """R6: stale at once, renewed in the background, and then the cloud may answer again."""
    world = a_world(labeller=(labeller := LearningLabeller()))
    who, _ = world.person("acme")
    world.uploaded(who, PARKING)
    routes = [world.product.answering.ask(who, ASKED).route]
    labeller.learn()
    routes.append(world.product.answering.ask(who, ASKED).route)
    world.product.jobs.sweep()
    routes.append(world.product.answering.ask(who, ASKED).route)
    world.work()
    routes.append(world.product.answering.ask(who, ASKED).route)
    assert routes == [Route.CLOUD, Route.LOCAL, Route.LOCAL, Route.CLOUD]


def test_what_the_new_version_finds_stays_local_after_the_renewal() -> None:
    """R6."""
    world = a_world(labeller=(labeller := LearningLabeller()))
    who, _ = world.person("acme")
    world.uploaded(who, PARKING)
    labeller.learn("garage")
    world.product.jobs.sweep()
    world.work()
    answer = world.product.answering.ask(who, ASKED)
    assert (answer.route, {reason.cause for reason in answer.reasons}) == (Route.LOCAL, {Cause.SENSITIVE})
    assert shown_to_cloud(world) == b""


def test_what_was_declared_at_upload_is_a_floor() -> None:
    """R6."""
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, PARKING, declared=frozenset({Category.LEGAL_PRIVILEGE}))
    answer = world.product.answering.ask(who, ASKED)
    assert answer.route is Route.LOCAL
    assert answer.sources[0].hit.label.categories == {Category.LEGAL_PRIVILEGE}


def test_when_nothing_is_found_no_model_is_asked() -> None:
    world = a_world()
    who, _ = world.person("acme")
    answer = world.product.answering.ask(who, ASKED)
    assert (answer.text, answer.backend, answer.citations) == (NOTHING_FOUND, "none", ())
    assert world.local
    assert world.local.shown == []
    assert shown_to_cloud(world) == b""


def test_a_question_may_be_kept_to_harmless_chunks() -> None:
    """R21."""
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, PARKING)
    world.uploaded(who, "Visitors park at gate SECRET-PII.")
    answer = world.product.answering.ask(who, Question(text=ASKED.text, harmless_only=True))
    assert answer.route is Route.CLOUD
    assert b"SECRET" not in shown_to_cloud(world)


def test_streamed_and_whole_answers_are_the_same() -> None:
    """R13."""
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, PARKING)
    whole = world.product.answering.ask(who, ASKED)
    stream = world.product.answering.stream(who, ASKED)
    pieces = []
    try:
        while True:
            pieces.append(next(stream))
    except StopIteration as end:
        streamed = end.value
    assert "".join(pieces) == whole.text == streamed.text
    assert (streamed.route, streamed.model, streamed.citations) == (whole.route, whole.model, whole.citations)


def test_the_decision_is_recorded_with_the_hash_of_what_left_and_no_content() -> None:
    """R50: which labels, route, reasons and model; never content."""
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, PARKING)
    world.product.answering.ask(who, ASKED)
    (facts,) = world.audited(who.tenant_id, "prompt_routed")
    assert facts["route"] == "cloud"
    assert facts["sha256"]
    assert "garage" not in str(facts)
    assert "visitors" not in str(facts)


_TEXTS = st.lists(
    st.sampled_from(["garage", "visitors", "SECRET-PII", "SECRET-PHI", "SECRET-UNKNOWN", "park", "gate"]),
    min_size=1,
    max_size=5,
)


@settings(max_examples=60, deadline=None)
@given(documents=st.lists(_TEXTS, min_size=1, max_size=4), question=_TEXTS, history=st.lists(_TEXTS, max_size=2))
def test_no_marked_byte_ever_reaches_the_cloud(
    documents: list[list[str]], question: list[str], history: list[list[str]]
) -> None:
    """R10, R11: whatever the mixture of documents, question and earlier turns."""
    world = a_world()
    who, _ = world.person("acme")
    for words in documents:
        world.uploaded(who, " ".join(words))
    turns = tuple(Turn(role="user", text=" ".join(words)) for words in history)
    world.product.answering.ask(who, Question(text=" ".join(question), history=turns))
    assert b"SECRET" not in shown_to_cloud(world)


@pytest.mark.parametrize("stream", [False, True])
def test_a_permit_that_waited_too_long_is_not_used_and_the_answer_is_local(*, stream: bool) -> None:
    """R11, R12: thirty seconds after its minting nothing leaves under it."""
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, PARKING)
    plan = world.product.answering.planner.plan(who, ASKED, stream=stream)
    assert plan.route is Route.CLOUD
    world.clock.advance(30)
    list(world.product.answering._events(plan, stream=stream))  # noqa: SLF001 - between two steps of one call
    assert shown_to_cloud(world) == b""
    assert [facts["route"] for facts in world.audited(who.tenant_id, "prompt_routed")] == ["cloud", "local"]
    assert [facts["route"] for facts in world.audited(who.tenant_id, "answer_made")] == ["local"]
