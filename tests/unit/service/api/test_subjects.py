"""People over HTTP: located for who may erase, documents put right, and refused in plain words (R40, R47)."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from litestar.testing import TestClient

from service.app import application
from service.policy.access import Role
from tests.assembled import World, a_world
from tests.subjects import NamingLabeller


@pytest.fixture
def world() -> World:
    return a_world(labeller=NamingLabeller("Jürgen Müllers"))


@pytest.fixture
def http(world: World) -> Iterator[TestClient[Any]]:
    with TestClient(application(world.product, max_upload_bytes=100_000)) as client:
        yield client


def _bearer(world: World, role: Role = Role.DATA_OWNER) -> dict[str, str]:
    return {"Authorization": f"Bearer {world.person('acme', role)[1]}"}


def test_a_person_is_located_with_masked_snippets(world: World, http: TestClient[Any]) -> None:
    who, _ = world.person("acme")
    view = world.uploaded(who, "Jürgen Müllers Zimmer ist frei.", title="Zimmer von J. Müller")
    body = {"names": ["Jürgen Müller"], "identifiers": []}
    told = http.post("/v1/subjects/locate", json=body, headers=_bearer(world))
    assert told.status_code == HTTPStatus.OK
    (document,) = told.json()["documents"]
    assert (document["document_id"], document["certain"]) == (str(view.id), True)
    assert [(one["field"], one["forms"]) for one in document["fields"]] == [("title", ["initial"])]
    assert document["chunks"][0]["forms"] == ["full_name"]
    assert "üller" not in told.text
    assert told.json()["searched_documents"] == 1


@pytest.mark.parametrize("body", [{}, {"names": ["x"]}, {"identifiers": ["123"]}, {"name": ["Jürgen Müller"]}], ids=str)
def test_a_request_for_nobody_is_refused(world: World, http: TestClient[Any], body: dict[str, object]) -> None:
    answer = http.post("/v1/subjects/locate", json=body, headers=_bearer(world))
    assert answer.status_code == HTTPStatus.BAD_REQUEST


def test_a_reader_locates_nobody(world: World, http: TestClient[Any]) -> None:
    answer = http.post("/v1/subjects/locate", json={"names": ["Jürgen Müller"]}, headers=_bearer(world, Role.READER))
    assert answer.status_code == HTTPStatus.FORBIDDEN


def test_a_document_is_put_right(world: World, http: TestClient[Any]) -> None:
    who, _ = world.person("acme")
    view = world.uploaded(who, "Das Zimmer ist 12.")
    body = {"text": "Das Zimmer ist 13.", "chunk": 0}
    told = http.post(f"/v1/documents/{view.id}/rectify", json=body, headers=_bearer(world))
    assert told.status_code == HTTPStatus.ACCEPTED
    new = told.json()["document"]["id"]
    assert told.json()["erasing"]["document_id"] == str(view.id)
    world.work()
    chunks = http.get(f"/v1/documents/{new}/chunks", headers=_bearer(world)).json()["chunks"]
    assert [one["text"] for one in chunks] == ["Das Zimmer ist 13."]
    assert http.get(f"/v1/documents/{view.id}", headers=_bearer(world)).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("body", [{}, {"chunk": 0}, {"chunk": -1, "text": "x"}, {"txt": "x"}], ids=str)
def test_a_correction_that_says_nothing_is_refused(
    world: World, http: TestClient[Any], body: dict[str, object]
) -> None:
    who, _ = world.person("acme")
    view = world.uploaded(who, "Das Zimmer ist 12.")
    answer = http.post(f"/v1/documents/{view.id}/rectify", json=body, headers=_bearer(world))
    assert answer.status_code == HTTPStatus.BAD_REQUEST
