"""OCR by the tesseract library of this machine, in this process, one page picture at a time.

The library is loaded when the first picture comes. It runs where the parser runs: under the same limits, without a
network, without starting a program (docs/adr/0012).
"""

import ctypes
import math
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing.limits import Limits

_FOLDERS = (
    Path("/usr/share/tesseract-ocr/5/tessdata"),  # Debian, Ubuntu
    Path("/usr/share/tessdata"),  # Fedora, Arch, Alpine
    Path("/usr/share/tesseract/tessdata"),
)
_NAMES = ("libtesseract.so.5", "libtesseract.so.4")
_UTF8 = "utf-8"
_WHOLE_PAGE = 3
"""Tesseract's fully automatic segmentation of a page."""
_UNAVAILABLE = "a picture of text, and no OCR for its language is installed here: Debian's tesseract-ocr does it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Eight bits of grey per pixel, row by row; `row` is the number of bytes from one row to the next."""

    pixels: bytes
    width: int
    height: int
    row: int
    dots_per_inch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What OCR read of a page; `confidence` is its mean over the words, 0 to 100. `whole` is not, if time ran out."""

    text: str
    confidence: int
    whole: bool


def available(limits: Limits) -> bool:
    """Whether there is OCR on this machine, in a language that is wanted."""
    return _library() is not None and bool(_installed(limits))


def unavailable() -> UnreadableError:
    """Return the error of a source that nobody can read without OCR."""
    return UnreadableError(Unreadable.OCR_UNAVAILABLE, _UNAVAILABLE)


class Recogniser:
    """One tesseract, for the pages of one document."""

    def __init__(self, limits: Limits) -> None:
        """Load the wanted languages that are installed. Raises UnreadableError where there is no OCR in any."""
        library, folder, installed = _library(), _folder(), _installed(limits)
        if library is None or folder is None or not installed:
            raise unavailable()
        self._library = library
        self._seconds = limits.ocr_page_seconds
        self._engine = library.TessBaseAPICreate()
        weakref.finalize(self, library.TessBaseAPIDelete, self._engine)
        if library.TessBaseAPIInit3(self._engine, str(folder).encode(), "+".join(installed).encode()) != 0:
            raise UnreadableError(Unreadable.OCR_UNAVAILABLE, "OCR is installed and does not start")
        library.TessBaseAPISetPageSegMode(self._engine, _WHOLE_PAGE)

    def read(self, picture: Picture) -> Recognised:
        """Return what is written on a picture."""
        library, engine = self._library, self._engine
        library.TessBaseAPISetImage(engine, picture.pixels, picture.width, picture.height, 1, picture.row)
        library.TessBaseAPISetSourceResolution(engine, picture.dots_per_inch)
        monitor = library.TessMonitorCreate()
        library.TessMonitorSetDeadlineMSecs(monitor, math.ceil(self._seconds * 1000))
        try:
            whole = library.TessBaseAPIRecognize(engine, monitor) == 0
            text = self._text() if whole else ""
            return Recognised(text=text, confidence=library.TessBaseAPIMeanTextConf(engine), whole=whole)
        finally:
            library.TessMonitorDelete(monitor)
            library.TessBaseAPIClear(engine)

    def _text(self) -> str:
        place = self._library.TessBaseAPIGetUTF8Text(self._engine)
        if not place:
            return ""
        try:
            return (ctypes.cast(place, ctypes.c_char_p).value or b"").decode(_UTF8, errors="replace")
        finally:
            self._library.TessDeleteText(place)


def _installed(limits: Limits) -> Sequence[str]:
    folder = _folder()
    wanted = limits.ocr_languages.split("+")
    return [one for one in wanted if folder and one.isidentifier() and (folder / f"{one}.traineddata").is_file()]


def _folder() -> Path | None:
    return next((folder for folder in _FOLDERS if folder.is_dir()), None)


@cache
def _library() -> Any:  # noqa: ANN401 - a C library has no types of its own
    for name in _NAMES:
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        _declare(library)
        return library
    return None


def _declare(library: ctypes.CDLL) -> None:
    """Say what tesseract's functions take and return, as its capi.h does."""
    handle, number, text = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
    signatures: dict[str, tuple[object, list[object]]] = {
        "TessBaseAPICreate": (handle, []),
        "TessBaseAPIDelete": (None, [handle]),
        "TessBaseAPIInit3": (number, [handle, text, text]),
        "TessBaseAPISetPageSegMode": (None, [handle, number]),
        "TessBaseAPISetImage": (None, [handle, text, number, number, number, number]),
        "TessBaseAPISetSourceResolution": (None, [handle, number]),
        "TessBaseAPIRecognize": (number, [handle, handle]),
        "TessBaseAPIGetUTF8Text": (handle, [handle]),
        "TessBaseAPIMeanTextConf": (number, [handle]),
        "TessBaseAPIClear": (None, [handle]),
        "TessDeleteText": (None, [handle]),
        "TessMonitorCreate": (handle, []),
        "TessMonitorDelete": (None, [handle]),
        "TessMonitorSetDeadlineMSecs": (None, [handle, number]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
