"""The real SDK against a provider that misbehaves: nothing but permitted bytes leaves, whatever happens (R11, R12)."""

import logging
import time
import traceback
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import httpx2
import pytest
from pydantic import SecretStr

from service.adapters.anthropic import AnthropicCloudModel, EgressGuard, GuardError
from service.errors import CloudModelError, Failure
from tests.prompts import QUESTION, SOURCE, a_cloud_permit
from tests.standin import Fault, StandIn

MODEL = "pinned-model-1"
KEY = "key-canary-7f3a"


@pytest.fixture
def provider() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


def ask(provider: StandIn, *, stream: bool, timeout: float = 10, max_retries: int = 0) -> str:
    model = AnthropicCloudModel(
        SecretStr(KEY), model=MODEL, base_url=provider.url, timeout=timeout, max_retries=max_retries
    )
    permit = a_cloud_permit(model=MODEL, stream=stream)
    with closing(model):
        return "".join(model.stream(permit)) if stream else model.generate(permit)[0]


def _patience(fault: Fault) -> float:
    """Return seconds: few where the stand-in keeps silent, many where a busy machine must not look like that."""
    return 1 if fault is Fault.SLOW else 30


FAULTS = [
    (Fault.OVERLOADED, "HTTP status 529"),
    (Fault.RATE_LIMITED, "HTTP status 429"),
    (Fault.BROKEN, "HTTP status 500"),
    (Fault.REDIRECTS, "HTTP status 307"),
    (Fault.SLOW, "in time"),
    (Fault.CUT, "connection"),
    (Fault.MALFORMED, "understood"),
    (Fault.REFUSAL, "refused"),
    (Fault.TRUNCATED, "cut short"),
    (Fault.WRONG_MODEL, "pinned"),
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("fault", "words"), FAULTS)
def test_a_misbehaving_provider_is_a_plain_error(provider: StandIn, fault: Fault, words: str, *, stream: bool) -> None:
    """R12, R54: static words, nothing of what was asked or answered, one attempt at one address."""
    provider.fault = fault
    with pytest.raises(CloudModelError, match=words) as caught:
        ask(provider, stream=stream, timeout=_patience(fault))
    printed = "".join(traceback.format_exception(caught.value))
    assert not any(text in printed for text in (SOURCE, QUESTION, KEY))
    assert len(provider.received) == 1


@pytest.mark.parametrize(
    ("fault", "words", "stream"),
    [
        (Fault.ERROR_EVENT, "status 200", True),  # the provider fails after it began well
        (Fault.UNFINISHED, "broke off", True),  # the stream ends politely, but without its last event
        (Fault.UNFINISHED, "understood", False),  # a message without its usage
    ],
)
def test_half_an_answer_is_no_answer(provider: StandIn, fault: Fault, words: str, *, stream: bool) -> None:
    provider.fault = fault
    with pytest.raises(CloudModelError, match=words):
        ask(provider, stream=stream)


def test_a_provider_that_is_not_there_is_a_plain_error() -> None:
    with StandIn() as gone:
        pass
    with pytest.raises(CloudModelError, match="connection"):
        ask(gone, stream=False)


@pytest.mark.parametrize("stream", [False, True])
def test_a_retry_sends_the_permitted_bytes_again_and_nothing_else(provider: StandIn, *, stream: bool) -> None:
    """R11."""
    provider.fault, provider.fault_count = Fault.BROKEN, 1
    assert ask(provider, stream=stream, max_retries=1) == f"{SOURCE} [1]"
    body = a_cloud_permit(model=MODEL, stream=stream).body
    assert [received.body for received in provider.received] == [body, body]


def test_a_provider_that_asks_for_a_long_wait_is_not_waited_for(provider: StandIn) -> None:
    provider.fault = Fault.RATE_LIMITED
    began = time.monotonic()
    with pytest.raises(CloudModelError):
        ask(provider, stream=False, max_retries=3)
    assert time.monotonic() - began < 5
    assert len(provider.received) == 1


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("fault", "how", "wait"),
    [
        (Fault.RATE_LIMITED, Failure.RATE_LIMITED, 30),
        (Fault.OVERLOADED, Failure.OVERLOADED, None),
        (Fault.BROKEN, Failure.HTTP_STATUS, None),
        (Fault.REDIRECTS, Failure.HTTP_STATUS, None),
        (Fault.SLOW, Failure.TIMED_OUT, None),
        (Fault.CUT, Failure.UNREACHABLE, None),
        (Fault.MALFORMED, Failure.MALFORMED, None),
        (Fault.REFUSAL, Failure.ANSWER_REFUSED, None),
        (Fault.TRUNCATED, Failure.TRUNCATED, None),
        (Fault.WRONG_MODEL, Failure.WRONG_MODEL, None),
    ],
)
def test_every_failure_has_its_code_and_a_rate_limit_its_wait(
    provider: StandIn, fault: Fault, how: Failure, wait: float | None, *, stream: bool
) -> None:
    """R12: what the breaker goes by."""
    provider.fault = fault
    with pytest.raises(CloudModelError) as caught:
        ask(provider, stream=stream, timeout=_patience(fault))
    assert (caught.value.how, caught.value.retry_after) == (how, wait)


def test_the_environment_can_neither_redirect_nor_extend_what_leaves(
    provider: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R11: a proxy, another address, more headers: the SDK would take them all from its environment."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "x-extra: canary-5d1e")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "token-canary-5d1e")
    ask(provider, stream=False)
    head = provider.received[0].head.decode()
    assert "canary-5d1e" not in head
    assert {line.partition(":")[0].lower() for line in head.splitlines()[1:] if line} == {
        "host",
        "accept",
        "accept-encoding",
        "anthropic-version",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "user-agent",
    }


@pytest.mark.parametrize("stream", [False, True])
def test_nothing_that_is_sent_or_answered_is_logged(
    provider: StandIn, caplog: pytest.LogCaptureFixture, *, stream: bool
) -> None:
    """R54: not even where the operator or ANTHROPIC_LOG turned every logger up."""
    for name in (None, "anthropic", "anthropic._base_client", "httpx2", "httpcore2"):
        caplog.set_level(logging.DEBUG, logger=name)
    ask(provider, stream=stream)
    for text in (SOURCE, QUESTION, KEY):
        assert text not in caplog.text


def test_the_guard_lets_only_the_permitted_request_through() -> None:
    """R11: another body, method, path or host is stopped before a byte leaves."""
    left: list[httpx2.Request] = []

    def network(request: httpx2.Request) -> httpx2.Response:
        left.append(request)
        return httpx2.Response(200)

    permit = a_cloud_permit(model=MODEL, stream=False)
    guard = EgressGuard(
        permit,
        httpx2.URL("http://provider.test/v1/messages"),
        httpx2.MockTransport(network),
        now=lambda: datetime.now(UTC),
    )
    with httpx2.Client(transport=guard, trust_env=False) as client:
        for method, url, body in (
            ("POST", "http://provider.test/v1/messages", permit.body + b" "),
            ("POST", "http://provider.test/v1/messages", permit.body.replace(b"eight", b"seven")),
            ("POST", "http://provider.test/v1/messages", b""),
            ("PUT", "http://provider.test/v1/messages", permit.body),
            ("POST", "http://provider.test/v1/files", permit.body),
            ("POST", "http://provider.test/v1/messages?x=1", permit.body),
            ("POST", "http://elsewhere.test/v1/messages", permit.body),
        ):
            with pytest.raises(GuardError):
                client.request(method, url, content=body)
        assert left == []
        client.post("http://provider.test/v1/messages", content=permit.body, headers={"x-extra": "1"})
    assert [request.read() for request in left] == [permit.body]
    assert "x-extra" not in left[0].headers


def test_an_attempt_made_again_after_the_permits_end_does_not_leave() -> None:
    """R11: the SDK may try twice, and the second time may be too late."""
    left: list[httpx2.Request] = []

    def network(request: httpx2.Request) -> httpx2.Response:
        left.append(request)
        return httpx2.Response(529)

    permit = a_cloud_permit(model=MODEL, stream=False)
    times = iter([permit.life.minted_at, permit.life.valid_until])
    url = httpx2.URL("http://provider.test/v1/messages")
    guard = EgressGuard(permit, url, httpx2.MockTransport(network), now=lambda: next(times))
    with httpx2.Client(transport=guard, trust_env=False) as client:
        client.post(url, content=permit.body)
        with pytest.raises(GuardError):
            client.post(url, content=permit.body)
    assert len(left) == 1
