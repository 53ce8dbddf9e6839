"""What the API refuses reads as one line that says what to do, on the command line."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from service.cli import asking, auditing, client, documents, main, reporting
from service.cli.client import Client
from service.errors import InvalidRequestError, NotAuthenticatedError


def calling(response: httpx.Response) -> Client:
    return Client(httpx.Client(base_url="http://test", transport=httpx.MockTransport(lambda _: response)))


def ended(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    return end.value.code


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> list[httpx.Request]:
    """Have every command meet a server that answers with an empty page, and return what it is asked."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(400 if request.method == "POST" else 200, json={"detail": "no", "entries": []})

    @contextmanager
    def connected(*_: object) -> Iterator[Client]:
        yield Client(httpx.Client(base_url="http://test", transport=httpx.MockTransport(answer)))

    for module in (asking, auditing, documents, reporting):
        monkeypatch.setattr(module, client.connected.__name__, connected)
    return asked


def test_a_refused_field_is_named() -> None:
    fault = {"message": "Expected `str` of length >= 1", "key": "question", "source": "body"}
    refused = httpx.Response(400, json={"detail": "Validation failed for POST /v1/answers", "errors": [fault, None]})
    with pytest.raises(InvalidRequestError, match=r"^wrong input: question: Expected `str` of length >= 1$"):
        calling(refused).call("POST", "/v1/answers")


def test_a_key_that_is_not_valid_says_where_to_put_another() -> None:
    with pytest.raises(NotAuthenticatedError, match="RINGFENCE_API_KEY"):
        calling(httpx.Response(401, json={"detail": "send a header"})).call("GET", "/v1/documents")


def test_an_error_that_is_no_json_is_told_by_its_status() -> None:
    with pytest.raises(InvalidRequestError, match="Bad Request"):
        calling(httpx.Response(400, text="<html>")).call("GET", "/v1/documents")


def test_an_empty_question_is_not_asked(answering: list[httpx.Request], capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("ask", "search"):
        assert ended(command, " ") == 2
        assert "the question is empty" in capsys.readouterr().err
    assert answering == []


def test_an_empty_name_of_a_conversation_is_not_the_last_one(answering: list[httpx.Request]) -> None:
    assert ended("ask", "And by night?", "--conversation", "") == 1
    assert [request.method for request in answering] == ["POST"]
    assert json.loads(answering[0].content)["conversation"] == ""


@pytest.mark.usefixtures("answering")
def test_evidence_that_cannot_be_written_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("report", "evidence", "--out", str(tmp_path / "absent" / "evidence.zip")) == 2
    assert "cannot be written: No such file or directory" in capsys.readouterr().err


@pytest.mark.usefixtures("answering")
def test_a_period_that_ends_before_it_begins_is_not_exported(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("audit", "export", "--from", "2026-02-01", "--to", "2026-01-01") == 2
    assert "--from must be before --to" in capsys.readouterr().err


@pytest.mark.usefixtures("answering")
def test_nothing_found_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("audit", "show", "--action", "unheard_of") == 0
    assert "no such entries" in capsys.readouterr().out
    assert ended("ingest", str(tmp_path)) == 2
    assert "no files there" in capsys.readouterr().err


def test_what_is_no_text_in_utf_8_is_refused_in_one_line_that_does_not_repeat_it() -> None:
    """A shell hands on any byte."""
    body = {"subject": {"names": ["Ellison \udcff"]}}
    with pytest.raises(InvalidRequestError, match="UTF-8") as refused:
        calling(httpx.Response(200)).call("POST", "/v1/erasures", json=body)
    assert "Ellison" not in refused.value.detail
