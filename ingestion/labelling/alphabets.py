"""Encodings: which tokens could be in one, and what they say; None when that is not readable text."""

import base64
import binascii
import html
import quopri
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

import re2

_Decoder = tuple[Any, Callable[[str], bytes]]
"""The shape of what it decodes, as a compiled re2 pattern, and the decoding."""
_MIN_DECODED = 4
_MIN_WESTERN = 12
"""Of fewer bytes that are no UTF-8, one in a hundred would look like a Western word by chance."""


def plain_word(token: str) -> str | None:
    """Return what an encoded word says, or None."""
    if token.isalpha() and (token.islower() or token[1:].islower()):
        return None
    for shape, decode in _ALPHABETS:
        if shape.fullmatch(token):
            text = _text_of(decode, token)
            if text is not None and text != token and len(text) >= _MIN_DECODED and _means_something(token, text):
                return text
    return None


def unescaped(token: str) -> str | None:
    """Return what an escape sequence, or a run of them, stands for, or None."""
    for shape, decode in _ESCAPES:
        if shape.fullmatch(token):
            text = _text_of(decode, token)
            if text is not None and text != token and _means_something(token, text):
                return text
    return None


def _means_something(token: str, text: str) -> bool:
    return not (token.replace(" ", "").isdigit() and not _PLAIN.fullmatch(text))


def _text_of(decode: Callable[[str], bytes], token: str) -> str | None:
    try:
        text = _read(decode(token)).removeprefix("\ufeff")
    except (ValueError, OverflowError, binascii.Error):
        return None
    return text if all(part.isprintable() or part.isspace() or part == "\u200b" for part in text) else None


def _read(raw: bytes) -> str:
    """Return bytes as text: in two bytes a character, in UTF-8, or in what Western systems wrote before. ValueError."""
    for zeros, encoding in ((raw[1::2], "utf-16-le"), (raw[::2], "utf-16-be")):
        if len(raw) > _MIN_DECODED and zeros.count(0) * 2 >= len(raw) - 2:
            return raw.decode(encoding)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        letters = sum(byte > 0x7F for byte in raw)  # noqa: PLR2004 - the end of ASCII
        if len(raw) < _MIN_WESTERN or letters * 5 > len(raw):
            raise
        return raw.decode("cp1252")


def _base64(token: str) -> bytes:
    plain = "".join(token.split()).rstrip("=").translate(str.maketrans("-_", "+/"))
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)


def _base32(token: str) -> bytes:
    plain = token.rstrip("=")
    return base64.b32decode(plain + "=" * (-len(plain) % 8), casefold=True)


def _hex(token: str) -> bytes:
    return bytes.fromhex(_NOT_HEX.sub("", token.replace("0x", "").replace("\\x", "")))


def _ascii85(token: str) -> bytes:
    return base64.a85decode(token.removeprefix("<~").removesuffix("~>"))


def _entities(token: str) -> bytes:
    return html.unescape(token).encode()


def _code_points(token: str) -> bytes:
    return (
        "".join(chr(int(code, 16)) for code in _POINT.findall(token))
        .encode("utf-16", "surrogatepass")
        .decode("utf-16")
        .encode()
    )


def _octal(token: str) -> bytes:
    return bytes(int(code, 8) for code in token.split("\\")[1:])


def _binary(token: str) -> bytes:
    bits = token.replace(" ", "")
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))


def _decimal(token: str) -> bytes:
    return bytes(int(code) for code in re.findall(r"\d+", token))


_PLAIN = re2.compile(r"[0-9A-Za-z\x{c0}-\x{d6}\x{d8}-\x{f6}\x{f8}-\x{24f} ./@_:,;+\-'\"()!?=#&\x{2019}\n]{6,}")
"""What digits may stand for; any other reading of a plain number is chance."""
_NOT_HEX = re.compile(r"[^0-9A-Fa-f]")
_POINT = re.compile(r"(?:\\u\{?|U\+|\\U0{0,3})([0-9A-Fa-f]{4,6})\}?")
_CODE_POINT = r"(?:\\u[0-9A-Fa-f]{4}|\\u\{[0-9A-Fa-f]{4,6}\}|U\+[0-9A-Fa-f]{4,6}|\\U[0-9A-Fa-f]{8})"
_PERCENT = r"(?:[!-$&-~]*%[0-9A-Fa-f]{2}[!-$&-~]*)+"
_ESCAPES: tuple[_Decoder, ...] = (
    (re2.compile(_PERCENT), unquote_to_bytes),
    (re2.compile(r"(?:[!-<>-~]*=[0-9A-F]{2}[!-<>-~]*){2,}"), quopri.decodestring),
    (re2.compile(r"(?:&(?:#(?:x[0-9A-Fa-f]{1,6}|\d{1,7})|[A-Za-z]{2,12});)+"), _entities),
    (
        re2.compile(rf"{_CODE_POINT}(?: ?{_CODE_POINT})*"),
        _code_points,
    ),
    (re2.compile(r"(?:\\[0-3][0-7]{2}){3,}"), _octal),
    (re2.compile(r"[01]{8}(?: ?[01]{8}){3,}"), _binary),
    (re2.compile(r"\b\d{2,3}(?:(?:, ?| )\d{2,3}){7,}\b"), _decimal),
    (
        re2.compile(
            r"(?:0x)?(?:[0-9A-Fa-f]{2}){5,}\b|(?:\\x[0-9A-Fa-f]{2}){4,}|"
            r"(?:0x)?[0-9A-Fa-f]{2}(?:(?:, ?|[ :\-])(?:0x)?[0-9A-Fa-f]{2}\b){4,}"
        ),
        _hex,
    ),
)
ESCAPED = re2.compile("|".join(f"(?:{shape.pattern})" for shape, _ in _ESCAPES))
LONG_WORD = re.compile(r"[A-Za-z0-9+/_\-]{8,}(?:(?:\r?\n[A-Za-z0-9+/]{4,76})*={1,6})?")
ODD_WORD = re2.compile(r"<~[!-u\s]{8,}~>|[!-~]{15,}")
_ALPHABETS: tuple[_Decoder, ...] = (
    (re2.compile(r"[A-Z2-7]{16,}={0,6}|[a-z2-7]{16,}={1,6}"), _base32),
    (re2.compile(r"[A-Za-z0-9+/_\-\r\n]{8,}={0,2}"), _base64),
    (re2.compile(r"<~[!-u\s]{8,}~>|[!-u]{15,}"), _ascii85),
    (re2.compile(r"[!-~]{15,}"), base64.b85decode),
)
