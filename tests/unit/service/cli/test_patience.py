"""`ringfence ingest` waits as long as the API asks for, and loses no file meanwhile (R60)."""

import httpx
import pytest

from service.cli.client import Client
from service.cli.patience import patiently
from service.errors import NotPermittedError, OverloadedError, PartUnavailableError, TooManyWaitingError


def _api(*answers: httpx.Response) -> Client:
    left = list(answers)
    transport = httpx.MockTransport(lambda _: left.pop(0))
    return Client(httpx.Client(transport=transport, base_url="http://kb.test"))


def _asks(status: int, seconds: str | None) -> httpx.Response:
    headers = {} if seconds is None else {"Retry-After": seconds}
    return httpx.Response(status, json={"detail": "Too much."}, headers=headers)


_DONE = httpx.Response(202, json={"job": 1})


def test_it_waits_as_long_as_is_asked_for_and_goes_on() -> None:
    client, waited = _api(_asks(429, "30"), _asks(503, "10"), _asks(503, "7"), _DONE), list[float]()
    assert patiently(lambda: client.call("POST", "/v1/documents"), pause=waited.append) == {"job": 1}
    assert waited == [30, 10, 7]


def test_after_an_hour_it_says_why_it_gave_up() -> None:
    client, waited = _api(*[_asks(429, "1000") for _ in range(9)]), list[float]()
    with pytest.raises(TooManyWaitingError, match="Too much"):
        patiently(lambda: client.call("POST", "/v1/documents"), pause=waited.append)
    assert sum(waited) == 3000


@pytest.mark.parametrize(
    ("answer", "error"),
    [(_asks(403, None), NotPermittedError), (_asks(503, None), PartUnavailableError)],
    ids=["a quota that waiting does not help", "no time to wait is named"],
)
def test_what_does_not_ask_to_wait_is_told_at_once(answer: httpx.Response, error: type[Exception]) -> None:
    client, waited = _api(answer), list[float]()
    with pytest.raises(error) as told:
        patiently(lambda: client.call("POST", "/v1/documents"), pause=waited.append)
    assert not isinstance(told.value, OverloadedError)
    assert waited == []
