"""What every answer over HTTP promises, whichever backend made it, streamed or not: one schema, one order of events."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from service.citing import statement
from service.citing.statements import Unsupported

Json = Mapping[str, Any]
_EVENT_STREAM = "text/event-stream"
_PLAIN = {
    statement(question, why)
    for why in Unsupported
    for question in ("Where is it?", "Wo ist das?", "Où est-ce ?", "¿Dónde está?")
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came over the wire: the body, and the tokens before it where it was streamed."""

    body: Json
    tokens: tuple[str, ...] = ()


def asked(client: httpx.Client, question: str, *, stream: bool, **fields: object) -> Told:
    """Ask, check the protocol, and return what came."""
    request = {"question": question, "stream": stream, **fields}
    response = client.post("/v1/answers", json=request)
    assert response.status_code == 200, response.text
    told = _streamed(response) if stream else Told(body=response.json())
    conforms(client.get("/docs/openapi.json").json(), told.body)
    _means_what_it_says(told.body)
    return told


def conforms(document: Json, body: Json) -> None:
    """Validate a body against the schema that the OpenAPI document gives for an answer, with no field beside it."""
    content = document["paths"]["/v1/answers"]["post"]["responses"]["200"]["content"]["application/json"]
    schema = {**content["schema"], "components": document["components"]}
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(body)
    named = document["components"]["schemas"]
    assert set(body) == set(named["AnswerBody"]["properties"])
    for name, values in (("CitationBody", body["citations"]), ("SourceBody", body["sources"])):
        assert all(set(value) == set(named[name]["properties"]) for value in values)


def events(lines: Sequence[str]) -> list[tuple[str, Json]]:
    """Return the server-sent events, each with its name and its JSON."""
    found, name = [], ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            found.append((name, json.loads(line.removeprefix("data: "))))
    return found


def _streamed(response: httpx.Response) -> Told:
    """Read `token`* and then exactly one `answer`."""
    assert response.headers["content-type"].startswith(_EVENT_STREAM)
    came = events(response.text.splitlines())
    names = [name for name, _ in came]
    assert names == ["token"] * (len(came) - 1) + ["answer"], names
    tokens = [token for _, token in came[:-1]]
    assert all(set(token) == {"text"} and isinstance(token["text"], str) for token in tokens)
    return Told(body=came[-1][1], tokens=tuple(token["text"] for token in tokens))


def _means_what_it_says(body: Json) -> None:
    """Check what a schema cannot: every number is a source's, every span lies inside, and no support is no citation."""
    sources = {source["number"]: source for source in body["sources"]}
    assert list(sources) == list(range(1, len(sources) + 1))
    assert body["supported"] is (body["unsupported"] is None) is bool(body["citations"])
    assert body["supported"] or body["answer"] in _PLAIN
    assert body["supported"] or body["quotations"] == []
    for citation in body["citations"]:
        supports = citation["supports"]
        assert {**citation} == {**sources[citation["number"]], "supports": supports}
        assert supports
        for support in supports:
            assert 0 <= support["start"] < support["end"] <= len(citation["text"])
            start, end = support["sentence"]
            assert 0 <= start < end <= len(body["answer"])
    for quotation in body["quotations"]:
        assert quotation["verified"] is (quotation["source"] is not None)
        assert quotation["source"] in {None, *sources}
    assert body["reasons"]
    assert body["route"] in {"local", "cloud"}
