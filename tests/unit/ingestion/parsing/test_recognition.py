"""Pictures of text and scanned pages are read by OCR, where it is installed, and say so (R61, R5)."""

from io import BytesIO

import pypdfium2
import pytest
from PIL import Image

from ingestion.document import Document, Remark
from ingestion.errors import ScannedError, Unreadable, UnreadableError
from ingestion.parsing import Limits, parse
from ingestion.parsing.recognition import available
from tests.documents import a_pdf
from tests.pictures import a_picture, a_scan, a_tiff

installed = pytest.mark.skipif(not available(Limits()), reason="OCR is not installed (Debian package tesseract-ocr)")
NONE = "zz"
"""A language that is nowhere installed: as if there were no OCR."""


def parsed(content: bytes, **limits: str | float | bool) -> Document:
    return parse(content, name="a", limits=Limits(**limits))  # type: ignore[arg-type]


def refused(content: bytes, **limits: str | float | bool) -> Unreadable:
    with pytest.raises(UnreadableError) as refusal:
        parsed(content, **limits)
    return refusal.value.reason


def pages(document: Document) -> list[str]:
    return [document.text[page.start : page.end].rstrip("\n") for page in document.pages]


def joined(*parts: bytes) -> bytes:
    """Return one PDF of the pages of all."""
    whole, file = pypdfium2.PdfDocument.new(), BytesIO()
    for part in parts:
        whole.import_pages(pypdfium2.PdfDocument(part))
    whole.save(file)
    return file.getvalue()


@installed
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF"])
def test_a_picture_of_text_is_read_and_says_that_it_was_recognised(kind: str) -> None:
    document = parsed(a_picture("Payment is due in June", kind=kind, size=(900, 300)))
    assert document.text == "Payment is due in June"
    assert (document.remarks, document.recognised) == ((Remark.TEXT_RECOGNISED,), (1,))
    assert document.media_type == f"image/{kind.lower()}"


@installed
def test_only_the_pages_of_a_pdf_without_a_text_layer_are_recognised_and_page_numbers_stay() -> None:
    content = joined(a_pdf(["Typed page"]), a_scan(["Scanned page"]), a_pdf(["", "Typed again"]))
    document = parsed(content)
    assert pages(document) == ["Typed page", "Scanned page", "", "Typed again"]
    assert (document.remarks, document.recognised) == ((Remark.TEXT_RECOGNISED,), (2,))


def test_a_pdf_of_text_needs_no_ocr_and_has_no_remark() -> None:
    document = parsed(a_pdf(["Typed page", ""]), ocr_languages=NONE)
    assert (document.remarks, document.recognised) == ((), ())


@installed
def test_every_sheet_of_a_fax_is_a_page() -> None:
    document = parsed(a_tiff(["First sheet", "Second sheet"]))
    assert pages(document) == ["First sheet", "Second sheet"]
    assert document.recognised == (1, 2)


@installed
def test_a_picture_lying_on_its_side_is_turned_as_its_camera_says() -> None:
    upright = Image.open(BytesIO(a_picture("Payment is due in June", size=(900, 300))))
    file, exif = BytesIO(), Image.Exif()
    exif[0x0112] = 6
    upright.transpose(Image.Transpose.ROTATE_90).save(file, "JPEG", exif=exif)
    assert parsed(file.getvalue()).text == "Payment is due in June"


@installed
def test_transparent_letters_are_read_on_white() -> None:
    letters = Image.open(BytesIO(a_picture("Payment is due in June", size=(900, 300))))
    clear, file = Image.new("RGBA", letters.size), BytesIO()
    clear.putalpha(letters.point(lambda grey: 255 - grey))
    clear.save(file, "PNG")
    assert parsed(file.getvalue()).text == "Payment is due in June"


@pytest.mark.parametrize("content", [a_picture("x"), a_scan(["x"]), a_tiff(["x", "y"])])
def test_without_ocr_a_picture_says_what_is_missing(content: bytes) -> None:
    assert refused(content, ocr_languages=NONE) is Unreadable.OCR_UNAVAILABLE


def test_without_ocr_the_typed_pages_are_read_and_the_document_says_that_others_were_not() -> None:
    document = parsed(joined(a_pdf(["Typed page"]), a_scan(["Scanned page"])), ocr_languages=NONE)
    assert pages(document) == ["Typed page", ""]
    assert document.remarks == (Remark.PAGES_UNREAD,)


@installed
@pytest.mark.parametrize(("content", "count"), [(a_picture("x"), 1), (a_tiff(["x"] * 3), 3), (a_scan(["x", "y"]), 2)])
def test_whoever_puts_ocr_off_learns_how_many_pages_wait(content: bytes, count: int) -> None:
    with pytest.raises(ScannedError) as scan:
        parsed(content, ocr=False)
    assert scan.value.pages == count


@installed
def test_a_page_that_takes_too_long_is_left_unread() -> None:
    assert refused(a_picture("word " * 30), ocr_page_seconds=0.001) is Unreadable.TIMED_OUT


@installed
def test_a_picture_without_text_is_empty() -> None:
    assert refused(a_picture("")) is Unreadable.EMPTY


@pytest.mark.parametrize(
    ("content", "limits", "reason"),
    [
        (a_picture("x", size=(101, 100)), {"max_pixels": 10_000}, Unreadable.TOO_LARGE),
        (a_tiff(["x"] * 3), {"max_pages": 2}, Unreadable.TOO_MANY_PAGES),
        (a_scan(["x"] * 3), {"max_scans": 2}, Unreadable.TOO_MANY_PAGES),
        (a_picture("x")[:30], {}, Unreadable.DAMAGED),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), {}, Unreadable.DAMAGED),
    ],
)
def test_a_picture_beyond_a_limit_or_damaged_is_refused(
    content: bytes, limits: dict[str, int], reason: Unreadable
) -> None:
    assert refused(content, **limits) is reason
