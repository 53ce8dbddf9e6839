"""What evidence may say: ids, words of our own, numbers, hashes, versions and times; never a sentence."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

LONGEST_CODE = 160
_DEEPEST = 6
_MOST = 20_000
"""Values in one entry: far above what a routed prompt tells, far below a text taken apart into letters."""
_LARGEST = 2**53
"""Numbers up to here read the same in JSON, SQL and every language that verifies them."""

_DIGITS = 9
"""That many digits in a row are a number of somebody's, and no version or date."""
_SHAPES = tuple(
    re.compile(shape, re.ASCII)
    for shape in (
        r"[a-z][a-z0-9_]*|[A-Z][A-Z0-9_]*",  # a word of our own, such as non_sensitive or PII
        r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",  # an id
        # A hash: of its full length, cut but with a letter (cut digits could be a card number), or under our own name.
        r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128}|(?=.*[a-f])[0-9a-f]{12,31}",
        r"(?:ringfence-|sha256[:-])[0-9a-f]{12,64}",
        r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?)?",  # a date or a time
        r"/?[A-Za-z0-9][A-Za-z0-9._:/+=-]*",  # a version or the name of a model, held to more below
    )
)
_OPAQUE = _SHAPES[1:5]
"""Long runs of digits in these are accidents."""


def is_code(text: str) -> bool:
    """Whether the text has the shape of an id, a word of our own, a hash, a time, a version or a model's name."""
    if len(text) > LONGEST_CODE:
        return False
    if any(shape.fullmatch(text) for shape in _OPAQUE):
        return True
    if re.search(rf"\d{{{_DIGITS}}}", text, re.ASCII) or not re.search("[A-Za-z]", text):
        return False
    return any(shape.fullmatch(text) for shape in _SHAPES)


def checked(facts: Mapping[str, object]) -> dict[str, object]:
    """Return the facts as plain JSON values. Raises ValueError, naming the place and never the value."""
    found = _Census()
    return {_key(name): _value(value, place=str(name), depth=1, census=found) for name, value in facts.items()}


class _Census:
    """Counts the values of one entry."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = _MOST

    def count(self) -> None:
        self.left -= 1
        if self.left < 0:
            message = f"an audit entry has more than {_MOST} values"
            raise ValueError(message)


def _key(name: object) -> str:
    if not isinstance(name, str) or not is_code(name):
        message = "the name of an audit fact is not a code"
        raise ValueError(message)
    return str(name)


def _value(value: object, *, place: str, depth: int, census: _Census) -> object:
    census.count()
    if depth > _DEEPEST:
        message = f"the audit fact {place} is nested too deeply"
        raise ValueError(message)
    if isinstance(value, Mapping):
        return {_key(name): _value(each, place=place, depth=depth + 1, census=census) for name, each in value.items()}
    if isinstance(value, Sequence | frozenset | set) and not isinstance(value, str | bytes | bytearray):
        items = sorted(value, key=str) if isinstance(value, frozenset | set) else value
        return [_value(each, place=place, depth=depth + 1, census=census) for each in items]
    return _plain(value, place)


def _plain(value: object, place: str) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) <= _LARGEST:
        return int(value)
    if isinstance(value, float) and math.isfinite(value) and abs(value) <= _LARGEST:
        return float(value) + 0.0  # SQL knows no negative zero
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).isoformat()
    if isinstance(value, str) and is_code(value):
        return str.__str__(value)
    message = f"the audit fact {place} is neither an id, a word, a number, a hash, a version nor a time"
    raise ValueError(message)
