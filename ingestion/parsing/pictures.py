"""Pictures of text, by OCR: one page per picture, the sheets of a TIFF apart."""

import warnings
from collections.abc import Iterator
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from ingestion.document import Document
from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing.canonical import CanonicalText, too_many_pages
from ingestion.parsing.limits import Limits
from ingestion.parsing.recognition import Picture
from ingestion.parsing.scans import Scans

_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF")
_SHEETS = "TIFF"
"""The one format whose frames are pages; the frames of the others are a film, of which the first is read."""
_LARGEST_SIDE = 7_000
_SMALL_SIDE = 1_500
_DOTS_PER_INCH = 300


def read(content: bytes, limits: Limits) -> Document:
    """Parse a picture. Its size is checked before a pixel is unpacked."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is odd about its metadata
        try:
            picture = Image.open(BytesIO(content), formats=_FORMATS)
            return _document(picture, limits)
        except (UnidentifiedImageError, OSError, SyntaxError, EOFError) as error:
            raise UnreadableError(Unreadable.DAMAGED, "the picture is damaged or cut off") from error
        except Image.DecompressionBombError as error:
            raise UnreadableError(Unreadable.TOO_LARGE, "a picture of too many pixels") from error


def _document(picture: Image.Image, limits: Limits) -> Document:
    media_type = Image.MIME[picture.format or ""]
    text, scans = CanonicalText(limits), Scans(limits)
    for number, sheet in enumerate(_sheets(picture, limits), 1):
        if sheet.width * sheet.height > limits.max_pixels:
            detail = f"a picture of {sheet.width} by {sheet.height} pixels, more than {limits.max_pixels}"
            raise UnreadableError(Unreadable.TOO_LARGE, detail)
        text.add_page([scans.read(number, lambda sheet=sheet: _grey(sheet))])  # type: ignore[misc]
    return scans.checked().document(text, media_type=media_type)


def _sheets(picture: Image.Image, limits: Limits) -> Iterator[Image.Image]:
    """Yield the picture at each of its sheets; it is the same object, moved on."""
    yield picture
    number = 1
    while picture.format == _SHEETS:
        if number > limits.max_pages:
            raise too_many_pages(limits)
        try:
            picture.seek(number)
        except EOFError:
            return
        yield picture
        number += 1


def _grey(picture: Image.Image) -> Picture:
    """Return a picture upright, in grey, on white where it is transparent, in a size that OCR reads well."""
    picture.draft("L", (_LARGEST_SIDE, _LARGEST_SIDE))
    upright = ImageOps.exif_transpose(picture)
    if upright.has_transparency_data:
        clear = upright.convert("RGBA")
        upright = Image.new("RGBA", clear.size, "white")
        upright.alpha_composite(clear)
    if upright.mode.startswith("I"):
        upright = upright.convert("I").point(lambda value: value / 256)
    grey = upright.convert("L")
    if max(grey.size) > _LARGEST_SIDE:
        grey.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE))
    elif max(grey.size) < _SMALL_SIDE:
        grey = grey.resize((grey.width * 2, grey.height * 2), Image.Resampling.LANCZOS)
    return Picture(
        pixels=grey.tobytes(), width=grey.width, height=grey.height, row=grey.width, dots_per_inch=_DOTS_PER_INCH
    )
