"""PDF: the text layer of every page; a page that has none and shows something is read by OCR."""

import pypdfium2
from pypdfium2.raw import FPDF_ERR_PASSWORD, FPDF_PAGEOBJ_IMAGE, FPDF_PAGEOBJ_PATH, FPDF_PAGEOBJ_SHADING

from ingestion.document import Document
from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing.canonical import CanonicalText, too_many_pages
from ingestion.parsing.limits import Limits
from ingestion.parsing.recognition import Picture
from ingestion.parsing.scans import Scans

_PICTURES = frozenset({FPDF_PAGEOBJ_IMAGE, FPDF_PAGEOBJ_SHADING})
_DEPTH = 4
_LINES_OF_LETTERS = 20
_POINTS_PER_INCH = 72
_DOTS_PER_INCH = 300
_LARGEST_SIDE = 7_000
"""In pixels: an A2 poster at 300 dots per inch."""
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
    text, scans = CanonicalText(limits), Scans(limits)
    for number in range(len(source)):
        text.add_page([_page_text(source, number, scans)])
    title = source.get_metadata_value("Title")
    return scans.checked().document(text, media_type=MEDIA_TYPE, title=title)


def _page_text(source: pypdfium2.PdfDocument, number: int, scans: Scans) -> str:
    try:
        page = source[number]
        text: str = page.get_textpage().get_text_range()
        if not text.strip() and _pictured(page):
            text = scans.read(number + 1, lambda: _picture(page))
    except pypdfium2.PdfiumError as error:
        raise UnreadableError(Unreadable.DAMAGED, f"page {number + 1} is damaged") from error
    page.close()
    for hyphen in _HYPHENS_AT_LINE_END:
        text = text.replace(hyphen, "")
    return text


def _pictured(page: pypdfium2.PdfPage) -> bool:
    """Whether something is shown that may be text: a picture, or letters drawn as lines."""
    lines = 0
    for shown in page.get_objects(max_depth=_DEPTH):
        if shown.type in _PICTURES:
            return True
        lines += shown.type == FPDF_PAGEOBJ_PATH
        if lines >= _LINES_OF_LETTERS:
            return True
    return False


def _picture(page: pypdfium2.PdfPage) -> Picture:
    """Return the page as it is printed, in fewer dots per inch where it is very large."""
    width, height = page.get_size()
    scale = min(_DOTS_PER_INCH / _POINTS_PER_INCH, _LARGEST_SIDE / max(width, height, 1))
    bitmap = page.render(scale=scale, grayscale=True)
    return Picture(
        pixels=bytes(bitmap.buffer),
        width=bitmap.width,
        height=bitmap.height,
        row=bitmap.stride,
        dots_per_inch=max(round(scale * _POINTS_PER_INCH), 1),
    )
