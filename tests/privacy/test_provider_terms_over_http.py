"""Providers and policies over HTTP: what counts, who may see and set it, and the warnings before a last day (R15)."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from litestar.testing import TestClient

from service.app import application
from service.policy.access import Role
from service.policy.providers import Attestation
from tests.assembled import World, a_world
from tests.terms import a_provider, expiring, some_rules, without

QUESTION = "Where do visitors park?"


@pytest.fixture
def served() -> Iterator[tuple[World, TestClient[Any]]]:
    provider = without(expiring(a_provider(), Attestation.ZDR, date(2026, 1, 13)), Attestation.BAA)
    world = a_world(rules=some_rules(provider))
    who, token = world.person("acme")
    world.uploaded(who, "Visitors park in the garage.")
    with TestClient(application(world.product, max_upload_bytes=1_000)) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        yield world, client


def test_the_register_over_http_says_what_counts_expires_and_may_go_where(
    served: tuple[World, TestClient[Any]],
) -> None:
    """R15."""
    told = served[1].get("/v1/providers").json()
    (provider,) = told["providers"]
    standings = {one["attestation"]: one["standing"] for one in provider["attestations"]}
    assert (standings["dpa"], standings["zdr"], standings["baa"]) == ("valid", "expiring", "missing")
    assert told["expiring"] == [{"provider": "anthropic", "attestation": "zdr", "days": 12}]
    ways = {(one["data"], one["egress"]): (one["way"], one["lacking"]) for one in told["may_go"]}
    assert ways["NON_SENSITIVE", "cloud"] == ("as_it_is", [])
    assert ways["PHI", "cloud"] == ("never", ["baa_missing"])
    assert {way for (_, egress), (way, _) in ways.items() if egress == "confidential"} == {"never"}


def test_a_policy_is_tightened_over_http_and_answers_say_why(served: tuple[World, TestClient[Any]]) -> None:
    """R15, R31."""
    world, http = served
    before = http.get("/v1/policy").json()
    assert (before["version"], before["wanted"]["cloud"]) == (0, True)
    after = http.put("/v1/policy", json={"required": ["baa"]}).json()
    assert (after["version"], after["wanted"]["required"]) == (1, ["baa"])
    assert "baa" in after["in_force"]["needs"]["NON_SENSITIVE"]
    answer = http.post("/v1/answers", json={"question": QUESTION}).json()
    assert answer["route"] == "local"
    assert answer["reasons"][0]["terms"] == ["baa_missing"]
    document = http.get("/v1/policy/document")
    assert document.headers["content-type"].startswith("text/markdown")
    assert "| NON_SENSITIVE | cloud | no | baa_missing |" in document.text
    assert world.cloud
    assert world.cloud.shown == []


@pytest.mark.parametrize(
    "body",
    [
        {"clowd": False},  # misspelt: it must not pass for nothing wanted
        {"required": ["trust"]},
        {"redact": ["PHI"]},
        {"providers": ["unheard-of"]},
        {"residency": "Europe!"},
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused(served: tuple[World, TestClient[Any]], body: dict[str, Any]) -> None:
    answer = served[1].put("/v1/policy", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert served[1].get("/v1/policy").json()["version"] == 0


@pytest.mark.parametrize(
    ("role", "method", "path"),
    [
        *((role, "PUT", "/v1/policy") for role in Role if role is not Role.ADMIN),
        *((role, "GET", path) for role in (Role.READER, Role.CONTRIBUTOR) for path in ("/v1/policy", "/v1/providers")),
    ],
)
def test_a_role_sees_and_sets_only_what_it_is_for(
    served: tuple[World, TestClient[Any]], role: Role, method: str, path: str
) -> None:
    """R31."""
    world, http = served
    _, token = world.person("acme", role)
    body = {"cloud": False} if method == "PUT" else None
    assert http.request(method, path, json=body, headers={"Authorization": f"Bearer {token}"}).status_code == 403


def test_readiness_and_metrics_warn_before_the_last_day(served: tuple[World, TestClient[Any]]) -> None:
    """R15, R64: an attestation that ends is no part that does not answer."""
    ready = served[1].get("/readyz")
    assert (ready.status_code, ready.json()["warnings"]) == (200, ["provider anthropic: zdr expires in 12 days"])
    gauge = 'ringfence_provider_attestation_days{attestation="zdr",provider="anthropic"} 12.0'
    assert gauge in served[1].get("/metrics").text
