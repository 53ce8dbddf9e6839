"""The one table from error to HTTP status, told as problem details (RFC 9457)."""

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import ExceptionHandlersMap
from msgspec import UNSET, Meta, Struct, UnsetType

from service import errors

_log = structlog.get_logger()

STATUS: Mapping[type[errors.RingfenceError], HTTPStatus] = {
    errors.InvalidRequestError: HTTPStatus.BAD_REQUEST,
    errors.NotAuthenticatedError: HTTPStatus.UNAUTHORIZED,
    errors.NotPermittedError: HTTPStatus.FORBIDDEN,
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
    errors.KeyDestroyedError: HTTPStatus.NOT_FOUND,  # what is being erased is already absent
    errors.ConflictError: HTTPStatus.CONFLICT,
    errors.RefusedError: HTTPStatus.CONFLICT,
    errors.SourceErasedError: HTTPStatus.CONFLICT,
    errors.RedactionFailedError: HTTPStatus.CONFLICT,
    errors.HeldError: HTTPStatus.CONFLICT,
    errors.QuotaReachedError: HTTPStatus.FORBIDDEN,
    errors.TooManyWaitingError: HTTPStatus.TOO_MANY_REQUESTS,
    errors.OverloadedError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.PartUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StorageFullError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StorageReadOnlyError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.RestorePendingError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.SourceUnreachableError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.LocalModelUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.CloudModelError: HTTPStatus.BAD_GATEWAY,
    errors.ModelError: HTTPStatus.BAD_GATEWAY,
    errors.RingfenceError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER_SECONDS = 10
_AnyRequest = Request[Any, Any, Any]
_COMMON = (
    errors.InvalidRequestError,
    errors.NotAuthenticatedError,
    errors.NotPermittedError,
    errors.PartUnavailableError,
)


class Problem(Struct, kw_only=True):
    """Why a request was not carried out (RFC 9457). What is absent and what may not be seen read the same.

    Where a model or another part gave no answer, or something erased is refused, `reason` is the code of how; with a
    503, `retry_after` repeats the header, because a stream that breaks off has none. What a legal hold keeps has the
    reason `held` and its `matters`. What a quota keeps out has what is limited as its reason, the
    `limit` and what there is (`current`).
    """

    type: Annotated[str, Meta(examples=["urn:ringfence:not_found"])]
    title: Annotated[str, Meta(examples=["Not Found"])]
    status: Annotated[int, Meta(examples=[404])]
    detail: Annotated[str, Meta(examples=[errors.NotFoundError().detail])]
    reason: Annotated[str | UnsetType, Meta(examples=["circuit_open", "content_erased", "held"])] = UNSET
    retry_after: Annotated[int | UnsetType, Meta(description="Seconds.", examples=[10])] = UNSET
    limit: Annotated[int | UnsetType, Meta(description="How much a tenant may have.", examples=[10_000])] = UNSET
    current: Annotated[int | UnsetType, Meta(description="How much it has.", examples=[10_000])] = UNSET
    matters: Annotated[list[UUID] | UnsetType, Meta(description="Ids of the matters that hold it.")] = UNSET


def documented(*kinds: type[errors.RingfenceError]) -> dict[int, ResponseSpec]:
    """Return the OpenAPI responses of these errors, and of those that any request with a key can meet."""
    every: tuple[type[errors.RingfenceError], ...] = (*_COMMON, *kinds)
    return {int(STATUS[kind]): _response(kind) for kind in every}


def _response(kind: type[errors.RingfenceError]) -> ResponseSpec:
    return ResponseSpec(Problem, description=kind().detail, media_type=MEDIA_TYPE, generate_examples=False)


def problem_of(error: errors.RingfenceError) -> dict[str, object]:
    """Return the body: what is absent and what may not be seen read the same."""
    status = _status(error)
    if status is HTTPStatus.NOT_FOUND:
        error = errors.NotFoundError()
    body: dict[str, object] = {
        "type": f"urn:ringfence:{error.code}",
        "title": status.phrase,
        "status": int(status),
        "detail": error.detail,
    }
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        body |= {"reason": error.code, "retry_after": _retry_after(error)}
    if isinstance(error, errors.ModelError):
        body["reason"] = error.how.value
    if isinstance(error, errors.RefusedError):
        body["reason"] = error.reason
    if isinstance(error, errors.QuotaReachedError):
        body |= {"reason": error.limited, "limit": error.limit, "current": error.current}
    if status is HTTPStatus.TOO_MANY_REQUESTS:
        body["retry_after"] = _retry_after(error)
    if isinstance(error, errors.HeldError):
        body |= {"reason": error.code, "matters": [str(matter) for matter in error.matters]}
    return body


def _retry_after(error: errors.RingfenceError) -> int:
    """Return whole seconds, never 0: who comes back at once meets the same."""
    patient = errors.ModelError | errors.OverloadedError | errors.TooManyWaitingError
    known = error.retry_after if isinstance(error, patient) else None
    return max(1, math.ceil(_RETRY_AFTER_SECONDS if known is None else known))


def _status(error: errors.RingfenceError) -> HTTPStatus:
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def _ours(_: _AnyRequest, error: errors.RingfenceError) -> Response[dict[str, object]]:
    status = _status(error)
    headers = {}
    if status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}:
        headers["Retry-After"] = str(_retry_after(error))
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(problem_of(error), status_code=int(status), media_type=MEDIA_TYPE, headers=headers)


def _http(_: _AnyRequest, error: HTTPException) -> Response[dict[str, object]]:
    status = HTTPStatus(error.status_code)
    body: dict[str, object] = {"type": "about:blank", "title": status.phrase, "status": int(status)}
    if status < HTTPStatus.INTERNAL_SERVER_ERROR and status is not HTTPStatus.NOT_FOUND:
        body["detail"] = error.detail
        if isinstance(error.extra, list):
            body["errors"] = [_without_input(item) for item in error.extra]
    return Response(body, status_code=int(status), media_type=MEDIA_TYPE, headers=error.headers)


def _unexpected(request: _AnyRequest, error: Exception) -> Response[dict[str, object]]:
    # The type and the route only: a message or a traceback could quote somebody's text.
    _log.error("request_failed_unexpectedly", error=type(error).__name__, path=request.scope.get("path_template"))
    return _ours(request, errors.RingfenceError())


def _without_input(item: object) -> object:
    return {key: item[key] for key in ("message", "key", "source") if key in item} if isinstance(item, dict) else None


HANDLERS: ExceptionHandlersMap = {
    errors.RingfenceError: _ours,
    HTTPException: _http,
    Exception: _unexpected,
}
