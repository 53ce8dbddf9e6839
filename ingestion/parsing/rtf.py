"""RTF: control words are obeyed where they make text, skipped where they make looks. No object is opened."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from ingestion.document import Document
from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing.canonical import CanonicalText
from ingestion.parsing.limits import Limits
from ingestion.parsing.rtf_words import BY_CHARSET, BY_PAGE, READ_THOUGH_STARRED, SIGNS, SKIPPED, SYMBOLS, WESTERN

MEDIA_TYPE = "application/rtf"
MARK = b"{\\rtf"
_TOKEN = re.compile(
    rb"\\([A-Za-z]{1,32})(-?[0-9]{1,10})?[ ]?|\\'([0-9A-Fa-f]{2})|\\([^A-Za-z'])|([{}])|[\r\n\x00]+|([^\\{}\r\n\x00]+)",
    re.DOTALL,
)


def read(content: bytes, limits: Limits) -> Document:
    """Parse an RTF file as one page. Raises UnreadableError where a group is never closed: it was cut off."""
    reader = _Reader(content, limits)
    text = CanonicalText(limits)
    text.add_page(reader.lines())
    if reader.depth:
        raise UnreadableError(Unreadable.DAMAGED, "the file is cut off: a group is never closed")
    return text.document(media_type=MEDIA_TYPE, title=reader.title)


def text_of(content: bytes, limits: Limits) -> str:
    """Return the text of an RTF body, as far as it goes."""
    return "\n".join(_Reader(content, limits).lines())


@dataclass(frozen=True, slots=True)
class _Group:
    """What a closing brace forgets."""

    encoding: str
    fallback: int = 1
    skipped: bool = False
    deleted: bool = False
    in_table: bool = False
    heading: bool = False
    fonts: bool = False
    title: bool = False


class _Reader:
    """Walks the tokens without recursion; `depth` is the number of groups that are open."""

    def __init__(self, content: bytes, limits: Limits) -> None:
        self.title: str | None = None
        self.depth = 0
        self._content = content
        self._deepest = limits.max_depth
        self._encoding = WESTERN
        self._now = _Group(WESTERN)
        self._outer: list[_Group] = []
        self._fonts: dict[int, str] = {}
        self._font = 0
        self._starred = False
        self._owed = 0  # characters that stand for one already given as Unicode
        self._raw = bytearray()
        self._raw_encoding = WESTERN
        self._line: list[str] = []
        self._cells: list[str] = []
        self._done: list[str] = []
        self._title: list[str] = []

    def lines(self) -> Iterator[str]:
        """Yield the lines of the text, a table's row as one."""
        place, end = 0, len(self._content)
        while place < end:
            token = _TOKEN.match(self._content, place)
            if token is None:  # a lone backslash or quote
                place += 1
                continue
            place = token.end() + self._take(token)
            if self._done:
                yield from self._done
                self._done.clear()
        self._end_row()
        self._end_line()
        yield from self._done
        self.title = _whole("".join(self._title)) or None

    def _take(self, token: re.Match[bytes]) -> int:
        """Obey one token; return how many bytes of binary data follow it."""
        word, number, code, symbol, brace, plain = token.groups()
        if word is not None:
            return self._obey(word, int(number) if number is not None else None)
        if code is not None:
            self._bytes(bytes.fromhex(code.decode("ascii")))
        elif brace is not None:
            self._flush()
            self._enter() if brace == b"{" else self._leave()
        elif symbol is not None:
            self._symbol(symbol)
        elif plain is not None:
            self._bytes(plain)
        return 0

    def _enter(self) -> None:
        self._outer.append(self._now)
        self.depth += 1
        self._starred, self._owed = False, 0
        if self.depth > self._deepest:
            raise UnreadableError(Unreadable.DAMAGED, f"groups nested more than {self._deepest} deep")

    def _leave(self) -> None:
        self._owed = 0
        if self._outer:
            # Whether a paragraph lies in a table is the paragraph's business, not the group's.
            self._now = replace(self._outer.pop(), in_table=self._now.in_table, heading=self._now.heading)
            self.depth -= 1

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self._starred = True
        elif symbol in b"\r\n":
            self._end_paragraph()
        elif symbol in SYMBOLS:
            self._say(SYMBOLS[symbol])

    def _obey(self, word: bytes, number: int | None) -> int:
        starred, self._starred = self._starred, False
        if word == b"bin":
            return max(number or 0, 0)
        if word == b"u" and number is not None:
            self._say(chr(number & 0xFFFF))
            self._owed = self._now.fallback
        elif word in SIGNS:
            self._say(SIGNS[word])
        elif word in self._WORDS:
            self._flush()
            self._WORDS[word](self, number)
        elif word in SKIPPED or (starred and word not in READ_THOUGH_STARRED):
            self._flush()
            self._now = replace(self._now, skipped=True)
        return 0

    def _bytes(self, raw: bytes) -> None:
        self._starred = False
        if self._owed:
            given = min(self._owed, len(raw))
            self._owed -= given
            raw = raw[given:]
        if self._now.skipped or self._now.deleted or self._now.fonts:
            return
        if self._raw_encoding != self._now.encoding:
            self._flush()
            self._raw_encoding = self._now.encoding
        self._raw += raw

    def _say(self, text: str) -> None:
        self._flush()
        if self._now.skipped or self._now.deleted or self._now.fonts:
            return
        (self._title if self._now.title else self._line).append(text)

    def _flush(self) -> None:
        if self._raw:
            text = self._raw.decode(self._raw_encoding, errors="replace")
            self._raw.clear()
            (self._title if self._now.title else self._line).append(text)

    def _end_paragraph(self) -> None:
        self._flush()
        if self._now.skipped:
            return
        if self._now.in_table:
            self._line.append(" ")
        else:
            self._end_line()

    def _end_line(self) -> None:
        self._flush()
        line = _whole("".join(self._line))
        self._line.clear()
        if line.strip():
            self._done += ["", line, ""] if self._now.heading else [line]

    def _end_cell(self, _: int | None) -> None:
        self._cells.append(" ".join(_whole("".join(self._line)).split()))
        self._line.clear()

    def _end_row(self, _: int | None = None) -> None:
        if any(self._cells):
            self._done.append(" | ".join(self._cells))
        self._cells.clear()

    def _plain_paragraph(self, _: int | None) -> None:
        self._now = replace(self._now, in_table=False, heading=False)

    def _page_of_codes(self, number: int | None) -> None:
        self._encoding = _known(BY_PAGE.get(number or 0, f"cp{number}"))
        self._now = replace(self._now, encoding=self._encoding)

    def _use_font(self, number: int | None) -> None:
        self._font = number or 0
        if not self._now.fonts:
            self._now = replace(self._now, encoding=self._fonts.get(self._font, self._encoding))

    def _charset_of_font(self, number: int | None) -> None:
        if self._now.fonts and number in BY_CHARSET:
            self._fonts[self._font] = BY_CHARSET[number]

    def _set(self, **changed: bool) -> None:
        self._now = replace(self._now, **changed)  # type: ignore[arg-type]  # only the flags are given by name

    def _fallback(self, number: int | None) -> None:
        self._now = replace(self._now, fallback=max(number or 0, 0))

    _WORDS: ClassVar[dict[bytes, "Callable[[_Reader, int | None], None]"]] = {
        b"par": lambda self, _: self._end_paragraph(),
        b"sect": lambda self, _: self._end_paragraph(),
        b"page": lambda self, _: self._end_paragraph(),
        b"cell": _end_cell,
        b"row": _end_row,
        b"pard": _plain_paragraph,
        b"intbl": lambda self, _: self._set(in_table=True),
        b"outlinelevel": lambda self, number: self._set(heading=(number or 0) < 9),  # noqa: PLR2004 - 9 is body text
        b"deleted": lambda self, number: self._set(deleted=number != 0),
        b"plain": lambda self, _: self._set(deleted=False),
        b"ansicpg": _page_of_codes,
        b"mac": lambda self, _: self._page_of_codes(10000),
        b"pc": lambda self, _: self._page_of_codes(437),
        b"pca": lambda self, _: self._page_of_codes(850),
        b"f": _use_font,
        b"fcharset": _charset_of_font,
        b"uc": _fallback,
        b"fonttbl": lambda self, _: self._set(fonts=True),
        b"title": lambda self, _: self._set(title=True),
        b"header": lambda self, _: self._end_line(),
        b"footer": lambda self, _: self._end_line(),
    }


def _known(encoding: str) -> str:
    try:
        b"".decode(encoding)
    except LookupError:
        return WESTERN
    return encoding


def _whole(text: str) -> str:
    """Join the halves of characters that RTF writes as two 16-bit numbers."""
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
