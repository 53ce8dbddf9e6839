"""Reads an upload from a request body, in memory: a temporary file would hold plaintext on disk."""

from io import BytesIO
from typing import Any

import msgspec
from litestar import Request
from multipart import MultipartError, MultipartParser, MultipartPart, parse_options_header

from ingestion.sensitivity import Category
from service.api.bodies import readable
from service.api.schemas import DocumentText
from service.documents import Upload
from service.errors import InvalidRequestError
from service.ports import Priority

_FIELDS = frozenset({"file", "text", "title", "external_id", "groups", "declared", "file_name", "priority"})


def upload_of(request: Request[Any, Any, Any], body: bytes) -> Upload:
    """Return the upload of a multipart form or a JSON body. Raises InvalidRequestError."""
    media_type, options = parse_options_header(request.headers.get("content-type", ""))
    if media_type == "multipart/form-data" and options.get("boundary"):
        return _of_form(body, options["boundary"])
    if media_type == "application/json":
        return _of_json(body)
    message = "send multipart/form-data with `file` or `text`, or application/json with `text`"
    raise InvalidRequestError(message)


def _of_json(body: bytes) -> Upload:
    try:
        with readable():
            sent = msgspec.json.decode(body, type=DocumentText)
    except msgspec.MsgspecError as error:
        raise InvalidRequestError(str(error)) from None
    return Upload(
        content=sent.text.encode(),
        file_name=sent.file_name,
        media_type="text/plain",
        title=sent.title,
        external_id=sent.external_id,
        groups=frozenset(sent.groups),
        declared=frozenset(sent.declared),
        priority=sent.priority,
    )


def _of_form(body: bytes, boundary: str) -> Upload:
    try:
        parts = list(
            MultipartParser(
                BytesIO(body),
                boundary,
                content_length=len(body),
                spool_limit=len(body) + 1,
                memory_limit=2 * len(body) + 1,
            )
        )
    except MultipartError as error:
        message = "the multipart form is damaged"
        raise InvalidRequestError(message) from error
    unknown = sorted({part.name for part in parts} - _FIELDS)
    if unknown:
        message = f"unknown form field {unknown[0]!r}; known are {', '.join(sorted(_FIELDS))}"
        raise InvalidRequestError(message)
    fields = {part.name: part for part in parts if part.name not in {"groups", "declared"}}
    content, file_name, media_type = _content(fields)
    return Upload(
        content=content,
        file_name=file_name,
        media_type=media_type,
        title=_text(fields.get("title")),
        external_id=_text(fields.get("external_id")),
        groups=frozenset(_list(parts, "groups")),
        declared=frozenset(map(_category, _list(parts, "declared"))),
        priority=_priority(_text(fields.get("priority"))),
    )


def _content(fields: dict[str, MultipartPart]) -> tuple[bytes, str, str | None]:
    file, text = fields.get("file"), fields.get("text")
    if (file is None) == (text is None):
        message = "send exactly one of `file` and `text`"
        raise InvalidRequestError(message)
    named = _text(fields.get("file_name"))
    if file is not None:
        return file.raw, named or file.filename or "upload", file.content_type or None
    return (text.raw if text else b""), named or "text.txt", "text/plain"


def _text(part: MultipartPart | None) -> str | None:
    return (_decoded(part).strip() or None) if part is not None else None


def _decoded(part: MultipartPart) -> str:
    """Return the field's text: UTF-8, whatever charset it names, as some of those can write what has no bytes."""
    try:
        return str(part.raw, "utf-8")
    except UnicodeDecodeError:
        message = f"the form field {part.name!r} is not UTF-8"
        raise InvalidRequestError(message) from None


def _list(parts: list[MultipartPart], name: str) -> list[str]:
    values = (value.strip() for part in parts if part.name == name for value in _decoded(part).split(","))
    return [value for value in values if value]


def _priority(name: str | None) -> Priority:
    try:
        return Priority(name or Priority.INTERACTIVE)
    except ValueError:
        message = f"unknown priority {name!r}; known are {', '.join(Priority)}"
        raise InvalidRequestError(message) from None


def _category(name: str) -> Category:
    try:
        return Category(name.upper())
    except ValueError:
        message = f"unknown category {name!r}; known are {', '.join(Category)}"
        raise InvalidRequestError(message) from None
