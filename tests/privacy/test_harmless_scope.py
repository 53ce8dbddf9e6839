"""Asking with `scope=non_sensitive` keeps to harmless chunks: the cloud answers, or nobody does (R21)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar.testing import TestClient

from ingestion.sensitivity import Category
from service.answering import Question
from service.app import application
from service.citing import Unsupported
from service.policy.routing import Route
from tests.answers import asked
from tests.assembled import LearningLabeller, World, a_world

PARKING = "Visitors park in the garage."
QUESTION = "Where do visitors park?"
HARMLESS_ONLY = Question(text=QUESTION, harmless_only=True)


def shown_anywhere(world: World) -> bytes:
    """Return everything that any model was shown."""
    assert world.local
    assert world.cloud
    return b"".join(world.cloud.shown) + repr(world.local.shown).encode()


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.mark.parametrize("stream", [False, True])
def test_only_harmless_chunks_are_retrieved_and_the_cloud_answers(world: World, *, stream: bool) -> None:
    who, token = world.person("acme")
    world.uploaded(who, PARKING)
    for category in Category:
        world.uploaded(who, f"Visitors park at gate SECRET-{category}.")
    world.uploaded(who, "Visitors park at gate SECRET-UNKNOWN.")
    with TestClient(application(world.product, max_upload_bytes=1_000)) as client:
        client.headers["authorization"] = f"Bearer {token}"
        told = asked(client, QUESTION, stream=stream, scope="non_sensitive")
    assert (told.body["route"], told.body["supported"]) == ("cloud", True)
    assert {source["label"]["verdict"] for source in told.body["sources"]} == {"harmless"}
    assert b"SECRET" not in shown_anywhere(world)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("word", [*(f"SECRET-{category}" for category in Category), "SECRET-UNKNOWN"])
def test_without_a_harmless_chunk_no_model_is_asked_and_no_wider_search_made(
    world: World, word: str, *, stream: bool
) -> None:
    who, token = world.person("acme")
    world.uploaded(who, f"{PARKING} {word}")
    with TestClient(application(world.product, max_upload_bytes=1_000)) as client:
        client.headers["authorization"] = f"Bearer {token}"
        told = asked(client, QUESTION, stream=stream, scope="non_sensitive")
    assert (told.body["unsupported"], told.body["backend"]) == ("nothing_harmless_found", "none")
    assert told.body["sources"] == []
    assert "harmless" in told.body["answer"]
    assert shown_anywhere(world) == b"[]"


def test_a_stale_label_is_not_harmless() -> None:
    """R5, R6."""
    world = a_world(labeller=(labeller := LearningLabeller()))
    who, _ = world.person("acme")
    world.uploaded(who, PARKING)
    labeller.learn()
    answer = world.product.answering.ask(who, HARMLESS_ONLY)
    assert answer.unsupported is Unsupported.NOTHING_HARMLESS_FOUND
    assert shown_anywhere(world) == b"[]"


def test_a_sensitive_question_stays_local_over_harmless_chunks(world: World) -> None:
    """R10: the scope chooses chunks; it proves nothing of the question."""
    who, _ = world.person("acme")
    world.uploaded(who, PARKING)
    answer = world.product.answering.ask(who, Question(text=f"{QUESTION} SECRET-PHI", harmless_only=True))
    assert answer.route is Route.LOCAL
    assert all(source.hit.label.harmless for source in answer.sources)


@settings(max_examples=30)
@given(
    documents=st.lists(
        st.lists(
            st.sampled_from(["visitors", "park", "garage", "SECRET-PII", "SECRET-UNKNOWN"]), min_size=1, max_size=5
        ),
        min_size=1,
        max_size=4,
    )
)
def test_whatever_is_stored_no_marked_chunk_is_shown_to_any_model(documents: list[list[str]]) -> None:
    world = a_world()
    who, _ = world.person("acme")
    for words in documents:
        world.uploaded(who, " ".join(words))
    answer = world.product.answering.ask(who, HARMLESS_ONLY)
    assert b"SECRET" not in shown_anywhere(world)
    assert (answer.route is Route.CLOUD) is bool(answer.sources)
