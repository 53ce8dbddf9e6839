"""`ringfence refusals` and the 409 against a served API (R44)."""

import json
from typing import Any

import pytest
from litestar.testing import TestClient

from service.app import application
from tests.assembled import World, a_world
from tests.integration.test_documents_commands import said, world
from tests.unit.service.refusing.test_sketching import a_text

__all__ = ["world"]

TEXT = "Visitors park in the garage."


def _erased(world: World, text: str, **fields: Any) -> str:  # noqa: ANN401 - of Upload
    who, _ = world.person("acme")
    view = world.uploaded(who, text, **fields)
    world.product.erasure.request(who, view.id)
    world.work()
    return str(view.id)


def test_a_refused_upload_is_a_conflict_with_its_reason_and_how_to_lift_it() -> None:
    world = a_world()
    gone = _erased(world, TEXT)
    _, token = world.person("acme")
    with TestClient(application(world.product, max_upload_bytes=100_000)) as http:
        told = http.post("/v1/documents", json={"text": TEXT}, headers={"Authorization": f"Bearer {token}"})
    assert told.status_code == 409
    assert told.headers["content-type"] == "application/problem+json"
    body = told.json()
    assert (body["type"], body["reason"]) == ("urn:ringfence:refused", "content_erased")
    assert f"ringfence refusals lift {gone}" in body["detail"]


def test_refusals_are_listed_and_lifted(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert "nothing is refused" in said(capsys, "refusals", "list")
    gone = _erased(world, TEXT, external_id="crm-7")
    assert gone in said(capsys, "refusals", "list")
    lifted = json.loads(said(capsys, "refusals", "lift", gone, "--reason", "consent_given", "--json"))
    assert lifted["lift_reason"] == "consent_given"
    assert "(consent_given)" in said(capsys, "refusals", "list")
    listed = json.loads(said(capsys, "refusals", "list", "--json"))
    assert [one["document_id"] for one in listed] == [gone]
    assert "crm-7" not in str(listed)


def test_a_document_that_resembles_an_erased_one_is_pointed_out(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = _erased(world, a_text(200))
    who, _ = world.person("acme")
    alike = world.uploaded(who, f"{a_text(200)} and more")
    assert "resembles an erased one" in said(capsys, "documents", "list")
    assert f"resembles the erased document {gone}" in said(capsys, "documents", "show", str(alike.id))
    assert json.loads(said(capsys, "documents", "show", str(alike.id), "--json"))["resembles_erased"] == gone
