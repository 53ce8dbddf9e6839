"""Each row of the failure table: a local answer or a plain 503, never the cloud instead (R5, R12, R17)."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.testing import TestClient

from service.answering import Question
from service.app import application
from service.errors import Failure
from service.product import Ringfence
from tests.failures import ABOUT_PARKING, ABOUT_SALARY, CANARY, PARKING, ROWS, Outcome, Row, Stage, a_stage, page


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """What an asker got: an outcome, the codes that say why, and the seconds to wait."""

    outcome: Outcome | None
    reasons: frozenset[str]
    retry_after: int | None = None


@contextmanager
def speaking(product: Ringfence, token: str) -> Iterator[TestClient[Any]]:
    """Run the API over the stage."""
    with TestClient(application(product, max_upload_bytes=100_000), raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def met(answer: httpx.Response, *, stream: bool) -> Met:
    """Read what came back."""
    if answer.status_code == 503:
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert str(problem["retry_after"]) == answer.headers["retry-after"]
        return Met(
            outcome=Outcome.UNAVAILABLE, reasons=frozenset({problem["reason"]}), retry_after=problem["retry_after"]
        )
    assert answer.status_code == 200, answer.text
    name, body = _last_event(answer.text) if stream else ("answer", answer.json())
    if name == "error":
        return Met(outcome=Outcome.BROKEN_OFF, reasons=frozenset({body["reason"]}))
    outcomes = {"vllm": Outcome.LOCAL, "none": Outcome.NOTHING}
    return Met(outcome=outcomes.get(body["backend"]), reasons=frozenset(reason["cause"] for reason in body["reasons"]))


def _last_event(text: str) -> tuple[str, Any]:
    lines = [line for line in text.splitlines() if line]
    (name,) = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")][-1:]
    return name, json.loads(lines[-1].removeprefix("data: "))


def asked(stage: Stage, question: str, *, scope: str = "all", stream: bool) -> Met:
    """Ask over HTTP."""
    with speaking(stage.world.product, stage.token) as http:
        for earlier in stage.before:
            http.post("/v1/answers", json={"question": earlier})
        body = {"question": question, "scope": scope, "stream": stream}
        return met(http.post("/v1/answers", json=body), stream=stream)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_fails_is_answered_locally_or_refused_and_nothing_else_leaves(row: Row, *, stream: bool) -> None:
    stage = a_stage()
    row.play(stage)
    got = asked(stage, row.question, scope=row.scope, stream=stream)
    outcome, reason = row.expected(stream=stream)
    assert got.outcome is outcome
    assert reason in got.reasons
    if outcome is Outcome.UNAVAILABLE:
        assert got.retry_after == row.retry_after
    left = b"".join(stage.cloud.shown)
    assert CANARY not in left
    assert row.leaves or left == b""
    assert all(watch.outstanding == 0 for watch in stage.watches)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_without_a_failure_harmless_questions_go_to_the_cloud_and_others_stay(*, stream: bool) -> None:
    """Without this the table would prove nothing: on the same stage, unbroken, the cloud does answer."""
    stage = a_stage()
    assert asked(stage, ABOUT_PARKING, stream=stream).reasons == {"all_harmless"}
    assert PARKING.encode() in stage.cloud.shown[0]
    assert asked(stage, ABOUT_SALARY, stream=stream).outcome is Outcome.LOCAL
    assert len(stage.cloud.shown) == 1


@pytest.mark.parametrize("question", [ABOUT_PARKING, ABOUT_SALARY], ids=["at the cloud", "at the local model"])
def test_a_caller_who_goes_away_closes_the_models_stream(question: str) -> None:
    stage = a_stage()
    who, _ = stage.world.person("acme")
    pieces = stage.world.product.answering.stream(who, Question(text=question))
    next(pieces)
    assert under_way(stage) == 1
    pieces.close()
    assert under_way(stage) == 0


def under_way(stage: Stage) -> int:
    """Return how many answers are being made, as the models and the counts agree."""
    counted = sum(watch.outstanding for watch in stage.watches)
    assert counted == stage.cloud.under_way + sum(model.under_way for model in stage.local)
    return counted


def test_asking_again_after_the_wait_is_answered() -> None:
    stage = a_stage()
    for model in stage.local:
        model.failure = Failure.TIMED_OUT
    for _ in range(3):
        assert asked(stage, ABOUT_SALARY, stream=False).outcome is Outcome.UNAVAILABLE
    for model in stage.local:
        model.failure = None
    wait = asked(stage, ABOUT_SALARY, stream=False).retry_after
    assert wait
    stage.moments.advance(wait)
    assert asked(stage, ABOUT_SALARY, stream=False).outcome is Outcome.LOCAL
    assert stage.cloud.shown == []


def test_every_row_says_why_and_no_two_are_the_same() -> None:
    assert all(row.why.endswith(".") for row in ROWS)
    assert len({row.name for row in ROWS}) == len(ROWS)


def test_the_page_that_people_read_is_this_table() -> None:
    """Write it again with `python -m tests.failures > docs/failures.md`."""
    written = Path(__file__).parents[2] / "docs" / "failures.md"
    assert written.read_text(encoding="utf-8") == page()
