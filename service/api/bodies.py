"""Reads JSON bodies, whatever they hold: what cannot be read is the caller's mistake, not ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from litestar import Request

from service.errors import InvalidRequestError


class JsonRequest(Request[Any, Any, Any]):
    """A request whose JSON body is read or refused."""

    async def json(self) -> Any:  # noqa: ANN401 - JSON
        """Return the body. Raises InvalidRequestError."""
        with readable():
            return await super().json()


@contextmanager
def readable() -> Iterator[None]:
    """Refuse what msgspec's own errors leave out: text that is no UTF-8, and arrays thousands deep."""
    try:
        yield
    except (UnicodeDecodeError, RecursionError):
        message = "the body is no JSON in UTF-8 that can be read"
        raise InvalidRequestError(message) from None
