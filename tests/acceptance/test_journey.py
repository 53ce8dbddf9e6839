"""Hand in, ask, erase: over HTTP, on the running stack."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from examples.questions import QUESTIONS, SECRETS, Asked
from service.errors import NotFoundError, RingfenceError
from service.policy.access import DocumentId
from service.ports import chunk_id
from service.product import Adapters
from tests.acceptance.stack import Stack, finished, hand_in
from tests.answers import asked as asked_over_http
from tests.scan import forms_of, scan
from tests.standin import StandIn

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="module")
def examples(stack: Stack) -> Stack:
    """Ingest the examples by the command line."""
    for tenant in ("acme", "lakeside"):
        printed = stack.command("ingest", str(EXAMPLES / tenant), "--tenant", tenant, "--json")
        assert {document["state"] for document in json.loads(printed)} == {"ready"}
    return stack


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: asked.question)
def test_each_question_takes_the_route_that_its_sources_demand(examples: Stack, asked: Asked) -> None:
    """R1, R10: one question per category, and harmless ones."""
    with examples.client(asked.tenant) as client:
        answer = client.call("POST", "/v1/answers", json={"question": asked.question})
    categories = {name for source in answer["sources"] for name in source["label"]["categories"]}
    assert answer["route"] == asked.route
    assert answer["citations"]
    assert asked.category is None or asked.category in categories


def test_what_the_cloud_received_holds_no_sensitive_phrase(examples: Stack, cloud: StandIn) -> None:
    """R10, R11."""
    with examples.client("acme") as client:
        for phrase in SECRETS:
            client.call("POST", "/v1/answers", json={"question": f"What do you know about {phrase}?"})
        client.call("POST", "/v1/answers", json={"question": "Where can visitors park?"})
    everything = b"".join(received.whole for received in cloud.received)
    assert b"garage" in everything
    assert [phrase for phrase in SECRETS if phrase.encode() in everything] == []


def test_a_streamed_answer_ends_with_its_citations_and_route(examples: Stack) -> None:
    """R13."""
    with examples.client("acme") as client:
        body = {"question": "Where can visitors park?", "stream": True}
        with client.http.stream("POST", "/v1/answers", json=body) as response:
            events = list(_events(response.iter_lines()))
    names = [name for name, _ in events]
    assert set(names[:-1]) == {"token"}
    assert names[-1] == "answer"
    whole = events[-1][1]
    assert whole["route"] in {"cloud", "local"}
    assert whole["citations"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("scope", ["all", "non_sensitive"])
def test_every_answer_keeps_the_contract_on_the_running_stack(examples: Stack, scope: str, *, stream: bool) -> None:
    """R13, R21: quotes, the cloud and nothing found have one shape; a narrow scope finds harmless chunks only."""
    questions = [asked.question for asked in QUESTIONS if asked.tenant == "acme"] + ["What orbits Neptune backwards?"]
    with examples.client("acme") as client:
        for question in questions:
            body = asked_over_http(client.http, question, stream=stream, scope=scope).body
            verdicts = {source["label"]["verdict"] for source in body["sources"]}
            assert scope == "all" or verdicts <= {"harmless"}
            assert body["sources"] or body["unsupported"] in {"nothing_found", "nothing_harmless_found"}


def test_the_other_tenant_sees_nothing_of_it(examples: Stack) -> None:
    """R30, on the real stores."""
    with examples.client("acme") as client:
        mine = client.call("GET", "/v1/documents")["documents"]
    with examples.client("lakeside") as client:
        for document in mine:
            with pytest.raises(NotFoundError):
                client.call("GET", f"/v1/documents/{document['id']}")
            with pytest.raises(NotFoundError):
                client.call("DELETE", f"/v1/documents/{document['id']}")
        hits = client.call("POST", "/v1/search", json={"question": "annual leave", "limit": 100})["hits"]
    assert {hit["document_id"] for hit in hits}.isdisjoint(document["id"] for document in mine)


def test_a_broken_file_fails_alone_and_says_why(stack: Stack) -> None:
    """R61."""
    with stack.client("acme") as client:
        files = {"file": ("broken.pdf", b"%PDF-1.7 and then nothing", "application/pdf")}
        sent = client.call("POST", "/v1/documents", files=files)
        good = hand_in(client, "The garden is open to everyone.")
        stack.wait_until(lambda: finished(client, sent["job"]["id"]) is not None, seconds=60)
        stack.wait_until(lambda: finished(client, good["job"]["id"]) is not None, seconds=60)
        assert client.call("GET", f"/v1/jobs/{sent['job']['id']}")["failure"] == "damaged"
        assert client.call("GET", f"/v1/documents/{good['document']['id']}")["state"] == "ready"


def test_bad_requests_are_told_in_plain_words(stack: Stack) -> None:
    with stack.client("acme") as client:
        for body in ({}, {"question": ""}, {"question": "x", "surprise": 1}, {"question": "x" * 3_000}):
            with pytest.raises(RingfenceError) as caught:
                client.call("POST", "/v1/answers", json=body)
            assert caught.value.detail


def test_after_a_deletion_no_byte_of_the_document_is_left_in_the_data_folder(stack: Stack) -> None:
    """R41: text, title, file name, external id, point ids, raw vectors, and its key."""
    text = "Zanzibarquartz the caretaker feeds the heron.\n\n" * 40
    names = {"title": "Heronfeeding rota", "file_name": "heron-rota-77.txt", "external_id": "crm-heron-77"}
    words = {"text": b"Zanzibarquartz", **{name: value.encode() for name, value in names.items()}}
    with stack.client("acme") as client:
        sent = hand_in(client, text, **names)
        stack.wait_until(lambda: finished(client, sent["job"]["id"]) is not None, seconds=60)
        document = client.call("GET", f"/v1/documents/{sent['document']['id']}")
        needles = {**words, **_points(stack, document)}
        before = scan(stack.folder.path, needles | {"canary": _planted(stack)})
        erased = client.call("DELETE", f"/v1/documents/{document['id']}")
        stack.wait_until(lambda: finished(client, erased["id"]) is not None, seconds=60)
    assert before["canary"], "the scan must see plaintext in PostgreSQL's files, or it proves nothing"
    assert [name for name in needles if name.startswith("vector") and not before[name]] == []
    assert [name for name in needles if name.endswith("as bytes") and not before[name]] == []
    assert {name: before[name] for name in words} == {name: [] for name in words}, "plaintext even while it exists"
    after = scan(stack.folder.path, needles)
    assert {name: paths for name, paths in after.items() if paths} == {}
    assert stack.remains("acme", document["id"]).nothing


def _events(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def _points(stack: Stack, document: dict[str, Any]) -> dict[str, bytes]:
    """Return the needles of the ids and vectors of a document's points."""
    with stack.adapters() as adapters:
        return _needles(adapters, document)


def _needles(adapters: Adapters, document: dict[str, Any]) -> dict[str, bytes]:
    record = DocumentId(UUID(document["id"]))
    tenant = next(one for one in adapters.database.tenants() if one.slug == "acme")
    with adapters.database.transaction(tenant.id) as transaction:
        chunks = transaction.chunks.of(record)
    key = adapters.keys.document_key(tenant_id=tenant.id, document_id=record)
    texts = [key.open(chunk.text, place=f"{tenant.id}|{record}|chunk|{chunk.ordinal}").decode() for chunk in chunks]
    needles: dict[str, bytes] = {}
    for chunk, vector in zip(chunks, adapters.embedder.embed(texts), strict=True):
        needles |= {
            name: form
            for name, form in forms_of(f"point {chunk.ordinal}", chunk_id(record, chunk.ordinal)).items()
            if not name.endswith("reversed")
        }
        needles[f"vector {chunk.ordinal}"] = vector.tobytes()[8:72]
    return needles


def _planted(stack: Stack) -> bytes:
    """Write a word into PostgreSQL as plaintext, which the product itself never does."""
    canary = "canaryintheclear"
    url = stack.folder.database_owner_url.replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table if not exists canary (word text)")
        connection.execute("insert into canary values (%s)", [canary])
        connection.execute("checkpoint")
        connection.execute("drop table canary")
    return canary.encode()
