"""Labels on the running stack: reviewed by the command line, and renewed although the worker is killed (R6)."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from service.cli.client import Client
from service.policy.access import Principal, Role, Scope
from service.ports import DocumentState
from tests.acceptance.stack import Stack, finished, hand_in

TENANT = "northwind"
DOCUMENTS = 24
_SECONDS = 150
PARKING = "Visitors of Northwind park their cars in the garage behind the building and walk to the reception."


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Client]:
    stack.command("tenants", "add", TENANT)
    with stack.client(TENANT) as connected:
        yield connected


def ingested(stack: Stack, client: Client, texts: list[str]) -> list[str]:
    """Hand in the texts, wait, and return the documents' ids."""
    sent = [hand_in(client, text, title=f"Note {number}") for number, text in enumerate(texts)]
    stack.wait_until(lambda: all(finished(client, one["job"]["id"]) for one in sent), seconds=_SECONDS)
    return [one["document"]["id"] for one in sent]


def asked(client: Client) -> dict[str, Any]:
    answer: dict[str, Any] = client.call("POST", "/v1/answers", json={"question": "Where do visitors park?"})
    return answer


def aged(stack: Stack) -> None:
    """Make every label of the tenant one of an older labeller version, as an update of the labeller does."""
    with stack.adapters() as adapters:
        tenant = next(one for one in adapters.database.tenants() if one.slug == TENANT)
        with adapters.database.transaction(tenant.id) as transaction:
            everybody = Principal(tenant_id=tenant.id, key_id=transaction.api_keys.all()[0].id, role=Role.ADMIN)
            for record in transaction.documents.page(scope=Scope.of(everybody), limit=1_000):
                assert record.state is DocumentState.READY
                old = [
                    replace(chunk, label=replace(chunk.label, labeller_version="older"))
                    for chunk in transaction.chunks.of(record.id)
                ]
                transaction.chunks.replace(record.id, old)
                transaction.documents.update(replace(record, labeller_version="older"))


def test_a_label_is_reviewed_by_the_command_line_and_the_next_answer_obeys(stack: Stack, client: Client) -> None:
    (document,) = ingested(stack, client, [PARKING])
    assert asked(client)["route"] == "cloud"
    review = ("labels", "review", document, "--tenant", TENANT)
    printed = stack.command(*review, "--chunk", "0", "--add", "TRADE_SECRET", "--reason", "missed", "--note", "Why not")
    assert "changed: chunk 0" in printed
    assert asked(client)["route"] == "local"
    shown = stack.command("labels", "show", document, "--tenant", TENANT)
    assert "TRADE_SECRET" in shown
    assert "Why not" in shown
    stack.command(*review, "--all", "--dismiss", "TRADE_SECRET", "--reason", "other")
    assert asked(client)["route"] == "cloud"


@pytest.mark.timeout(400)
def test_labels_are_renewed_although_the_worker_is_killed_meanwhile(stack: Stack, client: Client) -> None:
    """R6, R60."""
    texts = [
        " ".join(f"Rota {number}, part {part}: the paths are swept." for part in range(150))
        for number in range(DOCUMENTS)
    ]
    documents = ingested(stack, client, texts)
    aged(stack)
    stack.command("labels", "relabel", "--tenant", TENANT)

    def progress() -> dict[str, Any]:
        return json.loads(stack.command("labels", "progress", "--tenant", TENANT, "--json"))  # type: ignore[no-any-return]

    stack.wait_until(lambda: progress()["current"] > 0, seconds=_SECONDS)
    before = progress()
    stack.kill("worker")
    stack.wait_until(lambda: not progress()["stale"] and not progress()["open_jobs"], seconds=_SECONDS)
    after = progress()
    assert before["stale"] > 0, "the worker was killed too late to prove anything"
    assert (after["stale"], after["failed"]) == (0, 0)
    assert after["current"] >= len(documents)
    for document in documents:
        chunks = client.call("GET", f"/v1/documents/{document}/chunks", params={"limit": 200})["chunks"]
        assert {chunk["label"]["labeller_version"] for chunk in chunks} == {after["labeller_version"]}
        assert len(chunks) == client.call("GET", f"/v1/documents/{document}")["chunk_count"]
    assert asked(client)["route"] == "cloud"
