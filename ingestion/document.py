"""What a source is made of: a Document with exact pages, and the Chunks cut from it.

All offsets are code-point offsets into `Document.text`, the one canonical text of a source, half open:
`text[start:end]`.
"""

from dataclasses import dataclass
from enum import StrEnum

from ingestion.errors import Unreadable


class Remark(StrEnum):
    """What people should know about how a source was read; stable codes."""

    TEXT_RECOGNISED = "text_recognised"
    """Some of its text was read off pictures by OCR, which confuses letters and digits."""
    PAGES_UNREAD = "pages_unread"
    """Some of its pages are pictures that nobody could read."""
    ENCODING_UNCERTAIN = "encoding_uncertain"
    """Its bytes are text in more than one encoding; the likeliest was taken."""

    @property
    def doubtful(self) -> bool:
        """Whether the text may not be what was written: a labeller cannot prove it harmless (R5)."""
        return self is not Remark.PAGES_UNREAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Where one page (slide, sheet, or the whole of an unpaged source) lies in the canonical text."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file inside a source: a member of an archive, or what a message carries.

    `name` is its path in there, which two may share. One that could not be taken out has no content and says why.
    """

    name: str
    content: bytes = b""
    media_type: str | None = None
    reason: Unreadable | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A parsed source: its canonical text, a gapless page table over it, and what it calls itself.

    An archive has no text and one empty page; what it holds are its attachments.
    """

    text: str
    pages: tuple[Page, ...]
    media_type: str
    title: str | None = None
    attachments: tuple[Attachment, ...] = ()
    remarks: tuple[Remark, ...] = ()
    recognised: tuple[int, ...] = ()
    """The numbers of the pages whose text was read off a picture."""

    def pages_of(self, start: int, end: int) -> tuple[int, int]:
        """Return the numbers of the first and the last page that `text[start:end]` touches."""
        touched = [page.number for page in self.pages if page.start < max(end, start + 1) and page.end > start]
        return (touched[0], touched[-1]) if touched else (self.pages[-1].number, self.pages[-1].number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A piece of a Document that is embedded, labelled, retrieved and cited on its own."""

    ordinal: int
    start: int
    end: int
    text: str
    tokens: int
    first_page: int
    last_page: int
