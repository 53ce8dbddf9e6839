"""Through every endpoint: a tenant, a group and an absent thing look the same to who may not see them."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from litestar.testing import TestClient

from service.app import application
from service.policy.access import Role
from tests.assembled import World, a_world

PRIVATE = "Project Falcon buys the sensor division."
REVIEW = {"all": True, "added": ["PHI"], "reason": "missed", "note": "Falcon is known by now."}


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture
def http(world: World) -> Iterator[TestClient[Any]]:
    with TestClient(application(world.product, max_upload_bytes=100_000)) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _everything_said(http: TestClient[Any], who: dict[str, str], talk: tuple[str, str]) -> list[Any]:
    """Ask for a conversation and an answer of it, by their ids."""
    conversation, answer = talk
    return [
        http.post("/v1/answers", json={"question": PRIVATE, "conversation": conversation}, headers=who),
        http.get(f"/v1/conversations/{conversation}", headers=who),
        http.get(f"/v1/answers/{answer}", headers=who),
        http.delete(f"/v1/conversations/{conversation}/turns/0", headers=who),
        http.delete(f"/v1/conversations/{conversation}", headers=who),
    ]


def everything_seen(http: TestClient[Any], token: str, document: str, job: str, talk: tuple[str, str]) -> str:
    """Call every endpoint with this key; return all that came back."""
    who = bearer(token)
    answers = [
        http.get("/v1/documents", headers=who),
        http.get(f"/v1/documents/{document}", headers=who),
        http.get("/v1/jobs", headers=who),
        http.get(f"/v1/jobs/{job}", headers=who),
        http.post("/v1/search", json={"question": PRIVATE}, headers=who),
        http.post("/v1/answers", json={"question": PRIVATE}, headers=who),
        http.post("/v1/answers", json={"question": PRIVATE, "stream": True}, headers=who),
        http.post("/v1/answers", json={"question": PRIVATE, "scope": "non_sensitive"}, headers=who),
        http.get(f"/v1/documents/{document}/chunks", headers=who),
        http.post(f"/v1/documents/{document}/reviews", json=REVIEW, headers=who),
        http.post(f"/v1/documents/{document}/release", json={"reason": "false_positive"}, headers=who),
        http.get("/v1/labels/progress", headers=who),
        http.post("/v1/labels/relabel", headers=who),
        http.post("/v1/conversations", headers=who),
        http.post("/v1/answers", json={"question": PRIVATE, "conversation": "new"}, headers=who),
        http.get("/v1/conversations", headers=who),
        *_everything_said(http, who, talk),
        http.get("/v1/audit/entries", headers=who),
        http.get(f"/v1/audit/entries?subject={document}", headers=who),
        http.get("/v1/audit/checkpoint", headers=who),
        http.get("/v1/audit/consistency?size=1", headers=who),
        http.get("/v1/audit/export", headers=who),
        http.get(f"/v1/audit/proofs/{document}", headers=who),
        http.delete(f"/v1/audit/actors/{document}", headers=who),
        http.get("/v1/canaries", headers=who),
        http.post("/v1/canaries/check", json={"text": PRIVATE}, headers=who),
        http.delete(f"/v1/documents/{document}", headers=who),
    ]
    return "\n".join(answer.text for answer in answers)


def test_a_tenant_sees_nothing_of_another_through_any_endpoint(world: World, http: TestClient[Any]) -> None:
    """R30."""
    _, ours = world.person("acme")
    _, theirs = world.person("lakeside")
    sent = http.post("/v1/documents", json={"text": PRIVATE, "title": "Falcon"}, headers=bearer(ours)).json()
    world.work()
    asked = {"question": PRIVATE, "conversation": "new"}
    said = http.post("/v1/answers", json=asked, headers=bearer(ours)).json()
    talk = (said["conversation"], said["id"])
    seen = everything_seen(http, theirs, sent["document"]["id"], sent["job"]["id"], talk)
    for trace in (sent["document"]["id"], sent["job"]["id"], *talk, "Falcon", "sensor"):
        assert trace not in seen
    mine = everything_seen(http, ours, sent["document"]["id"], sent["job"]["id"], talk)
    assert "sensor" in mine
    assert talk[0] in mine


def test_every_route_of_the_api_is_in_the_isolation_test(http: TestClient[Any]) -> None:
    paths = http.app.openapi_schema.to_schema()["paths"]
    assert set(paths) == {
        "/v1/documents",
        "/v1/documents/{document_id}",
        "/v1/documents/{document_id}/chunks",
        "/v1/documents/{document_id}/release",
        "/v1/documents/{document_id}/reviews",
        "/v1/labels/progress",
        "/v1/labels/relabel",
        "/v1/audit/actors/{key_id}",
        "/v1/audit/checkpoint",
        "/v1/audit/consistency",
        "/v1/audit/entries",
        "/v1/audit/export",
        "/v1/audit/proofs/{entry_id}",
        "/v1/jobs",
        "/v1/jobs/{job_id}",
        "/v1/search",
        "/v1/answers",
        "/v1/answers/{answer_id}",
        "/v1/conversations",
        "/v1/conversations/{conversation_id}",
        "/v1/conversations/{conversation_id}/turns/{turn}",
        "/v1/canaries",
        "/v1/canaries/check",
        "/v1/canaries/{canary_id}",  # see test_canaries_are_made_shown_and_removed_within_their_tenant
        "/healthz",
        "/readyz",
        "/metrics",
    }, "a new endpoint: add it to everything_seen, or to this list if it shows nothing of a tenant"


def test_absent_foreign_and_invisible_documents_are_told_in_the_same_words(world: World, http: TestClient[Any]) -> None:
    """R30."""
    _, ours = world.person("acme")
    _, theirs = world.person("lakeside")
    _, contributor = world.person("acme", Role.CONTRIBUTOR)
    private = {"text": PRIVATE, "groups": ["board"]}
    sent = http.post("/v1/documents", json=private, headers=bearer(ours)).json()["document"]["id"]
    world.work()
    answers = [
        http.request(method, f"/v1/documents/{document}{path}", json=body, headers=bearer(token))
        for document, token in [(sent, theirs), (sent, contributor), (uuid4(), contributor)]
        for method, path, body in [("GET", "", None), ("GET", "/chunks", None), ("POST", "/reviews", REVIEW)]
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1


def test_a_group_is_needed_to_retrieve_what_is_kept_to_it(world: World, http: TestClient[Any]) -> None:
    """R31."""
    admin, _ = world.person("acme")
    world.uploaded(admin, PRIVATE, groups=frozenset({"board"}))
    _, outside = world.person("acme", Role.READER)
    _, inside = world.person("acme", Role.READER, "board")
    hits = [
        http.post("/v1/search", json={"question": PRIVATE}, headers=bearer(token)).json()["hits"]
        for token in (outside, inside)
    ]
    assert [len(found) for found in hits] == [0, 1]


def test_canaries_are_made_shown_and_removed_within_their_tenant(http: TestClient[Any], world: World) -> None:
    """R30, R19: another tenant sees, recognises and removes none of them, and nobody is told a token twice."""
    _, ours = world.person("acme")
    _, theirs = world.person("lakeside")
    made = http.post("/v1/canaries", headers=bearer(ours)).json()
    text = {"text": f"so it says {made['token'].upper()} here"}
    found = [http.post("/v1/canaries/check", json=text, headers=bearer(who)).json() for who in (ours, theirs)]
    assert found == [{"found": [made["id"]]}, {"found": []}]
    assert http.get("/v1/canaries", headers=bearer(theirs)).json() == {"canaries": []}
    assert http.delete(f"/v1/canaries/{made['id']}", headers=bearer(theirs)).status_code == 404
    assert made["token"] not in http.get("/v1/canaries", headers=bearer(ours)).text
    assert http.delete(f"/v1/canaries/{made['id']}", headers=bearer(ours)).status_code == 204
    assert http.get("/v1/canaries", headers=bearer(ours)).json() == {"canaries": []}


def test_a_revoked_key_is_refused_at_once(world: World, http: TestClient[Any]) -> None:
    """R31."""
    who, token = world.person("acme")
    assert http.get("/v1/documents", headers=bearer(token)).status_code == 200
    world.product.principals.revoke(who.tenant_id, who.key_id)
    assert http.get("/v1/documents", headers=bearer(token)).status_code == 401


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer rf_wrong"}, {"Authorization": "Basic rf_wrong"}])
def test_without_a_valid_key_there_is_no_way_in(http: TestClient[Any], header: dict[str, str]) -> None:
    answer = http.get("/v1/documents", headers=header)
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


@pytest.mark.parametrize(
    ("role", "method", "path"),
    [
        (Role.READER, "POST", "/v1/documents"),
        (Role.READER, "GET", "/v1/jobs"),
        (Role.CONTRIBUTOR, "DELETE", "/v1/documents/{id}"),
        (Role.OPERATOR, "POST", "/v1/search"),
        (Role.AUDITOR, "POST", "/v1/answers"),
        (Role.READER, "POST", "/v1/documents/{id}/reviews"),
        (Role.OPERATOR, "POST", "/v1/documents/{id}/reviews"),
        (Role.AUDITOR, "POST", "/v1/documents/{id}/reviews"),
        (Role.CONTRIBUTOR, "GET", "/v1/labels/progress"),
        (Role.AUDITOR, "POST", "/v1/labels/relabel"),
        (Role.OPERATOR, "POST", "/v1/conversations"),
        (Role.AUDITOR, "GET", "/v1/conversations"),
        (Role.DATA_OWNER, "POST", "/v1/canaries"),
        (Role.READER, "GET", "/v1/canaries"),
    ],
)
def test_a_role_may_do_only_what_it_is_for(
    world: World, http: TestClient[Any], role: Role, method: str, path: str
) -> None:
    """R31."""
    admin, _ = world.person("acme")
    document = world.uploaded(admin, PRIVATE)
    _, token = world.person("acme", role)
    bodies: dict[str, object] = {"/v1/documents": {"text": PRIVATE}, "/v1/documents/{id}/reviews": REVIEW}
    body = bodies.get(path, {"question": PRIVATE})
    answer = http.request(
        method, path.format(id=document.id), json=body if method == "POST" else None, headers=bearer(token)
    )
    assert answer.status_code == 403
