"""Conversations over HTTP: opened, asked in, shown, fetched again, repeated, forgotten (R2, R10, R50)."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from litestar.testing import TestClient

from service.app import application
from tests.assembled import World, a_world

PARKING = "Visitors park in the garage."
WHERE = "Where do visitors park?"


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture
def http(world: World) -> Iterator[TestClient[Any]]:
    who, token = world.person("acme")
    world.uploaded(who, PARKING)
    with TestClient(application(world.product, max_upload_bytes=100_000)) as client:
        client.headers["authorization"] = f"Bearer {token}"
        yield client


def ask(http: TestClient[Any], conversation: str | None, *, key: str | None = None, question: str = WHERE) -> Any:  # noqa: ANN401 - JSON
    headers = {"idempotency-key": key} if key else {}
    body = {"question": question} | ({"conversation": conversation} if conversation else {})
    return http.post("/v1/answers", json=body, headers=headers)


def test_a_conversation_is_opened_asked_in_shown_and_forgotten(http: TestClient[Any]) -> None:
    opened = http.post("/v1/conversations")
    assert opened.status_code == 201
    talk = opened.json()["id"]
    answers = [ask(http, talk).json() for _ in range(2)]
    assert [answer["conversation"] for answer in answers] == [talk, talk]
    assert [answer["context"] for answer in answers] == [[], [{"turn": 0, "verdict": "harmless", "categories": []}]]
    shown = http.get(f"/v1/conversations/{talk}").json()
    assert [(turn["turn"], turn["question"], turn["context"]) for turn in shown["turns"]] == [
        (0, WHERE, []),
        (1, WHERE, [0]),
    ]
    assert shown["conversation"]["turns"] == 2
    assert http.delete(f"/v1/conversations/{talk}/turns/0").status_code == 204
    assert [turn["turn"] for turn in http.get(f"/v1/conversations/{talk}").json()["turns"]] == [1]
    assert http.delete(f"/v1/conversations/{talk}").status_code == 204
    assert http.get(f"/v1/conversations/{talk}").status_code == 404
    assert http.get("/v1/conversations").json() == {"conversations": [], "next": None}


def test_conversations_are_paged(http: TestClient[Any]) -> None:
    made = {http.post("/v1/conversations").json()["id"] for _ in range(3)}
    first = http.get("/v1/conversations", params={"limit": 2}).json()
    second = http.get("/v1/conversations", params={"limit": 2, "after": first["next"]}).json()
    assert {one["id"] for page in (first, second) for one in page["conversations"]} == made
    assert second["next"] is None


def test_a_question_without_a_conversation_stands_alone(http: TestClient[Any]) -> None:
    answer = ask(http, None)
    assert (answer.json()["conversation"], answer.json()["context"]) == (None, [])
    assert "content-location" not in answer.headers
    assert http.get(f"/v1/answers/{answer.json()['id']}").status_code == 404


def test_a_finished_answer_is_fetched_again_from_where_the_stream_said(http: TestClient[Any]) -> None:
    """What a client needs that lost the stream after its head."""
    body = {"question": WHERE, "conversation": "new", "stream": True}
    with http.stream("POST", "/v1/answers", json=body) as response:
        place = response.headers["content-location"]
        told = "".join(response.iter_text())
    events = [json.loads(line.removeprefix("data:")) for line in told.splitlines() if line.startswith("data:")]
    again = http.get(place)
    assert again.status_code == 200
    assert again.json() == events[-1]


def test_a_repeated_request_is_not_answered_twice(world: World, http: TestClient[Any]) -> None:
    first, again = (ask(http, "new", key="k1").json() for _ in range(2))
    assert first == again
    assert len(http.get("/v1/conversations").json()["conversations"]) == 1
    who, _ = world.person("acme")
    assert len(world.audited(who.tenant_id, "answer_made")) == 1
    streamed = http.post(
        "/v1/answers",
        json={"question": WHERE, "conversation": "new", "stream": True},
        headers={"idempotency-key": "k1"},
    )
    assert first["id"] in streamed.text
    assert streamed.headers["content-location"] == f"/v1/answers/{first['id']}"
    other = ask(http, "new", key="k1", question="Which garage do visitors use?")
    assert (other.status_code, other.headers["content-type"]) == (409, "application/problem+json")


@pytest.mark.parametrize("conversation", ["newest", "", "1", "new\n"])
def test_what_is_no_conversation_is_refused(http: TestClient[Any], conversation: str) -> None:
    answer = http.post("/v1/answers", json={"question": WHERE, "conversation": conversation})
    assert answer.status_code == 400


def test_an_absent_conversation_is_not_found(http: TestClient[Any]) -> None:
    assert ask(http, str(uuid4())).status_code == 404


@pytest.mark.parametrize("length", [0, 201])
def test_a_request_key_has_a_sensible_length(http: TestClient[Any], length: int) -> None:
    answer = http.post(
        "/v1/answers", json={"question": WHERE, "conversation": "new"}, headers={"idempotency-key": "k" * length}
    )
    assert answer.status_code == 400


def test_a_client_that_goes_away_ends_the_answer_and_it_is_recorded(world: World) -> None:
    """R50: at the first piece of the body the client is gone."""
    who, token = world.person("acme")
    world.uploaded(who, PARKING)
    app = application(world.product, max_upload_bytes=100_000)
    body = json.dumps({"question": WHERE, "conversation": "new", "stream": True}).encode()

    async def talk() -> None:
        gone, asked = asyncio.Event(), iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> Any:  # noqa: ANN401 - ASGI
            if (message := next(asked, None)) is not None:
                return message
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:  # noqa: ANN401 - ASGI
            if message["type"] == "http.response.body":
                gone.set()
                await asyncio.sleep(3600)

        headers = [(b"authorization", f"Bearer {token}".encode()), (b"content-type", b"application/json")]
        scope: Any = {
            "type": "http",
            "method": "POST",
            "path": "/v1/answers",
            "raw_path": b"/v1/answers",
            "query_string": b"",
            "headers": headers,
            "root_path": "",
            "scheme": "http",
            "server": ("test", 80),
            "client": ("test", 1),
            "http_version": "1.1",
            "asgi": {"version": "3.0"},
        }
        await app(scope, receive, send)

    with asyncio.Runner() as runner:
        runner.run(talk())
    (made,) = world.audited(who.tenant_id, "answer_made")
    assert made["stopped"] == "client_gone"
    assert world.product.conversations.page(who, limit=9) == ()
