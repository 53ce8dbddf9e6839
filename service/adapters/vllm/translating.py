"""Errors of the HTTP client become plain errors of ours: static words, a code, and nothing that was asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import httpx
import msgspec
from httpx_sse import SSEError

from service.backends.waiting import asked_wait
from service.errors import Failure, LocalModelUnavailableError

_OVERLOADED = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


@contextmanager
def translated() -> Iterator[None]:
    """Let no error of the client out: it may quote what was sent."""
    try:
        yield
    except httpx.TimeoutException:
        message = "The local model did not answer in time. Nothing was sent elsewhere."
        raise LocalModelUnavailableError(message, how=Failure.TIMED_OUT) from None
    except (httpx.RemoteProtocolError, httpx.ReadError):
        raise LocalModelUnavailableError(how=Failure.BROKE_OFF) from None
    except SSEError:
        raise LocalModelUnavailableError(how=Failure.MALFORMED) from None
    except (httpx.HTTPError, httpx.StreamError):
        raise LocalModelUnavailableError(how=Failure.UNREACHABLE) from None
    except (msgspec.MsgspecError, UnicodeDecodeError, IndexError):
        message = "The local model's answer cannot be understood."
        raise LocalModelUnavailableError(message, how=Failure.MALFORMED) from None


def refused(response: httpx.Response) -> LocalModelUnavailableError:
    """Return the error of a status that is not an answer, with the wait that the server asks for."""
    overloaded = response.status_code in _OVERLOADED
    return LocalModelUnavailableError(
        f"The local model answered with HTTP status {response.status_code}.",
        how=Failure.OVERLOADED if overloaded else Failure.HTTP_STATUS,
        retry_after=asked_wait(response.headers) if overloaded else None,
    )
