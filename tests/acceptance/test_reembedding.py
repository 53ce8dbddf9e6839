"""A tenant is re-embedded on the running stack, with kills in the middle: no question fails, and none finds less (R63).

The new model has weights of its own making and vectors of another length, so nothing of the old space fits.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from service.policy.access import TenantId
from service.ports import VectorSpace
from service.ports.spaces import SpaceState
from tests.acceptance.asking import Asking
from tests.acceptance.other_model import DIMENSIONS, made
from tests.acceptance.stack import Stack, finished, hand_in

TENANT = "garden"
_SECONDS = 120
_PLANTS = (
    *(
        "apple",
        "basil",
        "carrot",
        "dahlia",
        "endive",
        "fennel",
        "garlic",
        "hazel",
        "iris",
        "juniper",
        "kale",
        "lavender",
    ),
    *(
        "mint",
        "nettle",
        "oregano",
        "parsley",
        "quince",
        "rhubarb",
        "sage",
        "thyme",
        "violet",
        "walnut",
        "yarrow",
        "zinnia",
    ),
)
_TOOLS = ("spade", "rake", "watering can")


def _text(plant: str, tool: str) -> str:
    """Return a page about one plant and tool, long enough for some chunks."""
    line = f"The {plant} in bed {len(plant)} is cared for with the {tool}, says the gardener of the {plant}."
    return "\n\n".join(f"{line} Paragraph {number} of the notes on {plant} and {tool}." for number in range(25))


@pytest.fixture
def garden(stack: Stack, tmp_path: Path) -> tuple[dict[str, str], Path]:
    """Return the known questions of a tenant of its own, each with its document, and the other model's folder."""
    stack.command("tenants", "add", TENANT)
    model = made(tmp_path / "other-model")
    with stack.client(TENANT) as client:
        sent = {
            f"Which care does the {plant} need, with the {tool}?": hand_in(client, _text(plant, tool), title=plant)
            for tool in _TOOLS
            for plant in _PLANTS
        }
        stack.wait_until(lambda: all(finished(client, one["job"]["id"]) for one in sent.values()), seconds=2 * _SECONDS)
    return {question: one["document"]["id"] for question, one in sent.items()}, model


def _space(stack: Stack, state: str) -> dict[str, Any] | None:
    with stack.client(TENANT) as client:
        spaces = client.call("GET", "/v1/index/spaces")["spaces"]
    return next((one for one in spaces if one["state"] == state), None)


@pytest.mark.timeout(600)
def test_no_question_fails_and_none_finds_less_while_everything_is_embedded_anew(
    stack: Stack, garden: tuple[dict[str, str], Path]
) -> None:
    """R63, R60, R43: with a worker and the API killed, a document handed in and one erased in the middle."""
    known, model = garden
    known = _found_before(stack, known)
    erased = known.pop(next(iter(known)))
    old = _space(stack, "serving")
    assert old is not None
    with Asking(stack, TENANT, known) as asking:
        stack.command("index", "reembed", "--model", str(model), "--precision", "float32", "--tenant", TENANT)
        stack.wait_until(lambda: ((_space(stack, "building") or {}).get("built") or 0) > 0, seconds=_SECONDS)
        built = _space(stack, "building")
        stack.kill("worker")
        with stack.client(TENANT) as client:
            job = client.call("DELETE", f"/v1/documents/{erased}")["id"]
            late = hand_in(client, "The greenhouse is heated from October on.", title="greenhouse")
        stack.kill("api")
        stack.wait_until(stack.ready, seconds=_SECONDS)
        stack.wait_until(lambda: _switched(stack), seconds=_SECONDS)
        with stack.client(TENANT) as client:
            stack.wait_until(lambda: finished(client, job) is not None, seconds=_SECONDS)
            stack.wait_until(lambda: finished(client, late["job"]["id"]) is not None, seconds=_SECONDS)
        rounds = len(asking.asked)
        stack.wait_until(lambda: len(asking.asked) > rounds + len(known), seconds=_SECONDS)
    assert built is not None
    assert built["built"] < built["documents"], "the worker was not killed in the middle"
    assert asking.failed == 0
    assert asking.missed == []
    assert {one.question for one in asking.asked if one.found} == set(known)
    with stack.client(TENANT) as client:
        (hit, *_) = client.call("POST", "/v1/search", json={"question": "When is the greenhouse heated?"})["hits"]
    assert hit["document_id"] == late["document"]["id"]
    assert stack.remains(TENANT, erased).nothing
    _equals_sql(stack, VectorSpace(name=old["name"], dimensions=old["dimensions"]))
    told = json.loads(stack.command("index", "status", "--tenant", TENANT, "--json"))[TENANT]
    assert [(one["state"], one["dimensions"], one["dropped"]) for one in told] == [
        ("serving", DIMENSIONS, False),
        ("retired", old["dimensions"], True),
    ]


def _found_before(stack: Stack, known: dict[str, str]) -> dict[str, str]:
    """Return those questions whose document is found in the old space: what the new one must find, too."""
    with stack.client(TENANT) as client:
        found = {
            question: document
            for question, document in known.items()
            if document
            in {
                hit["document_id"]
                for hit in client.call("POST", "/v1/search", json={"question": question, "limit": 5})["hits"]
            }
        }
    assert len(found) > 0.9 * len(known)
    return found


def _switched(stack: Stack) -> bool:
    retired = _space(stack, "retired")
    return retired is not None and retired["dropped_at"] is not None


def _equals_sql(stack: Stack, old: VectorSpace) -> None:
    """Count every document: as many points in the new space as chunks, and none in the old one."""
    with stack.adapters() as adapters:
        tenant: TenantId = next(one.id for one in adapters.database.tenants() if one.slug == TENANT)
        with adapters.database.transaction(tenant) as transaction:
            (serving,) = transaction.spaces.live()
            chunks = {one: transaction.chunks.count(one) for one in transaction.documents.ids()}
        assert serving.state is SpaceState.SERVING
        new, gone = adapters.index.in_space(serving.space), adapters.index.in_space(old)
        assert {one: new.held(tenant_id=tenant, document_id=one) for one in chunks} == chunks
        assert {gone.held(tenant_id=tenant, document_id=one) for one in chunks} == {0}
