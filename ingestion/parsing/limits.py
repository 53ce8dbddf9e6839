"""How much of a source is read before it counts as unreadable."""

from dataclasses import dataclass

_MB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds that hold for every format; text is counted in code points of the canonical text."""

    max_bytes: int = 50 * _MB
    max_pages: int = 2_000
    max_text: int = 20_000_000
    max_members: int = 10_000
    max_unpacked_bytes: int = 512 * _MB
    max_ratio: int = 200
    max_depth: int = 5_000
    max_attachments: int = 1_000
    max_attached_bytes: int = 64 * _MB
    max_pixels: int = 100_000_000
    """Of one picture, before it is unpacked."""
    max_scans: int = 300
    """Pages of one source that are read by OCR."""
    ocr_page_seconds: float = 30
    ocr_languages: str = "eng"
    """Tesseract's names of languages, joined by `+`; those that are not installed are left out."""
    ocr: bool = True
    """Whether pictures of text are read at once; where not, a ScannedError says how many there are."""
