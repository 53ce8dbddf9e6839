"""The pages of a source that are pictures: read by OCR, counted for later, or noted as unread."""

from collections.abc import Callable
from typing import Self

from ingestion.document import Document, Remark
from ingestion.errors import ScannedError, Unreadable, UnreadableError
from ingestion.parsing import recognition
from ingestion.parsing.canonical import CanonicalText
from ingestion.parsing.limits import Limits
from ingestion.parsing.recognition import Picture, Recogniser


class Scans:
    """Reads pictures of pages while the limits last."""

    def __init__(self, limits: Limits) -> None:
        """Start without any."""
        self._limits = limits
        self._available: bool | None = None
        self._recogniser: Recogniser | None = None
        self._found = 0
        self._read: list[int] = []
        self._unread = False

    def read(self, page: int, picture: Callable[[], Picture]) -> str:
        """Return the text of a page's picture; none where OCR comes later, is missing, or took too long."""
        self._found += 1
        if self._found > self._limits.max_scans:
            detail = f"more than {self._limits.max_scans} pages are pictures, too many for OCR"
            raise UnreadableError(Unreadable.TOO_MANY_PAGES, detail)
        if self._available is None:
            self._available = recognition.available(self._limits)
        if not (self._available and self._limits.ocr):
            return ""
        if self._recogniser is None:
            self._recogniser = Recogniser(self._limits)
        found = self._recogniser.read(picture())
        self._unread = self._unread or not found.whole
        if found.text.strip():
            self._read.append(page)
        return found.text

    def checked(self) -> Self:
        """Raise ScannedError where pages wait for OCR."""
        if self._found and self._available and not self._limits.ocr:
            raise ScannedError(self._found)
        return self

    def document(self, text: CanonicalText, *, media_type: str, title: str | None = None) -> Document:
        """Return the document with what is to be said of its pictures. Raises UnreadableError for one without text."""
        unread = self._unread or bool(self._found and not self._available)
        noted = {Remark.PAGES_UNREAD: unread, Remark.TEXT_RECOGNISED: bool(self._read)}
        remarks = [remark for remark, holds in noted.items() if holds]
        try:
            return text.document(media_type=media_type, title=title, remarks=remarks, recognised=self._read)
        except UnreadableError as error:
            if error.reason is not Unreadable.EMPTY or not self._found:
                raise
            raise self._nothing() from error

    def _nothing(self) -> UnreadableError:
        if not self._available:
            return recognition.unavailable()
        if self._unread:
            return UnreadableError(Unreadable.TIMED_OUT, "OCR took too long for every page")
        return UnreadableError(Unreadable.EMPTY, "pictures, and OCR found no text on them")
