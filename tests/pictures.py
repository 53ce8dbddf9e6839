"""Builders of pictures of text, and of PDF pages that are such pictures."""

from collections.abc import Sequence
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

_A4 = (1240, 1754)
_SIZE = 40


def a_picture(text: str, *, kind: str = "PNG", size: tuple[int, int] = _A4) -> bytes:
    """Return black text on white; `kind` is Pillow's name of a format."""
    return _saved(_drawn(text, size), kind)


def a_tiff(sheets: Sequence[str]) -> bytes:
    """Return a fax: a sheet per text."""
    first, *others = (_drawn(text, _A4) for text in sheets)
    return _saved(first, "TIFF", save_all=True, append_images=others)


def a_scan(pages: Sequence[str]) -> bytes:
    """Return a PDF without a text layer: a picture per page."""
    first, *others = (_drawn(text, _A4).convert("RGB") for text in pages)
    return _saved(first, "PDF", save_all=True, append_images=others, resolution=150)


def _drawn(text: str, size: tuple[int, int]) -> Image.Image:
    picture = Image.new("L", size, "white")
    ImageDraw.Draw(picture).text((90, 90), text, fill=0, font=ImageFont.load_default(_SIZE))
    return picture


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()
