"""The API as the command line calls it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

from service.errors import (
    ConflictError,
    InvalidRequestError,
    NotAuthenticatedError,
    NotFoundError,
    NotPermittedError,
    OverloadedError,
    PartUnavailableError,
    RingfenceError,
    SettingsError,
    TooLargeError,
    TooManyWaitingError,
)
from service.folder import DataFolder
from service.settings import Settings

_ERRORS: dict[int, type[RingfenceError]] = {
    400: InvalidRequestError,
    401: NotAuthenticatedError,
    403: NotPermittedError,
    404: NotFoundError,
    409: ConflictError,
    413: TooLargeError,
    503: PartUnavailableError,
}
_ASKING: dict[int, type[TooManyWaitingError | OverloadedError]] = {429: TooManyWaitingError, 503: OverloadedError}
_TIMEOUT = httpx.Timeout(180, connect=5)


def token_file(folder: DataFolder, tenant: str) -> Path:
    """Return where the command line's own key of a tenant is kept."""
    return folder.keys / "tokens" / tenant


@dataclass(frozen=True, slots=True)
class Client:
    """One connection to the API. Errors of the API come back as the errors they were."""

    http: httpx.Client

    def call(self, method: str, path: str, **arguments: Any) -> Any:  # noqa: ANN401 - JSON
        """Return the decoded body. Raises the error that the problem document names."""
        response = self._answered(method, path, **arguments)
        return response.json() if response.content else None

    def text(self, path: str) -> str:
        """Return a page as it is. Raises the error that the problem document names."""
        return self._answered("GET", path).text

    def _answered(self, method: str, path: str, **arguments: Any) -> httpx.Response:  # noqa: ANN401 - JSON
        try:
            response = self.http.request(method, path, **arguments)
        except httpx.TransportError as error:
            message = f"nothing answers at {self.http.base_url}; start it with `ringfence up`"
            raise PartUnavailableError(message) from error
        except UnicodeEncodeError:
            message = "what was given is no text in UTF-8: nothing was sent"
            raise InvalidRequestError(message) from None
        if response.is_error:
            raise _error(response)
        return response

    @contextmanager
    def lines(self, path: str, params: dict[str, str]) -> Iterator[Iterator[bytes]]:
        """Open a body that may be long, to be taken piece by piece. Raises the error that the API names."""
        try:
            with self.http.stream("GET", path, params=params) as response:
                if response.is_error:
                    response.read()
                    raise _error(response)
                yield response.iter_bytes()
        except httpx.TransportError as error:
            message = f"{self.http.base_url} does not answer, or broke off; start it with `ringfence up`"
            raise PartUnavailableError(message) from error


@contextmanager
def connected(settings: Settings, tenant: str | None) -> Iterator[Client]:
    """Connect to the API named by the settings, or to the one that runs on the data folder."""
    headers = {"Authorization": f"Bearer {_token(settings, tenant)}"}
    # No proxy from the environment: documents and questions go to the API and nowhere else.
    with httpx.Client(base_url=_url(settings), headers=headers, timeout=_TIMEOUT, trust_env=False) as http:
        yield Client(http)


def pages(client: Client, path: str, name: str, **params: str) -> Iterator[dict[str, Any]]:
    """Yield everything that a listing holds, page by page."""
    after: dict[str, str] = {}
    while True:
        page = client.call("GET", path, params={"limit": "200", **params, **after})
        yield from page[name]
        if page["next"] is None:
            return
        after = {"after": page["next"]}


def _url(settings: Settings) -> str:
    if settings.url is not None:
        return settings.url
    try:
        return str(json.loads(DataFolder(settings.data_dir).api_file.read_text())["url"])
    except (OSError, ValueError, KeyError):
        return f"http://{settings.host}:{settings.port}"


def _token(settings: Settings, tenant: str | None) -> str:
    if tenant is None and settings.api_key is not None:
        return settings.api_key.get_secret_value()
    if tenant is None:
        message = "say who asks: --tenant NAME, or set RINGFENCE_API_KEY"
        raise SettingsError(message)
    try:
        return token_file(DataFolder(settings.data_dir), tenant).read_text().strip()
    except OSError as error:
        message = f"no saved key for tenant {tenant!r} in {settings.data_dir}; try `ringfence tenants add {tenant}`"
        raise SettingsError(message) from error


def _error(response: httpx.Response) -> RingfenceError:
    try:
        problem = response.json()
        detail = str(problem.get("detail") or response.reason_phrase)
        named = [one for one in problem.get("errors") or () if one and "key" in one]
        faults = [f"{one['key']}: {one['message']}" for one in named]
        held = [str(matter) for matter in problem.get("matters") or ()]
    except ValueError:
        detail, faults, held = response.reason_phrase, [], []
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        detail = "this API key is not valid, or not any more: give another as RINGFENCE_API_KEY, or use --tenant NAME"
    elif faults:
        detail = f"wrong input: {', '.join(faults)}"
    elif held:
        detail = f"{detail} Held for: {', '.join(held)}"
    return _asking_to_wait(response, detail) or _ERRORS.get(response.status_code, RingfenceError)(detail)


def _asking_to_wait(response: httpx.Response, detail: str) -> RingfenceError | None:
    """Return the error that says for how long to wait, where the answer does."""
    asked = response.headers.get("retry-after", "")
    if not asked.isdecimal() or response.status_code not in _ASKING:
        return None
    error = _ASKING[response.status_code](detail)
    error.retry_after = float(asked)
    return error
