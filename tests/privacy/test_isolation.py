"""Through every endpoint: a tenant, a group and an absent thing look the same to who may not see them."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import pytest
from litestar.testing import TestClient

from service.app import application
from service.policy.access import Role
from tests.assembled import World, a_world

PRIVATE = "Project Falcon buys the sensor division."
PERIOD = "since=2025-12-31T00:00:00Z&until=2026-01-03T00:00:00Z"
SOURCE = {"name": "Falcon share", "kind": "folder", "location": "/srv/falcon", "groups": ["board"]}
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """What a tenant has, by its ids."""

    document: str
    job: str
    conversation: str
    answer: str
    canary: str
    key: str
    erased: str
    receipt: str
    erasure: str
    matter: str
    export: str
    source: str

    def all(self) -> tuple[str, ...]:
        """Return every id."""
        return (
            *(self.document, self.job, self.conversation, self.answer, self.canary),
            *(self.key, self.erased, self.receipt, self.matter, self.export, self.erasure, self.source),
        )


def _owned(world: World, http: TestClient[Any], token: str, tenant: str = "acme") -> Ids:
    """Hand in a document, talk about it, make a canary, and revoke the key of somebody who has left."""
    who = bearer(token)
    left, _ = world.person(tenant)
    world.product.principals.revoke(left.tenant_id, left.key_id)
    sent = http.post("/v1/documents", json={"text": PRIVATE, "title": "Falcon"}, headers=who).json()
    gone = http.post("/v1/documents", json={"text": "Old plans of the sensor hall."}, headers=who).json()
    http.delete(f"/v1/documents/{gone['document']['id']}", headers=who)
    world.work()
    said = http.post("/v1/answers", json={"question": PRIVATE, "conversation": "new"}, headers=who).json()
    return Ids(
        document=sent["document"]["id"],
        job=sent["job"]["id"],
        conversation=said["conversation"],
        answer=said["id"],
        canary=http.post("/v1/canaries", headers=who).json()["id"],
        key=str(left.key_id),
        erased=gone["document"]["id"],
        receipt=http.get("/v1/receipts", headers=who).json()["receipts"][0]["id"],
        erasure=_asked_for(http, who, sent["document"]["id"]),
        export=http.post("/v1/exports", json={"subject": {"names": ["Falcon"]}}, headers=who).json()["id"],
        source=http.post("/v1/sources", json=SOURCE, headers=who).json()["id"],
        matter=http.post("/v1/holds", json={"name": "Falcon", "groups": ["board"]}, headers=who).json()["id"],
    )


def _asked_for(http: TestClient[Any], who: dict[str, str], document: str) -> str:
    """Open an erasure request for the document."""
    body = {"kind": "documents", "reason": "owner_decision", "documents": [document], "note": "Falcon has landed."}
    return str(http.post("/v1/erasures", json=body, headers=who).json()["id"])


def everything_seen(http: TestClient[Any], token: str, ids: Ids) -> str:
    """Call every endpoint with this key; return all that came back, but for what only echoes the call."""
    calls: list[tuple[str, str, object]] = [
        ("POST", "/v1/documents", {"text": "Our own.", "title": "Own"}),
        ("GET", "/v1/documents", None),
        ("GET", f"/v1/documents/{ids.document}", None),
        ("GET", "/v1/jobs", None),
        ("GET", f"/v1/jobs/{ids.job}", None),
        ("GET", f"/v1/jobs?document={ids.document}", None),
        ("GET", "/v1/jobs/status", None),
        ("POST", f"/v1/jobs/{ids.job}/retry", None),
        ("POST", f"/v1/jobs/{ids.job}/cancel", None),
        ("POST", "/v1/jobs/retry", {"reason": "cancelled"}),
        ("POST", "/v1/jobs/pause", None),
        ("POST", "/v1/jobs/resume", None),
        ("POST", "/v1/search", {"question": PRIVATE}),
        ("POST", "/v1/answers", {"question": PRIVATE}),
        ("POST", "/v1/answers", {"question": PRIVATE, "stream": True}),
        ("POST", "/v1/answers", {"question": PRIVATE, "scope": "non_sensitive"}),
        ("GET", f"/v1/documents/{ids.document}/chunks", None),
        ("POST", f"/v1/documents/{ids.document}/reviews", REVIEW),
        ("POST", f"/v1/documents/{ids.document}/release", {"reason": "false_positive"}),
        ("POST", "/v1/subjects/locate", {"identifiers": [PRIVATE], "names": ["Falcon"]}),
        ("GET", "/v1/labels/progress", None),
        ("POST", "/v1/labels/relabel", None),
        ("POST", "/v1/conversations", None),
        ("POST", "/v1/answers", {"question": PRIVATE, "conversation": "new"}),
        ("GET", "/v1/conversations", None),
        ("POST", "/v1/answers", {"question": PRIVATE, "conversation": ids.conversation}),
        ("GET", f"/v1/conversations/{ids.conversation}", None),
        ("GET", f"/v1/answers/{ids.answer}", None),
        ("GET", "/v1/audit/entries", None),
        ("GET", f"/v1/audit/entries?subject={ids.document}", None),
        ("GET", f"/v1/audit/entries?subject={ids.answer}", None),
        ("GET", "/v1/audit/checkpoint", None),
        ("GET", "/v1/audit/consistency?size=1", None),
        ("GET", "/v1/audit/export", None),
        ("GET", f"/v1/audit/proofs/{ids.answer}", None),
        ("DELETE", f"/v1/audit/actors/{ids.key}", None),
        ("GET", f"/v1/reports/budget?{PERIOD}", None),
        ("GET", f"/v1/reports/budget?{PERIOD}&mine=true", None),
        ("GET", f"/v1/reports/answers/{ids.answer}", None),
        ("GET", f"/v1/reports/documents/{ids.document}?{PERIOD}", None),
        ("GET", f"/v1/reports/evidence?{PERIOD}", None),
        ("GET", "/v1/providers", None),
        ("GET", "/v1/policy", None),
        ("PUT", "/v1/policy", {}),
        ("GET", "/v1/policy/document", None),
        ("GET", "/v1/canaries", None),
        ("POST", "/v1/canaries", None),
        ("POST", "/v1/canaries/check", {"text": PRIVATE}),
        ("DELETE", f"/v1/canaries/{ids.canary}", None),
        ("GET", "/v1/receipts", None),
        ("GET", f"/v1/receipts/{ids.receipt}", None),
        ("GET", "/v1/refusals", None),
        ("POST", f"/v1/refusals/{ids.erased}/lift", {"reason": "consent_given"}),
        ("POST", "/v1/erasures", {"kind": "documents", "reason": "owner_decision", "documents": [ids.document]}),
        ("POST", "/v1/erasures", {"kind": "subject", "reason": "objection", "subject": {"names": ["Falcon"]}}),
        ("GET", "/v1/erasures", None),
        ("GET", f"/v1/erasures?document={ids.document}", None),
        ("GET", f"/v1/erasures/{ids.erasure}", None),
        ("POST", f"/v1/erasures/{ids.erasure}/preview", None),
        ("POST", f"/v1/erasures/{ids.erasure}/choices", {"choices": [{"target": ids.document, "action": "erase"}]}),
        ("POST", f"/v1/erasures/{ids.erasure}/extend", {"reason": "complexity"}),
        ("POST", f"/v1/erasures/{ids.erasure}/approve", None),
        ("GET", f"/v1/erasures/{ids.erasure}/receipt", None),
        ("POST", f"/v1/erasures/{ids.erasure}/refuse", {"refusal": "legal_claims"}),
        ("POST", f"/v1/erasures/{ids.erasure}/cancel", None),
        ("POST", "/v1/exports", {"subject": {"names": ["Nobody Known"]}}),
        ("GET", "/v1/exports", None),
        ("GET", f"/v1/exports/{ids.export}", None),
        ("GET", f"/v1/exports/{ids.export}/content", None),
        ("DELETE", f"/v1/exports/{ids.export}", None),
        ("GET", "/v1/retention", None),
        ("PUT", "/v1/retention", {"rules": [{"category": "any", "keep_days": 30}]}),
        ("POST", "/v1/retention/preview", {}),
        ("POST", "/v1/retention/approval", {"version": 1}),
        ("GET", "/v1/holds", None),
        ("POST", "/v1/holds", {"name": "Own matter", "groups": ["nobody"]}),
        ("POST", "/v1/holds", {"name": "Theirs", "documents": [ids.document]}),
        ("GET", f"/v1/holds/{ids.matter}", None),
        ("POST", f"/v1/holds/{ids.matter}/cover", {"groups": ["all"]}),
        ("POST", f"/v1/holds/{ids.matter}/release", {"reason": "other"}),
        ("POST", f"/v1/holds/{ids.matter}/release/confirmation", None),
        ("DELETE", f"/v1/holds/{ids.matter}/release", None),
        ("DELETE", f"/v1/conversations/{ids.conversation}/turns/0", None),
        ("DELETE", f"/v1/conversations/{ids.conversation}", None),
        ("POST", f"/v1/documents/{ids.document}/rectify", {"title": "Falcon"}),
        ("DELETE", f"/v1/documents/{ids.document}", None),
        ("POST", "/v1/sources", SOURCE | {"name": "Own", "location": "/srv/own"}),
        ("GET", "/v1/sources", None),
        ("GET", f"/v1/sources/{ids.source}", None),
        ("POST", f"/v1/sources/{ids.source}/runs", {"dry": True}),
        ("GET", f"/v1/sources/{ids.source}/runs", None),
        ("GET", f"/v1/sources/{ids.source}/troubles", None),
        ("POST", f"/v1/sources/{ids.source}/pause", None),
        ("POST", f"/v1/sources/{ids.source}/resume", None),
        ("DELETE", f"/v1/sources/{ids.source}", None),
        ("GET", "/healthz", None),
        ("GET", "/readyz", None),
        ("GET", "/metrics", None),
    ]
    return "\n".join(_called(http, token, *call) for call in calls)


def _called(http: TestClient[Any], token: str, method: str, path: str, body: object) -> str:
    """Return what came back; a report about a document tells the id that it was asked for, whosever it is."""
    answer = http.request(method, path, json=body, headers=bearer(token))
    assert answer.status_code not in {400, 405, 500}, (method, path, answer.text)
    if answer.headers.get("content-type") == "application/zip":
        with zipfile.ZipFile(io.BytesIO(answer.content)) as pack:
            return "\n".join(pack.read(name).decode() for name in pack.namelist())
    if path.startswith("/v1/reports/documents/") and answer.status_code == HTTPStatus.OK:
        told = answer.json()
        return str({**told, "document_id": None})
    return answer.text


def test_a_tenant_sees_nothing_of_another_through_any_endpoint(world: World, http: TestClient[Any]) -> None:
    """R30."""
    _, ours = world.person("acme")
    _, theirs = world.person("lakeside")
    ids = _owned(world, http, ours)
    seen = everything_seen(http, theirs, ids)
    for trace in (*ids.all(), "Falcon", "sensor"):
        assert trace not in seen
    mine = everything_seen(http, ours, ids)
    assert "sensor" in mine
    for trace in (ids.document, ids.job, ids.conversation, ids.answer, ids.canary, ids.matter, ids.erasure):
        assert trace in mine


def test_a_report_tells_of_a_foreign_document_what_it_tells_of_none(world: World, http: TestClient[Any]) -> None:
    """R30."""
    _, ours = world.person("acme")
    _, theirs = world.person("lakeside")
    ids = _owned(world, http, ours)
    foreign, absent = [
        http.get(f"/v1/reports/documents/{one}?{PERIOD}", headers=bearer(theirs)).text.replace(one, "ID")
        for one in (ids.document, str(uuid4()))
    ]
    assert foreign == absent
    answers = http.get(f"/v1/reports/documents/{ids.document}?{PERIOD}", headers=bearer(ours)).json()["answers"]
    assert [one["answer_id"] for one in answers] == [ids.answer]


def test_every_route_of_the_api_is_called_in_the_isolation_test(world: World, http: TestClient[Any]) -> None:
    """A route that `everything_seen` does not call fails here: nothing is merely listed."""
    called: set[tuple[str, str]] = set()
    http.event_hooks["request"].append(lambda request: called.add((request.method, request.url.path)))
    _, token = world.person("acme")
    everything_seen(http, token, _owned(world, http, token))
    routes = {
        (method.upper(), path)
        for path, item in http.app.openapi_schema.to_schema()["paths"].items()
        for method in item
        if method in {"get", "post", "put", "patch", "delete"}
    }
    uncalled = {
        (method, path)
        for method, path in routes
        if not any(method == one and re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), other) for one, other in called)
    }
    assert uncalled == set(), "a new endpoint: call it in everything_seen"


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
        (Role.READER, "GET", "/v1/jobs/status"),
        (Role.CONTRIBUTOR, "POST", "/v1/jobs/{id}/cancel"),
        (Role.DATA_OWNER, "POST", "/v1/jobs/{id}/retry"),
        (Role.CONTRIBUTOR, "POST", "/v1/jobs/pause"),
        (Role.AUDITOR, "POST", "/v1/jobs/resume"),
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
        (Role.READER, "GET", f"/v1/reports/budget?{PERIOD}"),
        (Role.CONTRIBUTOR, "GET", f"/v1/reports/documents/{{id}}?{PERIOD}"),
        (Role.READER, "GET", "/v1/reports/answers/{id}"),
        (Role.CONTRIBUTOR, "GET", f"/v1/reports/evidence?{PERIOD}"),
        (Role.AUDITOR, "PUT", "/v1/policy"),
        (Role.CONTRIBUTOR, "GET", "/v1/erasures"),
        (Role.OPERATOR, "POST", "/v1/erasures"),
        (Role.AUDITOR, "POST", "/v1/erasures"),
        (Role.AUDITOR, "GET", "/v1/exports"),
        (Role.OPERATOR, "POST", "/v1/exports"),
        (Role.CONTRIBUTOR, "GET", "/v1/exports/{id}/content"),
        (Role.AUDITOR, "PUT", "/v1/retention"),
        (Role.AUDITOR, "POST", "/v1/retention/preview"),
        (Role.AUDITOR, "POST", "/v1/retention/approval"),
        (Role.OPERATOR, "GET", "/v1/retention"),
        (Role.AUDITOR, "POST", "/v1/holds"),
        (Role.OPERATOR, "GET", "/v1/holds"),
        (Role.AUDITOR, "POST", "/v1/holds/{id}/cover"),
        (Role.AUDITOR, "POST", "/v1/holds/{id}/release"),
        (Role.AUDITOR, "POST", "/v1/holds/{id}/release/confirmation"),
        (Role.CONTRIBUTOR, "GET", "/v1/holds/{id}"),
    ],
)
def test_a_role_may_do_only_what_it_is_for(
    world: World, http: TestClient[Any], role: Role, method: str, path: str
) -> None:
    """R31."""
    admin, _ = world.person("acme")
    document = world.uploaded(admin, PRIVATE)
    _, token = world.person("acme", role)
    bodies: dict[str, object] = {
        "/v1/documents": {"text": PRIVATE},
        "/v1/documents/{id}/reviews": REVIEW,
        "/v1/policy": {},
        "/v1/erasures": {"kind": "documents", "reason": "objection", "documents": [str(document.id)]},
        "/v1/exports": {"subject": {"names": ["Falcon"]}},
        "/v1/retention": {"rules": []},
        "/v1/retention/preview": {},
        "/v1/retention/approval": {"version": 1},
        "/v1/holds": {"name": "Falcon", "whole_tenant": True},
        "/v1/holds/{id}/cover": {"whole_tenant": True},
        "/v1/holds/{id}/release": {"reason": "other"},
    }
    body = bodies.get(path, {"question": PRIVATE})
    answer = http.request(
        method, path.format(id=document.id), json=body if method in {"POST", "PUT"} else None, headers=bearer(token)
    )
    assert answer.status_code == 403
