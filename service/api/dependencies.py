"""Who asks, and what the request needs of the product."""

from typing import Any, cast

from litestar import Request
from litestar.datastructures import State

from service.errors import NotAuthenticatedError
from service.policy.access import Principal
from service.product import Ringfence

_SCHEME = "bearer "


def provide_ringfence(state: State) -> Ringfence:
    """Return the use cases."""
    return cast("Ringfence", state.ringfence)


def provide_principal(request: Request[Any, Any, Any], state: State) -> Principal:
    """Return who holds the API key of this request. Raises NotAuthenticatedError."""
    header = request.headers.get("authorization", "")
    if not header.lower().startswith(_SCHEME):
        raise NotAuthenticatedError
    return provide_ringfence(state).principals.authenticate(header[len(_SCHEME) :].strip())
