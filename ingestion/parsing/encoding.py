"""Bytes of a text file to text: UTF-8 first, then what the file declares, then a guess."""

import codecs
import re

from ingestion.errors import Unreadable, UnreadableError

_SAMPLE = 256 * 1024
_WESTERN = "cp1252"
_ASCII = bytes(range(128))
_FEW = 3
_DECLARED = re.compile(rb"""charset\s*=\s*["']?([A-Za-z0-9_.:-]{2,40})""", re.IGNORECASE)
_MARKS = ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"))
_MARKS_16 = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def decoded(content: bytes) -> str:
    """Return the text. Raises UnreadableError where the bytes are not text in any known encoding."""
    for mark, encoding in (*_MARKS, *_MARKS_16):
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode(_other_encoding(content), errors="replace")
    if "\x00" in text[:_SAMPLE]:
        raise _not_text()
    return text


def _other_encoding(content: bytes) -> str:
    declared = _DECLARED.search(content, 0, 1024)
    if declared:
        try:
            name = codecs.lookup(declared[1].decode("ascii")).name
        except LookupError:
            name = "utf-8"
        if name != "utf-8":
            return name
    if b"\x00" in content[:_SAMPLE]:
        raise _not_text()
    return _guessed(content[:_SAMPLE])


def _guessed(sample: bytes) -> str:
    """Return the likeliest encoding: Western European wherever it is as likely as any other."""
    from charset_normalizer import from_bytes  # noqa: PLC0415 - 70 ms that UTF-8 files need not pay

    guesses = from_bytes(sample)
    best = guesses.best()
    if best is None:
        raise _not_text()
    equals = [one for one in guesses if (one.chaos, one.coherence) == (best.chaos, best.coherence)]
    mostly_ascii = len(sample.translate(None, _ASCII)) * _FEW <= len(sample)
    if any(_WESTERN in one.could_be_from_charset for one in equals) or (mostly_ascii and not best.coherence):
        return _WESTERN
    return best.encoding


def _not_text() -> UnreadableError:
    return UnreadableError(Unreadable.UNSUPPORTED_TYPE, "neither text nor a document format that is read here")
