"""The audit over HTTP: pages, files that verify, and who may have them (R31, R50)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from litestar.testing import TestClient

from service.app import application
from service.policy.access import Role
from tests.assembled import World
from tests.evidence import VERIFIERS, an_audited_world


@pytest.fixture
def world() -> World:
    return an_audited_world(5)[0]


@pytest.fixture
def http(world: World) -> Iterator[TestClient[Any]]:
    _, token = world.person("acme", Role.AUDITOR)
    with TestClient(application(world.product, max_upload_bytes=1_000)) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def test_entries_are_paged_newest_first(http: TestClient[Any]) -> None:
    first = http.get("/v1/audit/entries?limit=3").json()
    rest = http.get(f"/v1/audit/entries?limit=3&after={first['next']}").json()
    assert [entry["number"] for entry in first["entries"] + rest["entries"]] == [5, 4, 3, 2, 1]
    assert rest["next"] is None
    assert first["entries"][0]["facts"] == {
        "route": "local",
        "sources": 4,
        "timings": {"plan": 4 / 7},
        "model": None,
    }
    assert {len(entry["actor"] or "") for entry in first["entries"]} == {0, 64}


def test_entries_are_found_by_action_and_subject(http: TestClient[Any]) -> None:
    (one, *_) = http.get("/v1/audit/entries").json()["entries"]
    assert http.get(f"/v1/audit/entries?subject={one['subject']}").json()["entries"] == [one]
    assert len(http.get("/v1/audit/entries?action=prompt_routed").json()["entries"]) == 5
    assert http.get("/v1/audit/entries?action=nothing").json()["entries"] == []


@pytest.mark.parametrize("path", ["checkpoint", "export", "consistency?size=5", "proofs/{entry}"])
def test_every_file_that_is_handed_out_verifies(http: TestClient[Any], path: str) -> None:
    http.get("/v1/audit/checkpoint")
    entry = http.get("/v1/audit/entries").json()["entries"][0]["id"]
    answer = http.get(f"/v1/audit/{path.format(entry=entry)}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/jsonl")
    assert [verifier(answer.content) for verifier in VERIFIERS.values()] == [[], []]


@pytest.mark.parametrize("spelled", ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"])
def test_a_period_is_taken_as_utc_where_it_says_nothing_else(http: TestClient[Any], spelled: str) -> None:
    since = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=150)).strftime(spelled)
    shown = http.get("/v1/audit/export", params={"since": since}).content.count(b'"leaf":')
    assert shown == 2
    assert http.get("/v1/audit/export", params={"until": since}).content.count(b'"leaf":') == 5 - shown


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("entries?limit=0", 400),
        ("entries?subject=x", 400),
        (f"entries?after={UUID(int=7)}", 404),
        ("export?since=yesterday", 400),
        ("consistency", 400),
        ("consistency?size=0", 400),
        ("consistency?size=4", 404),
        (f"proofs/{UUID(int=7)}", 404),
    ],
)
def test_what_cannot_be_is_a_problem_document(http: TestClient[Any], path: str, status: int) -> None:
    answer = http.get(f"/v1/audit/{path}")
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_empty_log_is_a_conflict_and_says_so(world: World, http: TestClient[Any]) -> None:
    _, token = world.person("empty", Role.AUDITOR)
    answer = http.get("/v1/audit/export", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, "empty" in answer.json()["detail"]) == (409, True)


def test_an_actor_is_forgotten_over_http(world: World, http: TestClient[Any]) -> None:
    owner, token = world.person("acme", Role.DATA_OWNER)
    gone, _ = world.person("acme")
    world.product.principals.revoke(owner.tenant_id, gone.key_id)
    assert http.delete(f"/v1/audit/actors/{gone.key_id}").status_code == 403
    answer = http.delete(f"/v1/audit/actors/{gone.key_id}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 204
