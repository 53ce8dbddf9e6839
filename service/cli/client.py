"""The API as the command line calls it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from service.errors import (
    ConflictError,
    InvalidRequestError,
    NotAuthenticatedError,
    NotFoundError,
    NotPermittedError,
    PartUnavailableError,
    RingfenceError,
    SettingsError,
    TooLargeError,
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
        try:
            response = self.http.request(method, path, **arguments)
        except httpx.TransportError as error:
            message = f"nothing answers at {self.http.base_url}; start it with `ringfence up`"
            raise PartUnavailableError(message) from error
        if response.is_error:
            raise _error(response)
        return response.json() if response.content else None


@contextmanager
def connected(settings: Settings, tenant: str | None) -> Iterator[Client]:
    """Connect to the API named by the settings, or to the one that runs on the data folder."""
    headers = {"Authorization": f"Bearer {_token(settings, tenant)}"}
    # No proxy from the environment: documents and questions go to the API and nowhere else.
    with httpx.Client(base_url=_url(settings), headers=headers, timeout=_TIMEOUT, trust_env=False) as http:
        yield Client(http)


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
        detail = str(response.json().get("detail") or response.reason_phrase)
    except ValueError:
        detail = response.reason_phrase
    return _ERRORS.get(response.status_code, RingfenceError)(detail)
