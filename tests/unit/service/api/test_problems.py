"""Every refusal is a problem document with plain words, and tells nothing that it should not."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from service import errors
from service.api.problems import STATUS, problem_of
from service.app import application
from tests.assembled import World, a_world

LARGEST = 1_000


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture
def http(world: World) -> Iterator[TestClient[Any]]:
    _, token = world.person("acme")
    app = application(world.product, max_upload_bytes=LARGEST)
    with TestClient(app, raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


@pytest.mark.parametrize(
    ("method", "path", "arguments", "status"),
    [
        ("GET", "/v1/nothing", {}, 404),
        ("PUT", "/v1/documents", {}, 405),
        ("GET", "/v1/documents/not-an-id", {}, 404),
        ("GET", "/v1/documents?limit=0", {}, 400),
        ("POST", "/v1/documents", {"content": b"x", "headers": {"content-type": "text/csv"}}, 400),
        ("POST", "/v1/documents", {"json": {}}, 400),
        ("POST", "/v1/documents", {"json": {"text": "x", "declared": ["RUMOUR"]}}, 400),
        ("POST", "/v1/documents", {"data": {"text": "x", "surprise": "y"}, "files": {"f": b""}}, 400),
        ("POST", "/v1/documents", {"files": {"file": ("a.txt", b"")}}, 400),
        ("POST", "/v1/documents", {"files": {"file": ("a.txt", b"x" * 200_000)}}, 413),
        ("POST", "/v1/search", {"json": {"question": ""}}, 400),
        ("POST", "/v1/search", {"json": {"question": "x", "surprise": 1}}, 400),
        ("POST", "/v1/answers", {"content": b"{", "headers": {"content-type": "application/json"}}, 400),
        ("POST", "/v1/answers", {"json": {"question": "x", "history": [{"role": "system", "text": "y"}]}}, 400),
    ],
)
def test_a_bad_request_is_a_problem_document(
    http: TestClient[Any], method: str, path: str, arguments: dict[str, Any], status: int
) -> None:
    answer = http.request(method, path, **arguments)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status


def test_an_unexpected_error_tells_neither_caller_nor_log_what_it_said(
    world: World, http: TestClient[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """R54."""

    def broken(**_: object) -> None:
        message = "canary-in-an-exception"
        raise ZeroDivisionError(message)

    world.index.search = broken  # type: ignore[method-assign,assignment]  # the twin, broken
    answer = http.post("/v1/search", json={"question": "canary-in-a-question"})
    printed = capsys.readouterr()
    assert answer.status_code == 500
    assert "canary" not in answer.text + printed.out + printed.err
    assert "ZeroDivisionError" in printed.out + printed.err


def test_a_part_that_is_away_says_when_to_come_back(world: World, http: TestClient[Any]) -> None:
    """R12."""
    who, _ = world.person("acme")
    world.uploaded(who, "Salary: SECRET-PII")
    assert world.local
    world.local.available = False
    for stream in (False, True):
        answer = http.post("/v1/answers", json={"question": "Salary", "stream": stream})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
        problem = answer.json()
        assert problem["type"] == "urn:ringfence:local_model_unavailable"
        assert (problem["reason"], problem["retry_after"]) == ("unreachable", 10)


@pytest.mark.parametrize(
    ("error", "wait", "reason"),
    [
        (errors.PartUnavailableError(), 10, "part_unavailable"),
        (errors.LocalModelUnavailableError(how=errors.Failure.CIRCUIT_OPEN, retry_after=3.2), 4, "circuit_open"),
        (errors.LocalModelUnavailableError(how=errors.Failure.CIRCUIT_OPEN, retry_after=0.0), 1, "circuit_open"),
    ],
)
def test_every_503_says_in_whole_seconds_when_to_come_back_and_why(
    error: errors.RingfenceError, wait: int, reason: str
) -> None:
    """R12: never 0, which would be an invitation to come back at once."""
    body = problem_of(error)
    assert (body["status"], body["retry_after"], body["reason"]) == (503, wait, reason)


def test_a_cloud_that_breaks_off_says_how_and_promises_no_time() -> None:
    body = problem_of(errors.CloudModelError(how=errors.Failure.BROKE_OFF, retry_after=30))
    assert (body["status"], body["reason"]) == (502, "broke_off")
    assert "retry_after" not in body


def test_every_error_of_the_product_has_a_status() -> None:
    pending, known = [errors.RingfenceError], set()
    while pending:
        kind = pending.pop()
        known.add(kind)
        pending += kind.__subclasses__()
    ours = {kind for kind in known if kind.__module__ == errors.__name__}
    inside = {
        errors.AuditDamagedError,
        errors.SettingsError,
        errors.EgressRefusedError,
        errors.DamagedError,
        errors.OriginalDestroyedError,
        errors.LeaseLostError,
        errors.LedgerDamagedError,
        errors.RestoreIncompleteError,
    }
    assert ours - inside == set(STATUS)


def test_every_operation_documents_how_it_refuses(http: TestClient[Any]) -> None:
    schema = http.get("/docs/openapi.json").json()
    for path, item in schema["paths"].items():
        for operation in item.values():
            if path.startswith("/v1"):
                assert {"400", "401", "403", "503"} <= set(operation["responses"])


def test_the_documentation_asks_nobody_outside(http: TestClient[Any]) -> None:
    """R62."""
    page = http.get("/docs").text
    assert "POST /v1/answers" in page
    assert "http://" not in page
    assert "https://" not in page
    assert "<script" not in page
