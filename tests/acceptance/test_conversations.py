"""A conversation on the running stack: by the command line, across a restart of the API, and erased (R2, R10, R41)."""

import json
from functools import partial
from typing import Any

import pytest

from service.cli.client import Client
from service.errors import NotFoundError
from tests.acceptance.stack import Stack, finished, hand_in
from tests.scan import scan

HARMLESS = "The library of the house opens at nine and lends books to everyone."
ASKED = "When does the library of the house open?"
SENSITIVE = "Beatrice Lindqvist, SSN 536-22-8714, was diagnosed with type 2 diabetes; her metformin dose was raised."
ASKED_OF_HER = "What was Beatrice Lindqvist diagnosed with?"


@pytest.fixture(scope="module")
def told(stack: Stack) -> dict[str, str]:
    """Hand in a harmless and a sensitive document; return their ids."""
    with stack.client("acme") as client:
        sent = {name: hand_in(client, text) for name, text in (("harmless", HARMLESS), ("sensitive", SENSITIVE))}
        for one in sent.values():
            stack.wait_until(partial(_ended, client, one["job"]["id"]), seconds=60)
    return {name: one["document"]["id"] for name, one in sent.items()}


def _ended(client: Client, job: str) -> bool:
    return finished(client, job) is not None


def asked(stack: Stack, question: str, *options: str) -> dict[str, Any]:
    """Ask by the command line."""
    answer: dict[str, Any] = json.loads(stack.command("ask", question, "--tenant", "acme", "--json", *options))
    return answer


@pytest.mark.usefixtures("told")
def test_a_sensitive_turn_keeps_a_conversation_local_until_it_is_forgotten(stack: Stack) -> None:
    """R2, R10: and a new process of the API still knows it."""
    first = asked(stack, ASKED, "--conversation", "new")
    second = asked(stack, ASKED_OF_HER, "--continue")
    stack.kill("api")
    stack.wait_until(stack.ready, seconds=60)
    third = asked(stack, ASKED, "--continue")
    assert {answer["conversation"] for answer in (first, second, third)} == {first["conversation"]}
    assert [answer["route"] for answer in (first, second, third)] == ["cloud", "local", "local"]
    assert [turn["verdict"] for turn in third["context"]][-1] == "sensitive"
    shown = stack.command("conversations", "show", first["conversation"], "--tenant", "acme")
    assert shown.count(ASKED) == 2
    stack.command("conversations", "forget", first["conversation"], "--turn", "1", "--tenant", "acme")
    assert asked(stack, ASKED, "--continue")["route"] == "cloud"
    stack.command("conversations", "forget", first["conversation"], "--tenant", "acme")
    assert first["conversation"] not in stack.command("conversations", "list", "--tenant", "acme")


def test_after_an_erasure_nothing_of_what_was_said_is_left_in_the_data_folder(
    stack: Stack, told: dict[str, str]
) -> None:
    """R41: no word of the turn, and no key."""
    answer = asked(stack, ASKED_OF_HER, "--conversation", "new")
    with stack.adapters() as adapters:
        owner = next(one for one in adapters.database.tenants() if one.slug == "acme")
        assert adapters.keys.has_turn_key(tenant_id=owner.id, turn_id=answer["id"])
    stack.command("delete", told["sensitive"], "--tenant", "acme")
    with stack.adapters() as adapters:
        assert not adapters.keys.has_turn_key(tenant_id=owner.id, turn_id=answer["id"])
    assert stack.remains("acme", told["sensitive"]).nothing
    assert scan(stack.folder.path, {"name": b"Lindqvist"}) == {"name": []}
    with stack.client("acme") as client, pytest.raises(NotFoundError):
        client.call("GET", f"/v1/answers/{answer['id']}")
