"""OpenDocument: text, sheets and slides, each from one streaming pass over its XML."""

from collections.abc import Iterable, Iterator
from itertools import chain, repeat

from ingestion.document import Document
from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing import rows
from ingestion.parsing.canonical import CanonicalText, too_many_pages
from ingestion.parsing.limits import Limits
from ingestion.parsing.parts import Parts, Property, Target, attribute, local

MEDIA_TYPES = {
    f"application/vnd.oasis.opendocument.{kind}{template}": kind
    for kind in ("text", "spreadsheet", "presentation", "graphics")
    for template in ("", "-template")
}
_CONTENT = "content.xml"
_STYLES = "styles.xml"
_SKIPPED = frozenset({"tracked-changes", "note-citation", "forms", "scripts", "creator", "date", "date-string"})
"""What was deleted, numbers of notes, macros, and who commented when."""
_ASIDE = frozenset({"annotation", "note"})
_MOST_BLANKS = 1_000
_WIDEST = 16_384
_TALLEST = 1 << 20

Run = tuple[str, int]
"""A value and how often it stands in a row, so that a million equal cells cost no more than one."""


def read_text(content: bytes, limits: Limits) -> Document:
    """Parse an .odt. Its pages exist only when it is laid out, so it has one."""
    parts = _opened(content, limits)
    body = _Body()
    parts.feed(_CONTENT, body)
    above, below = _Margin("header"), _Margin("footer")
    parts.feed(_STYLES, above)
    parts.feed(_STYLES, below)
    text = CanonicalText(limits)
    text.add_page(chain(above.distinct(), body.lines, body.aside, below.distinct()))
    return text.document(media_type=_media_type("text"), title=_title(parts))


def read_spreadsheet(content: bytes, limits: Limits) -> Document:
    """Parse an .ods: one page per sheet, hidden sheets included, values as they are shown."""
    parts = _opened(content, limits)
    book = _Body(sheets=True)
    parts.feed(_CONTENT, book)
    if len(book.sheets) > limits.max_pages:
        raise too_many_pages(limits)
    text = CanonicalText(limits)
    for name, table in book.sheets:
        text.add_page(_sheet(name, table))
    return text.document(media_type=_media_type("spreadsheet"), title=_title(parts))


def read_slides(content: bytes, limits: Limits) -> Document:
    """Parse an .odp or .odg: one page per slide, its notes at the end of the page."""
    parts = _opened(content, limits)
    deck = _Body()
    parts.feed(_CONTENT, deck)
    if len(deck.slides) > limits.max_pages:
        raise too_many_pages(limits)
    text = CanonicalText(limits)
    for lines in deck.slides or [deck.lines]:
        text.add_page(lines)
    return text.document(media_type=_media_type("presentation"), title=_title(parts))


def _opened(content: bytes, limits: Limits) -> Parts:
    parts = Parts(content, limits)
    manifest = _Manifest()
    parts.feed("META-INF/manifest.xml", manifest)
    if manifest.encrypted or "encrypted-package" in parts.names:
        raise UnreadableError(Unreadable.ENCRYPTED, "protected by a password")
    if _CONTENT not in parts.names:
        raise UnreadableError(Unreadable.DAMAGED, "the container holds no content")
    return parts


def _media_type(kind: str) -> str:
    return f"application/vnd.oasis.opendocument.{kind}"


def _title(parts: Parts) -> str | None:
    found = Property("title")
    parts.feed("meta.xml", found)
    return found.text or None


def _sheet(name: str, table: Iterable[tuple[list[Run], int]]) -> Iterator[str]:
    shown = chain.from_iterable(repeat(row, times) for row, times in table)
    found = rows.lines(list(chain.from_iterable(repeat(text, times) for text, times in row)) for row in shown)
    first = next(found, None)
    if first is not None:
        yield f"Sheet: {name}"
        yield first
        yield from found


class _Manifest(Target):
    def __init__(self) -> None:
        self.encrypted = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:  # noqa: ARG002 - the target's signature
        self.encrypted = self.encrypted or local(tag) == "encryption-data"


class _Body(Target):
    """Paragraphs to lines; a table's row to one line, or with `sheets` tables to rows; slides apart."""

    def __init__(self, *, sheets: bool = False) -> None:
        self.lines: list[str] = []
        self.aside: list[str] = []
        self.slides: list[list[str]] = []
        self.sheets: list[tuple[str, list[tuple[list[Run], int]]]] = []
        self._whole_tables = sheets
        self._outputs = [self.lines]
        self._open: list[list[str]] = []
        self._rows: list[tuple[list[Run], int]] = []
        self._repeats: list[int] = []
        self._skipping = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = local(tag)
        if self._skipping or name in _SKIPPED:
            self._skipping += 1
        elif name in {"p", "h"}:
            self._open.append([])
        elif name in {"tab", "line-break", "s"}:
            self._blank(name, attributes)
        elif name == "table" and self._whole_tables:
            self.sheets.append((attribute(attributes, "name") or "", []))
        elif name == "table-row":
            self._rows.append(([], _count(attributes, "number-rows-repeated", _TALLEST)))
        elif name in {"table-cell", "covered-table-cell"}:
            self._repeats.append(_count(attributes, "number-columns-repeated", _WIDEST))
            self._outputs.append([])
        elif name == "page" and not self._rows:
            self.slides.append([])
            self._outputs.append(self.slides[-1])
        elif name in _ASIDE:
            self._outputs.append(self.aside)

    def end(self, tag: str) -> None:
        if self._skipping:
            self._skipping -= 1
            return
        name = local(tag)
        if name in {"p", "h"}:
            self._end_line(heading=name == "h")
        elif name in {"table-cell", "covered-table-cell"}:
            cell = " ".join(" ".join(self._outputs.pop()).split())
            self._rows[-1][0].append((cell, self._repeats.pop()))
        elif name == "table-row":
            self._end_row()
        elif name == "table" and not self._whole_tables:
            self._outputs[-1].append("")
        elif name in _ASIDE or (name == "page" and not self._rows):
            self._outputs.pop()

    def data(self, text: str) -> None:
        if self._open and not self._skipping:
            self._open[-1].append(" ".join(text.split("\n")))

    def _blank(self, name: str, attributes: dict[str, str]) -> None:
        if self._open:
            one = {"tab": "\t", "line-break": "\n", "s": " "}[name]
            self._open[-1].append(one * _count(attributes, "c", _MOST_BLANKS))

    def _end_line(self, *, heading: bool) -> None:
        line = "".join(self._open.pop())
        if line.strip():
            self._outputs[-1] += ["", line, ""] if heading else [line]

    def _end_row(self) -> None:
        cells, times = self._rows.pop()
        if not any(text for text, _ in cells):
            cells, times = [], 1
        elif not cells[-1][0]:
            cells.pop()
        if self._whole_tables and not self._rows:
            if self.sheets:
                self.sheets[-1][1].append((cells, times))
        elif cells:
            self._outputs[-1].append(" | ".join(chain.from_iterable(repeat(text, many) for text, many in cells)))


class _Margin(_Body):
    """The text of page headers, or of footers, which are styles."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind
        self._inside = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._inside or local(tag).startswith(self._kind):
            self._inside += 1
            super().start(tag, attributes)

    def end(self, tag: str) -> None:
        if self._inside:
            super().end(tag)
            self._inside -= 1

    def data(self, text: str) -> None:
        if self._inside:
            super().data(text)

    def distinct(self) -> list[str]:
        return list(dict.fromkeys(line for line in self.lines if line))


def _count(attributes: dict[str, str], name: str, most: int) -> int:
    told = attribute(attributes, name) or "1"
    return min(int(told), most) if told.isascii() and told.isdecimal() else 1
