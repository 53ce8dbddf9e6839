"""Bytes of a text file to text: a mark, UTF-8, what the file declares, zero bytes that tell of UTF-16, then a guess."""

import codecs
import re
import unicodedata
from dataclasses import dataclass

from ingestion.document import Remark
from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing.guessing import Guess, guessed

_SAMPLE = 64 * 1024
_SAMPLE_OF_GUESS = 16 * 1024
_DECLARED = re.compile(rb"""(?:charset|encoding|coding)\s*[=:]\s*["']?([A-Za-z0-9_.:-]{2,40})""", re.IGNORECASE)
_DECLARED_WITHIN = 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = (("utf-32-le", 4), ("utf-32-be", 4), ("utf-16-le", 2), ("utf-16-be", 2))
_TEXTUAL = 0.97
_UNTEXTUAL = frozenset({"Cn", "Co", "Cs", "Cc"})
_LINE = frozenset("\t\n\r\f")
_CONTROLS = bytes(sorted(set(range(32)) - {9, 10, 12, 13, 27}))
_FEW = 50
"""One damaged character among so many whole ones leaves a text what it is."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text and the encoding it was written in; `sure` is not, if another one is nearly as likely."""

    text: str
    encoding: str
    sure: bool = True

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What people should know about it."""
        return () if self.sure else (Remark.ENCODING_UNCERTAIN,)


def decoded(content: bytes) -> str:
    """Return the text. Raises UnreadableError where the bytes are not text in any known encoding."""
    return read(content).text


def read(content: bytes) -> Decoded:
    """Return the text with its encoding. Raises UnreadableError where the bytes are not text."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return Decoded(content.decode(encoding, errors="replace"), encoding)
    sample = content[:_SAMPLE]
    if b"\x00" in sample:
        return _with_zero_bytes(content, sample)
    try:
        return Decoded(content.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        return _declared(content) or _damaged_utf8(content) or _as_guessed(content)


def _declared(content: bytes) -> Decoded | None:
    """Return the text in the encoding that it names, if that is so."""
    named = _DECLARED.search(content, 0, _DECLARED_WITHIN)
    if named is None:
        return None
    try:
        encoding = codecs.lookup(named[1].decode("ascii")).name
        return Decoded(content.decode(_wider(encoding)), encoding)
    except (LookupError, UnicodeDecodeError):
        return None


def _wider(encoding: str) -> str:
    """Return what everybody means who names a small encoding, as browsers read it."""
    return {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}.get(encoding, encoding)


def _damaged_utf8(content: bytes) -> Decoded | None:
    text = content.decode("utf-8", errors="replace")
    damaged = text.count("\ufffd")
    beyond = len(text) - len(text.encode("ascii", errors="ignore")) - damaged
    return Decoded(text, "utf-8") if beyond >= damaged * _FEW else None


def _with_zero_bytes(content: bytes, sample: bytes) -> Decoded:
    """Return the text of UTF-16 or UTF-32 without a mark: Latin letters, blanks and line ends hold zero bytes."""
    rated = []
    for encoding, width in _WIDE:
        try:
            text = sample[: len(sample) - len(sample) % width].decode(encoding)
        except UnicodeDecodeError as error:
            if error.end < len(sample) - width * 2:
                continue
            text = sample[: error.start].decode(encoding)
        if "\x00" not in text and _textual(text) >= _TEXTUAL:
            plain = sum(character <= "\x7f" for character in text)
            if plain * _FEW >= len(text):
                rated.append((plain, -width, encoding))
    if not rated:
        raise _not_text()
    encoding = max(rated)[-1]
    return Decoded(content.decode(encoding, errors="replace"), encoding)


def _textual(text: str) -> float:
    written = sum(unicodedata.category(one) not in _UNTEXTUAL or one in _LINE for one in text)
    return written / len(text) if text else 0.0


def _as_guessed(content: bytes) -> Decoded:
    sample = content[:_SAMPLE_OF_GUESS]
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    guess: Guess | None = None if controls * _FEW > len(sample) else guessed(sample)
    if guess is None:
        raise _not_text()
    return Decoded(content.decode(guess.encoding, errors="replace"), guess.encoding, guess.sure)


def _not_text() -> UnreadableError:
    return UnreadableError(Unreadable.UNSUPPORTED_TYPE, "neither text nor a document format that is read here")
