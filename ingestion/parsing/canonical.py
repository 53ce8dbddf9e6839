"""The one way page texts become the canonical text of a Document and its exact page table."""

import re
from collections.abc import Collection, Iterable

from ingestion.document import Document, Page, Remark
from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing.limits import Limits

PAGE_BREAK = "\n\n"
_MAX_TITLE = 300
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNTEXTUAL = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_BLANK_LINES = re.compile("\n{3,}")


class CanonicalText:
    """Collects pages under limits and ends as a Document."""

    def __init__(self, limits: Limits) -> None:
        """Start empty."""
        self._limits = limits
        self._pieces: list[str] = []
        self._pages: list[Page] = []
        self._length = 0

    def add_page(self, lines: Iterable[str]) -> None:
        """Append a page. Raises UnreadableError as soon as there are too many or they are too long."""
        if len(self._pages) >= self._limits.max_pages:
            raise too_many_pages(self._limits)
        text = cleaned(self._bounded(lines))
        start = self._length
        for piece in (PAGE_BREAK if self._pages else "", text):
            self._pieces.append(piece)
            self._length += len(piece)
        if self._pages:
            previous = self._pages.pop()
            start += len(PAGE_BREAK)
            self._pages.append(Page(number=previous.number, start=previous.start, end=start))
        self._pages.append(Page(number=len(self._pages) + 1, start=start, end=self._length))

    def document(
        self,
        *,
        media_type: str,
        title: str | None = None,
        remarks: Collection[Remark] = (),
        recognised: Iterable[int] = (),
    ) -> Document:
        """Return what was collected. Raises UnreadableError where no page has any text."""
        text = "".join(self._pieces)
        if not text.strip():
            raise UnreadableError(Unreadable.EMPTY, "no text was found")
        return Document(
            text=text,
            pages=tuple(self._pages),
            media_type=media_type,
            title=_title(title),
            remarks=tuple(sorted(remarks)),
            recognised=tuple(recognised),
        )

    def _bounded(self, lines: Iterable[str]) -> str:
        kept: list[str] = []
        room = self._limits.max_text - self._length
        for line in lines:
            kept.append(line)
            room -= len(line) + 1
            if room < -1:
                detail = f"longer than {self._limits.max_text} characters of text"
                raise UnreadableError(Unreadable.TOO_MUCH_TEXT, detail)
        return "\n".join(kept)


def too_many_pages(limits: Limits) -> UnreadableError:
    """Return the error of a source with more pages, slides or sheets than the limit."""
    return UnreadableError(Unreadable.TOO_MANY_PAGES, f"more than {limits.max_pages} pages")


def cleaned(text: str) -> str:
    """Return text with one kind of line end, no control or unencodable characters, no trailing blanks."""
    text = _UNTEXTUAL.sub("", _LINE_ENDS.sub("\n", text))
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", text).strip("\n")


def _title(title: str | None) -> str | None:
    return " ".join(cleaned(title).split())[:_MAX_TITLE].rstrip() or None if title else None
