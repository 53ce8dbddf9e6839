"""Decode what hides in a text: base64, base32, hex, percent, quoted-printable, entity and backslash escapes."""

import base64
import binascii
import html
import quopri
import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

import re2

from ingestion.labelling.folding import folded_text
from ingestion.labelling.views import View, ViewWriter

_Decoder = tuple[Any, Callable[[str], bytes]]
"""The shape of what it decodes, as a compiled re2 pattern, and the decoding."""
_MAX_TOKEN = 20_000
_MIN_DECODED = 4


def decoded(view: View) -> View:
    """Return the view with every token that decodes to readable text replaced by that text, one level deep."""
    return _with_words_decoded(_with_escapes_decoded(view))


def _with_escapes_decoded(view: View) -> View:
    found = [(*match.span(), match.group()) for match in _ESCAPED.finditer(view.text)]
    return _replaced(view, found, _ESCAPES)


def _with_words_decoded(view: View) -> View:
    found = [
        (*match.span(), match.group())
        for match in _LONG_WORD.finditer(view.text)
        if not (match.group().isalpha() and (match.group().islower() or match.group()[1:].islower()))
    ]
    return _replaced(view, found, _ALPHABETS)


def _replaced(view: View, found: Sequence[tuple[int, int, str]], decoders: Sequence[_Decoder]) -> View:
    writer = ViewWriter(view)
    changed = False
    for start, end, token in found:
        plain = _readable(token, decoders)
        if plain is not None:
            writer.copy_to(start)
            writer.put(plain, end)
            changed = True
    return writer.view() if changed else view


def _readable(token: str, decoders: Sequence[_Decoder]) -> str | None:
    if len(token) > _MAX_TOKEN:
        return None
    for shape, decode in decoders:
        if shape.fullmatch(token):
            text = _text_of(decode, token)
            if text is not None and text != token and not (token.isdigit() and not _PLAIN.fullmatch(text)):
                return folded_text(text)
    return None


def _text_of(decode: Callable[[str], bytes], token: str) -> str | None:
    try:
        text = decode(token).decode()
    except (ValueError, binascii.Error):
        return None
    return text if len(text) >= _MIN_DECODED and all(part.isprintable() or part.isspace() for part in text) else None


def _base64(token: str) -> bytes:
    plain = token.rstrip("=").translate(str.maketrans("-_", "+/"))
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)


def _base32(token: str) -> bytes:
    plain = token.rstrip("=")
    return base64.b32decode(plain + "=" * (-len(plain) % 8))


def _hex(token: str) -> bytes:
    return bytes.fromhex(_NOT_HEX.sub("", token.removeprefix("0x").replace("\\x", "")))


def _backslash(token: str) -> bytes:
    return "".join(chr(int(code, 16)) for code in token.split("\\u")[1:]).encode()


_PLAIN = re2.compile(r"[0-9A-Za-z ./@\-]{6,}")
"""What digits may stand for; any other reading of a plain number is chance."""
_NOT_HEX = re2.compile(r"[^0-9A-Fa-f]")
_ESCAPES: tuple[_Decoder, ...] = (
    (re2.compile(r"(?:[!-$&-~]*%[0-9A-Fa-f]{2}[!-$&-~]*){2,}"), unquote_to_bytes),
    (re2.compile(r"(?:=[0-9A-F]{2}){4,}"), quopri.decodestring),
    (re2.compile(r"(?:&#(?:x[0-9A-Fa-f]{2,6}|\d{2,7});){3,}"), lambda token: html.unescape(token).encode()),
    (re2.compile(r"(?:\\u[0-9A-Fa-f]{4}){3,}"), _backslash),
    (re2.compile(r"(?:0x|\\x)?[0-9A-Fa-f]{2}(?:[ :]?(?:\\x)?[0-9A-Fa-f]{2}){4,}"), _hex),
)
_ESCAPED = re2.compile("|".join(f"(?:{shape.pattern})" for shape, _ in _ESCAPES))
_LONG_WORD = re.compile(r"[A-Za-z0-9+/_\-]{8,}={0,6}")
_ALPHABETS: tuple[_Decoder, ...] = (
    (re2.compile(r"[A-Z2-7]{16,}={0,6}"), _base32),
    (re2.compile(r"[A-Za-z0-9+/_\-]{8,}={0,2}"), _base64),
)
