"""Whatever is sent to the API is answered or refused: never a broken server, never a word of it in the log."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar.testing import TestClient
from structlog.testing import capture_logs

from service.api.label_schemas import ReviewRequestBody
from service.api.schemas import AnswerRequest, DocumentText
from service.app import application
from service.policy.access import Role, Scope
from tests.assembled import World, a_world

CANARY = "ellisoncanary"
FORM = "multipart/form-data; boundary=B"
JSON = "application/json"
DEEP = b"[" * 20_000 + b"]" * 20_000


@pytest.fixture(scope="module")
def world() -> World:
    return a_world()


@pytest.fixture(scope="module")
def http(world: World) -> Iterator[TestClient[Any]]:
    _, token = world.person("acme")
    app = application(world.product, max_upload_bytes=100_000)
    with TestClient(app, raise_server_exceptions=False) as client:
        client.headers["authorization"] = f"Bearer {token}"
        yield client


def a_form(*parts: tuple[str, bytes]) -> bytes:
    """Return a form; each part is what follows `name=`, and its body."""
    begin = b'--B\r\nContent-Disposition: form-data; name="'
    written = (begin + head.encode("latin-1") + b"\r\n\r\n" + body + b"\r\n" for head, body in parts)
    return b"".join(written) + b"--B--\r\n"


def refused(http: TestClient[Any], path: str, body: bytes, kind: str) -> None:
    """Send the body; it must be refused in plain words, and the log must not quote it."""
    with capture_logs() as logs:
        answer = http.post(path, content=body, headers={"content-type": kind})
    assert answer.status_code in {400, 413}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert CANARY not in repr(logs)


TEXT = ('text"', CANARY.encode())


@pytest.mark.parametrize(
    "body",
    [
        a_form(TEXT, ('title"', b"\xff\xfe" + CANARY.encode())),
        a_form(TEXT, ('groups"', b"\xff\xfe")),
        a_form(TEXT, ('file"; filename="\xff.txt"', b"x")),
        a_form(('"', CANARY.encode())),
        a_form((CANARY + '"', b"x")),
        a_form(*[('groups"', b"g")] * 5_000),
        CANARY.encode(),
        b"",
    ],
    ids=["title", "groups", "file name", "no field", "unknown field", "many fields", "no form", "nothing"],
)
def test_a_damaged_form_is_refused(http: TestClient[Any], body: bytes) -> None:
    refused(http, "/v1/documents", body, FORM)


@pytest.mark.parametrize("charset", ["no-such", "hex", "unicode_escape", "utf-7", "idna"])
def test_the_charset_that_a_form_field_names_is_not_obeyed(http: TestClient[Any], charset: str) -> None:
    body = a_form(TEXT, (f'title"\r\nContent-Type: text/plain; charset={charset}', b"\\ud800 +2AA-"))
    answer = http.post("/v1/documents", content=body, headers={"content-type": FORM})
    assert answer.json()["document"]["title"] == "\\ud800 +2AA-"


REVIEWS = "/v1/documents/00000000-0000-0000-0000-000000000000/reviews"


@pytest.mark.parametrize("path", ["/v1/documents", "/v1/search", "/v1/answers", REVIEWS])
@pytest.mark.parametrize(
    "body",
    [
        b'{"question":"%s","x":%s}' % (CANARY.encode(), DEEP),
        DEEP,
        b'{"question":"\xff%s","text":"\xff"}' % CANARY.encode(),
        b'{"question":"\\ud800%s","text":"\\ud800"}' % CANARY.encode(),
        '{"question":"ellisoncanary"}'.encode("utf-16"),
        b"null",
        b"",
        CANARY.encode(),
    ],
    ids=["deep", "deeper", "no UTF-8", "half a pair", "UTF-16", "null", "nothing", "no JSON"],
)
def test_damaged_json_is_refused(http: TestClient[Any], path: str, body: bytes) -> None:
    refused(http, path, body, JSON)


@pytest.mark.parametrize("misspelt", ["declare", "group", "Declared", "external-id"])
def test_a_misspelt_field_is_refused_and_nothing_is_kept(world: World, http: TestClient[Any], misspelt: str) -> None:
    """R6, R31: a floor or a group that is passed over would be an open door."""
    who, _ = world.person("acme", Role.ADMIN)
    with world.database.transaction(who.tenant_id) as transaction:
        before = transaction.documents.page(scope=Scope.of(who), limit=1_000)
    refused(http, "/v1/documents", json.dumps({"text": CANARY, misspelt: ["PHI"]}).encode(), JSON)
    with world.database.transaction(who.tenant_id) as transaction:
        assert transaction.documents.page(scope=Scope.of(who), limit=1_000) == before


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30)
_VALUES = st.recursive(_SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner))
_BODIES = (DocumentText, AnswerRequest, ReviewRequestBody)
_FIELDS = st.sampled_from(sorted({"limit", *(name for body in _BODIES for name in body.__struct_fields__)}))
_ROUTES = st.tuples(
    st.sampled_from(["GET", "POST", "DELETE", "HEAD", "OPTIONS"]),
    st.sampled_from(
        [
            "/v1/documents",
            REVIEWS,
            "/v1/labels/relabel",
            "/v1/jobs",
            "/v1/search",
            "/v1/answers",
            "/v1/conversations",
            "/metrics",
            "/docs",
        ]
    ),
)
_KINDS = st.sampled_from([JSON, FORM, "text/plain", "application/x-www-form-urlencoded", ";;=", "multipart/form-data"])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    route=_ROUTES,
    body=st.dictionaries(_FIELDS, _VALUES, max_size=5).map(lambda value: json.dumps(value).encode()) | st.binary(),
    kind=_KINDS,
    tail=st.text(alphabet="/?&=%.0af-limtr", max_size=12),
)
def test_no_request_breaks_the_server(
    http: TestClient[Any], route: tuple[str, str], body: bytes, kind: str, tail: str
) -> None:
    method, path = route
    with capture_logs() as logs:
        answer = http.request(method, re.sub("^/+", "/", path + tail), content=body, headers={"content-type": kind})
    assert answer.status_code < 500, logs
