"""PDF: the text layer of every page. A page that is only a picture has none."""

import pypdfium2
from pypdfium2.raw import FPDF_ERR_PASSWORD

from ingestion.document import Document
from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing.canonical import CanonicalText, too_many_pages
from ingestion.parsing.limits import Limits

MEDIA_TYPE = "application/pdf"
_HYPHENS_AT_LINE_END = ("\ufffe\r\n", "\x02\r\n", "\ufffe", "\x02")


def read(content: bytes, limits: Limits) -> Document:
    """Parse a PDF. Words that were hyphenated over a line end are whole again."""
    try:
        source = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if error.err_code == FPDF_ERR_PASSWORD:
            raise UnreadableError(Unreadable.ENCRYPTED, "protected by a password") from error
        raise UnreadableError(Unreadable.DAMAGED, "not a readable PDF") from error
    if len(source) > limits.max_pages:
        raise too_many_pages(limits)
    text = CanonicalText(limits)
    for number in range(len(source)):
        text.add_page([_page_text(source, number)])
    return text.document(media_type=MEDIA_TYPE, title=source.get_metadata_value("Title"))


def _page_text(source: pypdfium2.PdfDocument, number: int) -> str:
    try:
        page = source[number]
        text: str = page.get_textpage().get_text_range()
    except pypdfium2.PdfiumError as error:
        raise UnreadableError(Unreadable.DAMAGED, f"page {number + 1} is damaged") from error
    page.close()
    for hyphen in _HYPHENS_AT_LINE_END:
        text = text.replace(hyphen, "")
    return text
